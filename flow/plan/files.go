package plan

import (
	"regexp"
	"slices"

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
		Glob: end.Object, Settle: s.Files.Settle, Seen: s.Files.Seen, SeenBy: s.Files.SeenBy, Layers: b.decode,
		Columns: declaredFields(s), NewColumn: s.Drift.NewColumn, MissingColumn: s.Drift.MissingColumn, Strict: s.Strict,
		FileColumns: b.fileColumns(), Sums: b.req.Sums}
	if then := s.Files.OnSuccess; then != nil {
		cfg.OnSuccess = blob.OnSuccess{Delete: then.Delete, Move: then.Move.Value}
	}
	if r := b.flow.Run.Retry; r != nil {
		cfg.Retry = blob.Retry{Attempts: r.Attempts, Backoff: r.Backoff}
	}
	return blob.NewSource(cfg), nil
}

// fileRules checks what a source of files says besides its columns.
func (c *checker) fileRules() {
	s := c.flow.Source.Files
	if s.SeenBy == blob.SeenByContent && s.Seen == blob.SeenReload {
		c.report(s.Glob, "flow.source", "`seen_by` has no effect while `seen` is reload", "write `seen: skip`, or `seen: fail`")
	}
	if then := s.OnSuccess; then != nil && !then.Delete && then.Move.Value == "" {
		c.report(then.Move, "flow.source", "on_success: a folder is needed to move files to", "")
	}
}

// fileName finds the columns that describe the file.
var fileName = regexp.MustCompile(`\bfile\.(path|name|size|modified|row)\b`)

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
	for _, name := range fileName.FindAllString(n.Value, -1) {
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
