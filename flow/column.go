package flow

import (
	"regexp"

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/spec"
)

// Column is a declared column.
type Column struct {
	Name     Text
	Type     record.Type
	Required bool
	Class    string
}

// Columns are declared columns in order.
type Columns []Column

type columnKeys struct {
	Type     typeName `key:"type" required:"true" help:"bool, int, float, decimal(p,s), string, bytes, date, time, timestamp, json or uuid"`
	Required bool     `key:"required" default:"false" help:"reject rows where it is NULL"`
	Class    string   `key:"class" help:"the data class, such as pii"`
}

// DecodeNode takes a map of names to types or to {type, required, class}.
func (c *Columns) DecodeNode(n *yaml.Node, d *spec.Decoder) {
	for _, p := range d.Pairs(n) {
		var k columnKeys
		d.In(p.Key.Value, func() { typed(p.Value, d, &k.Type, &k) })
		*c = append(*c, Column{Name: keyText(p.Key), Type: k.Type.Type, Required: k.Required, Class: k.Class})
		if p.Key.Value == "" {
			d.Report(p.Key, "yaml.value", "a column needs a name", "")
		}
	}
}

// NodeSchema is a map of types.
func (c *Columns) NodeSchema() map[string]any {
	return map[string]any{"type": "object", "additionalProperties": oneOf(new(typeName).NodeSchema(), spec.JSONSchema(&columnKeys{}))}
}

// typed reads a map, or a type alone, which is short for {type: ...}.
func typed(n *yaml.Node, d *spec.Decoder, t *typeName, keys any) {
	if spec.ShapeOf(n) == spec.Map {
		d.Decode(n, keys)
		return
	}
	d.Decode(nil, keys)
	t.DecodeNode(n, d)
}

// typeName is a record.Type as files spell it.
type typeName struct{ record.Type }

// DecodeNode takes a type's name.
func (t *typeName) DecodeNode(n *yaml.Node, d *spec.Decoder) {
	text, ok := d.Text(n)
	if !ok {
		return
	}
	typ, err := record.ParseType(text)
	if err != nil {
		hint := spec.DidYouMean(text, record.TypeNames())
		if regexp.MustCompile(`^decimal\b`).MatchString(text) {
			hint = "write decimal(p,s) with p digits from 1 to 38, s of them after the point"
		}
		if regexp.MustCompile(`^decimal ?\( *[0-9]+$`).MatchString(text) {
			hint = "inside { } a comma ends the value: quote it, \"" + text + ",2)\""
		}
		d.Report(n, "yaml.column_type", "unknown type "+spec.Quote(text), hint)
		return
	}
	t.Type = typ
}

// NodeSchema is a string.
func (t *typeName) NodeSchema() map[string]any {
	return map[string]any{"type": "string",
		"pattern": `^(bool|int|float|string|bytes|date|time|timestamp|json|uuid|decimal ?\( *[0-9]+ *(, *[0-9]+ *)?\))$`}
}

// Param is a value given to a run.
type Param struct {
	Name    Text
	Type    record.Type
	Default *Text // nil = must be given; may hold ${{ }}
	Help    string
}

// Params are a flow's parameters in order.
type Params []Param

type paramKeys struct {
	Type    typeName   `key:"type" required:"true" help:"as in columns"`
	Default *yaml.Node `key:"default" help:"left out = must be given; may hold ${{ }}"`
	Help    string     `key:"help" help:"one line for people"`
}

var paramName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// DecodeNode takes a map of names to types or to {type, default, help}.
func (ps *Params) DecodeNode(n *yaml.Node, d *spec.Decoder) {
	for _, p := range d.Pairs(n) {
		var k paramKeys
		param := Param{Name: keyText(p.Key)}
		d.In(p.Key.Value, func() {
			typed(p.Value, d, &k.Type, &k)
			if k.Default != nil {
				if t, ok := scalar(k.Default, d); ok {
					param.Default = &t
				}
			}
		})
		param.Type, param.Help = k.Type.Type, k.Help
		if !paramName.MatchString(p.Key.Value) {
			d.Report(p.Key, "yaml.name", spec.Quote(p.Key.Value)+" cannot name a parameter", "use letters, digits and _, not a digit first")
		}
		*ps = append(*ps, param)
	}
}

// NodeSchema is a map of types.
func (ps *Params) NodeSchema() map[string]any {
	s := spec.JSONSchema(&paramKeys{})
	s["properties"].(map[string]any)["default"] = scalarSchema()
	return map[string]any{"type": "object", "additionalProperties": oneOf(new(typeName).NodeSchema(), s),
		"propertyNames": map[string]any{"pattern": paramName.String()}}
}
