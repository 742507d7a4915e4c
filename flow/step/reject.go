package step

import (
	"slices"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/flow/expr"
)

// rejectBad takes the living rows with a Bad cell in v out of the flow, with the cell's
// reason. The column to blame is one of from that the row has a Bad cell in, else column.
func rejectBad(b *record.Batch, v *record.Vector, from inputs, column string) {
	if len(v.Faults) == 0 {
		return
	}
	n := len(b.Rejects)
	for _, f := range v.Faults {
		// An input column keeps the faults of rows that have left since.
		if _, alive := slices.BinarySearch(b.Sel, f.Row); alive {
			b.Reject(f.Row, f.Code, from.blame(b, f.Row, column), f.Message)
		}
	}
	b.DropRejected(n)
}

// inputs are the columns that an expression reads.
type inputs []input

type input struct {
	name  string
	index int
}

func inputsOf(p *expr.Program, in *record.Schema) inputs {
	var list inputs
	for _, c := range p.Columns() {
		if i := in.Index(c); i >= 0 {
			list = append(list, input{c, i})
		}
	}
	return list
}

// blame is the first of the columns with a Bad cell at row, or otherwise.
func (in inputs) blame(b *record.Batch, row int32, otherwise string) string {
	for _, c := range in {
		if b.Cols[c.index].Vector().Cells[row] == record.Bad {
			return c.name
		}
	}
	return otherwise
}
