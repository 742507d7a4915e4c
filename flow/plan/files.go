package plan

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/blob"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/flow"
)

// fileSource opens a source of files.
func (b *builder) fileSource(end Endpoint) (connector.Source, error) {
	store, err := b.store(b.from)
	if err != nil {
		return nil, err
	}
	s := &b.flow.Source
	cfg := blob.SourceConfig{Store: store, StoreName: end.Connection, Registry: b.registry, Keys: b.key,
		Glob: end.Object, Settle: s.Files.Settle, Seen: s.Files.Seen, SeenBy: s.Files.SeenBy, Cursor: b.req.Cursor, Layers: b.decode,
		Columns: declaredFields(s), NewColumn: s.Drift.NewColumn, MissingColumn: s.Drift.MissingColumn, Strict: s.Strict,
		FileColumns: b.fileColumns(), Sums: b.req.Sums, ChunkSize: b.batchBytes()}
	if then := s.Files.OnSuccess; then != nil {
		cfg.OnSuccess = blob.OnSuccess{Delete: then.Delete, Move: then.Move.Value}
	}
	cfg.Retry = b.retry()
	return blob.NewSource(cfg), nil
}

// batchBytes is how large batches should be for the sink's sake; 0 = it does not matter.
func (b *builder) batchBytes() int {
	if b.to != nil && b.to.Type.Table != nil {
		return b.to.Type.Table.BatchBytes
	}
	layers, f := b.encode, (*connector.Format)(nil)
	if layers != nil && layers.Format != nil {
		f = layers.Format
	} else if name := b.flow.Sink.File.Value; name != "" {
		_, f = b.registry.Layers(name)
	}
	if f == nil {
		return 0
	}
	return f.BatchBytes
}

// fileRules checks what a source of files says besides its columns.
func (c *checker) fileRules() {
	s := c.flow.Source.Files
	if s.SeenBy == blob.SeenByContent && s.Seen == blob.SeenReload {
		c.report(s.Glob, "flow.source", "`seen_by` has no effect while `seen` is reload", "write `seen: skip`, or `seen: fail`")
	}
	if then := s.OnSuccess; then != nil && !then.Delete && then.Move.Value == "" && then.Move.Pos.Line > 0 {
		c.report(then.Move, "flow.source", "on_success: a folder is needed to move files to", "")
	}
	if then := s.OnSuccess; then != nil && then.Move.Value != "" && leadsOut(withoutTemplates(then.Move.Value)) {
		c.report(then.Move, "flow.source", "on_success: the folder leads out of "+c.rootOf("flow.source"), "")
	}
	if then := s.OnSuccess; then != nil && !then.Delete && c.from != nil && c.from.Type.NoRename {
		c.report(then.Move, "flow.source", "on_success: a "+c.from.Type.Name+" connection cannot move files", "write `seen: skip` to read each once")
	}
}

// transfer checks a flow that moves files unparsed. Where its sink says nothing, the bytes are
// written as they are, whatever the name's extension.
func (c *checker) transfer() {
	s, sink := &c.flow.Source, &c.flow.Sink
	if c.opaque && c.encode == nil && sink.File.Value != "" {
		c.encode = &blob.Layers{Format: c.decode.Format, Config: c.decode.Config}
	}
	if f := c.encode; c.opaque != (f != nil && f.Format != nil && f.Format.Opaque) {
		at, what := sink.File, "its sink must be a file with `encode: [raw]`, or without `encode`"
		if !c.opaque {
			what = "its source must be files with `decode: [raw]`"
		}
		if at.Value == "" {
			at = sink.Table
		}
		c.report(at, "flow.transfer", "a flow moves files unparsed or not at all: "+what, "")
		return
	}
	if !c.opaque {
		return
	}
	say := func(bad bool, at flow.Text, message, suggestion string) {
		if bad {
			c.report(at, "flow.transfer", message, suggestion)
		}
	}
	if len(c.flow.Steps) > 0 {
		say(true, c.flow.Steps[0].Name, "a flow that moves files unparsed has no steps", "")
	}
	if len(s.Columns) > 0 {
		say(true, s.Columns[0].Name, "a flow that moves files unparsed has no columns", "")
	}
	say(len(sink.PartitionBy) > 0 || sink.Roll != nil, sink.File, "`partition_by` and `roll` need rows; this flow moves files unparsed", "")
	say(strings.ContainsAny(s.Files.Glob.Value, "*?[{") && !usesSplit(sink.File) && sink.File.Value != "-", sink.File,
		"several files would become one", "put ${{ file.name }} into the name")
}

// fileName finds the columns that describe the file.
var fileName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\bfile\.(path|name|size|modified|row)\b`)
})

// fileColumns lists the columns describing the file that the steps or the sink name, those
// that the flow declares as its own left out.
func (c *checker) fileColumns() []record.Field {
	if c.flow.Source.Files == nil || slices.ContainsFunc(c.flow.Source.Columns, func(col flow.Column) bool { return col.Name.Value == "file" }) {
		return nil
	}
	named := map[string]bool{}
	for _, s := range c.flow.Steps {
		namedIn(s.Node, named)
	}
	for _, t := range append(slices.Clone(c.flow.Sink.Key), c.flow.Sink.PartitionBy...) {
		named[t.Value] = true
	}
	var list []record.Field
	for _, f := range blob.FileColumns() {
		if named[f.Name] {
			list = append(list, f)
		}
	}
	return list
}

func namedIn(n *yaml.Node, named map[string]bool) {
	if n == nil {
		return
	}
	for _, name := range fileName().FindAllString(n.Value, -1) {
		named[name] = true
	}
	for _, child := range n.Content {
		namedIn(child, named)
	}
}

// choose notes the columns describing the file that a `select` names.
func (c *checker) choose(s *record.Schema) {
	for _, f := range s.Fields {
		c.chosen[f.Name] = true
	}
}

// hidden lists the columns describing the file that nobody wants to see written: they are
// there for the steps.
func (c *checker) hidden(s *record.Schema, chosen map[string]bool) []string {
	var names []string
	for _, f := range c.fileColumns() {
		if !chosen[f.Name] && s.Index(f.Name) >= 0 {
			names = append(names, f.Name)
		}
	}
	return names
}
