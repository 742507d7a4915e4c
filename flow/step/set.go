package step

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow/expr"
)

// setStep computes columns from the row as it was before the step. A new column comes
// last, an existing one is replaced where it is.
type setStep struct{ columns []assignment }

type assignment struct {
	name  string
	value expression
}

func setKind() Kind {
	return Kind{
		Name:    "set",
		Summary: "compute columns from the row as it was before the step",
		Decode:  decodeSet,
		Schema: func() map[string]any {
			return mapSchema("Column: expression.", (&expression{}).NodeSchema())
		},
	}
}

func decodeSet(n *yaml.Node, d *spec.Decoder) Step {
	s := &setStep{}
	for _, p := range pairs(n, "a map of columns to expressions", d) {
		d.In(p.Key.Value, func() {
			if p.Key.Value == "" {
				d.Report(p.Key, "step.empty", "a column needs a name", "")
			}
			a := assignment{name: p.Key.Value}
			d.Decode(p.Value, &a.value)
			s.columns = append(s.columns, a)
		})
	}
	return s
}

func (s *setStep) Check(in expr.Scope, d *spec.Decoder) expr.Scope {
	out := &record.Schema{Fields: slices.Clone(schemaOf(in).Fields)}
	for i := range s.columns {
		a := &s.columns[i]
		f := record.Field{Name: a.name}
		if p := a.value.check(in, d); p != nil {
			f = computed(a.name, p, schemaOf(in))
		}
		put(out, f)
	}
	in.Schema = out
	return in
}

// computed is the column that p makes of the columns of in. It belongs to the data class of what
// it is made from.
func computed(name string, p *expr.Program, in *record.Schema) record.Field {
	f := record.Field{Name: name, Type: p.Type(), Declared: true}
	for _, c := range p.Columns() {
		if i := in.Index(c); i >= 0 && f.Class == "" {
			f.Class = in.Fields[i].Class
		}
	}
	return f
}

// put replaces the field of f's name or appends f, and returns its place.
func put(s *record.Schema, f record.Field) int {
	i := s.Index(f.Name)
	if i < 0 {
		i = len(s.Fields)
		s.Fields = append(s.Fields, f)
	}
	s.Fields[i] = f
	return i
}

func (s *setStep) Compile(in *record.Schema, env Env) (*Op, error) {
	out := &record.Schema{Fields: slices.Clone(in.Fields)}
	var plan []computation
	var lines []string
	for i := range s.columns {
		a := &s.columns[i]
		p, err := compile("set "+a.name, a.value.source, env.scope(in))
		if err != nil {
			return nil, err
		}
		to := put(out, computed(a.name, p, in))
		plan = append(plan, computation{a.name, p, inputsOf(p, in), to})
		lines = append(lines, spec.Clip(a.name)+" = "+explain(p))
	}
	return compute("set", out, plan, lines), nil
}

// computation is a column to compute and its place in the result.
type computation struct {
	name    string
	program *expr.Program
	from    inputs
	to      int
}

// compute is the op that computes columns from those before it.
func compute(step string, out *record.Schema, plan []computation, lines []string) *Op {
	return &Op{
		Name: step,
		Out:  out,
		New: func() Instance {
			x := &computing{plan: plan, made: make([]*record.Column, len(plan))}
			for _, c := range plan {
				x.evals = append(x.evals, c.program.New())
			}
			return x
		},
		Explain: strings.Join(lines, "\n"),
	}
}

// computing is an instance of compute.
type computing struct {
	plan  []computation
	evals []*expr.Eval
	made  []*record.Column
}

// Apply computes all columns before it puts the first one in place. A row that fails
// is rejected for the first column it fails in.
func (x *computing) Apply(b *record.Batch) error {
	for i, c := range x.plan {
		col := b.NewColumn(c.program.Type())
		x.evals[i].Into(b, b.Sel, col.Vector())
		rejectBad(b, col.Vector(), c.from, c.name)
		x.made[i] = col
	}
	for i, c := range x.plan {
		if c.to == len(b.Cols) {
			b.Cols = append(b.Cols, nil)
		}
		b.Cols[c.to] = x.made[i]
	}
	return nil
}
