package step

import (
	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow/expr"
)

// selectStep keeps the listed columns, in the order of the list.
type selectStep struct{ columns }

func selectKind() Kind {
	return Kind{
		Name:    "select",
		Summary: "keep these columns, in this order",
		Decode: func(n *yaml.Node, d *spec.Decoder) Step {
			s := &selectStep{}
			d.Decode(n, &s.columns)
			s.wantSome(d, "list the columns to keep")
			return s
		},
		Schema: func() map[string]any { return listSchema("The columns to keep, in this order.") },
	}
}

func (s *selectStep) Check(in expr.Scope, d *spec.Decoder) expr.Scope {
	s.in(in, d)
	out := &record.Schema{}
	for _, c := range s.names {
		out.Fields = append(out.Fields, c.field(in))
	}
	// A list that could not be read must not make every later column unknown.
	in.Schema, in.Open = out, len(s.names) == 0
	return in
}

func (s *selectStep) Compile(in *record.Schema, _ Env) (*Op, error) {
	from, err := s.ordinals("select", in)
	if err != nil {
		return nil, err
	}
	return project("select", in, from), nil
}
