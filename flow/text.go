package flow

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/spec"
)

// Pos is a position in a YAML file, 1-based. The zero Pos is "nowhere".
type Pos struct{ Line, Column int }

func posOf(n *yaml.Node) Pos {
	if n == nil {
		return Pos{}
	}
	return Pos{n.Line, n.Column}
}

// Text is a string with the position of its first character.
type Text struct {
	Value string
	Pos   Pos
	node  *yaml.Node
}

// DecodeNode takes a string.
func (t *Text) DecodeNode(n *yaml.Node, d *spec.Decoder) {
	if s, ok := d.Text(n); ok {
		*t = Text{Value: s, Pos: posOf(n), node: n}
	}
}

// NodeSchema is a string; numbers are taken as they are written.
func (t *Text) NodeSchema() map[string]any {
	return map[string]any{"type": []any{"string", "number"}}
}

// Shape is what the text is in the file: a string, or a number, true, false or nothing
// where those are allowed.
func (t Text) Shape() spec.Shape { return spec.ShapeOf(t.node) }

// scalar is any scalar as it is written: nothing is "".
func scalar(n *yaml.Node, d *spec.Decoder) (Text, bool) {
	if n.Kind != yaml.ScalarNode {
		d.Wrong(n, "a string, a number, true, false or null", "")
		return Text{}, false
	}
	t := Text{Value: n.Value, Pos: posOf(n), node: n}
	if spec.ShapeOf(n) == spec.Null {
		t.Value = ""
	}
	return t, true
}

// scalarSchema is what scalar takes.
func scalarSchema() map[string]any {
	return map[string]any{"type": []any{"string", "number", "boolean", "null"}}
}

// At is the position of a byte offset of t in the flow's file.
func (f *Flow) At(t Text, offset int) Pos {
	if t.node == nil {
		return t.Pos
	}
	line, column := spec.Position(f.Bytes, t.node, offset)
	return Pos{line, column}
}

// Rate is a share: 0..1; -1 = none given.
type Rate float64

// DecodeNode takes "0.5%" or a fraction.
func (r *Rate) DecodeNode(n *yaml.Node, d *spec.Decoder) {
	const hint = "write a share such as 0.5% or 0.005"
	text, ok := d.Text(n)
	if !ok {
		return
	}
	number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if percent {
		v /= 100
	}
	none := v == -1 && n.Line == 0 // the default
	if err != nil || !(v >= 0 && v <= 1) && !none {
		d.Report(n, "yaml.value", spec.Quote(text)+" is not a share between 0% and 100%", hint)
		return
	}
	*r = Rate(v)
}

// NodeSchema is a percentage or a fraction.
func (r *Rate) NodeSchema() map[string]any {
	return map[string]any{"type": []any{"string", "number"}, "pattern": `^[0-9.]+ *%?$`}
}
