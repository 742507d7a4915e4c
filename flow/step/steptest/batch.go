package steptest

import (
	"fmt"
	"strings"

	"github.com/headgate/headgate/connector/record"
)

// rows is an in-memory input: the Origin of its batches.
type rows struct {
	first int // number of the first row, from 0
	lines []string
	text  []byte          // the chunk
	cells [][]record.View // by row and column
	null  [][]bool
}

// read makes rows of lines, whose first has the number first.
func read(first int, lines []string, columns int) (*rows, error) {
	o := &rows{first: first, lines: lines}
	for _, line := range lines {
		if err := o.add(line, columns); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// fill makes b a batch of the rows.
func (o *rows) fill(b *record.Batch, in *record.Schema, computed bool) {
	b.Reset(len(o.lines))
	b.Buf, b.Origin = o.text, o
	for i, f := range in.Fields {
		col := b.InputColumn(f.Type, i)
		if computed {
			col = compute(b, f.Type, col)
		}
		b.Cols = append(b.Cols, col)
	}
}

// add puts the cells of a line into the chunk.
func (o *rows) add(line string, columns int) error {
	cells := strings.Split(line, "|")
	if len(cells) != columns {
		return fmt.Errorf("row %q: %d cells, want %d", line, len(cells), columns)
	}
	views, nulls := make([]record.View, columns), make([]bool, columns)
	for i, cell := range cells {
		cell = strings.TrimSpace(cell)
		nulls[i] = cell == "NULL"
		if cell == "''" {
			cell = ""
		}
		views[i] = record.ChunkView(len(o.text), len(cell))
		o.text = append(o.text, cell...)
	}
	o.cells, o.null = append(o.cells, views), append(o.null, nulls)
	return nil
}

// FillText is part of record.Origin.
func (o *rows) FillText(_ *record.Batch, col int, sel []int32, v *record.Vector) {
	for _, row := range sel {
		v.Cells[row] = record.Value
		if o.null[row][col] {
			v.Cells[row] = record.Null
		}
		v.Str[row] = o.cells[row][col]
	}
}

// Position is part of record.Origin.
func (o *rows) Position(_ *record.Batch, row int32) record.Position {
	return record.Position{File: "rows", Line: int64(o.first) + int64(row) + 1}
}

// Record is part of record.Origin.
func (o *rows) Record(_ *record.Batch, row int32) []byte { return []byte(o.lines[row]) }

// compute makes a computed column with the cells of an input column.
func compute(b *record.Batch, t record.Type, from *record.Column) *record.Column {
	v := from.Values(b, b.Sel)
	col := b.NewColumn(t)
	to := col.Vector()
	copy(to.Cells, v.Cells)
	copy(to.I64, v.I64)
	copy(to.F64, v.F64)
	copy(to.Str, v.Str)
	if v.Hi != nil {
		to.Widen()
		copy(to.Hi, v.Hi)
	}
	to.Faults = append(to.Faults, v.Faults...)
	return col
}

// poison overwrites what a batch lent, so that a view or a slice that a step kept shows.
func poison(b *record.Batch, cols []*record.Column) {
	fill(b.Buf[:cap(b.Buf)], 0xdd)
	fill(b.Aux[:cap(b.Aux)], 0xdd)
	fill(b.Sel[:cap(b.Sel)], -1)
	for _, c := range cols {
		v := c.Vector()
		fill(v.Cells, record.Bad)
		fill(v.I64, 0x5d5d5d5d)
		fill(v.Hi, 0x5d5d5d5d)
		fill(v.F64, -1)
		fill(v.Str, record.ChunkView(0, 1))
	}
	clear(b.Cols[:cap(b.Cols)])
}

func fill[T any](s []T, x T) {
	for i := range s {
		s[i] = x
	}
}
