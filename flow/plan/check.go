package plan

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/blob"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/flow/expr"
	"github.com/headgate/headgate/flow/step"
)

// Check finds what is wrong with a flow that was loaded without findings, as far as
// the project's files tell. It needs no store, network, environment or clock.
func Check(f *flow.Flow, p *flow.Project, reg *connector.Registry) []flow.Diag {
	return findings(wholes(f, p, reg, ""))
}

// checker decodes what package flow left to those who know connectors and steps,
// and collects findings.
type checker struct {
	flow     *flow.Flow
	project  *flow.Project
	registry *connector.Registry
	profile  string
	d        spec.Decoder
	vars     expr.Vars   // declared by Check, with values when building
	others   []flow.Diag // in connections.yaml

	streams  []*checker     // of a flow that is many
	from, to *flow.Resolved // nil = the project's own files
	decode   *blob.Layers   // nil = by extension
	encode   *blob.Layers
	steps    []step.Step     // nil where a step is not known
	opaque   bool            // files are moved unparsed
	chosen   map[string]bool // columns that describe the file and that a step or the sink wants to see written
}

func newChecker(f *flow.Flow, p *flow.Project, reg *connector.Registry, profile string) *checker {
	return &checker{flow: f, project: p, registry: reg, profile: profile, d: spec.Decoder{Source: f.Bytes}}
}

// diags are the findings in the flow, then those in the connections that it uses.
func (c *checker) diags() []flow.Diag {
	return append(c.flow.Diags(c.d.Findings), c.others...)
}

func (c *checker) report(t flow.Text, code, message, suggestion string) {
	c.d.Findings = append(c.d.Findings, spec.Finding{Code: code, Line: t.Pos.Line, Column: t.Pos.Column,
		Message: message, Suggestion: suggestion})
}

func (c *checker) all() {
	c.templates()
	c.source()
	for _, s := range c.flow.Steps {
		c.steps = append(c.steps, c.step(s))
	}
	c.sink()
	c.columns(c.declared())
}

// columns checks the steps and the sink over the columns of the source.
func (c *checker) columns(in expr.Scope) {
	c.chosen = map[string]bool{}
	for i, s := range c.steps {
		if s == nil {
			in = expr.Scope{Schema: &record.Schema{}, Open: true}
			continue
		}
		in.Vars = c.vars
		in = s.Check(in, &c.d)
		if c.flow.Steps[i].Name.Value == "select" {
			c.choose(in.Schema)
		}
	}
	c.sinkColumns(in)
}

// declared is what the flow says of the source's columns.
func (c *checker) declared() expr.Scope {
	s := &c.flow.Source
	scope := expr.Scope{Schema: &record.Schema{Fields: declaredFields(s)}}
	switch {
	case len(s.Columns) > 0:
		scope.Open = s.Drift.NewColumn == "add"
	case len(s.Select) > 0:
		for _, name := range s.Select {
			scope.Schema.Fields = append(scope.Schema.Fields, record.Field{Name: name.Value})
		}
	default:
		scope.Open = true
	}
	for _, f := range c.fileColumns() {
		if scope.Schema.Index(f.Name) < 0 {
			scope.Schema.Fields = append(scope.Schema.Fields, f)
		}
	}
	return scope
}

func declaredFields(s *flow.Source) []record.Field {
	var fields []record.Field
	for _, col := range s.Columns {
		fields = append(fields, record.Field{Name: col.Name.Value, Type: col.Type, Declared: true,
			Required: col.Required, Class: col.Class})
	}
	return fields
}

// step decodes one step; nil when there is no such step. A misspelt one is checked as
// the step that was meant, so that its other faults are found in the same go.
func (c *checker) step(s flow.Step) step.Step {
	kind, ok := step.Find(s.Name.Value)
	if !ok {
		f := step.Unknown(s.Name.Value)
		c.report(s.Name, f.Code, f.Message, f.Suggestion)
		if kind, ok = step.Find(spec.Nearest(s.Name.Value, step.Names())); !ok || flow.Later(s.Name.Value) {
			return nil
		}
	}
	decoded := kind.Decode(s.Node, &c.d)
	if k, ok := decoded.(step.KeyUser); ok {
		for _, key := range k.Keys() {
			c.key(key.Name, key.Node, flow.KeyBytes)
		}
	}
	return decoded
}

