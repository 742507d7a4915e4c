package csv

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"github.com/headgate/headgate/connector/format/chunk"
)

// portable is grid without assembly. Where quotes are few it hops from one to the next
// and leaves the line feeds uncounted.
func (x *indexer) portable(data []byte, delim, quote byte, quotes int) (feeds int, counted bool) {
	if quotes > len(data)/64 {
		return x.dense(data, delim, quote), true
	}
	x.index(data, delim, quote)
	return 0, false
}

// index lists the offset of every delimiter and line feed of data that is
// outside quotes. data ends outside quotes, has no stray quote and chunk.Slack
// readable bytes behind it. quote 0 means none.
func (x *indexer) index(data []byte, delim, quote byte) {
	x.data, x.delim = data, broadcast(delim)
	if quote == 0 {
		x.stretch(0, len(data))
		return
	}
	pattern := broadcast(quote)
	for i := 0; i >= 0; {
		q := i
		if c := data[i]; i+1 < len(data) && data[i+1] == quote && (c == delim || c == '\n') {
			x.one(i) // the usual gap between quoted fields
			q++
		} else if k := bytes.IndexByte(data[i:], quote); k >= 0 {
			q += k
			x.stretch(i, q)
		} else {
			x.stretch(i, len(data))
			break
		}
		i, _ = closing(data, q+1, quote, pattern)
	}
}

// feedsInside counts the line feeds in quotes, for the same kind of data.
func feedsInside(data []byte, quote byte) int {
	n, pattern := 0, broadcast(quote)
	for i := 0; i >= 0; {
		k := bytes.IndexByte(data[i:], quote)
		if k < 0 {
			break
		}
		q := i + k + 1
		if i, _ = closing(data, q, quote, pattern); i >= 0 {
			n += bytes.Count(data[q:i], []byte{'\n'})
		}
	}
	return n
}

// indexer lists structural bytes, all of them or those of some columns.
type indexer struct {
	data  []byte
	pos   []uint32 // its whole capacity
	n     int      // how many are set
	delim uint64

	// gaps are, in turn, how many bytes to leave out before each that is listed; nil = none.
	gaps []int
	turn int // in gaps
	left int // still to be left out
}

// newIndexer continues pos.
func newIndexer(pos []uint32, gaps []int) *indexer {
	x := &indexer{pos: pos[:cap(pos)], n: len(pos), gaps: gaps}
	if gaps != nil {
		x.left = gaps[0]
	}
	return x
}

// found is the list.
func (x *indexer) found() []uint32 { return x.pos[:x.n] }

// between reports whether the list ends where gaps starts over.
func (x *indexer) between() bool { return x.gaps == nil || x.turn == 0 && x.left == x.gaps[0] }

// dense is index for data with many quotes: it works out for every byte whether it is
// in quotes. It also counts the line feeds outside.
func (x *indexer) dense(data []byte, delim, quote byte) int {
	x.data, x.delim = data[:len(data)+chunk.Slack], broadcast(delim)
	pattern := broadcast(quote)
	feeds := 0
	inside := uint64(0) // all ones when the block starts in quotes
	for i := 0; i < len(data); i += 64 {
		b := (*[64]byte)(x.data[i:])
		var q, s, n uint64
		for k := 0; k < 64; k += 8 {
			w := binary.LittleEndian.Uint64(b[k:])
			d, f := nonzero(w^x.delim), nonzero(w^newlines)
			q |= bitsOf(nonzero(w^pattern)) << k
			s |= bitsOf(d&f) << k
			n |= bitsOf(f) << k
		}
		if left := len(data) - i; left < 64 {
			s &= 1<<left - 1
		}
		in := parity(q) ^ inside
		inside = uint64(int64(in) >> 63)
		feeds += bits.OnesCount64(n &^ in)
		x.put(s&^in, uint32(i))
	}
	return feeds
}

// nonzero has the high bit of every byte of w that is not zero.
func nonzero(w uint64) uint64 { return (w & low7) + low7 | w }

