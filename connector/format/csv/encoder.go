package csv

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/headgate/headgate/connector/record"
)

// Encoder writes delimited text. What it writes reads back as the same values with the
// same options: NULL is the null text without quotes, an empty text is "".
//
// A cell that was read from delimited text and not changed is written as it stood, in
// quotes if it had any, so "007" stays "007". Rows of nothing but such cells, in their
// order, are written without being looked at.
type Encoder struct {
	x      *dialect
	names  []string
	header bool
	begun  bool // something was written

	delim, end, null []byte
	all              bool      // quote everything but NULL
	raw              byte      // delimiter for which plain text may be copied unseen; 0 = none
	quick            bool      // only line ends, the delimiter and the quote call for quotes
	safe             bool      // no number, date or bool can need quotes
	special          [256]bool // bytes that call for quotes
}

// NewEncoder writes rows of schema.
func NewEncoder(o *Options, schema *record.Schema) (*Encoder, error) {
	x, err := o.writing()
	if err != nil {
		return nil, err
	}
	e := &Encoder{x: x, names: schema.Names(), header: o.Header, delim: x.delimiter, end: []byte("\n"), all: o.Quoting == "all"}
	if len(o.Names) > 0 {
		if len(o.Names) != len(e.names) {
			return nil, fmt.Errorf("names: lists %d, but there are %d columns", len(o.Names), len(e.names))
		}
		e.names = o.Names
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
	if one && e.x.quote == '"' && e.x.escape == 0 && !e.all && !e.x.trim && len(e.x.comment) == 0 {
		e.raw = e.delim[0]
	}
	e.quick = one && e.x.quote != 0 && !e.all && !e.x.trim && len(e.x.comment) == 0 && len(e.x.nullWords) == 0
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
	if p := e.untouched(b); p != nil {
		return p.appendRows(dst, b.Buf, b.Sel), nil
	}
	cols := make([]cells, len(b.Cols))
	known := len(b.Rejects)
	for i, c := range b.Cols {
		cols[i] = source(c, b)
		e.refuse(b, cols[i], e.names[i])
	}
	b.DropRejected(known)
	raw := e.raw != 0 && e.raw == b.Delimiter
	memory := [2][]byte{b.Buf[:cap(b.Buf)], b.Aux[:cap(b.Aux)]}
	for _, row := range b.Sel {
		for i := range cols {
			if i > 0 {
				dst = append(dst, e.delim...)
			}
			c := &cols[i]
			switch {
			case c.v.Cells[row] != record.Value:
				dst = append(dst, e.null...)
				continue
			case !c.text:
				dst = e.appendTyped(dst, b, c.v, row)
				continue
			}
			view := c.v.Str[row]
			if e.quick {
				// Most cells are short: take 16 bytes, and drop what is too much.
				src, off, size := memory[view.Off>>31], view.Offset(), view.Size()
				if uint(size-1) < 16 && off+16 <= len(src) {
					text := (*[16]byte)(src[off:])
					if raw && view.Plain() || !view.Quoted() && !e.marked(text, size) {
						n := len(dst)
						dst = append(dst, text[:]...)[:n+size]
						continue
					}
				}
			}
			if raw {
				dst = e.appendRaw(dst, b, view)
			} else {
				dst = e.appendText(dst, b.Text(view), view.Quoted())
			}
		}
		dst = append(dst, e.end...)
	}
	return dst, nil
}

// marked reports whether one of the first size bytes of text calls for quotes.
func (e *Encoder) marked(text *[16]byte, size int) bool {
	low, high := binary.LittleEndian.Uint64(text[:]), binary.LittleEndian.Uint64(text[8:])
	if size <= 8 {
		return e.marks(low)<<(64-8*size) != 0
	}
	return e.marks(low)|e.marks(high)<<(128-8*size) != 0
}

// marks marks the first byte of w that calls for quotes, and maybe some above it.
func (e *Encoder) marks(w uint64) uint64 {
	return zeros(w^newlines) | zeros(w^returns) | zeros(w^e.x.wideDelim) | zeros(w^e.x.wideQuote)
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
	var all record.Cell
	for _, row := range b.Sel {
		all |= c.v.Cells[row]
	}
	if all&record.Bad == 0 && e.x.quote != 0 {
		return
	}
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

// Append writes the header first, once.
func (e *Encoder) Append(w io.Writer, enc []byte) error {
	if err := e.writeHeader(w); err != nil {
		return err
	}
	return e.write(w, enc)
}

// Close writes the header of a file without rows.
func (e *Encoder) Close(w io.Writer) error { return e.writeHeader(w) }

func (e *Encoder) writeHeader(w io.Writer) error {
	if e.begun || !e.header {
		return nil
	}
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
	return e.write(w, append(line, e.end...))
}

// write writes data. At the start of the file a reader takes U+FEFF for a byte order
// mark and drops it, so text that starts with one gets another.
func (e *Encoder) write(w io.Writer, data []byte) error {
	if mark := []byte("\ufeff"); !e.begun && bytes.HasPrefix(data, mark) {
		if _, err := w.Write(mark); err != nil {
			return err
		}
	}
	e.begun = e.begun || len(data) > 0
	_, err := w.Write(data)
	return err
}