// connection finds a connection and checks that it may be used so. The result is
// nil for the project's own files, and, with ok false, when there was a finding.
func (c *checker) connection(name flow.Text, use string) (conn *flow.Resolved, ok bool) {
	if name.Value == "" {
		return nil, true
	}
	all, diags := c.project.Connections()
	if all == nil && len(diags) > 0 {
		c.others = append(c.others, diags...)
		return nil, false
	}
	if !all.Has(name.Value) {
		hint := spec.DidYouMean(name.Value, all.Names())
		if all == nil {
			hint = "the project has no connections.yaml"
		}
		c.report(name, "flow.connection", "unknown connection "+spec.Quote(name.Value), hint)
		return nil, false
	}
	conn, diags = all.Resolve(c.registry, name.Value, c.profile)
	c.others = append(c.others, diags...)
	if conn == nil {
		return nil, false
	}
	if !conn.May(use) {
		doing := map[string]string{"read": "reading", "write": "writing"}[use]
		c.report(name, "flow.use", fmt.Sprintf("connection %s is not for %s: its `use` is [%s]",
			spec.Quote(name.Value), doing, strings.Join(conn.Use, ", ")), "")
	}
	return conn, true
}

func (c *checker) source() {
	s := &c.flow.Source
	conn, ok := c.connection(s.Connection, "read")
	c.from = conn
	if s.Files != nil {
		c.decode = c.layers(s.Decode, "decode")
		if ok && conn != nil && conn.Type.Store == nil {
			c.report(s.Connection, "flow.source", fmt.Sprintf("a %s connection has no files", conn.Type.Name), "use `table` or `query`")
		}
		c.readable(s.Files.Glob)
		c.fileRules()
		c.opaque = c.decode != nil && c.decode.Format != nil && c.decode.Format.Opaque
		return
	}
	if ok && conn != nil && (conn.Type.Table == nil || conn.Type.Table.NewSource == nil) {
		c.report(s.Connection, "flow.source", fmt.Sprintf("a %s connection has no tables to read", conn.Type.Name), "use `files`")
	}
	c.duplicates()
}

func (c *checker) duplicates() {
	seen := map[string]bool{}
	for _, name := range c.flow.Source.Select {
		if seen[name.Value] {
			c.report(name, "flow.source", "column "+spec.Quote(name.Value)+" is selected twice", "")
		}
		seen[name.Value] = true
	}
}

func (c *checker) sink() {
	s := &c.flow.Sink
	conn, ok := c.connection(s.Connection, "write")
	c.to = conn
	if s.File.Value != "" {
		c.encode = c.layers(s.Encode, "encode")
		if ok && conn != nil && conn.Type.Store == nil {
			c.report(s.Connection, "flow.sink", fmt.Sprintf("a %s connection has no files", conn.Type.Name), "use `table`")
		}
		if s.Roll != nil && (s.Roll.Size <= 0 || s.File.Value == "-") {
			c.report(s.File, "flow.sink", "roll: takes a size above 0 and a file, not standard output", "")
		}
		c.transfer()
		c.writable(s.File)
		return
	}
	c.transfer()
	if !ok || conn == nil {
		return
	}
	if conn.Type.Table == nil || conn.Type.Table.NewSink == nil {
		c.report(s.Connection, "flow.sink", fmt.Sprintf("a %s connection has no tables to write", conn.Type.Name), "use `file`")
		return
	}
	if mode := s.Mode; !slices.Contains(conn.Type.Table.Modes, mode.Value) {
		c.report(mode, "flow.sink", fmt.Sprintf("load mode %s: not supported by %s", spec.Quote(mode.Value), conn.Type.Name),
			"one of "+strings.Join(conn.Type.Table.Modes, ", "))
	}
}

// sinkColumns checks the columns that the sink names.
func (c *checker) sinkColumns(in expr.Scope) {
	sink := &c.flow.Sink
	for _, name := range append(slices.Clone(sink.Key), sink.PartitionBy...) {
		c.chosen[name.Value] = true
	}
	if hidden := c.hidden(in.Schema, c.chosen); len(hidden) > 0 {
		in.Schema = step.Without(in.Schema, hidden).Out
	}
	c.known(sink.Key, "the key", in)
	c.known(sink.PartitionBy, "partition_by:", in)
	if !in.Open && len(sink.PartitionBy) >= len(in.Schema.Fields) && len(in.Schema.Fields) > 0 {
		c.report(sink.PartitionBy[0], "flow.sink", "partition_by: names every column, which leaves none for the files", "")
	}
}

func (c *checker) known(names []flow.Text, what string, in expr.Scope) {
	for _, name := range names {
		if in.Open || in.Schema.Index(name.Value) >= 0 {
			continue
		}
		c.report(name, "flow.sink", what+" "+spec.Quote(name.Value)+" is not a column of the sink",
			spec.DidYouMean(name.Value, in.Schema.Names()))
	}
}

