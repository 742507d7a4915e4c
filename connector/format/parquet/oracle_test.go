package parquet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	other "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"

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
			if nulls > 0 && row/100%nulls == 1 {
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

// others is a row as parquet-go writes it, in many encodings.
type others struct {
	ID      int64            `parquet:"id,delta"`
	Small   int32            `parquet:"small,delta"`
	Plain   int64            `parquet:"plain,plain"`
	Dict    *string          `parquet:"dict,dict,optional"`
	Length  string           `parquet:"length,optional,delta"`
	Front   string           `parquet:"front,delta"`
	Text    string           `parquet:"text,plain"`
	Flag    *bool            `parquet:"flag,optional"`
	Split   float64          `parquet:"split,split"`
	Float   float32          `parquet:"float,split"`
	Dec     int64            `parquet:"dec,decimal(2:12)"`
	UUID    [16]byte         `parquet:"uuid,uuid"`
	Milli   time.Time        `parquet:"milli,timestamp(millisecond)"`
	Micro   time.Time        `parquet:"micro,timestamp(microsecond)"`
	Nano    time.Time        `parquet:"nano,timestamp(nanosecond)"`
	Day     int32            `parquet:"day,date"`
	Uint    uint32           `parquet:"uint"`
	Ulong   uint64           `parquet:"ulong"`
	List    []int64          `parquet:"list,list"`
	Repeat  []string         `parquet:"repeat"`
	Map     map[string]int32 `parquet:"map"`
	Struct  *inner           `parquet:"struct,optional"`
	Structs []inner          `parquet:"structs,list"`
	Fixed   [3]byte          `parquet:"fixed"`
	Json    string           `parquet:"json,json"`
	Enum    string           `parquet:"enum,enum"`
}

type inner struct {
	A int64    `parquet:"a"`
	B *string  `parquet:"b,optional"`
	C []inner2 `parquet:"c,list"`
}

type inner2 struct {
	D []float64 `parquet:"d,list"`
}

func otherRows(n int) []others {
	r := rand.New(rand.NewPCG(5, 5))
	rows := make([]others, n)
	for i := range rows {
		word := []string{"", "a", "longer word", "ö", `"quoted"`}[r.IntN(5)]
		at := time.Unix(int64(r.IntN(1<<31)), 0).UTC()
		o := others{ID: int64(i) * 3, Small: int32(r.Int32()), Plain: r.Int64() - 1<<62, Front: fmt.Sprintf("prefix/%06d/%d", i/10, r.IntN(100)),
			Text: strings.Repeat(word, r.IntN(30)), Split: r.NormFloat64(), Dec: r.Int64N(1e12), Milli: at.Add(time.Millisecond * time.Duration(r.IntN(1000))),
			Micro: at.Add(time.Microsecond * time.Duration(r.IntN(1e6))), Nano: at.Add(time.Microsecond * time.Duration(r.IntN(1e6))),
			Day: int32(r.IntN(30000)), Uint: r.Uint32(), Ulong: r.Uint64(), Json: `{"a":[` + strconv.Itoa(i) + `]}`, Enum: word}
		o.UUID[0], o.UUID[15] = byte(i), byte(i>>8)
		o.Fixed = [3]byte{byte(i), 0, 255}
		if r.IntN(3) > 0 {
			o.Dict, o.Length = &word, word
			flag, f := r.IntN(2) == 0, float32(r.IntN(1000))/8
			o.Flag, o.Float = &flag, f
			o.Struct = &inner{A: int64(i), C: []inner2{{D: []float64{1.5, 2}}, {}}}
		}
		for range r.IntN(4) {
			o.List = append(o.List, r.Int64N(100))
			o.Repeat = append(o.Repeat, word)
			o.Structs = append(o.Structs, inner{A: int64(len(o.Structs)), B: &word})
		}
		if r.IntN(2) == 0 {
			o.Map = map[string]int32{word: int32(i)}
		}
		rows[i] = o
	}
	return rows
}

// text is what a cell of o must read as.
func (o *others) text(column string) formattest.Cell {
	null := formattest.Cell{Null: true}
	cell := func(format string, args ...any) formattest.Cell {
		return formattest.Cell{Text: fmt.Sprintf(format, args...)}
	}
	asJSON := func(v any) formattest.Cell {
		b, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return formattest.Cell{Text: string(b)}
	}
	switch column {
	case "id":
		return cell("%d", o.ID)
	case "small":
		return cell("%d", o.Small)
	case "plain":
		return cell("%d", o.Plain)
	case "dict":
		if o.Dict == nil {
			return null
		}
		return cell("%s", *o.Dict)
	case "length":
		if o.Length == "" {
			return null
		}
		return cell("%s", o.Length)
	case "front":
		return cell("%s", o.Front)
	case "text":
		return cell("%s", o.Text)
	case "flag":
		if o.Flag == nil {
			return null
		}
		return cell("%t", *o.Flag)
	case "split":
		return cell("%s", record.AppendFloat(nil, o.Split))
	case "float":
		return cell("%s", record.AppendFloat(nil, float64(o.Float)))
	case "dec":
		return cell("%s", record.AppendDecimal(nil, record.Int128Of(o.Dec), 2))
	case "uuid":
		return cell("%x-%x-%x-%x-%x", o.UUID[:4], o.UUID[4:6], o.UUID[6:8], o.UUID[8:10], o.UUID[10:])
	case "milli":
		return cell("%s", record.AppendTimestamp(nil, o.Milli.UnixMicro()))
	case "micro":
		return cell("%s", record.AppendTimestamp(nil, o.Micro.UnixMicro()))
	case "nano":
		return cell("%s", record.AppendTimestamp(nil, o.Nano.UnixMicro()))
	case "day":
		return cell("%s", record.AppendDate(nil, int64(o.Day)))
	case "uint":
		return cell("%d", o.Uint)
	case "ulong":
		return cell("%d", o.Ulong)
	case "list":
		return asJSON(append([]int64{}, o.List...))
	case "repeat":
		return asJSON(append([]string{}, o.Repeat...))
	case "map":
		if o.Map == nil {
			return cell("{}")
		}
		return asJSON(o.Map)
	case "struct":
		if o.Struct == nil {
			return null
		}
		return asJSON(o.Struct.plain())
	case "structs":
		list := []any{}
		for i := range o.Structs {
			list = append(list, o.Structs[i].plain())
		}
		return asJSON(list)
	case "json":
		return cell("%s", o.Json)
	case "enum":
		return cell("%s", o.Enum)
	case "fixed":
		return asBase64(o.Fixed[:])
	}
	panic(column)
}

func asBase64(b []byte) formattest.Cell {
	s, _ := json.Marshal(b)
	return formattest.Cell{Text: strings.Trim(string(s), `"`)}
}

// plain is x with the names of the file.
func (x *inner) plain() any {
	c := []any{}
	for _, y := range x.C {
		c = append(c, struct {
			D []float64 `json:"d"`
		}{append([]float64{}, y.D...)})
	}
	return struct {
		A int64   `json:"a"`
		B *string `json:"b"`
		C []any   `json:"c"`
	}{x.A, x.B, c}
}

// TestWrittenByOthers reads what parquet-go wrote.
func TestWrittenByOthers(t *testing.T) {
	rows := otherRows(3000)
	for _, codec := range []compress.Codec{&other.Uncompressed, &other.Snappy, &other.Gzip, &other.Zstd, &other.Lz4Raw} {
		for _, version := range []int{1, 2} {
			for _, page := range []int{300, 1 << 20} {
				t.Run(fmt.Sprintf("%s v%d %d", codec, version, page), func(t *testing.T) {
					var out bytes.Buffer
					w := other.NewGenericWriter[others](&out, other.Compression(codec), other.DataPageVersion(version), other.PageBufferSize(page), other.MaxRowsPerRowGroup(1700))
					if _, err := w.Write(rows); err != nil {
						t.Fatal(err)
					}
					if err := w.Close(); err != nil {
						t.Fatal(err)
					}
					sameRows(t, decode(t, out.Bytes(), 0), rows)
					sameRows(t, decode(t, out.Bytes(), 9000), rows)
				})
			}
		}
	}
}

func sameRows(t *testing.T, tab *formattest.Table, rows []others) {
	t.Helper()
	if len(tab.Rows) != len(rows) || len(tab.Rejects) > 0 {
		t.Fatalf("%d rows, %d rejects %v", len(tab.Rows), len(tab.Rejects), tab.Rejects[:min(3, len(tab.Rejects))])
	}
	for i := range rows {
		for c, name := range tab.Columns {
			if want := rows[i].text(name); !reflect.DeepEqual(tab.Rows[i][c], want) {
				t.Fatalf("row %d %s: %v, want %v", i, name, tab.Rows[i][c], want)
			}
		}
	}
}

// encodings are small files of parquet-go, with every encoding and codec.
func encodings(t testing.TB) (files [][]byte) {
	rows := otherRows(40)
	for i, codec := range []compress.Codec{&other.Uncompressed, &other.Snappy, &other.Gzip, &other.Zstd, &other.Lz4Raw} {
		var out bytes.Buffer
		w := other.NewGenericWriter[others](&out, other.Compression(codec), other.DataPageVersion(1+i%2), other.PageBufferSize(400))
		_, err := w.Write(rows)
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, out.Bytes())
	}
	return append(files, deltaFile(t))
}

