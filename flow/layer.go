package flow

import (
	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/spec"
)

// Layer is one format or codec with its options.
type Layer struct {
	Name Text
	Node *yaml.Node // options; nil = defaults
}

// Decode reads the layer's options into cfg, which a Format's or Codec's Config made.
func (l Layer) Decode(cfg any, d *spec.Decoder) {
	n := l.Node
	if n == nil { // so that a missing option is reported at the name
		n = &yaml.Node{Kind: yaml.MappingNode, Line: l.Name.Pos.Line, Column: l.Name.Pos.Column}
	}
	d.In(l.Name.Value, func() { d.Decode(n, cfg) })
}

// Layers are formats and codecs in order.
type Layers []Layer

// DecodeNode takes a list of names and {name: options}, or just one of these.
func (l *Layers) DecodeNode(n *yaml.Node, d *spec.Decoder) {
	items := []*yaml.Node{n}
	if s := spec.ShapeOf(n); s == spec.List || s == spec.Null {
		items = d.Items(n)
	}
	for _, item := range items {
		if name, options, ok := single(item, d, "a format or codec", "csv: {delimiter: \";\"}"); ok {
			*l = append(*l, Layer{name, options})
		}
	}
}

// NodeSchema is a list of strings and maps; Schema fills in their names.
func (l *Layers) NodeSchema() map[string]any {
	return map[string]any{"$ref": "#/$defs/layers"}
}

// Step is one step, not decoded yet: package step knows the steps.
type Step struct {
	Name Text
	Node *yaml.Node // the step's value; a null where the name stands alone
}

// Steps are a flow's steps in order.
type Steps []Step

// DecodeNode takes a list of maps with one key each.
func (s *Steps) DecodeNode(n *yaml.Node, d *spec.Decoder) {
	for _, item := range d.Items(n) {
		if name, value, ok := single(item, d, "a step", "filter: status == \"paid\""); ok {
			if value == nil {
				value = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: name.Pos.Line, Column: name.Pos.Column}
			}
			*s = append(*s, Step{name, value})
		}
	}
}

// NodeSchema is a list of steps; Schema says which there are.
func (s *Steps) NodeSchema() map[string]any {
	return map[string]any{"type": "array", "items": map[string]any{"$ref": "#/$defs/step"}}
}

// single reads NAME or a map with one key.
func single(n *yaml.Node, d *spec.Decoder, what, example string) (name Text, value *yaml.Node, ok bool) {
	switch spec.ShapeOf(n) {
	case spec.String:
		if n.Value != "" {
			return keyText(n), nil, true
		}
	case spec.Map:
		if len(n.Content) == 2 {
			return keyText(n.Content[0]), n.Content[1], true
		}
		if len(n.Content) > 2 {
			d.Report(n.Content[2], "yaml.single_key", what+" is a map with one key; this one also has "+spec.Quote(n.Content[2].Value),
				"start each with `- ` on a line of its own; indent what belongs to "+spec.Clip(n.Content[0].Value))
			return keyText(n.Content[0]), n.Content[1], true
		}
	}
	d.Report(n, "yaml.type", what+" is a map with one key, got "+spec.ShapeOf(n).String(), "such as `"+example+"`")
	return Text{}, nil, false
}

func oneOf(schemas ...any) map[string]any { return map[string]any{"oneOf": schemas} }
