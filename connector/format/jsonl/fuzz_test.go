package jsonl

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/headgate/headgate/connector/format/formattest"
	"github.com/headgate/headgate/connector/record"
)

// FuzzJSONL holds the scanner against encoding/json, line by line, and against other
// chunk sizes.
func FuzzJSONL(f *testing.F) {
	for _, s := range []string{
		"{\"a\":1,\"b\":\"x\"}\n{\"b\":[1,2,{\"a\":null}],\"a\":-1.5e+3}\n", "{\"a\":\"\\u00e9\\ud83e\\udd86\\ud800\"}",
		"{\"a\": true , \"a\":false}\r\n\n{}", "{\"a\":01}\n{\"a\":1}x\n{\"a\":\"\x01\"}", "[1]\n", "{\"a\":{\"b\":{}},\"c\":[[]]}",
	} {
		f.Add([]byte(s), uint16(3))
	}
	f.Fuzz(func(t *testing.T, data []byte, size uint16) {
		schema := formattest.Strings([]string{"a", "b"})
		schema.Fields = append(schema.Fields, record.Field{Name: "c", Type: record.Type{Kind: record.JSON}})
		data = append([]byte("{\"first\":0}\n"), data...) // so that there are columns
		in := formattest.Input{Format: Format(), Schema: schema}
		one, err := in.Read(context.Background(), bytes.NewReader(data))
		in.Chunk = 1 + int(size)
		many, err2 := in.Read(context.Background(), bytes.NewReader(data))
		if fmt.Sprint(err) != fmt.Sprint(err2) || !reflect.DeepEqual(one, many) {
			t.Fatalf("chunk %d: %+v, error %v\none chunk: %+v, error %v", in.Chunk, many, err2, one, err)
		}
		if err != nil {
			t.Fatal(err)
		}
		rejects := map[int64]record.Code{}
		for _, r := range one.Rejects {
			rejects[r.Line] = r.Code
		}
		rows := one.Rows
		for i, line := range bytes.Split(data, []byte{'\n'}) {
			if len(bytes.Trim(line, " \t\r")) == 0 {
				continue
			}
			code, rejected := rejects[int64(i+1)]
			good := json.Valid(line) && utf8.Valid(line) && bytes.TrimLeft(line, " \t\r")[0] == '{'
			switch {
			case rejected && good && code == record.BadValue && bytes.Contains(line, []byte(`\u`)):
			case rejected && good && bytes.Count(line, []byte("["))+bytes.Count(line, []byte("{")) > record.MaxJSONDepth:
			case rejected == good:
				t.Fatalf("line %d %q: rejected %v", i+1, line, code)
			case good:
				sameValues(t, line, rows[0])
				rows = rows[1:]
			}
		}
	})
}

// sameValues compares a row with what encoding/json makes of its line.
func sameValues(t *testing.T, line []byte, row []formattest.Cell) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(line, &object); err != nil {
		t.Fatal(err)
	}
	for i, key := range []string{"a", "b", "c"} {
		raw, ok := object[key]
		want := formattest.Cell{Null: !ok || string(raw) == "null", Text: string(raw)}
		if want.Null {
			want.Text = ""
		} else if raw[0] == '"' && key != "c" {
			if err := json.Unmarshal(raw, &want.Text); err != nil {
				t.Fatal(err)
			}
		} else if key == "c" {
			var out bytes.Buffer
			if err := json.Compact(&out, raw); err != nil {
				t.Fatal(err)
			}
			want.Text = out.String()
		}
		if row[i] != want {
			t.Fatalf("%q: %s is %v, want %v", line, key, row[i], want)
		}
	}
}
