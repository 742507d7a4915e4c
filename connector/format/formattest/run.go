package formattest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// Harness sets a format up and declares what it cannot do.
type Harness struct {
	Config func() any // nil: the format's defaults
	// Headless formats do not say the names of the columns when there are no rows.
	Headless bool
	// Samples are further inputs, good and bad, that must read the same however they are
	// cut.
	Samples []string
}

// suite is a Harness at work.
type suite struct {
	Harness
	format *connector.Format
}

// Run checks that format keeps the contract of connector.Decoder and connector.Encoder.
func Run(t *testing.T, format *connector.Format, h Harness) {
	s := &suite{h, format}
	t.Run("round trip", s.roundTrip)
	t.Run("pass through", s.passThrough)
	t.Run("chunk sizes", s.chunkSizes)
	t.Run("reader errors", s.readerErrors)
	t.Run("cancel", s.cancel)
	t.Run("concurrent", s.concurrent)
	t.Run("empty input", s.emptyInput)
	t.Run("no rows", s.noRows)
	t.Run("bind", s.bindOrder)
	t.Run("selection", s.selection)
	t.Run("bad cells", s.badCells)
}

func (s *suite) config() any {
	if s.Config == nil {
		return s.format.Config()
	}
	return s.Config()
}

func (s *suite) input(schema *record.Schema, chunk int) Input {
	return Input{Format: s.format, Config: s.config(), Schema: schema, Chunk: chunk, File: "test"}
}

// write encodes b as a whole stream.
func (s *suite) write(t *testing.T, schema *record.Schema, batches ...*record.Batch) []byte {
	t.Helper()
	enc, err := s.format.NewEncoder(s.config(), schema)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, b := range batches {
		prefix := []byte("kept")
		part, err := enc.Encode(prefix, b)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(part, prefix) {
			t.Fatal("Encode did not append to dst")
		}
		if err := enc.Append(&out, part[len(prefix):]); err != nil {
			t.Fatal(err)
		}
	}
	if err := enc.Close(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func (s *suite) read(t *testing.T, in Input, r io.Reader) *Table {
	t.Helper()
	tab, err := in.Read(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// roundTrip writes values of every kind and reads them back.
func (s *suite) roundTrip(t *testing.T) {
	for seed := range uint64(5) {
		schema, b := generated(200, seed)
		want := contents(b)
		data := s.write(t, schema, b)
		if len(b.Rejects) > 0 {
			t.Fatalf("rejected %v", b.Rejects)
		}
		got := s.read(t, s.input(schema, 0), bytes.NewReader(data))
		if !slices.Equal(got.Columns, schema.Names()) {
			t.Errorf("columns %q, want %q", got.Columns, schema.Names())
		}
		sameRows(t, "written", got.Rows, want)
		if len(got.Rejects) > 0 {
			t.Errorf("rejects %v", got.Rejects)
		}
	}
}

// passThrough writes what was read, untouched, and must get the same bytes.
func (s *suite) passThrough(t *testing.T) {
	schema, b := generated(300, 7)
	data := s.write(t, schema, b)
	again := s.copy(t, schema, data, 1000)
	if !bytes.Equal(again, data) {
		t.Errorf("a copy differs:\n%s", firstDifference(again, data))
	}
}

// copy reads data and writes its batches.
func (s *suite) copy(t *testing.T, schema *record.Schema, data []byte, chunk int) []byte {
	t.Helper()
	d, err := s.input(schema, chunk).Decoder(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.input(schema, chunk).bind(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	out, err := s.input(schema, chunk).transfer(d, s.format, s.config())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// noRows is an output that nothing was written to.
func (s *suite) noRows(t *testing.T) {
	schema, _ := generated(1, 1)
	data := s.write(t, schema)
	tab := s.read(t, s.input(schema, 0), bytes.NewReader(data))
	if len(tab.Rows) != 0 || len(tab.Rejects) != 0 {
		t.Errorf("rows %v, rejects %v", tab.Rows, tab.Rejects)
	}
	if !s.Headless && !slices.Equal(tab.Columns, schema.Names()) {
		t.Errorf("columns %q, want %q", tab.Columns, schema.Names())
	}
}

// bindOrder binds other columns than there are, in another order.
func (s *suite) bindOrder(t *testing.T) {
	schema, b := generated(40, 6)
	want := contents(b)
	data := s.write(t, schema, b)
	n := len(schema.Fields)
	other := &record.Schema{Fields: []record.Field{
		schema.Fields[n-1], {Name: "not there", Type: record.Type{Kind: record.Int}}, schema.Fields[0], schema.Fields[n-3],
	}}
	got := s.read(t, s.input(other, 100), bytes.NewReader(data))
	for i, row := range want {
		want[i] = []Cell{row[n-1], {Null: true}, row[0], row[n-3]}
	}
	sameRows(t, "bound", got.Rows, want)
}

// selection writes only the rows that are alive.
func (s *suite) selection(t *testing.T) {
	schema, b := generated(30, 8)
	b.Sel = []int32{0, 3, 4, 17, 29}
	want := contents(b)
	got := s.read(t, s.input(schema, 0), bytes.NewReader(s.write(t, schema, b)))
	sameRows(t, "selected", got.Rows, want)
}

// badCells takes rows with a cell that has no value out, with the cell's reason.
func (s *suite) badCells(t *testing.T) {
	schema, b := generated(5, 9)
	b.Cols[1].Vector().Fail(2, record.Overflow, "too large")
	want := slices.Delete(contents(b), 2, 3)
	got := s.read(t, s.input(schema, 0), bytes.NewReader(s.write(t, schema, b)))
	sameRows(t, "kept", got.Rows, want)
	expected := record.Reject{Row: 2, Code: record.Overflow, Column: schema.Fields[1].Name, Message: "too large"}
	if len(b.Rejects) != 1 || b.Rejects[0] != expected {
		t.Errorf("rejects %v, want %v", b.Rejects, expected)
	}
	if !slices.Equal(b.Sel, []int32{0, 1, 3, 4}) {
		t.Errorf("rows alive %v", b.Sel)
	}
}

// sameRows reports the first row that differs.
func sameRows(t *testing.T, what string, got, want [][]Cell) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if !slices.Equal(got[i], want[i]) {
			t.Errorf("%s row %d:\n got %v\nwant %v", what, i, got[i], want[i])
			return
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d rows, want %d", what, len(got), len(want))
	}
}

func firstDifference(a, b []byte) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	around := func(s []byte) []byte { return s[max(0, i-40):min(len(s), i+40)] }
	return fmt.Sprintf("at byte %d: %q instead of %q", i, around(a), around(b))
}
