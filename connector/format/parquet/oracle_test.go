package parquet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	other "github.com/parquet-go/parquet-go"

	"github.com/headgate/headgate/connector/format/formattest"
	"github.com/headgate/headgate/connector/record"
)

// mixed is a batch of n rows with columns that repeat, that do not, and that have
// NULLs in places.
func mixed(n int, seed uint64) (*record.Schema, *record.Batch) {
	r := rand.New(rand.NewPCG(seed, 2))
	b := &record.Batch{}
	b.Reset(n)
	schema := &record.Schema{}
	add := func(name string, t record.Type, nulls int, cell func(row int) string) {
		schema.Fields = append(schema.Fields, record.Field{Name: name, Type: t})
		c := b.NewColumn(t)
		b.Cols = append(b.Cols, c)
		for row := range n {
			if nulls == 1 || nulls > 1 && row/100%nulls == 1 {
				c.Vector().Cells[row] = record.Null
				continue
			}
			c.Vector().ParseCell(b, int32(row), b.AddText([]byte(cell(row))))
		}
	}
	kind := func(k record.Kind) record.Type { return record.Type{Kind: k} }
	add("id", kind(record.Int), 0, func(row int) string { return strconv.Itoa(row) })
	add("few", kind(record.Int), 3, func(int) string { return strconv.Itoa(r.IntN(9)) })
	add("many", kind(record.String), 4, func(int) string { return strings.Repeat("x", r.IntN(40)) + strconv.Itoa(r.IntN(1<<40)) })
	add("word", kind(record.String), 2, func(int) string { return []string{"", "a", "bc", "déjà"}[r.IntN(4)] })
	add("runs", kind(record.String), 0, func(row int) string { return "run" + strconv.Itoa(row/777) })
	add("flag", kind(record.Bool), 5, func(int) string { return strconv.FormatBool(r.IntN(2) == 0) })
	add("money", record.DecimalOf(12, 2), 0, func(int) string { return fmt.Sprintf("%d.%02d", r.IntN(2_000_000)-1_000_000, r.IntN(100)) })
	add("wide", record.DecimalOf(38, 4), 2, func(int) string { return fmt.Sprintf("-%d%018d.%04d", r.IntN(1<<40), r.IntN(1<<50), r.IntN(10000)) })
	add("real", kind(record.Float), 0, func(int) string { return strconv.FormatFloat(r.NormFloat64(), 'g', -1, 64) })
	add("day", kind(record.Date), 0, func(int) string { return string(record.AppendDate(nil, int64(r.IntN(40_000)))) })
	add("at", kind(record.Timestamp), 3, func(int) string { return string(record.AppendTimestamp(nil, int64(r.IntN(1<<50)))) })
	add("phrase", kind(record.String), 0, func(int) string { return "phrase number " + strconv.Itoa(r.IntN(1500)) })
	add("none", kind(record.String), 1, func(int) string { return "" })
	return schema, b
}

