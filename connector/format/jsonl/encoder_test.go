package jsonl

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector/format/csv"
	"github.com/headgate/headgate/connector/format/formattest"
	"github.com/headgate/headgate/connector/record"
)

// batchOf is one row with a column for each type.
func batchOf(t *testing.T, types []record.Type, texts []string) (*record.Schema, *record.Batch) {
	t.Helper()
	b := &record.Batch{}
	b.Reset(1)
	schema := &record.Schema{}
	for i, typ := range types {
		schema.Fields = append(schema.Fields, record.Field{Name: string(rune('a' + i)), Type: typ})
		c := b.NewColumn(typ)
		c.Vector().ParseCell(b, 0, b.AddText([]byte(texts[i])))
		if c.Vector().Cells[0] != record.Value {
			t.Fatal(c.Vector().Fault(0))
		}
		b.Cols = append(b.Cols, c)
	}
	return schema, b
}

func TestEncode(t *testing.T) {
	types := []record.Type{{Kind: record.Int}, record.DecimalOf(9, 2), {Kind: record.Float}, {Kind: record.Bool}, {Kind: record.String},
		{Kind: record.Bytes}, {Kind: record.Date}, {Kind: record.Timestamp}, {Kind: record.JSON}}
	schema, b := batchOf(t, types, []string{"007", ".5", "1e300", "yes", "x\"\\\n\x01\u2028\x7f", "/w==", "2024-02-29", "2024-01-01T00:00:00Z", "{\n\"k\": 1}"})
	e := NewEncoder(schema)
	out, err := e.Encode(nil, b)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"a":7,"b":0.50,"c":1e+300,"d":true,"e":"x\"\\\n\u0001` + "\u2028\x7f" + `","f":"/w==","g":"2024-02-29","h":"2024-01-01T00:00:00Z","i":{ "k": 1}}` + "\n"
	if string(out) != want {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
	if !json.Valid(out) {
		t.Error("not JSON")
	}
}

func TestEncodeNoNumber(t *testing.T) {
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		schema, b := batchOf(t, []record.Type{{Kind: record.Float}}, []string{"0"})
		b.Cols[0].Vector().F64[0] = x
		out, err := NewEncoder(schema).Encode(nil, b)
		if err != nil || len(out) > 0 || len(b.Rejects) != 1 || b.Rejects[0].Code != record.BadValue || b.Rejects[0].Column != "a" {
			t.Errorf("%v: wrote %q, rejects %v, error %v", x, out, b.Rejects, err)
		}
	}
}

// TestStrings writes texts of every length, with a byte that needs care at every place.
func TestStrings(t *testing.T) {
	for n := range 40 {
		for at := range n {
			for _, c := range []byte{'"', '\\', '\n', 0, 0x1f} {
				text := bytes.Repeat([]byte("x"), n)
				text[at] = c
				schema, b := batchOf(t, []record.Type{{Kind: record.String}}, []string{string(text)})
				b.Aux = append(b.Aux, strings.Repeat("\"", 20)...) // what lies behind must not matter
				out, err := NewEncoder(schema).Encode(nil, b)
				if err != nil {
					t.Fatal(err)
				}
				var got struct{ A string }
				if err := json.Unmarshal(out, &got); err != nil || got.A != string(text) {
					t.Fatalf("%q: %s, %v", text, out, err)
				}
			}
		}
	}
}

// TestFromCSV checks that text of a declared type is never passed on as it stood.
func TestFromCSV(t *testing.T) {
	got, err := formattest.Convert(csv.CSV(), Format(), []byte("a,b\n007,007\n,\"\"\n"), &record.Schema{Fields: []record.Field{
		{Name: "a", Type: record.Type{Kind: record.Int}}, {Name: "b", Type: record.Type{Kind: record.String}},
	}})
	if want := "{\"a\":7,\"b\":\"007\"}\n{\"a\":null,\"b\":\"\"}\n"; err != nil || string(got) != want {
		t.Errorf("got %q, want %q, error %v", got, want, err)
	}
}
