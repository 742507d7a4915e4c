package record

import (
	"slices"
	"strconv"
	"testing"
)

// listOrigin is an origin over texts in memory that counts what it is asked.
type listOrigin struct {
	cols  [][]string // by column, then row
	asked map[[2]int]int
}

func (o *listOrigin) FillText(b *Batch, col int, sel []int32, v *Vector) {
	for _, row := range sel {
		o.asked[[2]int{col, int(row)}]++
		switch s := o.cols[col][row]; s {
		case "NULL":
			v.Cells[row] = Null
		case "BAD":
			v.Fail(row, BadUTF8, "not UTF-8")
		default:
			v.Str[row] = b.AddText([]byte(s))
			v.Cells[row] = Value
		}
	}
}

func (o *listOrigin) Position(_ *Batch, row int32) Position {
	return Position{"list", int64(row) + 1}
}

func (o *listOrigin) Record(*Batch, int32) []byte { return nil }

func listBatch(cols ...[]string) (*Batch, *listOrigin) {
	b := new(Batch)
	b.Reset(len(cols[0]))
	o := &listOrigin{cols, map[[2]int]int{}}
	b.Origin = o
	return b, o
}

func cellTexts(b *Batch, v *Vector, sel []int32) []string {
	var all []string
	for _, row := range sel {
		switch v.Cells[row] {
		case Value:
			all = append(all, string(v.AppendText(nil, b, row)))
		case Null:
			all = append(all, "NULL")
		case Bad:
			all = append(all, string(v.Fault(row).Code))
		default:
			all = append(all, "unasked")
		}
	}
	return all
}

func TestColumnAsksOnce(t *testing.T) {
	b, o := listBatch([]string{"1", "x", "NULL", "BAD", "5", "6"}, []string{"a", "b", "c", "d", "e", "f"})
	num, str := b.InputColumn(Type{Kind: Int}, 0), b.InputColumn(Type{Kind: String}, 1)
	if num.Type().Kind != Int || num.Input() != 0 {
		t.Fatal("the column forgot what it is")
	}

	sub := []int32{1, 4}
	v := num.Values(b, sub)
	if got, want := cellTexts(b, v, b.Sel), []string{"unasked", "row.bad_value", "unasked", "unasked", "5", "unasked"}; !slices.Equal(got, want) {
		t.Errorf("first: %v", got)
	}
	if len(o.asked) != 2 {
		t.Errorf("asked for %v", o.asked)
	}
	overlap := []int32{0, 1, 2, 3, 4}
	want := []string{"1", "row.bad_value", "NULL", "row.bad_utf8", "5"}
	for range 2 {
		if got := cellTexts(b, num.Values(b, overlap), overlap); !slices.Equal(got, want) {
			t.Errorf("overlap: %v", got)
		}
	}
	if len(v.Faults) != 2 {
		t.Errorf("faults: %v", v.Faults)
	}
	if got := cellTexts(b, num.Source(b, overlap), overlap); !slices.Equal(got, []string{"1", "x", "NULL", "row.bad_utf8", "5"}) {
		t.Errorf("source: %v", got)
	}
	for range 2 {
		str.Values(b, sub)
		str.Source(b, b.Sel)
	}
	for key, n := range o.asked {
		if n != 1 {
			t.Errorf("column %d row %d was asked for %d times", key[0], key[1], n)
		}
	}
	if len(o.asked) != 11 {
		t.Errorf("%d cells were asked for, want 5 and 6", len(o.asked))
	}
}

func TestSourceBeforeValues(t *testing.T) {
	b, o := listBatch([]string{"1", "2"})
	c := b.InputColumn(Type{Kind: Int}, 0)
	c.Source(b, b.Sel)
	if got := cellTexts(b, c.Values(b, b.Sel), b.Sel); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("got %v", got)
	}
	if o.asked[[2]int{0, 0}] != 1 {
		t.Error("the text was asked for again")
	}
}

// TestBulkMatchesSingle checks that the loops of parseCells and ParseCell agree.
func TestBulkMatchesSingle(t *testing.T) {
	texts := []string{"1", "x", "NULL", "BAD", "1.5", "true", "2024-01-02", "12:34", "2024-01-02T03:04:05Z", `{"a":1}`,
		"550E8400-E29B-41D4-A716-446655440000", "99999999999999999999", " 7 ", ""}
	types := []Type{DecimalOf(30, 2), DecimalOf(5, 2)}
	for k := Bool; k <= UUID; k++ {
		if k != Decimal {
			types = append(types, Type{Kind: k})
		}
	}
	for _, typ := range types {
		b, _ := listBatch(texts)
		bulk := b.InputColumn(typ, 0).Values(b, b.Sel)
		text := b.InputColumn(Type{Kind: String}, 0).Values(b, b.Sel)
		single := b.NewColumn(typ).Vector()
		for _, row := range b.Sel {
			if text.Cells[row] == Value {
				single.ParseCell(b, row, text.Str[row])
			} else {
				single.carryCell(text, row)
			}
		}
		if got, want := cellTexts(b, bulk, b.Sel), cellTexts(b, single, b.Sel); !slices.Equal(got, want) {
			t.Errorf("%v: %q, one by one %q", typ, got, want)
		}
	}
}

