package flow

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/spec"
)

// Stream is one entry of `streams`: a table, a pattern of tables, or files, each of
// which becomes a flow of its own.
type Stream struct {
	Name Text // the key
	Part
}

// Part is what `defaults` and a stream may say, in the sections of a flow.
type Part struct {
	Skip   bool        `key:"skip" default:"false" help:"leave it out"`
	Source raw[Source] `key:"source" help:"as in a flow; a key here goes before the same key of defaults"`
	Steps  raw[Steps]  `key:"steps" help:"as in a flow, instead of those of defaults"`
	Sink   raw[Sink]   `key:"sink" help:"as in a flow; a key here goes before the same key of defaults"`
	Errors raw[Errors] `key:"errors" help:"as in a flow; a key here goes before the same key of defaults"`
}

// raw is a T that is decoded later, once it is put together.
type raw[T any] struct{ node *yaml.Node }

// DecodeNode keeps the node.
func (r *raw[T]) DecodeNode(n *yaml.Node, _ *spec.Decoder) { r.node = n }

// NodeSchema is that of a T.
func (r *raw[T]) NodeSchema() map[string]any { return spec.JSONSchema(new(T)) }

// Streams are a flow's streams in order.
type Streams []Stream

// DecodeNode takes a map of names.
func (s *Streams) DecodeNode(n *yaml.Node, d *spec.Decoder) {
	for _, p := range d.Pairs(n) {
		st := Stream{Name: keyText(p.Key)}
		d.In(p.Key.Value, func() { d.Decode(p.Value, &st.Part) })
		*s = append(*s, st)
	}
}

// NodeSchema is a map with any keys.
func (s *Streams) NodeSchema() map[string]any {
	return map[string]any{"type": "object", "additionalProperties": spec.JSONSchema(&Part{})}
}

// StreamOf says which stream of its flow a flow is.
type StreamOf struct {
	Name          string // unique in the flow
	Schema, Table string // what ${{ stream }} yields beside the name; "" where there is none
	// Object is the source's table, or its files if Files says so, where the stream does not name them.
	Object string
	Files  bool
}

// HasStreams reports whether f is many flows in one.
func (f *Flow) HasStreams() bool { return len(f.Streams) > 0 }

// Key names what is kept of the flow from run to run: it differs for each stream.
func (f *Flow) Key() string {
	if f.Stream == nil {
		return f.Name.Value
	}
	return f.Name.Value + "/" + f.Stream.Name
}

// sections are those that streams have instead of the flow.
var sections = []string{"source", "steps", "sink", "errors"}

// kinds of sources and sinks: one that is given goes before another.
var (
	sourceKinds = []string{"files", "table", "query", "request"}
	sinkKinds   = []string{"file", "table"}
)

// maxStreams keeps a hostile file from costing much: each is checked as a flow.
const maxStreams = 1000

// splitStreams takes the sections out of the root of a flow with streams.
func splitStreams(root *yaml.Node) (rest *yaml.Node, common Part) {
	r := *root
	r.Content = nil
	into := map[string]**yaml.Node{"source": &common.Source.node, "steps": &common.Steps.node, "sink": &common.Sink.node, "errors": &common.Errors.node}
	for i := 0; i+1 < len(root.Content); i += 2 {
		if node := into[root.Content[i].Value]; node != nil {
			*node = root.Content[i+1]
			continue
		}
		r.Content = append(r.Content, root.Content[i], root.Content[i+1])
	}
	return &r, common
}

// over lays p over base.
func (p Part) over(base Part) Part {
	p.Source.node = overlay(base.Source.node, p.Source.node, sourceKinds, sourceKeys)
	p.Sink.node = overlay(base.Sink.node, p.Sink.node, sinkKinds, sinkKeys)
	p.Errors.node = overlay(base.Errors.node, p.Errors.node, nil, nil)
	if p.Steps.node == nil {
		p.Steps.node = base.Steps.node
	}
	return p
}

// overlay lays the keys of change over those of n. One of kinds in change takes the place of
// another in n, together with the keys that go with that alone.
func overlay(n, change *yaml.Node, kinds []string, rules []belongs) *yaml.Node {
	switch {
	case change == nil || spec.ShapeOf(change) == spec.Null && n != nil:
		return n
	case spec.ShapeOf(n) != spec.Map || spec.ShapeOf(change) != spec.Map:
		return change
	}
	merged := *n
	merged.Content = nil
	gone := map[string]bool{}
	if i := slices.IndexFunc(kinds, func(k string) bool { key, _ := keyOf(change, k); return key != nil }); i >= 0 {
		for _, k := range kinds {
			gone[k] = true
		}
		for _, r := range rules {
			gone[r.key] = !slices.Contains(r.with, kinds[i])
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i].Value
		if own, _ := keyOf(change, k); own == nil && !gone[k] {
			merged.Content = append(merged.Content, n.Content[i], n.Content[i+1])
		}
	}
	merged.Content = append(merged.Content, change.Content...)
	return &merged
}

