package parquet

import (
	"bytes"
	"encoding/json"
	"fmt"
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
	rows := otherRows(1200)
	for _, codec := range []compress.Codec{&other.Uncompressed, &other.Snappy, &other.Gzip, &other.Zstd, &other.Lz4Raw} {
		for _, version := range []int{1, 2} {
			for _, page := range []int{300, 1 << 20} {
				t.Run(fmt.Sprintf("%s v%d %d", codec, version, page), func(t *testing.T) {
					var out bytes.Buffer
					w := other.NewGenericWriter[others](&out, other.Compression(codec), other.DataPageVersion(version), other.PageBufferSize(page), other.MaxRowsPerRowGroup(700))
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
