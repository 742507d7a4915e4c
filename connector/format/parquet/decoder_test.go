package parquet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	other "github.com/parquet-go/parquet-go"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/format/formattest"
	"github.com/headgate/headgate/connector/record"
)

// large is a row of a file with pages of megabytes.
type large struct {
	ID    int64    `parquet:"id,plain"`
	Text  string   `parquet:"text,plain"`
	Word  string   `parquet:"word,dict"`
	Maybe *int64   `parquet:"maybe,optional"`
	Delta string   `parquet:"delta,delta"`
	List  []string `parquet:"list,list"`
}

func largeFile(t testing.TB, n int, codec string) ([]byte, []large) {
	r := rand.New(rand.NewPCG(8, 8))
	rows := make([]large, n)
	for i := range rows {
		x := int64(r.IntN(1000))
		rows[i] = large{ID: int64(i), Text: fmt.Sprintf("%d %s", i, strings.Repeat("text ", r.IntN(12))), Word: fmt.Sprint("word", x%50), Delta: fmt.Sprint("delta", i/7)}
		if x%3 > 0 {
			rows[i].Maybe = &x
			rows[i].List = []string{"a", rows[i].Word}[:1+x%2]
		}
	}
	var out bytes.Buffer
	options := []other.WriterOption{other.PageBufferSize(64 << 20), other.MaxRowsPerRowGroup(int64(n * 2 / 3)), other.Compression(&other.Snappy)}
	if codec == "zstd" {
		options[2] = other.Compression(&other.Zstd)
	}
	w := other.NewGenericWriter[large](&out, options...)
	_, err := w.Write(rows)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), rows
}

func (l *large) text(column string) string {
	switch column {
	case "id":
		return fmt.Sprint(l.ID)
	case "text":
		return l.Text
	case "word":
		return l.Word
	case "delta":
		return l.Delta
	case "maybe":
		if l.Maybe == nil {
			return "NULL"
		}
		return fmt.Sprint(*l.Maybe)
	}
	var quoted []string
	for _, s := range l.List {
		quoted = append(quoted, `"`+s+`"`)
	}
	return "[" + strings.Join(quoted, ",") + "]"
}