// Given reports whether the stream itself says what its source reads, so that its name is
// nothing but a name.
func (s *Stream) Given() bool {
	return slices.ContainsFunc(sourceKinds, func(kind string) bool { k, _ := keyOf(s.Source.node, kind); return k != nil })
}

// Connection is the name of the connection that the stream reads from; "" = files of the project's folder.
func (s *Stream) Connection() string {
	if _, n := keyOf(s.Source.node, "connection"); spec.ShapeOf(n) == spec.String {
		return n.Value
	}
	return ""
}

// StreamFlow is the flow that one stream is. What is wrong with it is known of the stream's
// pattern already, but for what of is.
func (f *Flow) StreamFlow(s *Stream, of StreamOf) (*Flow, []Diag) {
	d := &spec.Decoder{Source: f.Bytes}
	sub := f.stream(s, of, d)
	return sub, f.Diags(d.Findings)
}

func (f *Flow) stream(s *Stream, of StreamOf, d *spec.Decoder) *Flow {
	sub := *f
	sub.Stream, sub.Streams, sub.Source, sub.Steps, sub.Sink, sub.Errors = &of, nil, Source{}, nil, Sink{}, Errors{}
	at := s.Name.node
	empty := yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: at.Line, Column: at.Column}
	source, sink := s.Source.node, s.Sink.node
	if !s.Given() && (source == nil || spec.ShapeOf(source) == spec.Map) {
		source = overlay(&empty, source, nil, nil)
		source = withKind(source, at, of)
	}
	if sink == nil {
		sink = &empty
	}
	root := empty
	for i, n := range []*yaml.Node{source, s.Steps.node, sink, s.Errors.node} {
		into := []any{&sub.Source, &sub.Steps, &sub.Sink, &sub.Errors}[i]
		d.In(sections[i], func() { d.Decode(n, into) })
		if n != nil {
			root.Content = append(root.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: sections[i], Line: n.Line, Column: n.Column}, n)
		}
	}
	if sub.standard() {
		d.Report(at, "flow.stream", "a stream does not read standard input or write standard output: they are not one's alone", "")
	}
	checkPair(&sub, d)
	checkLimits(&root, &sub, d)
	checkLater(&root, d)
	checkTemplates(&root, &sub, d)
	return &sub
}

// withKind says what the source reads, in the place of the stream's name.
func withKind(source, at *yaml.Node, of StreamOf) *yaml.Node {
	kind, value := "table", *at
	if of.Files {
		kind = "files"
	}
	value.Tag, value.Value = "!!str", strings.ReplaceAll(of.Object, "${{", "$${{")
	if value.Style == 0 { // so that it is a text whatever it looks like
		value.Style = yaml.DoubleQuotedStyle
	}
	source.Content = append(slices.Clone(source.Content), &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: kind, Line: at.Line, Column: at.Column}, &value)
	return source
}

// checkStreams puts the streams of f together and checks each as a flow, as far as the file
// tells what it reads.
func checkStreams(root *yaml.Node, f *Flow, common Part, d *spec.Decoder) {
	key, _ := keyOf(root, "streams")
	if k, _ := keyOf(root, "tests"); k != nil {
		d.Report(k, "flow.stream", "a flow with `streams` has no `tests`", "test the steps in a flow of their own")
	}
	if _, n := keyOf(root, "defaults"); n != nil {
		if k, _ := keyOf(n, "skip"); k != nil {
			d.Report(k, "flow.stream", "`skip` leaves out one of the streams: it does not go into `defaults`", "")
		}
	}
	if len(f.Streams) == 0 {
		d.Report(key, "flow.stream", "streams: names no table and no files", `"*": {} are all tables`)
		return
	}
	if n := len(f.Streams); n > maxStreams {
		d.Report(key, "flow.stream", fmt.Sprintf("streams: %d of them, %d at most", n, maxStreams), "a pattern such as \"public.*\" stands for many")
		return
	}
	base, seen := f.Defaults.over(common), map[spec.Finding]bool{}
	for i := range f.Streams {
		s := &f.Streams[i]
		if s.Name.Value == "" {
			d.Report(s.Name.node, "flow.stream", "a stream without a name", "")
			return
		}
		said := s.Part
		if s.Part = said.over(base); s.Skip {
			if said.Source.node != nil || said.Steps.node != nil || said.Sink.node != nil || said.Errors.node != nil {
				d.Warn(s.Name.node, "flow.no_effect", "stream "+spec.Quote(s.Name.Value)+" is skipped: its other keys have no effect", "")
			}
			continue
		}
		_, decode := keyOf(s.Source.node, "decode")
		own := &spec.Decoder{Source: d.Source}
		f.stream(s, StreamOf{Name: s.Name.Value, Object: s.Name.Value, Files: decode != nil || s.Connection() == ""}, own)
		for _, finding := range own.Findings { // what is wrong with `defaults` is wrong with each
			if !seen[finding] {
				seen[finding] = true
				d.Findings = append(d.Findings, finding)
			}
		}
	}
}
