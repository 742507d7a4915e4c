package step

import (
	"fmt"
	"sync/atomic"

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow/expr"
)

// expectStep says what the rows at its place must be like. It takes out the rows that are not
// and fails the run when too few or too many pass.
type expectStep struct {
	MinRows *rowCount   `key:"min_rows" help:"fail the run when fewer rows pass"`
	MaxRows *rowCount   `key:"max_rows" help:"fail the run when more rows pass"`
	That    *expression `key:"that" help:"a condition; rows for which it is false or NULL are rejected"`
}

func expectKind() Kind {
	return Kind{
		Name:    "expect",
		Summary: "say what the rows must be like and how many there must be",
		Decode:  decodeExpect,
		Schema: func() map[string]any {
			s := spec.JSONSchema(&expectStep{})
			s["minProperties"] = 1
			return s
		},
	}
}

func decodeExpect(n *yaml.Node, d *spec.Decoder) Step {
	s := &expectStep{}
	found := len(d.Findings)
	d.Decode(n, s)
	switch {
	case len(d.Findings) > found:
	case s.MinRows == nil && s.MaxRows == nil && s.That == nil:
		d.Report(n, "step.empty", "nothing is expected", "give it min_rows, max_rows or that")
	case s.MinRows != nil && s.MaxRows != nil && *s.MinRows > *s.MaxRows:
		d.Report(n, "yaml.range", "min_rows is above max_rows", "")
	}
	return s
}

func (s *expectStep) Check(in expr.Scope, d *spec.Decoder) expr.Scope {
	if s.That != nil {
		s.That.checkCondition(in, d)
	}
	return in
}

func (s *expectStep) Compile(in *record.Schema, env Env) (*Op, error) {
	x := &expectation{step: s}
	op := &Op{
		Name:    "expect",
		Out:     in,
		New:     func() Instance { return &expecting{all: x} },
		Explain: "counts rows",
	}
	if s.MinRows != nil || s.MaxRows != nil {
		op.Finish = x.finish
	}
	if s.That != nil {
		p, err := s.That.compileCondition("expect", env.scope(in))
		if err != nil {
			return nil, err
		}
		op.New = func() Instance { return &expecting{all: x, eval: p.New(), from: inputsOf(p, in)} }
		op.Explain = explain(p) + "\ncounts rows"
	}
	return op, nil
}

// expectation is what the instances of an expect op share.
type expectation struct {
	step *expectStep
	rows atomic.Int64
}

func (x *expectation) finish() error {
	rows := rowCount(x.rows.Load())
	switch {
	case x.step.MinRows != nil && rows < *x.step.MinRows:
		return fmt.Errorf("expect: %s, at least %d wanted", counted(rows), *x.step.MinRows)
	case x.step.MaxRows != nil && rows > *x.step.MaxRows:
		return fmt.Errorf("expect: %s, at most %d wanted", counted(rows), *x.step.MaxRows)
	}
	return nil
}

func counted(rows rowCount) string {
	switch rows {
	case 0:
		return "no rows"
	case 1:
		return "1 row"
	}
	return fmt.Sprintf("%d rows", rows)
}

// expecting is an instance of expect; eval is nil without a condition.
type expecting struct {
	all  *expectation
	eval *expr.Eval
	from inputs
}

func (x *expecting) Apply(b *record.Batch) error {
	if x.eval != nil {
		x.reject(b)
	}
	x.all.rows.Add(int64(len(b.Sel)))
	return nil
}

func (x *expecting) reject(b *record.Batch) {
	v := b.NewColumn(record.Type{Kind: record.Bool}).Vector()
	x.eval.Into(b, b.Sel, v)
	rejectBad(b, v, x.from, "")
	n := len(b.Rejects)
	for _, row := range b.Sel {
		if v.Cells[row] != record.Value || v.I64[row] == 0 {
			b.Reject(row, record.Unexpected, "", "expect: "+spec.Clip(x.all.step.That.source)+" is not true")
		}
	}
	b.DropRejected(n)
}
