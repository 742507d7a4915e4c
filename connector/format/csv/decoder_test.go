package csv

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/format/formattest"
	"github.com/headgate/headgate/connector/record"
)

// outline is a table in short: rows with | between cells, then rejects.
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
		out = append(out, fmt.Sprintf("line %d %s %s %q", r.Line, r.Code, r.Column, r.Record))
	}
	return strings.Join(out, "\n")
}

func TestDecode(t *testing.T) {
	set := func(change func(*Options)) *Options {
		o := defaults(",")
		change(o)
		return o
	}
	for _, c := range []struct {
		name  string
		opt   *Options
		input string
		want  string
	}{
		{"null and empty", nil, "a,b\n,\"\"\n", "NULL|"},
		{"no last line end", nil, "a,b\n1,2", "1|2"},
		{"crlf", nil, "a,b\r\n1,2\r\n3,\"4\"\r\n", "1|2\n3|4"},
		{"crlf in quotes stays", nil, "a,b\r\n1,\"2\r\n3\"\r\n", "1|2\r\n3"},
		{"cr", nil, "a,b\r1,2\r3,4\r", "1|2\n3|4"},
		{"lone cr is text", nil, "a,b\n1\r2,3\n", "1\r2|3"},
		{"mixed line ends", nil, "a,b\n1,2\r\n3,4\n", "1|2\n3|4"},
		{"blank lines", nil, "a,b\n\n1,2\n\r\n", "1|2"},
		{"blank line of one column", nil, "a\n1\n\n2\n", "1\nNULL\n2"},
		{"doubled quotes", nil, "a,b\n\"x\"\"y\",\"\"\"\"\n", "x\"y|\""},
		{"stray quote is text", nil, "a,b\n5\" pipe,\"x\"\n", "5\" pipe|x"},
		{"nul is text", nil, "a,b\n1\x00,2\n", "1\x00|2"},
		{"byte order mark", nil, "\ufeffa,b\n1,2\n", "1|2"},
		{"ragged", nil, "a,b\n1,2\n3\n4,5,6\n7,8\n", "1|2\n7|8\nline 3 row.ragged  \"3\"\nline 4 row.ragged  \"4,5,6\""},
		{"ragged after a long record", nil, "a,b\n1,\"2\n\n\"\n3\n", "1|2\n\n\nline 5 row.ragged  \"3\""},
		{"pad", set(func(o *Options) { o.Ragged = "pad" }), "a,b\n1\n2,3,,\n4,5,6\n", "1|NULL\n2|3\nline 4 row.ragged  \"4,5,6\""},
		{"text after a quote", nil, "a,b\n\"1\"x,2\n3,4\n", "3|4\nline 2 row.bad_record a \"\\\"1\\\"x,2\""},
		{"text after a quote, kept", set(func(o *Options) { o.AfterQuote = "keep" }), "a,b\n\"1\"x,\"\"\"y\" \"z\"\n", "1x|\"y \"z\""},
		{"missing quote", nil, "a,b\n1,\"x\n2,\"y\"\n3,4\n", "3|4\nline 2 row.bad_record b \"1,\\\"x\\n2,\\\"y\\\"\""},
		{"open quote at the end", nil, "a,b\n1,2\n3,\"x\n4,5\n", "1|2\n4|5\nline 3 row.open_quote  \"3,\\\"x\""},
		{"open quote in a long record", nil, "a,b\n\"x\ny\",\"z\n1,2\n", "1|2\nline 2 row.open_quote  \"\\\"x\\ny\\\",\\\"z\""},
		{"bad utf-8", nil, "a,b\n1,2\n3,\xff\n4,5\n", "1|2\n4|5\nline 3 row.bad_utf8 b \"3,\\xff\""},
		{"latin-1", set(func(o *Options) { o.Encoding = "iso-8859-1" }), "a,b\n\xe9\x80,2\n", "\u00e9\u0080|2"},
		{"windows-1252", set(func(o *Options) { o.Encoding = "cp1252" }), "a,b\n\x80,2\n", "\u20ac|2"},
		{"not in the encoding", set(func(o *Options) { o.Encoding = "windows-1253" }), "a,b\n1,\xff\n2,3\n", "2|3\nline 2 row.bad_utf8 b \"1,\ufffd\""},
		{"utf-16 by its mark", nil, "\xff\xfea\x00\n\x00\xe9\x00\n\x00", "\u00e9"},
		{"skip lines", set(func(o *Options) { o.SkipLines = 2 }), "title, \"\nby, \"us\na,b\n1\n", "line 4 row.ragged  \"1\""},
		{"comment", set(func(o *Options) { o.Comment = "#" }), "# x \"\na,b\n#1,2\n3,#4\n", "3|#4"},
		{"trim", set(func(o *Options) { o.Trim = true }), " a , b\n 1 ,\t\" 2 \" \n , 3\n", "1| 2 \nNULL|3"},
		{"escape", set(func(o *Options) { o.Escape = `\` }), "a,b\n\"x\\\"y\\\\\\n\",\\\n\"\"\"\",z\n", "x\"y\\\\n|\\\n\"|z"},
		{"no quotes", set(func(o *Options) { o.Quote = "" }), "a,b\n\"1,2\"\n", "\"1|2\""},
		{"two characters", set(func(o *Options) { o.Delimiter = "::" }), "a::b\n1:2::3\n\"x::\"::y\n", "1:2|3\nx::|y"},
		{"null words", set(func(o *Options) { o.Nulls = []string{"NULL", "-"} }), "a,b\nNULL,\"NULL\"\n-,\n", "NULL|NULL\nNULL|"},
		{"nothing is null", set(func(o *Options) { o.Nulls = []string{} }), "a,b\n,\"\"\n", "|"},
		{"names", set(func(o *Options) { o.Names = []string{"x", "y"} }), "a,b\n1,2\n", "1|2"},
		{"no header", set(func(o *Options) { o.Header = false }), "1,2\n3,4\n", "1|2\n3|4"},
		{"no header, one column, blank first", set(func(o *Options) { o.Header = false }), "\n1\n", "NULL\n1"},
		{"no header, two columns, blank first", set(func(o *Options) { o.Header = false }), "\n1,2\n", "1|2"},
		{"too large", set(func(o *Options) { o.MaxRecordBytes = 8 }), "a,b\n1,2\n1234567,8\n3,4\n", "1|2\n3|4\nline 3 row.too_large  \"1234567,8\""},
		{"too large with carriage returns", set(func(o *Options) { o.MaxRecordBytes = 10 }), "a,b\rxxxxxxxx,y\r1\r2,3\r", "2|3\nline 2 row.too_large  \"xxxxxxxx,y\"\nline 3 row.ragged  \"1\""},
		{"as large as can be", set(func(o *Options) { o.MaxRecordBytes = 8 }), "a,b\n123456,8\n3,4\n", "123456|8\n3|4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.opt == nil {
				c.opt = defaults(",")
			}
			tab, err := formattest.Input{Format: CSV(), Config: c.opt}.Read(context.Background(), strings.NewReader(c.input))
			if err != nil {
				t.Fatal(err)
			}
			if got := outline(tab); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ header, want string }{
		{"a,b,a,a_1", "a b a_2 a_1"},
		{"a,a,a_2", "a a_3 a_2"},
		{",,", "column_1 column_2 column_3"},
		{",column_1", "column_1_2 column_1"},
		{" a ,\"b\"\"c\"", " a  b\"c"},
	} {
		tab, err := formattest.Input{Format: CSV()}.Read(context.Background(), strings.NewReader(c.header+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(tab.Columns, " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.header, got, c.want)
		}
	}
}

func TestBadInput(t *testing.T) {
	for _, c := range []struct {
		change      func(*Options)
		input, want string
	}{
		{func(o *Options) { o.Delimiter = "" }, "", "delimiter: must not be empty"},
		{func(o *Options) { o.Delimiter = "\n" }, "", `delimiter "\n": must not hold a line end`},
		{func(o *Options) { o.Delimiter = `"` }, "", "must not hold the quote"},
		{func(o *Options) { o.Quote = "ab" }, "", "must be one ASCII character"},
		{func(o *Options) { o.Encoding = "klingon" }, "", `encoding "klingon": unknown`},
		{func(o *Options) { o.MaxRecordBytes = -1 }, "", "max_record_bytes -1"},
		{func(o *Options) { o.Names = []string{"x"} }, "a,b\n", "header: 2 columns, but names lists 1"},
		{func(*Options) {}, "a\x00,\x00b\x00\n\x00", "header: \"a\\x00,\\x00b\\x00\\n\" holds U+0000"},
		{func(*Options) {}, "a,\xff\n", "header: \"a,\\xff\\n\" is not UTF-8; set encoding"},
		{func(*Options) {}, "\na,\"b\n1,2\n", "first record: the quote opened on line 2 is not closed within the file"},
		{func(*Options) {}, "\"a\"b\n", "header: text after the closing quote of column 1 on line 1"},
		{func(o *Options) { o.MaxRecordBytes = 8 }, strings.Repeat("a,", 100000) + "\n", "first record: longer than 8 bytes"},
	} {
		o := defaults(",")
		c.change(o)
		_, err := formattest.Input{Format: CSV(), Config: o}.Read(context.Background(), strings.NewReader(c.input))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

// rows is endless text of numbered rows.
type rows struct {
	left int64 // bytes
	n    int
	text []byte
}

func (r *rows) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) && r.left > 0 {
		if len(r.text) == 0 {
			r.text = fmt.Appendf(r.text[:0], "%d,x\n", r.n)
			r.n++
		}
		k := copy(p[n:], r.text[:min(int64(len(r.text)), r.left)])
		r.text = r.text[k:]
		r.left -= int64(k)
		n += k
	}
	if n == 0 {
		return 0, fmt.Errorf("read too far")
	}
	return n, nil
}

// TestOpenQuoteIsBounded opens a quote that nothing closes within far more input than a
// record may have.
func TestOpenQuoteIsBounded(t *testing.T) {
	o := defaults(",")
	o.MaxRecordBytes = 1 << 20
	d, err := NewDecoder(o, &prefixed{strings.NewReader("a,b\n1,\"never closed\n"), &rows{left: 1 << 30}}, connector.DecodeOptions{ChunkSize: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	names, err := d.Columns(context.Background())
	if err != nil || !slices.Equal(names, []string{"a", "b"}) {
		t.Fatal(names, err)
	}
	if err := d.Bind(formattest.Strings(names)); err != nil {
		t.Fatal(err)
	}
	m := &connector.Morsel{}
	var rejects []record.Reject
	good := 0
	for good < 500_000 {
		if err := d.Next(context.Background(), m); err != nil {
			t.Fatal(err)
		}
		if cap(m.Chunk) > 4<<20 {
			t.Fatalf("a chunk of %d bytes", cap(m.Chunk))
		}
		if err := d.Decode(m); err != nil {
			t.Fatal(err)
		}
		rejects = append(rejects, m.Batch.Rejects...)
		good += len(m.Batch.Sel)
	}
	if len(rejects) != 1 || rejects[0].Code != record.OpenQuote || !strings.Contains(rejects[0].Message, "opened on line 2 is not closed within 1048576 bytes") {
		t.Errorf("rejects %v", rejects)
	}
}

// prefixed reads one after the other.
type prefixed struct {
	head *strings.Reader
	tail *rows
}

func (p *prefixed) Read(b []byte) (int, error) {
	if p.head.Len() > 0 {
		return p.head.Read(b)
	}
	return p.tail.Read(b)
}

func TestMessages(t *testing.T) {
	for _, c := range []struct{ input, want string }{
		{"a,b\n1\n", "found 1 field, expected 2"},
		{"a,b\n1,2,3\n", "found 3 fields, expected 2"},
		{"a,b\n1,\"2\"x\n", "text after the closing quote"},
		{"a,b\n3,4\n1,\"2\n\n\"x\n", "text after the closing quote; the record reaches from line 3 to line 5, where an earlier quote may be missing"},
		{"a,b\n\"x\n\",\"y\n", "the quote opened on line 3 is not closed within the file"},
		{"a,b\n\xff,1\n", `"\xff,1" is not UTF-8; set encoding if the file is not`},
	} {
		tab, err := formattest.Input{Format: CSV()}.Read(context.Background(), strings.NewReader(c.input))
		if err != nil || len(tab.Rejects) != 1 {
			t.Fatalf("%q: %+v, error %v", c.input, tab, err)
		}
		if got := tab.Rejects[0].Message; got != c.want {
			t.Errorf("%q: %s, want %s", c.input, got, c.want)
		}
	}
}

// TestSkipAcrossReads drops the rest of a line that is too long where a carriage return
// and its line feed fall into two reads.
func TestSkipAcrossReads(t *testing.T) {
	o := defaults(",")
	o.MaxRecordBytes = 10
	for k := range 60 {
		pad, end := k/2, []string{"\r", "\r\n"}[k%2]
		// Lines end in carriage returns, as the first 64 KiB say.
		input := strings.Repeat("1\r", sampleSize/2+1) + strings.Repeat("x", sampleSize-15+pad) + end + "2\r"
		tab, err := formattest.Input{Format: CSV(), Config: o}.Read(context.Background(), strings.NewReader(input))
		if err != nil {
			t.Fatal(err)
		}
		last := tab.Rows[len(tab.Rows)-1][0]
		if len(tab.Rows) != sampleSize/2+1 || last.Text != "2" || len(tab.Rejects) != 1 || tab.Rejects[0].Line != sampleSize/2+2 {
			t.Errorf("pad %d, end %q: %d rows, the last %v, %d rejects", pad, end, len(tab.Rows), last, len(tab.Rejects))
		}
	}
}

// TestLastLine reads last lines of every length without a line end, also from a reader that
// tells the end of the input together with the last bytes.
func TestLastLine(t *testing.T) {
	o := defaults(",")
	o.MaxRecordBytes = 8
	for n := 6; n < 12; n++ {
		rows := sampleSize // more than Columns sees
		input := "a\n" + strings.Repeat("1\n", rows) + strings.Repeat("x", n)
		for _, r := range []io.Reader{strings.NewReader(input), iotest.DataErrReader(strings.NewReader(input))} {
			tab, err := formattest.Input{Format: CSV(), Config: o}.Read(context.Background(), r)
			if err != nil {
				t.Fatal(err)
			}
			if accepted := len(tab.Rows) == rows+1; accepted != (n <= 8) || len(tab.Rows)+len(tab.Rejects) != rows+1 {
				t.Errorf("%d bytes: %d rows, rejects %v", n, len(tab.Rows), tab.Rejects)
			}
		}
	}
}
