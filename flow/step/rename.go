package step

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow/expr"
)

// renameStep gives columns new names, all at once: {a: b, b: a} swaps them.
type renameStep struct{ names []renaming }

type renaming struct{ from, to name }

func renameKind() Kind {
	return Kind{
		Name:    "rename",
		Summary: "give columns new names",
		Decode:  decodeRename,
		Schema: func() map[string]any {
			return mapSchema("Old name: new name.", map[string]any{"type": "string", "minLength": 1})
		},
	}
}

func decodeRename(n *yaml.Node, d *spec.Decoder) Step {
	s := &renameStep{}
	for _, p := range pairs(n, "a map of old names to new names", d) {
		d.In(p.Key.Value, func() {
			switch to, ok := d.Text(p.Value); {
			case !ok:
			case to == "":
				d.Report(p.Value, "step.empty", "a column needs a name", "")
			default:
				s.names = append(s.names, renaming{name{p.Key.Value, p.Key}, name{to, p.Value}})
			}
		})
	}
	return s
}

func (s *renameStep) Check(in expr.Scope, d *spec.Decoder) expr.Scope {
	for _, r := range s.names {
		r.from.in(in, d)
	}
	out := s.renamed(schemaOf(in))
	for i, r := range s.names {
		if s.taken(i, schemaOf(in)) {
			d.Report(r.to.node, "step.duplicate_column", "there is a column "+spec.Quote(r.to.text)+" already", "")
		}
		if in.Open && out.Index(r.to.text) < 0 {
			out.Fields = append(out.Fields, record.Field{Name: r.to.text})
		}
	}
	in.Schema = unique(out)
	return in
}

// taken reports whether the new name of renaming i is that of an earlier renaming or of a column that
// keeps its name.
func (s *renameStep) taken(i int, in *record.Schema) bool {
	to := s.names[i].to.text
	for _, r := range s.names[:i] {
		if r.to.text == to {
			return true
		}
	}
	moved := slices.ContainsFunc(s.names, func(r renaming) bool { return r.from.text == to })
	return in.Index(to) >= 0 && !moved
}

func (s *renameStep) renamed(in *record.Schema) *record.Schema {
	out := &record.Schema{Fields: slices.Clone(in.Fields)}
	for _, r := range s.names {
		if i := in.Index(r.from.text); i >= 0 {
			out.Fields[i].Name = r.to.text
		}
	}
	return out
}

// unique drops all but the first of the fields with one name, so that the checks of later
// steps have a schema to go by.
func unique(s *record.Schema) *record.Schema {
	out := &record.Schema{}
	for _, f := range s.Fields {
		if out.Index(f.Name) < 0 {
			out.Fields = append(out.Fields, f)
		}
	}
	return out
}

func (s *renameStep) Compile(in *record.Schema, _ Env) (*Op, error) {
	for _, r := range s.names {
		if in.Index(r.from.text) < 0 {
			return nil, absent("rename", r.from.text)
		}
	}
	return &Op{
		Name:    "rename",
		Out:     s.renamed(in),
		New:     func() Instance { return untouched{} },
		Explain: fmt.Sprintf("renames %d of %d columns, touches no row", len(s.names), len(in.Fields)),
	}, nil
}

// untouched leaves batches as they are.
type untouched struct{}

func (untouched) Apply(*record.Batch) error { return nil }
