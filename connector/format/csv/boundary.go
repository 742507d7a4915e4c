package csv

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// boundary is what the serial half knows of a chunk.
type boundary struct {
	end  int  // where its last whole record ends, 0 = nowhere
	odd  bool // something in it needs the careful parser
	open int  // the quote that is open at the end of the chunk, or -1
	// quotes is the number of quoted fields in it, doubled says that there are doubled
	// quotes, maybe behind end.
	quotes  int
	doubled bool
}

// boundary finds the last record end of data, which starts with a record.
func (x *dialect) boundary(data []byte) boundary {
	switch {
	case !x.fast():
		return x.slowBoundary(data)
	case x.quote == 0:
		return boundary{end: bytes.LastIndexByte(data, '\n') + 1, open: -1}
	}
	return hop(data, x.delim, x.quote)
}

// hop goes from quote to quote. In between, nothing can change whether a byte is
// inside quotes, so only the quotes and their neighbours are looked at.
func hop(data []byte, delim, quote byte) boundary {
	b := boundary{open: -1}
	pattern := broadcast(quote)
	for i := 0; ; {
		q := i
		if i+1 < len(data) && data[i+1] == quote && data[i] != quote { // the usual gap between quoted fields
			q++
		} else if k := bytes.IndexByte(data[i:], quote); k >= 0 {
			q += k
		} else {
			b.newline(data, i, len(data))
			return b
		}
		b.newline(data, i, q)
		if q > 0 && data[q-1] != delim && data[q-1] != '\n' {
			b.odd = true
			i = q + 1
			continue
		}
		b.quotes++
		var doubled bool
		i, doubled = closing(data, q+1, quote, pattern)
		if i < 0 {
			b.open = q
			return b
		}
		b.doubled = b.doubled || doubled
		if !ends(data[i:], delim) {
			b.odd = true
		}
	}
}

// newline notes the last line feed of data[from:to], which is outside quotes.
func (b *boundary) newline(data []byte, from, to int) {
	if k := bytes.LastIndexByte(data[from:to], '\n'); k >= 0 {
		b.end = from + k + 1
	}
}

// closing is the offset after the quote that closes a field whose text starts at i.
// It is -1 when there is none, or when it is the last byte, since it may be doubled.
func closing(data []byte, i int, quote byte, pattern uint64) (after int, doubled bool) {
	for {
		var m uint64
		if i+8 <= len(data) {
			m = zeros(binary.LittleEndian.Uint64(data[i:]) ^ pattern)
		}
		if m != 0 {
			i += bits.TrailingZeros64(m) >> 3
		} else if i = next(data, i, quote, pattern); i < 0 {
			return -1, doubled
		}
		if i+1 == len(data) {
			return -1, doubled
		}
		if data[i+1] != quote {
			return i + 1, doubled
		}
		doubled = true
		i += 2
	}
}

// zeros marks, with the high bit, the first zero byte of w; marks above it may be wrong.
func zeros(w uint64) uint64 { return (w - ones) &^ w & high }

// next is the offset of the first quote from i on, or -1. Most texts are short, so
// it looks at a few words before it calls for help.
func next(data []byte, i int, quote byte, pattern uint64) int {
	for stop := i + 24; i < stop && i+8 <= len(data); i += 8 {
		if m := zeros(binary.LittleEndian.Uint64(data[i:]) ^ pattern); m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	if k := bytes.IndexByte(data[i:], quote); k >= 0 {
		return i + k
	}
	return -1
}

// ends reports whether a field can end before rest.
func ends(rest []byte, delim byte) bool {
	c := rest[0]
	return c == delim || c == '\n' || c == '\r' && (len(rest) == 1 || rest[1] == '\n')
}

// slowBoundary is boundary for every dialect.
func (x *dialect) slowBoundary(data []byte) boundary {
	b := boundary{odd: true, open: -1}
	var s scanned
	for {
		x.scan(data, b.end, &s)
		if s.kind == partialRecord {
			b.open = s.open
			return b
		}
		b.end = s.next
	}
}

// lineEnd is the offset after the first line end of data from i on, or -1. A carriage return
// that is the last byte does not count: a line feed may follow.
func (x *dialect) lineEnd(data []byte, i int) int {
	if !x.cr {
		if k := bytes.IndexByte(data[i:], '\n'); k >= 0 {
			return i + k + 1
		}
		return -1
	}
	for ; i < len(data); i++ {
		if w := x.breakAt(data, i); w > 0 {
			return i + w
		}
	}
	return -1
}

// lines counts the line ends of data.
func (x *dialect) lines(data []byte) int {
	n := bytes.Count(data, []byte{'\n'})
	if x.cr {
		n += bytes.Count(data, []byte{'\r'}) - bytes.Count(data, []byte("\r\n"))
	}
	return n
}