// open makes a decoder bound to the file's own columns.
func open(t testing.TB, opt connector.DecodeOptions) *Decoder {
	t.Helper()
	d, err := NewDecoder(opt)
	if err != nil {
		t.Fatal(err)
	}
	names, err := d.Columns(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	schema := &record.Schema{}
	for i, n := range names {
		schema.Fields = append(schema.Fields, record.Field{Name: n, Type: d.Hints()[i]})
	}
	if err := d.Bind(schema); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestAnyOrder asks for columns as filters do: some workers at once, in any order, for
// some rows, for some columns not at all, and more rows later. Slots are reused.
func TestAnyOrder(t *testing.T) {
	for _, codec := range []string{"snappy", "zstd"} {
		data, rows := largeFile(t, 40_000, codec)
		for seed := range uint64(6) {
			d := open(t, connector.DecodeOptions{At: bytes.NewReader(data), Size: int64(len(data)), ChunkSize: 1 << (12 + seed)})
			var reading sync.Mutex
			var wg sync.WaitGroup
			var first int64
			for slot := range uint64(5) {
				wg.Go(func() {
					r := rand.New(rand.NewPCG(seed, slot))
					m := &connector.Morsel{}
					for {
						reading.Lock()
						err := d.Next(context.Background(), m)
						at := first
						if err == nil {
							first += int64(m.Scratch.(*piece).rows)
						}
						reading.Unlock()
						if errors.Is(err, io.EOF) {
							return
						}
						if err == nil {
							err = d.Decode(m)
						}
						if err == nil {
							err = ask(m, rows[at:], d.schema.Names(), r)
						}
						if err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			if int(first) != len(rows) {
				t.Errorf("%d rows, want %d", first, len(rows))
			}
		}
	}
}

// ask looks at some cells of m, whose first row is rows[0].
func ask(m *connector.Morsel, rows []large, names []string, r *rand.Rand) error {
	b := &m.Batch
	for range r.IntN(9) {
		i := r.IntN(len(names))
		var sel []int32
		for _, row := range b.Sel {
			if r.IntN(3) > 0 {
				sel = append(sel, row)
			}
		}
		v := b.Cols[i].Values(b, sel)
		if b.Err != nil {
			return b.Err
		}
		for _, row := range sel {
			got := "NULL"
			if v.Cells[row] == record.Value {
				got = string(v.AppendText(nil, b, row))
			}
			if want := rows[row].text(names[i]); got != want {
				return fmt.Errorf("row %s %s: %q, want %q", rows[row].text("id"), names[i], got, want)
			}
		}
	}
	return nil
}

// counting counts the bytes that are read.
type counting struct {
	at *bytes.Reader
	mu sync.Mutex
	n  int64
}

func (c *counting) ReadAt(p []byte, off int64) (int, error) {
	c.mu.Lock()
	c.n += int64(len(p))
	c.mu.Unlock()
	return c.at.ReadAt(p, off)
}

// TestOnlyWhatIsAsked: columns nobody asks for are not read, nor pages and row groups
// in which nobody asks.
func TestOnlyWhatIsAsked(t *testing.T) {
	data, rows := largeFile(t, 40_000, "snappy")
	at := &counting{at: bytes.NewReader(data)}
	d := open(t, connector.DecodeOptions{At: at, Size: int64(len(data))})
	before := at.n
	m := &connector.Morsel{}
	n := 0
	for d.Next(context.Background(), m) == nil {
		if err := d.Decode(m); err != nil {
			t.Fatal(err)
		}
		n += m.Batch.Rows
	}
	if n != len(rows) || at.n != before {
		t.Errorf("%d rows, %d bytes read for no column", n, at.n-before)
	}
}

func TestPruning(t *testing.T) {
	schema, b := mixed(10_000, 4)
	data := encode(t, Options{Compression: "snappy", RowGroupRows: 1000}, schema, b, 500)
	text := func(s string) *string { return &s }
	kind := func(k record.Kind) record.Type { return record.Type{Kind: k} }
	for _, tt := range []struct {
		name   string
		ranges []connector.Range
		pruned int // row groups
		rows   int // filtered beside those of them
	}{
		{"none", nil, 0, 0},
		{"low", []connector.Range{{Column: "id", Type: kind(record.Int), Low: text("2500")}}, 2, 0},
		{"high", []connector.Range{{Column: "id", Type: kind(record.Int), High: text("999")}}, 9, 0},
		{"on the edge", []connector.Range{{Column: "id", Type: kind(record.Int), Low: text("999"), High: text("1000")}}, 8, 0},
		{"decimal beside int", []connector.Range{{Column: "id", Type: record.DecimalOf(6, 1), Low: text("8999.5")}}, 9, 0},
		{"both", []connector.Range{{Column: "id", Type: kind(record.Int), Low: text("5000")}, {Column: "id", Type: kind(record.Int), High: text("6100")}}, 8, 0},
		{"text", []connector.Range{{Column: "runs", Type: kind(record.String), Low: text("run12"), High: text("run12")}}, 7, 2324},
		{"nothing matches", []connector.Range{{Column: "money", Type: record.DecimalOf(12, 2), Low: text("1000000.01")}}, 10, 0},
		{"wide", []connector.Range{{Column: "wide", Type: record.DecimalOf(38, 4), Low: text("0.0000")}}, 10, 0},
		{"only NULL", []connector.Range{{Column: "none", Type: kind(record.String)}}, 10, 0},
		{"float", []connector.Range{{Column: "real", Type: kind(record.Float), Low: text("100")}}, 10, 0},
		{"date", []connector.Range{{Column: "day", Type: kind(record.Date), High: text("1960-01-01")}}, 10, 0},
		{"timestamp", []connector.Range{{Column: "at", Type: kind(record.Timestamp), High: text("1960-01-01T00:00:00Z")}}, 10, 0},
		{"another kind", []connector.Range{{Column: "runs", Type: kind(record.Int), Low: text("5")}}, 0, 0},
		{"no such column", []connector.Range{{Column: "gone", Type: kind(record.Int), Low: text("5")}}, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := open(t, connector.DecodeOptions{At: bytes.NewReader(data), Size: int64(len(data)), Ranges: tt.ranges})
			m := &connector.Morsel{}
			rows, filtered := 0, 0
			for d.Next(context.Background(), m) == nil {
				if err := d.Decode(m); err != nil {
					t.Fatal(err)
				}
				mb := &m.Batch
				if mb.Rows != len(mb.Sel)+int(mb.Filtered) {
					t.Fatalf("%d rows, %d alive, %d filtered", mb.Rows, len(mb.Sel), mb.Filtered)
				}
				ids := mb.Cols[0].Values(mb, mb.Sel)
				for _, row := range mb.Sel {
					if ids.I64[row] != int64(rows)+int64(row) {
						t.Fatalf("row %d has id %d", rows+int(row), ids.I64[row])
					}
				}
				rows += mb.Rows
				filtered += int(mb.Filtered)
			}
			if want := tt.pruned*1000 + tt.rows; rows != 10_000 || filtered != want {
				t.Errorf("%d rows, %d filtered, want %d", rows, filtered, want)
			}
		})
	}
	strict := open(t, connector.DecodeOptions{At: bytes.NewReader(data), Size: int64(len(data)), Strict: true,
		Ranges: []connector.Range{{Column: "none", Type: kind(record.String)}}})
	if m := (&connector.Morsel{}); strict.Next(context.Background(), m) != nil || strict.Decode(m) != nil || m.Batch.Filtered > 0 {
		t.Error("a strict flow must see every row")
	}
}

// TestOtherTypes binds fields of types the file does not have: they are read as text.
func TestOtherTypes(t *testing.T) {
	rows := otherRows(50)
	var out bytes.Buffer
	if err := other.Write(&out, rows); err != nil {
		t.Fatal(err)
	}
	in := formattest.Input{Format: Format(), File: "test", Schema: &record.Schema{Fields: []record.Field{
		{Name: "id", Type: record.Type{Kind: record.String}}, {Name: "dec", Type: record.DecimalOf(20, 4)},
		{Name: "micro", Type: record.Type{Kind: record.String}}, {Name: "day", Type: record.Type{Kind: record.Date}},
		{Name: "list", Type: record.Type{Kind: record.String}}, {Name: "gone", Type: record.Type{Kind: record.Int}},
		{Name: "fixed", Type: record.Type{Kind: record.String}}, {Name: "uint", Type: record.DecimalOf(12, 0)},
	}}}
	tab, err := in.Read(context.Background(), bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range tab.Rows { // those whose bytes are not UTF-8 were rejected
		o := &rows[i]
		want := []formattest.Cell{o.text("id"), {Text: o.text("dec").Text + "00"}, o.text("micro"), o.text("day"), o.text("list"), {Null: true}, {}, o.text("uint")}
		want[6] = row[6]
		if !slices.Equal(row, want) {
			t.Fatalf("row %d: %v, want %v", i, row, want)
		}
	}
	if len(tab.Rows)+len(tab.Rejects) != 50 || len(tab.Rejects) != 50 || tab.Rejects[0].Code != record.BadUTF8 {
		t.Errorf("%d rows, rejects %v", len(tab.Rows), tab.Rejects[:1])
	}
	in.Schema.Fields = slices.Delete(in.Schema.Fields, 6, 7)
	if tab, err = in.Read(context.Background(), bytes.NewReader(out.Bytes())); err != nil || len(tab.Rows) != 50 {
		t.Fatalf("%d rows, %v", len(tab.Rows), err)
	}
	for i, row := range tab.Rows {
		o := &rows[i]
		want := []formattest.Cell{o.text("id"), {Text: o.text("dec").Text + "00"}, o.text("micro"), o.text("day"), o.text("list"), {Null: true}, o.text("uint")}
		if !slices.Equal(row, want) {
			t.Fatalf("row %d: %v, want %v", i, row, want)
		}
	}
}

// TestNanoseconds: digits that no timestamp here can hold are a bad cell, never dropped.
func TestNanoseconds(t *testing.T) {
	type row struct {
		At int64 `parquet:"at,timestamp(nanosecond)"`
	}
	var out bytes.Buffer
	if err := other.Write(&out, []row{{1_000_000_000}, {1_000_000_001}, {-1000}}); err != nil {
		t.Fatal(err)
	}
	tab := decode(t, out.Bytes(), 0)
	if len(tab.Rows) != 2 || tab.Rows[0][0].Text != "1970-01-01T00:00:01Z" || tab.Rows[1][0].Text != "1969-12-31T23:59:59.999999Z" {
		t.Errorf("rows %v", tab.Rows)
	}
	if len(tab.Rejects) != 1 || tab.Rejects[0].Line != 2 || tab.Rejects[0].Code != record.BadValue {
		t.Errorf("rejects %v", tab.Rejects)
	}
}

func TestRecord(t *testing.T) {
	type row struct {
		ID   int64    `parquet:"id"`
		Name *string  `parquet:"name,optional"`
		List []string `parquet:"list,list"`
		Real float64  `parquet:"real"`
		At   int64    `parquet:"at,timestamp(microsecond)"`
	}
	quote := "a\"\n\x01ö"
	var out bytes.Buffer
	if err := other.Write(&out, []row{{1, nil, nil, 0.5, 0}, {2, &quote, []string{"x"}, 2, 1}}); err != nil {
		t.Fatal(err)
	}
	d := open(t, connector.DecodeOptions{At: bytes.NewReader(out.Bytes()), Size: int64(out.Len()), File: "x.parquet"})
	m := &connector.Morsel{}
	if err := d.Next(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	if err := d.Decode(m); err != nil {
		t.Fatal(err)
	}
	b := &m.Batch
	if got, want := string(b.Origin.Record(b, 1)), `{"id":2,"name":"a\"\u000a\u0001ö","list":["x"],"real":2,"at":"1970-01-01T00:00:00.000001Z"}`; got != want {
		t.Errorf("record %s, want %s", got, want)
	}
	if got, want := string(b.Origin.Record(b, 0)), `{"id":1,"name":null,"list":[],"real":0.5,"at":"1970-01-01T00:00:00Z"}`; got != want {
		t.Errorf("record %s, want %s", got, want)
	}
	if pos := b.Origin.Position(b, 1); pos != (record.Position{File: "x.parquet", Line: 2}) {
		t.Errorf("position %v", pos)
	}
}