// layers decodes a `decode` or `encode` list; nil when it is left out. blob wants
// codecs outermost first, which is the order of decode, and the reverse of encode's.
func (c *checker) layers(list flow.Layers, key string) *blob.Layers {
	if len(list) == 0 {
		return nil
	}
	out := &blob.Layers{}
	for i, l := range list {
		if f := c.registry.Format(l.Name.Value); f != nil {
			c.formatLayer(out, f, l, key, i, len(list))
			continue
		}
		if codec := c.registry.Codec(l.Name.Value); codec != nil {
			before := len(c.d.Findings)
			cfg := options(&c.d, codec.Config, l)
			c.layerKeys(l, cfg)
			if len(c.d.Findings) == before {
				c.checkCodec(l.Name, codec, cfg, key)
			}
			out.Codecs = append(out.Codecs, blob.Codec{Codec: codec, Config: cfg})
			continue
		}
		c.unknownLayer(l)
	}
	if key == "encode" {
		slices.Reverse(out.Codecs)
	}
	return out
}

func (c *checker) formatLayer(out *blob.Layers, f *connector.Format, l flow.Layer, key string, i, n int) {
	if out.Format != nil {
		c.report(l.Name, "flow.layers", "a second format: "+f.Name+" after "+out.Format.Name, "")
	} else if key == "decode" && i != n-1 {
		c.report(l.Name, "flow.layers", "the format comes last in `decode`: it is the innermost layer", "")
	} else if key == "encode" && i != 0 {
		c.report(l.Name, "flow.layers", "the format comes first in `encode`: the layers are listed from the inside out", "")
	}
	before := len(c.d.Findings)
	out.Format, out.Config = f, options(&c.d, f.Config, l)
	if f.Check == nil || len(c.d.Findings) > before {
		return
	}
	if err := f.Check(out.Config, key == "encode"); err != nil {
		c.report(l.Name, "flow.layers", err.Error(), "")
	}
}

// newOptions are the options of a codec that nobody configures.
func newOptions(codec *connector.Codec) any {
	if codec.Config == nil {
		return nil
	}
	return codec.Config()
}

// options decodes the options of a layer; nil when it takes none.
func options(d *spec.Decoder, config func() any, l flow.Layer) any {
	if config == nil {
		return nil
	}
	cfg := config()
	d.Decode(l.Node, cfg)
	return cfg
}

func (c *checker) unknownLayer(l flow.Layer) {
	name := l.Name.Value
	if flow.Later(name) {
		c.report(l.Name, "flow.unsupported", flow.NotYet(name), "")
		return
	}
	var known []string
	for _, f := range c.registry.Formats {
		known = append(known, f.Name)
	}
	for _, codec := range c.registry.Codecs {
		known = append(known, codec.Name)
	}
	hint := spec.DidYouMean(name, known)
	if hint == "" {
		hint = "one of " + strings.Join(known, ", ")
	}
	c.report(l.Name, "flow.layers", "unknown format or codec "+spec.Quote(name), hint)
}

// readable checks that the format of the source's files can be told and read.
func (c *checker) readable(glob flow.Text) {
	c.checkName(glob, "flow.source", true)
	if f := c.format(glob, c.decode, "decode"); f != nil && f.NewDecoder == nil {
		c.report(glob, "flow.source", f.Name+" files cannot be read", "")
	}
}

// writable is readable for the sink's file.
func (c *checker) writable(name flow.Text) {
	c.checkName(name, "flow.sink", false)
	if f := c.format(name, c.encode, "encode"); f != nil && f.NewEncoder == nil {
		c.report(name, "flow.sink", f.Name+" files cannot be written", "")
	}
}

// format tells the format from the layers or the name; nil when that must wait until
// the files are seen.
func (c *checker) format(name flow.Text, layers *blob.Layers, key string) *connector.Format {
	if layers != nil && layers.Format != nil {
		return layers.Format
	}
	for _, l := range append(slices.Clone(c.flow.Source.Decode), c.flow.Sink.Encode...) {
		if c.registry.Format(l.Name.Value) == nil && c.registry.Codec(l.Name.Value) == nil {
			return nil // reported already
		}
	}
	codecs, f := c.registry.Layers(name.Value)
	if layers == nil {
		for _, codec := range codecs {
			c.checkCodec(name, codec, newOptions(codec), key)
		}
	}
	if f != nil {
		return f
	}
	ext := path.Ext(name.Value)
	if key == "decode" && name.Value != "-" && (ext == "" || strings.ContainsAny(ext, "*?[{}")) {
		return nil
	}
	c.report(name, "flow.format", "the name does not tell the format", "add `"+key+": csv` or another format")
	return nil
}
