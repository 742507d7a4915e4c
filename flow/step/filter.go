package step

import (
	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow/expr"
)

// filterStep keeps the rows for which a condition is true: not false and not NULL.
type filterStep struct{ condition expression }

func filterKind() Kind {
	return Kind{
		Name:    "filter",
		Summary: "keep the rows for which the condition is true",
		Decode: func(n *yaml.Node, d *spec.Decoder) Step {
			s := &filterStep{}
			d.Decode(n, &s.condition)
			return s
		},
		Schema: func() map[string]any {
			s := (&expression{}).NodeSchema()
			s["description"] = "A condition over the columns; rows for which it is false or NULL are cut."
			return s
		},
	}
}

func (s *filterStep) Check(in expr.Scope, d *spec.Decoder) expr.Scope {
	s.condition.checkCondition(in, d)
	return in
}

func (s *filterStep) Compile(in *record.Schema, env Env) (*Op, error) {
	p, err := s.condition.compileCondition("filter", env.scope(in))
	if err != nil {
		return nil, err
	}
	return &Op{
		Name:    "filter",
		Out:     in,
		New:     func() Instance { return &filter{p.New(), inputsOf(p, in)} },
		Bounds:  p.Bounds(),
		Explain: explain(p),
	}, nil
}

type filter struct {
	eval *expr.Eval
	from inputs
}

func (f *filter) Apply(b *record.Batch) error {
	before, rejected := len(b.Sel), len(b.Rejects)
	kept := f.eval.Filter(b, b.Sel)
	b.Sel = append(b.Sel[:0], kept...) // kept is lent by the Eval
	for i := range b.Rejects[rejected:] {
		r := &b.Rejects[rejected+i]
		r.Column = f.from.blame(b, r.Row, r.Column)
	}
	b.Filtered += int64(before - len(b.Sel) - (len(b.Rejects) - rejected))
	return nil
}
