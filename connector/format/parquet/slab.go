package parquet

import (
	"github.com/headgate/headgate/connector/format/parquet/internal/meta"
)

// slab is the cells of one column of a piece, before anybody asked for their values. The
// stream of the column fills it, maybe on behalf of another piece.
type slab struct {
	seq   int64  // of the piece it was filled for; 0 = not yet
	defs  []byte // 1 = a value, 0 = NULL, 2 = bytes that say why there is none
	nulls bool   // there are NULLs
	ints  []int64
	at    []uint32 // of bytes, see leafReader.texts
	parts []part
	bufs  [][]byte // memory of parts
	used  int      // of bufs

	// memory for handing the cells out
	seen  []uint32 // 1 + offset in the arena of a dictionary's value
	lens  []uint32
	width int // of the values; 0 = a length before each
}

// part is rows whose bytes lie in one place.
type part struct {
	end  int // first row behind it
	data []byte
	base int         // what at counts from
	led  bool        // a length stands before each value, also those of a fixed width
	dict *dictionary // at are numbers of its values
}

func (s *slab) reset(rows int, l *leaf) {
	s.defs = grown(s.defs[:0], rows)
	s.nulls = false
	s.parts, s.used = s.parts[:0], 0
	if l == nil { // of a column that nests
		s.at, s.width = resized(s.at, rows), 0
		return
	}
	if l.numeric() {
		s.ints = resized(s.ints, rows)
		return
	}
	s.at = resized(s.at, rows)
	s.width = 0
	if l.elem.Type == meta.FixedBytes {
		s.width = int(l.elem.Width)
	}
}

func resized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/8)
	}
	return s[:n]
}

// buf lends memory for one more part.
func (s *slab) buf() []byte {
	if s.used == len(s.bufs) {
		s.bufs = append(s.bufs, nil)
	}
	s.used++
	return s.bufs[s.used-1][:0]
}

// spread moves values that stand close together, in the first n places of v, to the places
// of the cells that have one.
func spread[T any](v []T, defs []byte, n int) {
	for i := len(v) - 1; i >= 0 && n <= i; i-- {
		if defs[i] != 0 {
			n--
			v[i] = v[n]
		}
	}
}

// bytes is the value of row, which lies in p.
func (s *slab) bytes(p *part, row int32) []byte {
	if p.dict != nil {
		k := int(s.at[row])
		if s.width == 0 {
			return p.dict.text(k)
		}
		return p.dict.data[p.dict.at[k]:][:s.width]
	}
	at := int(s.at[row]) - p.base
	if s.width > 0 && !p.led {
		return p.data[at : at+s.width]
	}
	return p.data[at : at+int(le32(p.data[at-4:]))]
}
