package step

import (
	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow/expr"
)

// name is a column's name and where it stands in the flow file.
type name struct {
	text string
	node *yaml.Node
}

// columns is a list of columns as a step takes it.
type columns struct {
	names []name
	node  *yaml.Node
}

// DecodeNode reads a list of names. A name that stands twice is a finding.
func (c *columns) DecodeNode(n *yaml.Node, d *spec.Decoder) {
	c.node = n
	seen := map[string]bool{}
	for _, item := range d.Items(n) {
		text, ok := d.Text(item)
		switch {
		case !ok:
		case seen[text]:
			d.Report(item, "step.duplicate_column", "column "+spec.Quote(text)+" is listed twice", "")
		default:
			seen[text] = true
			c.names = append(c.names, name{text, item})
		}
	}
}

// NodeSchema is a list of strings.
func (c *columns) NodeSchema() map[string]any {
	return map[string]any{"type": "array", "items": map[string]any{"type": "string"}, "uniqueItems": true}
}

// wantSome reports a list without a name in it.
func (c *columns) wantSome(d *spec.Decoder, suggestion string) {
	if s := spec.ShapeOf(c.node); s == spec.Null || s == spec.List && len(c.node.Content) == 0 {
		d.Report(c.node, "step.empty", "no column is named", suggestion)
	}
}

// in looks all names up.
func (c *columns) in(scope expr.Scope, d *spec.Decoder) {
	for _, n := range c.names {
		n.in(scope, d)
	}
}

// ordinals are the places of the columns in a schema that Check has seen.
func (c *columns) ordinals(step string, in *record.Schema) ([]int, error) {
	at := make([]int, len(c.names))
	for i, n := range c.names {
		if at[i] = in.Index(n.text); at[i] < 0 {
			return nil, absent(step, n.text)
		}
	}
	return at, nil
}

// in reports a name that a scope does not have.
func (n name) in(scope expr.Scope, d *spec.Decoder) {
	if s := schemaOf(scope); s.Index(n.text) < 0 && !scope.Open {
		d.Report(n.node, "step.unknown_column", "unknown column "+spec.Quote(n.text), spec.DidYouMean(n.text, s.Names()))
	}
}

// field is the column in a scope, of unknown type when the scope does not list it.
func (n name) field(scope expr.Scope) record.Field {
	s := schemaOf(scope)
	if i := s.Index(n.text); i >= 0 {
		return s.Fields[i]
	}
	return record.Field{Name: n.text}
}

// schemaOf is the schema of a scope, never nil.
func schemaOf(scope expr.Scope) *record.Schema {
	if scope.Schema == nil {
		return &record.Schema{}
	}
	return scope.Schema
}

// pairs lists a map's entries; none at all is a finding.
func pairs(n *yaml.Node, wants string, d *spec.Decoder) []spec.Pair {
	list := d.Pairs(n)
	if s := spec.ShapeOf(n); len(list) == 0 && (s == spec.Null || s == spec.Map) {
		d.Report(n, "step.empty", "wants "+wants, "")
	}
	return list
}
