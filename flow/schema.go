package flow

import (
	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/spec"
)

const draft = "https://json-schema.org/draft/2020-12/schema"

// StepSchema is a step as the schema of flow files needs it.
type StepSchema struct {
	Name, Summary string
	Schema        map[string]any // of the step's value
}

// Schema is the JSON schema of a flow file.
func Schema(reg *connector.Registry, steps []StepSchema) map[string]any {
	s := spec.JSONSchema(&Flow{})
	s["$schema"], s["title"] = draft, "headgate flow"
	properties := s["properties"].(map[string]any)
	properties["version"].(map[string]any)["const"] = 1
	properties["flow"].(map[string]any)["pattern"] = flowName.String()
	s["anyOf"] = []any{map[string]any{"required": []any{"source", "sink"}}, map[string]any{"required": []any{"streams"}}}
	s["$defs"] = map[string]any{"step": stepSchema(steps), "layers": layersSchema(reg)}
	return s
}

func stepSchema(steps []StepSchema) map[string]any {
	var names, branches []any
	for _, st := range steps {
		names = append(names, st.Name)
		value := st.Schema
		if value == nil {
			value = map[string]any{}
		}
		branches = append(branches, keyed(st.Name, st.Summary, value))
	}
	return oneOf(append(branches, map[string]any{"type": "string", "enum": names})...)
}

// keyed is a map with just one key.
func keyed(key, summary string, value map[string]any) map[string]any {
	return map[string]any{"type": "object", "description": summary, "additionalProperties": false,
		"properties": map[string]any{key: value}, "required": []any{key}}
}

// layersSchema is a layer, or a list of layers.
func layersSchema(reg *connector.Registry) map[string]any {
	var names, branches []any
	add := func(name, summary string, config func() any) {
		names = append(names, name)
		options := map[string]any{"type": []any{"object", "null"}}
		if config != nil {
			options = spec.JSONSchema(config())
		}
		branches = append(branches, keyed(name, summary, options))
	}
	for _, f := range reg.Formats {
		add(f.Name, f.Summary, f.Config)
	}
	for _, c := range reg.Codecs {
		add(c.Name, c.Summary, c.Config)
	}
	branches = append([]any{map[string]any{"type": "string", "enum": names}}, branches...)
	return oneOf(append(branches, map[string]any{"type": "array", "items": oneOf(branches...)})...)
}

// ConnectionsSchema is the JSON schema of connections.yaml.
func ConnectionsSchema(reg *connector.Registry) map[string]any {
	s := spec.JSONSchema(&connectionsKeys{})
	s["$schema"], s["title"] = draft, "headgate connections"
	properties := s["properties"].(map[string]any)
	properties["version"].(map[string]any)["const"] = 1
	var branches []any
	for _, t := range reg.Types {
		branches = append(branches, connectionSchema(t))
	}
	properties["connections"].(map[string]any)["additionalProperties"] = oneOf(branches...)
	properties["keys"].(map[string]any)["additionalProperties"] = spec.JSONSchema(&Key{})
	return s
}

// connectionSchema is a connection of one type: its keys beside the common ones.
func connectionSchema(t *connector.Type) map[string]any {
	s := spec.JSONSchema(&connectionKeys{})
	own := spec.JSONSchema(t.Config())
	properties := s["properties"].(map[string]any)
	for key, value := range own["properties"].(map[string]any) {
		properties[key] = value
	}
	properties["type"] = map[string]any{"const": t.Name, "description": "what it connects to"}
	s["description"] = t.Summary
	if required, ok := own["required"].([]any); ok {
		s["required"] = append(s["required"].([]any), required...)
	}
	return s
}
