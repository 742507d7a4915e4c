package step

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow/expr"
)

// dropStep takes the listed columns out.
type dropStep struct{ columns }

func dropKind() Kind {
	return Kind{
		Name:    "drop",
		Summary: "take these columns out",
		Decode: func(n *yaml.Node, d *spec.Decoder) Step {
			s := &dropStep{}
			d.Decode(n, &s.columns)
			s.wantSome(d, "list the columns to take out")
			return s
		},
		Schema: func() map[string]any { return listSchema("The columns to take out.") },
	}
}

func (s *dropStep) Check(in expr.Scope, d *spec.Decoder) expr.Scope {
	s.in(in, d)
	before := schemaOf(in)
	out := &record.Schema{}
	for _, i := range s.kept(before) {
		out.Fields = append(out.Fields, before.Fields[i])
	}
	if len(out.Fields) == 0 && len(before.Fields) > 0 && !in.Open {
		d.Report(s.node, "step.empty", "no column is left", "")
	}
	in.Schema = out
	return in
}

// kept lists the ordinals of the columns that stay.
func (s *dropStep) kept(in *record.Schema) []int {
	var kept []int
	for i, f := range in.Fields {
		if !slices.ContainsFunc(s.names, func(c name) bool { return c.text == f.Name }) {
			kept = append(kept, i)
		}
	}
	return kept
}

func (s *dropStep) Compile(in *record.Schema, _ Env) (*Op, error) {
	if _, err := s.ordinals("drop", in); err != nil {
		return nil, err
	}
	return project("drop", in, s.kept(in)), nil
}
