package csv

import (
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// TestNonsense checks that a dialect in which one byte means two things is refused, for
// reading and for writing.
func TestNonsense(t *testing.T) {
	for _, c := range []struct {
		set  func(*Options)
		want string
	}{
		{func(o *Options) { o.Delimiter = "" }, "delimiter: must not be empty"},
		{func(o *Options) { o.Delimiter = "a\n" }, `delimiter "a\n": must not hold a line end`},
		{func(o *Options) { o.Delimiter = "\r" }, `delimiter "\r": must not hold a line end`},
		{func(o *Options) { o.Delimiter = `a"` }, `delimiter "a\"": must not hold the quote`},
		{func(o *Options) { o.Delimiter, o.Escape = `a\`, `\` }, `delimiter "a\\": must not hold the escape character`},
		{func(o *Options) { o.Quote = "\n" }, `quote "\n": must be one ASCII character, and no line end`},
		{func(o *Options) { o.Quote = "é" }, `quote "é": must be one ASCII character, and no line end`},
		{func(o *Options) { o.Escape = "\r" }, `escape "\r": must be one ASCII character, and no line end`},
		{func(o *Options) { o.Comment = "\n;\n" }, `comment "\n;\n": must not hold a line end`},
		{func(o *Options) { o.Comment = "#\r" }, `comment "#\r": must not hold a line end`},
		{func(o *Options) { o.Comment = `"#` }, `comment "\"#": must not start with the quote`},
		{func(o *Options) { o.Comment = "," }, `comment ",": must not start as the delimiter "," does`},
		{func(o *Options) { o.Comment = ",," }, `comment ",,": must not start as the delimiter "," does`},
		{func(o *Options) { o.Delimiter, o.Comment = "##", "#" }, `comment "#": must not start as the delimiter "##" does`},
		{func(o *Options) { o.Delimiter, o.Trim = "\t", true }, `delimiter "\t": must not start with a space or tab when trim takes them away`},
		{func(o *Options) { o.Quote, o.Trim = " ", true }, "quote: must not be a space or tab when trim takes them away"},
		{func(o *Options) { o.Nulls = []string{"", "a\nb"} }, `nulls: "a\nb" must not hold a line end`},
		{func(o *Options) { o.Nulls = []string{"a,b"} }, `nulls: "a,b" must not hold the delimiter`},
		{func(o *Options) { o.Nulls = []string{`"NULL"`} }, `nulls: "\"NULL\"" must not start with the quote`},
		{func(o *Options) { o.Nulls, o.Comment = []string{"#N/A"}, "#" }, `nulls: "#N/A" must not start with the comment`},
		{func(o *Options) { o.Nulls, o.Trim = []string{"- "}, true }, `nulls: "- " must not start or end with a space or tab when trim takes them away`},
	} {
		o := defaults(",")
		c.set(o)
		if _, err := NewDecoder(o, strings.NewReader(""), connector.DecodeOptions{}); err == nil || err.Error() != c.want {
			t.Errorf("reading with %+v: error %v, want %s", o, err, c.want)
		}
		if _, err := NewEncoder(o, &record.Schema{}); err == nil || err.Error() != c.want {
			t.Errorf("writing with %+v: error %v, want %s", o, err, c.want)
		}
	}
}

// TestSense checks that what looks odd and is clear is taken.
func TestSense(t *testing.T) {
	for _, set := range []func(*Options){
		func(o *Options) { o.Delimiter, o.Escape = "AA", `\` },
		func(o *Options) { o.Delimiter = ", "; o.Trim = true },
		func(o *Options) { o.Delimiter, o.Quote = "\t", "" },
		func(o *Options) { o.Escape = `"` },
		func(o *Options) { o.Comment = "//" },
		func(o *Options) { o.Nulls = []string{"NULL", `\N`, "#N/A"} },
	} {
		o := defaults(",")
		set(o)
		if _, err := NewEncoder(o, &record.Schema{}); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