// deltaFile has columns in encodings that tags do not name.
func deltaFile(t testing.TB) []byte {
	group := other.Group{
		"bytes": other.Encoded(other.String(), &other.DeltaByteArray),
		"fixed": other.Encoded(other.Leaf(other.FixedLenByteArrayType(5)), &other.DeltaByteArray),
		"maybe": other.Optional(other.Encoded(other.String(), &other.DeltaByteArray)),
		"split": other.Encoded(other.Leaf(other.FixedLenByteArrayType(3)), &other.ByteStreamSplit),
		"ints":  other.Optional(other.Encoded(other.Int(32), &other.ByteStreamSplit)),
		"runs":  other.Optional(other.Encoded(other.Leaf(other.BooleanType), &other.RLE)),
	}
	var out bytes.Buffer
	w := other.NewWriter(&out, other.NewSchema("delta", group), other.PageBufferSize(500))
	for i := range 500 {
		if _, err := w.WriteRows([]other.Row{deltaRow(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// deltaRow is row i of deltaFile: bytes, fixed, ints, maybe, runs, split.
func deltaRow(i int) other.Row {
	optional := func(column int, v other.Value) other.Value {
		if i%7 == 3 {
			return other.Value{}.Level(0, 0, column)
		}
		return v.Level(0, 1, column)
	}
	text := fmt.Sprintf("prefix %05d of %d", i/3, i%5)
	return other.Row{
		other.ByteArrayValue([]byte(text)).Level(0, 0, 0),
		other.FixedLenByteArrayValue([]byte(fmt.Sprintf("%05d", i))).Level(0, 0, 1),
		optional(2, other.Int32Value(int32(i*i)-1000)),
		optional(3, other.ByteArrayValue([]byte(text[:i%len(text)]))),
		optional(4, other.BooleanValue(i%3 == 0)),
		other.FixedLenByteArrayValue([]byte(fmt.Sprintf("%03d", i))).Level(0, 0, 5),
	}
}

func TestDeltasAndSplits(t *testing.T) {
	tab := decode(t, deltaFile(t), 0)
	if want := []string{"bytes", "fixed", "ints", "maybe", "runs", "split"}; !reflect.DeepEqual(tab.Columns, want) || len(tab.Rows) != 500 {
		t.Fatalf("columns %v, %d rows", tab.Columns, len(tab.Rows))
	}
	for i, row := range tab.Rows {
		for c, v := range deltaRow(i) {
			want := formattest.Cell{Null: v.IsNull()}
			switch {
			case want.Null:
			case c == 1 || c == 5:
				want = asBase64(v.ByteArray())
			case c == 2:
				want.Text = strconv.Itoa(int(v.Int32()))
			case c == 4:
				want.Text = strconv.FormatBool(v.Boolean())
			default:
				want.Text = string(v.ByteArray())
			}
			if row[c] != want {
				t.Fatalf("row %d %s: %v, want %v", i, tab.Columns[c], row[c], want)
			}
		}
	}
}