func TestWideDecimalColumn(t *testing.T) {
	b, _ := listBatch([]string{"-1", "2.5", "12345678901234567890.12", "-12345678901234567890", "3"})
	c := b.InputColumn(DecimalOf(38, 2), 0)
	v := c.Values(b, []int32{0, 1})
	if v.Hi != nil {
		t.Error("short decimals were widened")
	}
	want := []string{"-1.00", "2.50", "12345678901234567890.12", "-12345678901234567890.00", "3.00"}
	if got := cellTexts(b, c.Values(b, b.Sel), b.Sel); !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if v.Hi == nil {
		t.Error("long decimals were not widened")
	}
	if v.Decimal(0) != Int128Of(-100) {
		t.Errorf("widening changed %v", v.Decimal(0))
	}
}

func TestWiden(t *testing.T) {
	var v Vector
	for range 2 { // the second time on the memory of the first
		v.Reset(DecimalOf(38, 0), 3)
		v.SetDecimal(0, Int128Of(-7))
		v.SetDecimal(1, Int128{5, 6})
		hi := v.Hi
		v.Widen()
		if &hi[0] != &v.Hi[0] {
			t.Error("widening twice made new values")
		}
		v.SetDecimal(2, Int128Of(-8))
		for row, want := range []Int128{Int128Of(-7), {5, 6}, Int128Of(-8)} {
			if got := v.Decimal(int32(row)); got != want || v.Cells[row] != Value {
				t.Errorf("row %d = %v, want %v", row, got, want)
			}
		}
	}
	v.Reset(DecimalOf(38, 0), 3)
	if v.Hi != nil || v.Cells[0] != Unasked {
		t.Error("a reset vector is not empty")
	}
}

func TestFaults(t *testing.T) {
	var v Vector
	v.Reset(Type{Kind: Int}, 1000)
	for row := int32(0); row < 1000; row += 2 {
		v.Fail(row, BadValue, strconv.Itoa(int(row)))
	}
	for _, row := range []int32{0, 2, 998, 4, 4, 0, 500, 498} {
		if f := v.Fault(row); f.Row != row || f.Message != strconv.Itoa(int(row)) {
			t.Errorf("Fault(%d) = %v", row, f)
		}
	}
	if f := v.Fault(1); f.Row != 1 || f.Code != BadValue {
		t.Errorf("a row without a fault: %v", f)
	}
	v.Reset(Type{Kind: Int}, 2)
	v.Fail(1, Overflow, "new")
	if f := v.Fault(1); f.Message != "new" {
		t.Errorf("after a reset: %v", f)
	}
}

func TestRejects(t *testing.T) {
	b := new(Batch)
	for range 2 {
		b.Reset(6)
		b.Reject(4, BadValue, "a", "first")
		b.Reject(4, Required, "b", "second")
		b.Reject(1, Ragged, "", "third")
		if len(b.Rejects) != 2 || b.Rejects[0].Message != "first" {
			t.Fatalf("rejects: %v", b.Rejects)
		}
		if len(b.Sel) != 6 {
			t.Error("Reject changed Sel")
		}
		b.DropRejected(2)
		if len(b.Sel) != 6 {
			t.Error("nothing was rejected since, and Sel changed")
		}
		b.DropRejected(0)
		if want := []int32{0, 2, 3, 5}; !slices.Equal(b.Sel, want) {
			t.Errorf("after DropRejected(0): %v", b.Sel)
		}
		b.Reject(5, BadValue, "a", "later")
		b.DropRejected(2)
		if want := []int32{0, 2, 3}; !slices.Equal(b.Sel, want) {
			t.Errorf("after DropRejected(2): %v", b.Sel)
		}
	}
}

func TestBatchReset(t *testing.T) {
	b := new(Batch)
	b.Reset(2)
	b.Buf = []byte("chunk")
	first := b.NewColumn(Type{Kind: String})
	first.Vector().Str[0], first.Vector().Cells[0] = b.AddText([]byte("arena")), Value
	first.Vector().Str[1] = ChunkView(1, 3)
	b.Cols = append(b.Cols, first)
	if got := b.TextString(first.Vector().Str[0]) + b.TextString(first.Vector().Str[1]); got != "arenahun" {
		t.Errorf("text: %q", got)
	}
	b.Filtered, b.Deduped, b.Delimiter = 1, 2, ','
	b.Reset(300)
	if len(b.Cols) != 0 || len(b.Aux) != 0 || b.Buf != nil || b.Filtered+b.Deduped != 0 || b.Delimiter != 0 || len(b.Sel) != 300 || b.Sel[299] != 299 {
		t.Errorf("not empty: %+v", b)
	}
	again := b.NewColumn(Type{Kind: Float})
	if again != first || again.Input() != -1 || len(again.Vector().F64) != 300 || again.Vector().Cells[299] != Unasked {
		t.Error("the column was not reclaimed as a new one")
	}
	if b.NewColumn(Type{Kind: Int}) == again {
		t.Error("one column was handed out twice")
	}
}

func TestViewMarks(t *testing.T) {
	v := AuxView(7, MaxChunk).AsQuoted()
	if !v.Aux() || v.Offset() != 7 || v.Size() != MaxChunk || !v.Quoted() || v.Plain() {
		t.Errorf("quoted: %+v", v)
	}
	v = ChunkView(MaxChunk, 0).AsPlain()
	if v.Aux() || v.Offset() != MaxChunk || v.Size() != 0 || v.Quoted() || !v.Plain() {
		t.Errorf("plain: %+v", v)
	}
}
