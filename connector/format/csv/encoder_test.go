package csv

import (
	"bytes"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector/format/formattest"
	"github.com/headgate/headgate/connector/record"
)

// TestCopy writes what was read and not changed.
func TestCopy(t *testing.T) {
	for _, c := range []struct {
		name        string
		change      func(*Options)
		input, want string
	}{
		{"as it stood", nil, "a,b\n\"007\",08\n\"\",\n\"x\"\"y\",5\" pipe\n", "a,b\n\"007\",08\n\"\",\n\"x\"\"y\",\"5\"\" pipe\"\n"},
		{"another delimiter", func(o *Options) { o.Delimiter = ";" }, "a,b\nx;y,z\n\"1,2\",3\n", "a;b\n\"x;y\";z\n\"1,2\";3\n"},
		{"crlf", func(o *Options) { o.LineEnd = "crlf" }, "a,b\n1,2\n", "a,b\r\n1,2\r\n"},
		{"all", func(o *Options) { o.Quoting = "all" }, "a,b\n1,\n", "\"a\",\"b\"\n\"1\",\n"},
		{"null word", func(o *Options) { o.Nulls = []string{"NULL"} }, "a,b\nNULL,\n\"\",x\n", "a,b\n\"NULL\",NULL\n\"\",x\n"},
		{"no header", func(o *Options) { o.Header = false }, "a,b\n1,2\n", "1,2\n"},
		{"names", func(o *Options) { o.Names = []string{"x,", "y"} }, "a,b\n1,2\n", "\"x,\",y\n1,2\n"},
		{"no quote", func(o *Options) { o.Quote = "" }, "a,b\n\"x\",\"\"\n", "a,b\nx,\n"},
		{"lone carriage return", nil, "a,b\n1\r2,3\n4,5\n", "a,b\n\"1\r2\",3\n4,5\n"},
		{"no rows", nil, "a,b\n", "a,b\n"},
		{"long texts", nil, "a,b\n" + strings.Repeat("x", 20) + "," + strings.Repeat("\"\"", 20) + "\n", "a,b\n" + strings.Repeat("x", 20) + "," + "\"" + "\"" + strings.Repeat("\"\"", 18) + "\"\"\n"},
		{"byte order mark as text", nil, "\ufeff\ufeffa,b\n", "\ufeff\ufeffa,b\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			to := defaults(",")
			if c.change != nil {
				c.change(to)
			}
			got, err := formattest.Copy(CSV(), defaults(","), to, []byte(c.input))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != c.want {
				t.Errorf("got\n%q\nwant\n%q", got, c.want)
			}
		})
	}
}

// TestNoQuote rejects what cannot be written without quotes.
func TestNoQuote(t *testing.T) {
	b := &record.Batch{}
	b.Reset(3)
	c := b.NewColumn(record.Type{Kind: record.String})
	b.Cols = append(b.Cols, c)
	for row, s := range []string{"plain", "a,b", "c\nd"} {
		c.Vector().ParseCell(b, int32(row), b.AddText([]byte(s)))
	}
	o := defaults(",")
	o.Quote = ""
	e, err := NewEncoder(o, formattest.Strings([]string{"x"}))
	if err != nil {
		t.Fatal(err)
	}
	out, err := e.Encode(nil, b)
	if err != nil || string(out) != "plain\n" || len(b.Rejects) != 2 {
		t.Errorf("wrote %q, rejects %v, error %v", out, b.Rejects, err)
	}
}

func TestNewEncoder(t *testing.T) {
	for _, c := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.Encoding = "latin1" }, "only utf-8 can be written"},
		{func(o *Options) { o.Names = []string{"x", "y"} }, "names: lists 2, but there are 1 columns"},
		{func(o *Options) { o.Quote, o.Quoting = "", "all" }, "there is no quote"},
	} {
		o := defaults(",")
		c.change(o)
		if _, err := NewEncoder(o, formattest.Strings([]string{"a"})); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

// TestHeaderNeedsQuotes says so before anything is written.
func TestHeaderNeedsQuotes(t *testing.T) {
	o := defaults(",")
	o.Quote = ""
	e, err := NewEncoder(o, formattest.Strings([]string{"a,b"}))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := e.Close(&out); err == nil || out.Len() > 0 {
		t.Errorf("wrote %q, error %v", out.Bytes(), err)
	}
}
