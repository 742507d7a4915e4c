package step

import (
	"fmt"
	"sync/atomic"

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow/expr"
)

// rowCount is a number of rows.
type rowCount int64

// DecodeNode takes a whole number that is not negative.
func (c *rowCount) DecodeNode(n *yaml.Node, d *spec.Decoder) {
	rows, ok := d.Int(n)
	if ok && rows < 0 {
		d.Report(n, "yaml.range", "a number of rows cannot be negative", "")
		return
	}
	*c = rowCount(rows)
}

// NodeSchema is a whole number that is not negative.
func (c *rowCount) NodeSchema() map[string]any {
	return map[string]any{"type": "integer", "minimum": 0}
}

// limitStep lets the first rows through and cuts the rest, which count as filtered.
type limitStep struct{ rows rowCount }

func limitKind() Kind {
	return Kind{
		Name:    "limit",
		Summary: "keep the first rows",
		Decode: func(n *yaml.Node, d *spec.Decoder) Step {
			s := &limitStep{}
			d.Decode(n, &s.rows)
			return s
		},
		Schema: func() map[string]any {
			s := new(rowCount).NodeSchema()
			s["description"] = "How many rows to keep."
			return s
		},
	}
}

func (s *limitStep) Check(in expr.Scope, _ *spec.Decoder) expr.Scope { return in }

func (s *limitStep) Compile(in *record.Schema, _ Env) (*Op, error) {
	l := &limit{}
	l.left.Store(int64(s.rows))
	return &Op{
		Name:    "limit",
		Out:     in,
		Ordered: true,
		New:     func() Instance { return l },
		Explain: fmt.Sprintf("keeps the first %d rows, in order; reading stops then", s.rows),
		Done:    func() bool { return l.left.Load() == 0 },
	}, nil
}

// limit is written by one goroutine at a time and read by any.
type limit struct{ left atomic.Int64 }

func (l *limit) Apply(b *record.Batch) error {
	left := l.left.Load()
	keep := min(left, int64(len(b.Sel)))
	b.Filtered += int64(len(b.Sel)) - keep
	b.Sel = b.Sel[:keep]
	l.left.Store(left - keep)
	return nil
}