// bitsOf turns bytes without the high bit into bits.
func bitsOf(w uint64) uint64 { return (^w & high >> 7) * gather >> 56 }

// parity has in bit i the parity of bits 0 to i of q.
func parity(q uint64) uint64 {
	for k := 1; k < 64; k *= 2 {
		q ^= q << k
	}
	return q
}

const (
	ones     = 0x0101010101010101
	low7     = 0x7f7f7f7f7f7f7f7f
	high     = 0x8080808080808080
	newlines = '\n' * ones
	returns  = '\r' * ones
	gather   = 0x0102040810204080
)

func broadcast(c byte) uint64 { return uint64(c) * ones }

// matches has the bits of those bytes of w that are the delimiter or a line feed: bit
// i for byte i.
func matches(w, delim uint64) uint64 {
	return bitsOf(nonzero(w^delim) & nonzero(w^newlines))
}

// stretch lists the structural bytes of data[i:to], all of it outside quotes.
func (x *indexer) stretch(i, to int) {
	for ; i+64 <= to; i += 64 {
		b := (*[64]byte)(x.data[i:])
		m := matches(binary.LittleEndian.Uint64(b[0:]), x.delim) |
			matches(binary.LittleEndian.Uint64(b[8:]), x.delim)<<8 |
			matches(binary.LittleEndian.Uint64(b[16:]), x.delim)<<16 |
			matches(binary.LittleEndian.Uint64(b[24:]), x.delim)<<24 |
			matches(binary.LittleEndian.Uint64(b[32:]), x.delim)<<32 |
			matches(binary.LittleEndian.Uint64(b[40:]), x.delim)<<40 |
			matches(binary.LittleEndian.Uint64(b[48:]), x.delim)<<48 |
			matches(binary.LittleEndian.Uint64(b[56:]), x.delim)<<56
		x.put(m, uint32(i))
	}
	if i < to {
		x.rest(i, to)
	}
}

// rest is stretch for the last less than 64 bytes. Words may reach beyond to.
func (x *indexer) rest(i, to int) {
	var m uint64
	data := x.data[:cap(x.data)]
	for k := 0; i+k < to; k += 8 {
		m |= matches(binary.LittleEndian.Uint64(data[i+k:]), x.delim) << k
	}
	x.put(m&(1<<(to-i)-1), uint32(i))
}

// one appends one offset.
func (x *indexer) one(i int) {
	if x.gaps != nil {
		x.pick(1, uint32(i))
		return
	}
	x.room(1)
	x.pos[x.n] = uint32(i)
	x.n++
}

// put appends the offsets of the bits of m. It stores eight at a time, set or not:
// counting is cheaper than deciding.
func (x *indexer) put(m uint64, base uint32) {
	if x.gaps != nil {
		x.pick(m, base)
		return
	}
	x.room(64)
	p := x.pos[x.n:]
	count := bits.OnesCount64(m)
	x.n += count
	for ; count > 0; count -= 8 {
		g := (*[8]uint32)(p)
		for j := range g {
			g[j] = base + uint32(bits.TrailingZeros64(m))
			m &= m - 1
		}
		p = p[8:]
	}
}

// pick is put for those bits that gaps does not leave out.
func (x *indexer) pick(m uint64, base uint32) {
	count := bits.OnesCount64(m)
	for x.left < count {
		for range x.left {
			m &= m - 1
		}
		x.room(1)
		x.pos[x.n] = base + uint32(bits.TrailingZeros64(m))
		x.n++
		m &= m - 1
		count -= x.left + 1
		if x.turn++; x.turn == len(x.gaps) {
			x.turn = 0
		}
		x.left = x.gaps[x.turn]
	}
	x.left -= count
}

// room makes room for n more offsets.
func (x *indexer) room(n int) {
	if x.n+n > len(x.pos) {
		x.grow(n)
	}
}

func (x *indexer) grow(n int) {
	bigger := make([]uint32, 2*len(x.pos)+max(n, 1024))
	copy(bigger, x.pos[:x.n])
	x.pos = bigger
}
