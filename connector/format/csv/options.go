package csv

import (
	"errors"
	"fmt"
	"io"

	"golang.org/x/text/encoding"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/spec"
)

const defaultMaxRecord = 8 << 20

// Options are the keys of `csv:` and `tsv:` under decode and encode.
type Options struct {
	Header         bool      `key:"header" help:"the first record names the columns; without it they are column_1, column_2, ... or names" default:"true"`
	Names          []string  `key:"names" help:"names of the columns in order, instead of the header's"`
	Delimiter      string    `key:"delimiter" help:"what separates fields, one or several characters"`
	Quote          string    `key:"quote" help:"the character around fields that hold delimiters or line ends; empty = quotes mean nothing" default:"\""`
	Escape         string    `key:"escape" help:"a character such as \\ that, in quotes and before a quote or itself, makes it text; a doubled quote always is one"`
	AfterQuote     string    `key:"after_quote" help:"text between a closing quote and the end of the field: reject the record, or keep it as part of the field (reading)" enum:"reject,keep" default:"reject"`
	Nulls          []string  `key:"nulls" help:"texts that mean NULL where they stand without quotes; the first one is written" default:"[\"\"]"`
	Encoding       string    `key:"encoding" help:"such as utf-8, utf-16, windows-1252, iso-8859-1, macintosh, shift-jis; a byte order mark tells utf-16 by itself (reading)" default:"utf-8"`
	SkipLines      int       `key:"skip_lines" help:"lines to leave out before the header (reading)" default:"0"`
	Comment        string    `key:"comment" help:"leave out lines that start with this (reading)"`
	Trim           bool      `key:"trim" help:"leave out spaces and tabs around names and cells, also around quotes (reading)" default:"false"`
	Ragged         string    `key:"ragged" help:"a record with too few or too many fields: reject it, or pad: NULL for missing fields, and surplus fields may be there if they are empty (reading)" enum:"reject,pad" default:"reject"`
	MaxRecordBytes spec.Size `key:"max_record_bytes" help:"longer records are rejected (reading)" default:"8MiB"`
	Quoting        string    `key:"quoting" help:"quote the cells that need it, or all but NULL (writing)" enum:"minimal,all" default:"minimal"`
	LineEnd        string    `key:"line_end" help:"what ends a line (writing)" enum:"lf,crlf" default:"lf"`
}

func defaults(delimiter string) *Options {
	return &Options{
		Header: true, Delimiter: delimiter, Quote: `"`, AfterQuote: "reject", Nulls: []string{""}, Encoding: "utf-8", Ragged: "reject",
		MaxRecordBytes: defaultMaxRecord, Quoting: "minimal", LineEnd: "lf",
	}
}

// CSV is the registry entry of comma-separated text.
func CSV() *connector.Format {
	return entry("csv", "comma-separated text", ",", ".csv")
}

// TSV is the registry entry of tab-separated text: csv with another delimiter.
func TSV() *connector.Format {
	return entry("tsv", "tab-separated text", "\t", ".tsv", ".tab")
}

func entry(name, summary, delimiter string, extensions ...string) *connector.Format {
	return &connector.Format{
		Name: name, Summary: summary, Extensions: extensions,
		Config: func() any { return defaults(delimiter) },
		Check: func(cfg any, writing bool) (err error) {
			if writing {
				_, err = cfg.(*Options).writing()
			} else {
				_, _, err = cfg.(*Options).reading()
			}
			return err
		},
		NewDecoder: func(cfg any, r io.Reader, opt connector.DecodeOptions) (connector.Decoder, error) {
			return NewDecoder(cfg.(*Options), r, opt)
		},
		NewEncoder: func(cfg any, schema *record.Schema) (connector.Encoder, error) {
			return NewEncoder(cfg.(*Options), schema)
		},
	}
}

// dialect is Options made ready for the scanners.
type dialect struct {
	delimiter []byte
	delim     byte   // first byte of delimiter
	quote     byte   // 0 = quotes mean nothing
	escape    byte   // 0 = only doubled quotes
	marks     string // quote and escape
	comment   []byte
	trim      bool
	keep      bool // text after a closing quote
	pad       bool
	nullEmpty bool     // empty unquoted text is NULL
	nullWords [][]byte // and so are these, none of them empty
	// cr means that a lone carriage return ends a record. Columns finds out.
	cr                   bool
	wideDelim, wideQuote uint64 // eight times delim and quote
}

// reading is what the options mean for a decoder.
func (o *Options) reading() (*dialect, encoding.Encoding, error) {
	x, err := o.dialect()
	if err != nil {
		return nil, nil, err
	}
	if o.MaxRecordBytes < 0 || o.MaxRecordBytes > record.MaxChunk/2 {
		return nil, nil, fmt.Errorf("max_record_bytes %d: must be 1 to %d", o.MaxRecordBytes, record.MaxChunk/2)
	}
	enc, err := lookupEncoding(o.Encoding)
	return x, enc, err
}

// writing is what the options mean for an encoder.
func (o *Options) writing() (*dialect, error) {
	x, err := o.dialect()
	if err != nil {
		return nil, err
	}
	if enc, err := lookupEncoding(o.Encoding); err != nil || enc != nil {
		return nil, fmt.Errorf("encoding %q: only utf-8 can be written", o.Encoding)
	}
	if o.Quoting == "all" && x.quote == 0 {
		return nil, errors.New("quoting all: there is no quote")
	}
	return x, nil
}

func (o *Options) dialect() (*dialect, error) {
	x := &dialect{delimiter: []byte(o.Delimiter), comment: []byte(o.Comment), trim: o.Trim, keep: o.AfterQuote == "keep", pad: o.Ragged == "pad"}
	var err error
	if x.quote, err = character("quote", o.Quote); err != nil {
		return nil, err
	}
	if x.escape, err = character("escape", o.Escape); err != nil {
		return nil, err
	}
	if x.escape == x.quote {
		x.escape = 0
	}
	if err := x.check(); err != nil {
		return nil, err
	}
	if err := x.setNulls(o.Nulls); err != nil {
		return nil, err
	}
	x.delim = x.delimiter[0]
	x.marks = string([]byte{x.quote, x.escape})
	x.wideDelim, x.wideQuote = broadcast(x.delim), broadcast(x.quote)
	return x, nil
}

func (x *dialect) setNulls(words []string) error {
	if words == nil {
		words = []string{""}
	}
	for _, w := range words {
		if w == "" {
			x.nullEmpty = true
			continue
		}
		if err := x.checkNull(w); err != nil {
			return err
		}
		x.nullWords = append(x.nullWords, []byte(w))
	}
	return nil
}

// character reads an option that is one ASCII character or nothing.
func character(key, s string) (byte, error) {
	if s == "" {
		return 0, nil
	}
	if len(s) > 1 || s[0] >= 0x80 || s == "\n" || s == "\r" || s == "\x00" {
		return 0, fmt.Errorf("%s %q: must be one ASCII character, and no line end", key, s)
	}
	return s[0], nil
}

// fast reports whether the fast scanners know the dialect.
func (x *dialect) fast() bool {
	return len(x.delimiter) == 1 && x.escape == 0 && len(x.comment) == 0 && !x.trim && !x.cr
}

// isNull reports whether an unquoted text means NULL.
func (x *dialect) isNull(text []byte) bool {
	if len(text) == 0 {
		return x.nullEmpty
	}
	for _, w := range x.nullWords {
		if string(w) == string(text) {
			return true
		}
	}
	return false
}
