package csv

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/headgate/headgate/connector/record"
)

// Encoder writes delimited text. What it writes reads back as the same values with the
// same options: NULL is the null text without quotes, an empty text is "".
//
// A cell that was read from delimited text and not changed is written as it stood, in
// quotes if it had any, so "007" stays "007".
type Encoder struct {
	x      *dialect
	names  []string
	header bool
	wrote  bool

	delim, end, null []byte
	all              bool      // quote everything but NULL
	raw              byte      // delimiter for which plain text may be copied unseen; 0 = none
	safe             bool      // no number, date or bool can need quotes
	special          [256]bool // bytes that call for quotes
}

// NewEncoder writes rows of schema.
func NewEncoder(o *Options, schema *record.Schema) (*Encoder, error) {
	x, err := o.dialect()
	if err != nil {
		return nil, err
	}
	if enc, err := lookupEncoding(o.Encoding); err != nil || enc != nil {
		return nil, fmt.Errorf("encoding %q: only utf-8 can be written", o.Encoding)
	}
	e := &Encoder{x: x, names: schema.Names(), header: o.Header, delim: x.delimiter, end: []byte("\n"), all: o.Quoting == "all"}
	if len(o.Names) > 0 {
		if len(o.Names) != len(e.names) {
			return nil, fmt.Errorf("names: lists %d, but there are %d columns", len(o.Names), len(e.names))
		}
		e.names = o.Names
	}
	if e.all && x.quote == 0 {
		return nil, errors.New("quoting all: there is no quote")
	}
	if o.LineEnd == "crlf" {
		e.end = []byte("\r\n")
	}
	if len(o.Nulls) > 0 {
		e.null = []byte(o.Nulls[0])
	}
	e.prepare()
	return e, nil
}

func (e *Encoder) prepare() {
	for _, c := range append([]byte("\r\n"), e.delim...) {
		e.special[c] = true
	}
	if e.x.quote != 0 {
		e.special[e.x.quote] = true
	}
	one := len(e.delim) == 1
	if one && e.x.quote == '"' && !e.all && !e.x.trim && len(e.x.comment) == 0 {
		e.raw = e.delim[0]
	}
	e.safe = one && strings.IndexByte(",;|\t", e.delim[0]) >= 0 && len(e.x.nullWords) == 0 && len(e.x.comment) == 0 && !e.all
}

// cells is a column of a batch, ready to be written.
type cells struct {
	v    *record.Vector
	text bool // v.Str holds the text; otherwise AppendText makes it
}

// Encode appends the rows of b.Sel.
func (e *Encoder) Encode(dst []byte, b *record.Batch) ([]byte, error) {
	if len(b.Cols) != len(e.names) {
		return dst, fmt.Errorf("write: batch has %d columns, expected %d", len(b.Cols), len(e.names))
	}
	cols := make([]cells, len(b.Cols))
	known := len(b.Rejects)
	for i, c := range b.Cols {
		cols[i] = source(c, b)
		e.refuse(b, cols[i], e.names[i])
	}
	b.DropRejected(known)
	raw := e.raw != 0 && e.raw == b.Delimiter
	for _, row := range b.Sel {
		for i := range cols {
			if i > 0 {
				dst = append(dst, e.delim...)
			}
			c := &cols[i]
			switch {
			case c.v.Cells[row] != record.Value:
				dst = append(dst, e.null...)
			case !c.text:
				dst = e.appendTyped(dst, b, c.v, row)
			case raw:
				dst = e.appendRaw(dst, b, c.v.Str[row])
			default:
				dst = e.appendText(dst, b.Text(c.v.Str[row]), c.v.Str[row].Quoted())
			}
		}
		dst = append(dst, e.end...)
	}
	return dst, nil
}

