package csv

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// field is a field of a record as the careful parser found it.
type field struct {
	start, end uint32 // the text, without quotes
	form       form
}

// form says how to read a field's text.
type form uint8

const (
	quoted  form = 1 << iota // stood in quotes
	escaped                  // holds doubled quotes or escapes
	odd                      // unquoted, but holds a quote or a carriage return
	trailed                  // quoted, and the text goes on after the closing quote
	absent                   // not there: a short record was padded
)

// kind is what scan found.
type kind uint8

const (
	wholeRecord kind = iota
	blankLine
	commentLine
	partialRecord // data ends before the record does
)

// scanned is the result of scan. Its memory is reused.
type scanned struct {
	kind   kind
	fields []field
	next   int // where the next record starts
	bad    int // the field with text after its closing quote, or -1
	open   int // offset of the quote that is open at the end of a partialRecord, or -1
}

// scan reads the record at data[at:]. It knows every dialect and accepts anything;
// what is wrong is in s.
func (x *dialect) scan(data []byte, at int, s *scanned) {
	s.fields, s.bad, s.open = s.fields[:0], -1, -1
	if len(x.comment) > 0 && bytes.HasPrefix(data[at:], x.comment) {
		s.kind = commentLine
		if s.next = x.lineEnd(data, at); s.next < 0 {
			s.kind = partialRecord
		}
		return
	}
	for i := at; ; {
		i = x.field(data, i, s)
		if i < 0 || i == len(data) {
			s.kind = partialRecord
			return
		}
		if w := x.breakAt(data, i); w > 0 {
			s.finish(at, i, i+w)
			return
		}
		i += len(x.delimiter)
	}
}

// finish ends a record at a line end.
func (s *scanned) finish(at, end, next int) {
	s.kind, s.next = wholeRecord, next
	if at == end {
		s.kind = blankLine
	}
}

// field reads the field at i and returns where it ends: at a delimiter, a line end or the
// end of data; -1 inside quotes.
func (x *dialect) field(data []byte, i int, s *scanned) int {
	if x.trim {
		i = skipSpaces(data, i)
	}
	if x.quote != 0 && i < len(data) && data[i] == x.quote {
		return x.quotedField(data, i, s)
	}
	end, form := x.plain(data, i)
	text := end
	if x.trim {
		text = i + len(bytes.TrimRight(data[i:end], blanks))
	}
	s.fields = append(s.fields, field{uint32(i), uint32(text), form})
	return end
}

// plain is the end of the unquoted text at i.
func (x *dialect) plain(data []byte, i int) (end int, f form) {
	for {
		i = x.skip(data, i)
		switch {
		case i == len(data) || x.breakAt(data, i) > 0 || x.delimAt(data, i):
			return i, f
		case data[i] == '\r' || data[i] == x.quote && x.quote != 0:
			f = odd
		}
		i++
	}
}

// skip goes to the first byte from i on that may mean something in an unquoted field.
func (x *dialect) skip(data []byte, i int) int {
	for ; i+8 <= len(data); i += 8 {
		w := binary.LittleEndian.Uint64(data[i:])
		m := zeros(w^newlines) | zeros(w^returns) | zeros(w^x.wideDelim) | zeros(w^x.wideQuote)
		if m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for i < len(data) && data[i] != '\n' && data[i] != '\r' && data[i] != x.delim && data[i] != x.quote {
		i++
	}
	return i
}

// quotedField reads the field whose quote is at i.
func (x *dialect) quotedField(data []byte, i int, s *scanned) int {
	end, form := x.closing(data, i+1)
	if end < 0 {
		s.open = i
		return -1
	}
	s.fields = append(s.fields, field{uint32(i + 1), uint32(end), quoted | form})
	after := end + 1
	if x.trim {
		after = skipSpaces(data, after)
	}
	if after == len(data) {
		return after
	}
	if x.breakAt(data, after) > 0 || x.delimAt(data, after) {
		return after
	}
	last := len(s.fields) - 1
	if s.bad < 0 {
		s.bad = last
	}
	after, _ = x.plain(data, after)
	s.fields[last].end, s.fields[last].form = uint32(after), quoted|escaped|trailed
	return after
}

// closing is the offset of the quote that closes the text at i, -1 when there is none.
func (x *dialect) closing(data []byte, i int) (end int, f form) {
	for {
		k := bytes.IndexByte(data[i:], x.quote)
		if x.escape != 0 {
			k = bytes.IndexAny(data[i:], x.marks)
		}
		if k < 0 || i+k+1 == len(data) {
			return -1, f
		}
		i += k
		next := data[i+1]
		switch {
		case next == x.quote || data[i] != x.quote && next == x.escape:
			f = escaped
			i++
		case data[i] == x.quote:
			return i, f
		}
		i++
	}
}

// breakAt is the length of the line end at i, 0 when there is none. A carriage return that
// is the last byte is none: what follows it is not known.
func (x *dialect) breakAt(data []byte, i int) int {
	switch {
	case data[i] == '\n':
		return 1
	case data[i] != '\r' || i+1 == len(data):
		return 0
	case data[i+1] == '\n':
		return 2
	case x.cr:
		return 1
	}
	return 0
}

func (x *dialect) delimAt(data []byte, i int) bool {
	return data[i] == x.delim && (len(x.delimiter) == 1 || bytes.HasPrefix(data[i:], x.delimiter))
}

func skipSpaces(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\t') {
		i++
	}
	return i
}

// unescape appends the text of an escaped field.
func (x *dialect) unescape(dst, data []byte, f field) []byte {
	text := data[f.start:f.end]
	if f.form&trailed == 0 {
		return x.unquote(dst, text)
	}
	end, _ := x.closing(text, 0)
	return append(x.unquote(dst, text[:end]), text[end+1:]...)
}

// unquote appends text without the marks that quotes need in it.
func (x *dialect) unquote(dst, text []byte) []byte {
	for i := 0; i < len(text); i++ {
		c := text[i]
		if i+1 < len(text) {
			next := text[i+1]
			if c == x.quote && next == x.quote || x.escape != 0 && c == x.escape && (next == x.quote || next == x.escape) {
				i++
				c = next
			}
		}
		dst = append(dst, c)
	}
	return dst
}
