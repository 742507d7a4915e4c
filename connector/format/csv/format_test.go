package csv

import (
	"testing"

	"github.com/headgate/headgate/connector/format/formattest"
)

func TestFormat(t *testing.T) {
	plain := func(change func(*Options)) func() any {
		return func() any {
			o := defaults(",")
			change(o)
			return o
		}
	}
	for name, config := range map[string]func() any{
		"default":        nil,
		"crlf":           plain(func(o *Options) { o.LineEnd = "crlf" }),
		"semicolon":      plain(func(o *Options) { o.Delimiter = ";" }),
		"two characters": plain(func(o *Options) { o.Delimiter = "AA" }),
		"single quote":   plain(func(o *Options) { o.Quote = "'" }),
		"quote all":      plain(func(o *Options) { o.Quoting = "all" }),
		"null word":      plain(func(o *Options) { o.Nulls = []string{"NULL", ""} }),
		"null is true":   plain(func(o *Options) { o.Nulls = []string{"true", "0", "a"} }),
		"trim":           plain(func(o *Options) { o.Trim = true }),
		"comment":        plain(func(o *Options) { o.Comment = "#" }),
		"pad":            plain(func(o *Options) { o.Ragged = "pad" }),
		"escape":         plain(func(o *Options) { o.Escape = `\` }),
		"odd delimiter":  plain(func(o *Options) { o.Delimiter = "1" }),
	} {
		t.Run(name, func(t *testing.T) {
			formattest.Run(t, CSV(), formattest.Harness{Config: config, Samples: samples()})
		})
	}
	t.Run("tsv", func(t *testing.T) {
		formattest.Run(t, TSV(), formattest.Harness{Samples: samples()})
	})
}

// samples are inputs whose reading must not depend on how they are cut.
func samples() []string {
	return []string{
		"a,b\n1,2\n3\n4,5,6\n7,8\n",
		"a,b\n1,\"x\ny\"\n2,\"never closed\n3,4\n5,6\n",
		"a,b\n1,\"x\"y\n2,\"x\n\"y,z\n3,4\n",
		"a,b\r\n1,2\r\n\r\n3,\"4\r\n5\"\r\n",
		"a,b\r1,2\r\r3,\"4\r\n5\"\r6,7",
		"a\n1\n\n2\n\n",
		"\ufeffa,b\n5\" pipe,6\n\"x\"\"y\",7\n",
		"a,b\n\xff,1\n2,\xc3\n3,4\n",
		"\n\n\na,b\n\n1,2\n",
		"a,b\n\"\"\"\",\"\"\n,\n\"\",\"\"\"\"\"\"\n",
		"\xff\xfea\x00,\x00b\x00\n\x001\x00,\x002\x00\n\x00",
		"# note\na,b\n# note, with a \" quote\n1,2\n",
		"a,b\n1,2",
		"a,b\n1,\"2",
		"a,b\n1,\"2\"",
		"a,b\n1,2\r",
		"a,b\n\"",
		"\"",
		"\r\n",
		"a'b,c\n'd','e''f'\n'g,h\n",
		"aAAb\n1AA2\n1AAA2\nA1AA2\n",
	}
}
