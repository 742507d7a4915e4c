package record

import (
	"errors"
	"slices"
	"testing"
)

// numbers is an Origin whose only column is its rows' numbers.
type numbers struct {
	textless
	asked [][]int32
}

type textless struct{}

func (textless) FillText(*Batch, int, []int32, *Vector) { panic("a typed column has no text") }
func (textless) Position(*Batch, int32) Position        { return Position{} }
func (textless) Record(*Batch, int32) []byte            { return nil }

func (n *numbers) FillValues(b *Batch, col int, sel []int32, v *Vector) {
	n.asked = append(n.asked, slices.Clone(sel))
	for _, row := range sel {
		if row == 3 {
			b.Fail(errors.New("row 3"))
			b.Fail(errors.New("again"))
			v.Fail(row, BadRecord, "gone")
			continue
		}
		v.I64[row], v.Cells[row] = int64(col)*100+int64(row), Value
	}
}

func TestTypedColumn(t *testing.T) {
	var b Batch
	b.Reset(5)
	n := &numbers{}
	b.Origin = n
	c := b.TypedColumn(Type{Kind: Int}, 7)
	if c.Input() != -1 || c.Type().Kind != Int {
		t.Errorf("input %d, type %s", c.Input(), c.Type())
	}
	for _, sel := range [][]int32{{1, 4}, {0, 1, 4}, {0, 1}} {
		v := c.Values(&b, sel)
		for _, row := range sel {
			if v.Cells[row] != Value || v.I64[row] != 700+int64(row) {
				t.Errorf("row %d: cell %d, value %d", row, v.Cells[row], v.I64[row])
			}
		}
	}
	if len(n.asked) != 2 || !slices.Equal(n.asked[1], []int32{0}) {
		t.Errorf("asked for %v", n.asked)
	}
	if b.Err != nil {
		t.Error(b.Err)
	}
	if v := c.Values(&b, []int32{3}); v.Cells[3] != Bad || b.Err == nil || b.Err.Error() != "row 3" {
		t.Errorf("cell %d, error %v", v.Cells[3], b.Err)
	}
	b.Reset(5)
	if again := b.NewColumn(Type{Kind: Int}); b.Err != nil || again.Values(&b, nil) != again.Vector() {
		t.Error("a column that is used again remembers its origin")
	}
}
