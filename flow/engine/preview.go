package engine

import (
	"context"
	"fmt"
	"io"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/flow/plan"
	"github.com/headgate/headgate/flow/step"
)

// Table is a few rows as text.
type Table struct {
	Columns  []plan.Column
	Rows     [][]*string // nil = NULL
	Rejected []Rejected  // rows met on the way that a run would reject
}

// Preview reads until n rows have come out of the steps up to and including the
// one numbered after (1-based; 0 = the source, -1 = all steps). It writes nothing.
func Preview(ctx context.Context, p *plan.Plan, n, after int) (*Table, error) {
	ops := p.Ops
	if after >= 0 {
		ops = ops[:min(after, len(ops))]
	}
	insts := make([]step.Instance, len(ops))
	for i, op := range ops {
		insts[i] = op.New()
	}
	c, err := trace(p.Schema, ops, insts)
	if err != nil {
		return nil, err
	}
	v := &preview{ops: insts, checks: c, want: n, schema: in(p.Schema, ops, len(ops)), plan: p}
	v.table.Columns = plan.Columns(v.schema)
	splits, err := p.From.Plan(ctx, nil)
	if err != nil {
		return nil, err
	}
	for _, s := range splits.Splits {
		if len(v.table.Rows) >= n {
			break
		}
		if err := v.read(ctx, p.From, s); err != nil {
			return nil, err
		}
	}
	return &v.table, nil
}

type preview struct {
	ops    []step.Instance
	checks checks
	want   int
	schema *record.Schema
	plan   *plan.Plan
	table  Table
}

func (v *preview) read(ctx context.Context, from connector.Source, s connector.Split) error {
	r, err := from.Open(ctx, s)
	if err != nil {
		return err
	}
	defer r.Close()
	var m connector.Morsel
	for len(v.table.Rows) < v.want {
		if err := r.Next(ctx, &m); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := r.Decode(&m); err != nil {
			return err
		}
		if err := v.apply(&m.Batch); err != nil {
			return err
		}
	}
	return verify(ctx, r)
}

func (v *preview) apply(b *record.Batch) error {
	source := append([]*record.Column(nil), b.Cols...)
	if v.plan.Strict {
		v.checks.everything(b, v.plan.Schema)
	}
	for i, op := range v.ops {
		if i == v.checks.at {
			v.checks.apply(b, source, false)
		}
		if err := op.Apply(b); err != nil {
			return err
		}
	}
	if v.checks.at == len(v.ops) {
		v.checks.apply(b, source, false)
	}
	rej := rejects{flow: v.plan.Flow}
	for _, r := range b.Rejects {
		v.table.Rejected = append(v.table.Rejected, rej.describe(b, r))
	}
	for _, row := range b.Sel[:min(len(b.Sel), v.want-len(v.table.Rows))] {
		v.table.Rows = append(v.table.Rows, cells(b, row))
	}
	return b.Err
}

// cells is one row as text.
func cells(b *record.Batch, row int32) []*string {
	out := make([]*string, len(b.Cols))
	one := []int32{row}
	for i, col := range b.Cols {
		vec := col.Values(b, one)
		if vec.Cells[row] != record.Value {
			continue
		}
		var text string
		if col.Input() >= 0 {
			text = string(b.Text(col.Source(b, one).Str[row]))
		} else {
			text = string(vec.AppendText(nil, b, row))
		}
		out[i] = &text
	}
	return out
}

// StepNumber finds the step that preview's --after names: a number from 1, or a
// step's name when only one step has it.
func StepNumber(p *plan.Plan, after string) (int, error) {
	found := 0
	for i, op := range p.Ops {
		if after == op.Name || after == fmt.Sprint(i+1) {
			if found > 0 {
				return 0, fmt.Errorf("step %q: there is more than one; name it by its number, 1 to %d", after, len(p.Ops))
			}
			found = i + 1
		}
	}
	if found == 0 && after != "0" {
		return 0, fmt.Errorf("step %q: no such step; the flow has %d", after, len(p.Ops))
	}
	return found, nil
}