// encode writes b in pieces of about the given sizes.
func encode(t testing.TB, o Options, schema *record.Schema, b *record.Batch, sizes ...int) []byte {
	t.Helper()
	e, err := NewEncoder(&o, schema)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	all := b.Sel
	for i := 0; len(all) > 0; i++ {
		n := min(len(all), sizes[i%len(sizes)])
		b.Sel = append([]int32(nil), all[:n]...)
		all = all[n:]
		enc, err := e.Encode(nil, b)
		if err == nil {
			err = e.Append(&out, enc)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	b.Sel = make([]int32, b.Rows)
	for i := range b.Sel {
		b.Sel[i] = int32(i)
	}
	if err := e.Close(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// decode reads data with its own types.
func decode(t testing.TB, data []byte, chunk int) *formattest.Table {
	t.Helper()
	tab, err := tryDecode(data, chunk)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func tryDecode(data []byte, chunk int) (*formattest.Table, error) {
	in := formattest.Input{Format: Format(), File: "test", Chunk: chunk}
	d, err := in.Decoder(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	names, err := d.Columns(context.Background())
	if err != nil {
		return nil, err
	}
	in.Schema = &record.Schema{}
	for i, n := range names {
		in.Schema.Fields = append(in.Schema.Fields, record.Field{Name: n, Type: d.(*Decoder).Hints()[i]})
	}
	return in.Read(context.Background(), bytes.NewReader(data))
}

// TestWrittenForOthers reads with parquet-go what was written.
func TestWrittenForOthers(t *testing.T) {
	schema, b := mixed(60_000, 1)
	for name, tt := range map[string]struct {
		o     Options
		sizes []int
	}{
		"large morsels": {Options{Compression: "snappy", RowGroupRows: 25_000}, []int{17_000, 5000}},
		"small morsels": {Options{Compression: "zstd", RowGroupRows: 100_000}, []int{100, 999, 3}},
		"both":          {Options{Compression: "gzip", RowGroupRows: 30_000}, []int{4, 9000, 200}},
		"small groups":  {Options{Compression: "none", RowGroupRows: 1000}, []int{4096}},
		"zstd level":    {Options{Compression: "zstd", Level: 9, RowGroupRows: 131072}, []int{8192}},
	} {
		t.Run(name, func(t *testing.T) {
			data := encode(t, tt.o, schema, b, tt.sizes...)
			f, err := other.OpenFile(bytes.NewReader(data), int64(len(data)))
			if err != nil {
				t.Fatal(err)
			}
			row := int32(0)
			for _, g := range f.RowGroups() {
				if g.NumRows() > int64(tt.o.RowGroupRows) {
					t.Errorf("row group of %d rows", g.NumRows())
				}
				row = sameAsOther(t, g, b, row)
			}
			if int(row) != b.Rows || f.NumRows() != int64(b.Rows) {
				t.Errorf("%d rows, the footer says %d, want %d", row, f.NumRows(), b.Rows)
			}
		})
	}
}

// sameAsOther compares a row group with b from row on, and returns the row behind it.
func sameAsOther(t *testing.T, g other.RowGroup, b *record.Batch, row int32) int32 {
	t.Helper()
	rows := g.Rows()
	defer rows.Close()
	buf := make([]other.Row, 100)
	for {
		n, err := rows.ReadRows(buf)
		for _, got := range buf[:n] {
			for i, c := range b.Cols {
				if want, found := ownText(b, c, row), otherText(c.Type(), got[i]); want != found {
					t.Fatalf("row %d column %d: %q, want %q", row, i, found, want)
				}
			}
			row++
		}
		if errors.Is(err, io.EOF) {
			return row
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func ownText(b *record.Batch, c *record.Column, row int32) string {
	if c.Vector().Cells[row] != record.Value {
		return "NULL"
	}
	return string(c.Vector().AppendText(nil, b, row))
}

func otherText(typ record.Type, v other.Value) string {
	if v.IsNull() {
		return "NULL"
	}
	switch typ.Kind {
	case record.Bool:
		return strconv.FormatBool(v.Boolean())
	case record.Int:
		return strconv.FormatInt(v.Int64(), 10)
	case record.Float:
		return string(record.AppendFloat(nil, v.Double()))
	case record.Date:
		return string(record.AppendDate(nil, int64(v.Int32())))
	case record.Timestamp:
		return string(record.AppendTimestamp(nil, v.Int64()))
	case record.Decimal:
		if typ.Precision > 18 {
			x, _ := bigEndian(v.ByteArray())
			return string(record.AppendDecimal(nil, x, int(typ.Scale)))
		}
		return string(record.AppendDecimal(nil, record.Int128Of(v.Int64()), int(typ.Scale)))
	}
	return string(v.ByteArray())
}

// TestStatistics holds the statistics of the footer against the values.
func TestStatistics(t *testing.T) {
	schema, b := mixed(9000, 3)
	data := encode(t, Options{Compression: "snappy", RowGroupRows: 2000}, schema, b, 700)
	f, err := other.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	row := 0
	for gi, g := range f.Metadata().RowGroups {
		for i, c := range g.Columns {
			s := c.MetaData.Statistics
			typ := f.RowGroups()[gi].ColumnChunks()[i].Type()
			nulls := int64(0)
			var low, high other.Value
			pages := f.RowGroups()[gi].ColumnChunks()[i].Pages()
			for {
				p, err := pages.ReadPage()
				if err != nil {
					break
				}
				values := make([]other.Value, p.NumValues())
				p.Values().ReadValues(values)
				for _, v := range values {
					switch {
					case v.IsNull():
						nulls++
					default:
						if low.IsNull() || typ.Compare(v, low) < 0 {
							low = v.Clone()
						}
						if high.IsNull() || typ.Compare(v, high) > 0 {
							high = v.Clone()
						}
					}
				}
			}
			name := schema.Fields[i].Name
			if s.NullCount != nulls {
				t.Errorf("group %d %s: null count %d, want %d", gi, name, s.NullCount, nulls)
			}
			if name == "flag" {
				continue
			}
			if !bytes.Equal(s.MinValue, low.Bytes()) || !bytes.Equal(s.MaxValue, high.Bytes()) {
				t.Errorf("group %d %s: %x to %x, want %v to %v", gi, name, s.MinValue, s.MaxValue, low, high)
			}
		}
		row += int(g.NumRows)
	}
	if row != 9000 {
		t.Errorf("%d rows", row)
	}
}
