package step

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow/expr"
	"github.com/headgate/headgate/flow/step/seen"
)

// dedupeStep keeps the first row of those that are equal in the key columns. Without
// a key all columns are compared.
type dedupeStep struct {
	Key  columns `key:"key" help:"the columns to compare; none = all"`
	Keep string  `key:"keep" help:"which of equal rows stays" enum:"first,last" default:"first"`
}

func dedupeKind() Kind {
	return Kind{
		Name:    "dedupe",
		Summary: "keep the first of rows that are equal in these columns (in all, when none are named)",
		Decode:  decodeDedupe,
		Schema: func() map[string]any {
			return map[string]any{"oneOf": []any{
				(&columns{}).NodeSchema(), spec.JSONSchema(&dedupeStep{}), map[string]any{"type": "null"},
			}}
		},
	}
}

func decodeDedupe(n *yaml.Node, d *spec.Decoder) Step {
	s := &dedupeStep{}
	if spec.ShapeOf(n) != spec.Map {
		d.Decode(n, &s.Key)
		return s
	}
	d.Decode(n, s)
	if s.Keep == "last" {
		d.Report(n, "step.unsupported", "`keep: last` is not supported by this version yet", "")
	}
	return s
}

func (s *dedupeStep) Check(in expr.Scope, d *spec.Decoder) expr.Scope {
	s.Key.in(in, d)
	return in
}

func (s *dedupeStep) Compile(in *record.Schema, env Env) (*Op, error) {
	at, err := s.Key.ordinals("dedupe", in)
	if err != nil {
		return nil, err
	}
	if len(at) == 0 {
		for i := range in.Fields {
			at = append(at, i)
		}
	}
	x := &dedupe{hash: seen.NewHasher(), set: seen.New(seen.Options{Memory: env.Memory, Dir: env.TempDir})}
	var compared []string
	for _, i := range at {
		x.key = append(x.key, keyColumn{index: i, name: in.Fields[i].Name})
		compared = append(compared, in.Fields[i].Name)
	}
	return &Op{
		Name:    "dedupe",
		Out:     in,
		Ordered: true,
		New:     func() Instance { return x },
		Explain: "compares " + strings.Join(compared, ", ") + "; keeps a 16-byte digest of each row, in memory and then encrypted on disk",
		Close:   x.set.Close,
	}, nil
}

// keyColumn is a column of a key and its cells in the batch in work.
type keyColumn struct {
	index int
	name  string
	cells *record.Vector
}

type dedupe struct {
	key  []keyColumn
	hash seen.Hasher
	set  *seen.Set
	buf  []byte
}

// Apply keeps the rows whose key was not seen before. A row whose key cannot be
// read is rejected: it can't be said whether it was seen.
func (x *dedupe) Apply(b *record.Batch) error {
	for i := range x.key {
		k := &x.key[i]
		k.cells = b.Cols[k.index].Values(b, b.Sel)
		rejectBad(b, k.cells, nil, k.name)
	}
	before := len(b.Sel)
	kept := b.Sel[:0]
	for _, row := range b.Sel {
		x.buf = x.buf[:0]
		for i := range x.key {
			x.buf = appendKey(x.buf, b, x.key[i].cells, row)
		}
		added, err := x.set.Add(x.hash.Sum(x.buf))
		if err != nil {
			return fmt.Errorf("dedupe: %w", err)
		}
		if added {
			kept = append(kept, row)
		}
	}
	b.Sel = kept
	b.Deduped += int64(before - len(kept))
	return nil
}
