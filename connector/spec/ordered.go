package spec

import "go.yaml.in/yaml/v3"

// Entry is one key of a map, with its value decoded.
type Entry[T any] struct {
	Key          string
	Line, Column int // of the key
	Value        T
}

// Ordered is a map whose keys keep their order.
type Ordered[T any] []Entry[T]

// DecodeNode takes a map; nothing is an empty map.
func (o *Ordered[T]) DecodeNode(n *yaml.Node, d *Decoder) {
	for _, p := range d.Pairs(n) {
		e := Entry[T]{Key: p.Key.Value, Line: p.Key.Line, Column: p.Key.Column}
		d.In(p.Key.Value, func() { d.Decode(p.Value, &e.Value) })
		*o = append(*o, e)
	}
}

// NodeSchema is a map with any keys.
func (o Ordered[T]) NodeSchema() map[string]any {
	var zero T
	return map[string]any{"type": "object", "additionalProperties": JSONSchema(&zero)}
}

// Pair is one key of a map as it stands in the file.
type Pair struct{ Key, Value *yaml.Node }

// Pairs lists a map's entries; nothing has none. Anything else is a finding.
func (d *Decoder) Pairs(n *yaml.Node) []Pair {
	switch ShapeOf(n) {
	case Null:
		return nil
	case Map:
	default:
		d.Wrong(n, Map.String(), "")
		return nil
	}
	pairs := make([]Pair, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		pairs = append(pairs, Pair{n.Content[i], n.Content[i+1]})
	}
	return pairs
}

// Items lists a list's items; nothing has none. Anything else is a finding.
func (d *Decoder) Items(n *yaml.Node) []*yaml.Node {
	switch ShapeOf(n) {
	case Null:
		return nil
	case List:
		return n.Content
	case Map:
		d.Wrong(n, List.String(), "start each item with `- `")
	default:
		d.Wrong(n, List.String(), "write ["+Clip(n.Value)+"]")
	}
	return nil
}

// In names the key that f decodes, for messages.
func (d *Decoder) In(key string, f func()) {
	outer := d.key
	d.key = key
	f()
	d.key = outer
}
