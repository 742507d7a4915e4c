package jsonl

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/format/formattest"
	"github.com/headgate/headgate/connector/record"
)

func outline(tab *formattest.Table) string {
	var out []string
	for _, row := range tab.Rows {
		var cells []string
		for _, c := range row {
			if c.Null {
				cells = append(cells, "NULL")
			} else {
				cells = append(cells, c.Text)
			}
		}
		out = append(out, strings.Join(cells, "|"))
	}
	for _, r := range tab.Rejects {
		out = append(out, fmt.Sprintf("line %d %s %s", r.Line, r.Code, r.Record))
	}
	return strings.Join(out, "\n")
}

func TestDecode(t *testing.T) {
	for _, c := range []struct{ name, input, want string }{
		{"values", `{"a":1,"b":"x","c":true,"d":null,"e":[1, {"x":2}],"f":-1.50e+3}`, `1|x|true|NULL|[1, {"x":2}]|-1.50e+3`},
		{"spaces", " { \"a\" : 1 , \"b\" : 2 } \r", "1|2"},
		{"missing and further keys", `{"a":1,"b":2}` + "\n" + `{"b":3}` + "\n" + `{"c":5,"a":4}`, "1|2|NULL\nNULL|3|NULL\n4|NULL|5"},
		{"keys in another order", `{"a":1,"b":2,"c":3,"d":4}` + strings.Repeat("\n"+`{"d":4,"c":3,"b":2,"a":1}`, 3), strings.TrimSuffix(strings.Repeat("1|2|3|4\n", 4), "\n")},
		{"the last of a repeated key", `{"a":1,"a":2}`, "2"},
		{"numbers keep their digits", `{"a":12345678901234567890.10,"b":1e-999,"c":-0}`, "12345678901234567890.10|1e-999|-0"},
		{"escapes", `{"a":"\"\\\/\b\f\n\r\t\u00e9\ud83e\udd86\u0000"}`, "\"\\/\b\f\n\r\t\u00e9\U0001f986\x00"},
		{"an escaped key", `{"\u0061":1}` + "\n" + `{"a":2}`, "1\n2"},
		{"half a pair", `{"a":"\ud83e"}` + "\n" + `{"a":"\udd86x"}` + "\n" + `{"a":"\ud83e\u0041"}`, `line 1 row.bad_value {"a":"\ud83e"}` + "\n" + `line 2 row.bad_value {"a":"\udd86x"}` + "\n" + `line 3 row.bad_value {"a":"\ud83e\u0041"}`},
		{"bad lines", "{\"a\":1}\n[1]\n\n{\"a\":2}x\n{\"a\":3", "1\nline 2 row.bad_record [1]\nline 4 row.bad_record {\"a\":2}x\nline 5 row.bad_record {\"a\":3"},
		{"a document over several lines", "{\"a\":1}\n{\n\"a\":2\n}\n", "1\nline 2 row.bad_record {\nline 3 row.bad_record \"a\":2\nline 4 row.bad_record }"},
		{"bad utf-8", "{\"a\":1}\n{\"a\":\"\xff\"}\n{\"a\":2}", "1\n2\nline 2 row.bad_utf8 {\"a\":\"\xff\"}"},
		{"records without keys", "{}\n{ }\n{}", "\n\n"},
		{"byte order mark", "\ufeff{\"a\":1}", "1"},
		{"a long key", `{"a_key_of_more_than_sixteen_bytes":1}` + "\n" + `{"a_key_of_more_than_sixteen_bytez":2}` + "\n" + `{"a_key_of_more_than_sixteen_bytes":3}`, "1|NULL\nNULL|2\n3|NULL"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tab, err := formattest.Input{Format: Format()}.Read(context.Background(), strings.NewReader(c.input))
			if err != nil {
				t.Fatal(err)
			}
			if got := outline(tab); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestTooLarge(t *testing.T) {
	o := &Options{MaxRecordBytes: 20}
	input := "{\"a\":1}\n{\"a\":\"" + strings.Repeat("x", 200_000) + "\"}\n{\"a\":2}\n{\"a\":\"" + strings.Repeat("x", 12) + "\"}\n{\"a\":\"" + strings.Repeat("x", 13) + "\"}"
	for _, chunk := range []int{1, 10, 0} {
		tab, err := formattest.Input{Format: Format(), Config: o, Chunk: chunk}.Read(context.Background(), strings.NewReader(input))
		if err != nil {
			t.Fatal(err)
		}
		if len(tab.Rows) != 3 || len(tab.Rejects) != 2 || tab.Rejects[0].Line != 2 || tab.Rejects[0].Code != record.TooLarge || tab.Rejects[1].Line != 5 {
			t.Errorf("chunk %d: %s", chunk, outline(tab))
		}
	}
}

// TestLastLine is the case of a last line without a line end, from a reader that tells the
// end of the input together with the last bytes.
func TestLastLine(t *testing.T) {
	for n := 6; n < 12; n++ {
		rows := sampleBytes / 8 // more than Columns sees
		last := `{"a":"` + strings.Repeat("x", n) + `"}`
		input := strings.Repeat("{\"a\":1}\n", rows) + last
		for _, r := range []io.Reader{strings.NewReader(input), iotest.DataErrReader(strings.NewReader(input))} {
			tab, err := formattest.Input{Format: Format(), Config: &Options{MaxRecordBytes: 16}}.Read(context.Background(), r)
			if err != nil {
				t.Fatal(err)
			}
			if accepted := len(tab.Rows) == rows+1; accepted != (len(last) <= 16) || len(tab.Rows)+len(tab.Rejects) != rows+1 {
				t.Errorf("%d bytes: %d rows, rejects %v", len(last), len(tab.Rows), tab.Rejects)
			}
		}
	}
}

func TestHints(t *testing.T) {
	d, err := NewDecoder(&Options{}, strings.NewReader(
		`{"n":1,"b":true,"s":"x","d":"2024-01-01","zip":"123","o":{},"m":1,"x":null,"e":"\u0031"}`+"\n"+
			`{"n":1.5,"b":false,"s":"1","d":"2024-01-02","zip":"45","o":"s","m":"x"}`), connector.DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	names, err := d.Columns(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, h := range d.Hints() {
		got = append(got, names[i]+":"+h.String())
	}
	want := "n:invalid b:bool s:invalid d:invalid zip:string o:json m:string x:invalid e:invalid"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}

func TestNotJSONLines(t *testing.T) {
	for _, c := range []struct{ input, want string }{
		{"[\n{\"a\":1}]\n", ""},
		{"[1,2]\n", "line 1 is not a JSON object: it is an array"},
		{"a,b\n1,2\n", `line 1 is not a JSON object: found "a,b" where an opening brace should be, at byte 1`},
		{"\n{\"a\":tru}\n", `line 2 is not a JSON object: found "tru}" where a value should be, at byte 6`},
		{`{"a":"x` + "\n", "it ends where a closing quote"},
	} {
		_, err := formattest.Input{Format: Format()}.Read(context.Background(), strings.NewReader(c.input))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %q", c.input, err, c.want)
		}
	}
}

// TestColumnsOfNoKeys: records without a key are records, and no input without records.
func TestColumnsOfNoKeys(t *testing.T) {
	for input, none := range map[string]bool{"": true, " \n\n": true, "{}": false, "\n{}\n{}": false} {
		d, err := formattest.Input{Format: Format()}.Decoder(strings.NewReader(input))
		if err != nil {
			t.Fatal(err)
		}
		if names, err := d.Columns(context.Background()); err != nil || len(names) != 0 || (names == nil) != none {
			t.Errorf("%q: columns %#v, error %v; want nil: %v", input, names, err, none)
		}
	}
}
