package flow

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/spec"
)

// validator checks a document against the part of JSON Schema that Schema uses. A
// keyword it does not know is an error: it would be ignored silently.
type validator struct {
	root map[string]any
}

func (v validator) check(s map[string]any, doc any, at string) error {
	for keyword, arg := range s {
		var err error
		switch keyword {
		case "$schema", "$defs", "title", "description", "default":
		case "$ref":
			err = v.check(v.root["$defs"].(map[string]any)[filepath.Base(arg.(string))].(map[string]any), doc, at)
		case "type":
			if types, ok := arg.([]any); ok && !slices.ContainsFunc(types, func(t any) bool { return is(doc, t.(string)) }) || !ok && !is(doc, arg.(string)) {
				err = fmt.Errorf("%s: %v is not of type %v", at, doc, arg)
			}
		case "enum":
			if !slices.Contains(arg.([]any), doc) {
				err = fmt.Errorf("%s: %v is not one of %v", at, doc, arg)
			}
		case "const":
			if doc != arg {
				err = fmt.Errorf("%s: %v is not %v", at, doc, arg)
			}
		case "pattern":
			if text, ok := doc.(string); ok && !regexp.MustCompile(arg.(string)).MatchString(text) {
				err = fmt.Errorf("%s: %q does not match %s", at, text, arg)
			}
		case "oneOf":
			err = v.one(arg.([]any), doc, at)
		case "anyOf":
			if !slices.ContainsFunc(arg.([]any), func(b any) bool { return v.check(b.(map[string]any), doc, at) == nil }) {
				err = fmt.Errorf("%s: none of %v", at, arg)
			}
		case "items":
			if list, ok := doc.([]any); ok {
				for i, item := range list {
					if err == nil {
						err = v.check(arg.(map[string]any), item, fmt.Sprint(at, "[", i, "]"))
					}
				}
			}
		case "required":
			for _, key := range arg.([]any) {
				if m, ok := doc.(map[string]any); ok && m[key.(string)] == nil {
					err = fmt.Errorf("%s: %v is missing", at, key)
				}
			}
		case "properties", "additionalProperties", "propertyNames":
			err = v.keys(s, doc, at)
		default:
			err = fmt.Errorf("%s: unknown keyword %s", at, keyword)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (v validator) one(branches []any, doc any, at string) error {
	matches, last := 0, error(nil)
	for _, b := range branches {
		if err := v.check(b.(map[string]any), doc, at); err == nil {
			matches++
		} else {
			last = err
		}
	}
	if matches != 1 {
		return fmt.Errorf("%s: %d branches match: %v", at, matches, last)
	}
	return nil
}

func (v validator) keys(s map[string]any, doc any, at string) error {
	m, ok := doc.(map[string]any)
	if !ok {
		return nil
	}
	properties, _ := s["properties"].(map[string]any)
	for key, value := range m {
		if names, ok := s["propertyNames"].(map[string]any); ok {
			if err := v.check(names, key, at); err != nil {
				return err
			}
		}
		sub, known := properties[key]
		if !known {
			sub = s["additionalProperties"]
		}
		switch sub := sub.(type) {
		case bool:
			return fmt.Errorf("%s: unknown key %s", at, key)
		case map[string]any:
			if err := v.check(sub, value, at+"."+key); err != nil {
				return err
			}
		}
	}
	return nil
}

func is(doc any, kind string) bool {
	switch doc := doc.(type) {
	case nil:
		return kind == "null"
	case bool:
		return kind == "boolean"
	case string:
		return kind == "string"
	case float64:
		return kind == "number" || kind == "integer" && doc == float64(int64(doc))
	case []any:
		return kind == "array"
	case map[string]any:
		return kind == "object"
	}
	return false
}

// plain is a node as encoding/json would have it.
func plain(n *yaml.Node) any {
	switch spec.ShapeOf(n) {
	case spec.Map:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plain(n.Content[i+1])
		}
		return m
	case spec.List:
		list := []any{}
		for _, c := range n.Content {
			list = append(list, plain(c))
		}
		return list
	case spec.Null:
		return nil
	case spec.Bool:
		return n.Value == "true"
	case spec.Int, spec.Float:
		var f float64
		fmt.Sscan(n.Value, &f)
		return f
	}
	return n.Value
}

// schemas are the two schemas as a reader of their JSON has them.
func schemas(t *testing.T) (flows, connections map[string]any) {
	t.Helper()
	steps := []StepSchema{
		{Name: "filter", Summary: "keeps rows", Schema: map[string]any{"type": "string"}},
		{Name: "dedupe", Summary: "drops rows seen before"},
		{Name: "mask", Summary: "hides values"}, {Name: "set", Summary: "computes"}, {Name: "select", Summary: "picks"},
	}
	for _, x := range []struct {
		made map[string]any
		into *map[string]any
	}{{Schema(testRegistry(), steps), &flows}, {ConnectionsSchema(testRegistry()), &connections}} {
		text, err := json.Marshal(x.made)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, x.into); err != nil {
			t.Fatal(err)
		}
	}
	return flows, connections
}

func validate(t *testing.T, schema map[string]any, path string) error {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	root, findings := spec.Parse(data)
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	return validator{schema}.check(schema, plain(root), "")
}

// TestSchemaAgrees: what loads without findings is valid by the schema too.
func TestSchemaAgrees(t *testing.T) {
	flows, connections := schemas(t)
	eachFile(t, "testdata/valid/*.yaml", func(t *testing.T, path string) {
		schema := flows
		if filepath.Base(path) == "connections.yaml" {
			schema = connections
		}
		if err := validate(t, schema, path); err != nil {
			t.Error(err)
		}
	})
}

// TestSchemaRefuses: what the schema can tell, it tells.
func TestSchemaRefuses(t *testing.T) {
	flows, _ := schemas(t)
	const good = "version: 1\nflow: a\nsource: {files: a.csv}\nsink: {file: b.csv}\n"
	tests := map[string]string{
		"unknown key":    good + "onwer: x\n",
		"missing key":    "version: 1\nflow: a\nsink: {file: b.csv}\n",
		"version":        "version: 2\nflow: a\nsource: {files: a.csv}\nsink: {file: b.csv}\n",
		"name":           "version: 1\nflow: A b\nsource: {files: a.csv}\nsink: {file: b.csv}\n",
		"unknown step":   good + "steps: [{fliter: x}]\n",
		"two keys":       good + "steps: [{filter: x, dedupe: [a]}]\n",
		"type":           "version: 1\nflow: a\nsource: {files: a.csv, columns: {a: intt}}\nsink: {file: b.csv}\n",
		"enum":           good + "errors: {rows: ignore}\n",
		"layer":          "version: 1\nflow: a\nsource: {files: a.csv, decode: [cvs]}\nsink: {file: b.csv}\n",
		"layer's option": "version: 1\nflow: a\nsource: {files: a.csv, decode: [csv: {delimeter: x}]}\nsink: {file: b.csv}\n",
		"duration":       good + "run: {timeout: soon}\n",
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			root, _ := spec.Parse([]byte(text))
			if err := (validator{flows}).check(flows, plain(root), ""); err == nil {
				t.Error("the schema allows it")
			}
		})
	}
	root, _ := spec.Parse([]byte(good))
	if err := (validator{flows}).check(flows, plain(root), ""); err != nil {
		t.Errorf("the flow without the mistake: %v", err)
	}
}

// TestTags: the nouns' tags are right, and so are those that nothing else decodes by default.
func TestTags(t *testing.T) {
	for _, v := range []any{&Flow{}, &Schedule{}, &Source{}, &Files{}, &Incremental{}, &Split{}, &Drift{}, &Sink{}, &Roll{}, &Loading{}, &Errors{}, &Destination{},
		&RunOptions{}, &Retry{}, &Notify{}, &Test{}, &TestResult{}, &OnSuccess{}, &columnKeys{}, &paramKeys{}, &connectionsKeys{}, &profileKeys{}, &connectionKeys{}, &Key{}} {
		if err := spec.Lint(v); err != nil {
			t.Error(err)
		}
	}
}