// source is the text a column was read as, or its computed values.
func source(c *record.Column, b *record.Batch) cells {
	if c.Input() >= 0 {
		return cells{c.Source(b, b.Sel), true}
	}
	v := c.Values(b, b.Sel)
	return cells{v, v.Type.Textual() && v.Type.Kind != record.Bytes}
}

// refuse rejects the rows whose cell has no text.
func (e *Encoder) refuse(b *record.Batch, c cells, name string) {
	for _, row := range b.Sel {
		cell := c.v.Cells[row]
		if cell == record.Bad {
			f := c.v.Fault(row)
			b.Reject(row, f.Code, name, f.Message)
		}
		if e.x.quote == 0 && cell == record.Value && c.text && e.needsQuote(b.Text(c.v.Str[row])) {
			b.Reject(row, record.BadValue, name, "text that needs quotes, and quote is empty")
		}
	}
}

// appendRaw writes text that came from a file with the same delimiter and quote. Text
// without quotes there needs none here, and quoted text that lies in the chunk
// has no quote in it.
func (e *Encoder) appendRaw(dst []byte, b *record.Batch, v record.View) []byte {
	text := b.Text(v)
	switch {
	case v.Plain() && len(text) > 0 && !e.isNullWord(text):
		return append(dst, text...)
	case v.Quoted() && !v.Aux():
		dst = append(dst, '"')
		dst = append(dst, text...)
		return append(dst, '"')
	}
	return e.appendText(dst, text, v.Quoted())
}

// appendText writes text of any origin.
func (e *Encoder) appendText(dst, text []byte, quote bool) []byte {
	if e.x.quote == 0 || !quote && !e.all && !e.needsQuote(text) {
		return append(dst, text...)
	}
	dst = append(dst, e.x.quote)
	for {
		k := bytes.IndexByte(text, e.x.quote)
		if k < 0 {
			break
		}
		dst = append(dst, text[:k+1]...)
		dst = append(dst, e.x.quote)
		text = text[k+1:]
	}
	dst = append(dst, text...)
	return append(dst, e.x.quote)
}

// appendTyped writes a computed value that is not text.
func (e *Encoder) appendTyped(dst []byte, b *record.Batch, v *record.Vector, row int32) []byte {
	at := len(dst)
	dst = v.AppendText(dst, b, row)
	if e.safe {
		return dst
	}
	text := bytes.Clone(dst[at:])
	return e.appendText(dst[:at], text, false)
}

// needsQuote reports whether text without quotes would read back as something else.
func (e *Encoder) needsQuote(text []byte) bool {
	if len(text) == 0 {
		return e.x.quote != 0
	}
	for _, c := range text {
		if e.special[c] {
			return true
		}
	}
	if e.x.trim && len(bytes.Trim(text, " \t")) != len(text) {
		return true
	}
	if len(e.x.comment) > 0 && text[0] == e.x.comment[0] {
		return true
	}
	return text[0] == 0xef && bytes.HasPrefix(text, []byte("\ufeff")) || e.isNullWord(text)
}

func (e *Encoder) isNullWord(text []byte) bool {
	return len(e.x.nullWords) > 0 && e.x.isNull(text)
}

// Append writes the header first, once.
func (e *Encoder) Append(w io.Writer, enc []byte) error {
	if err := e.writeHeader(w); err != nil {
		return err
	}
	_, err := w.Write(enc)
	return err
}

// Close writes the header of a file without rows.
func (e *Encoder) Close(w io.Writer) error { return e.writeHeader(w) }

func (e *Encoder) writeHeader(w io.Writer) error {
	if e.wrote || !e.header {
		return nil
	}
	e.wrote = true
	var line []byte
	for i, n := range e.names {
		if i > 0 {
			line = append(line, e.delim...)
		}
		if e.x.quote == 0 && e.needsQuote([]byte(n)) {
			return fmt.Errorf("write header: column %q needs quotes, and quote is empty", n)
		}
		line = e.appendText(line, []byte(n), false)
	}
	_, err := w.Write(append(line, e.end...))
	return err
}
