package parquet

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"unicode/utf8"

	"github.com/headgate/headgate/connector/format/parquet/internal/meta"
)

// extremes are the smallest and the largest of some values.
type extremes struct {
	min, max []byte // nil = no values
	unknown  bool   // there are values that have no order
}

// add takes the n plain-encoded values of a column in. What e holds shares plain.
func (e *extremes) add(c *outColumn, plain []byte, n int) {
	if n == 0 || e.unknown || c.order == orderNone {
		return
	}
	switch c.order {
	case orderInt64:
		e.addInt64(plain)
	case orderBytes:
		e.addBytes(plain, c.width)
	default:
		var v []byte
		for len(plain) > 0 {
			v, plain = next(plain, c.width)
			if c.order == orderDouble && math.IsNaN(math.Float64frombits(binary.LittleEndian.Uint64(v))) {
				*e = extremes{unknown: true}
				return
			}
			e.put(c.order, v, v)
		}
	}
}

func (e *extremes) addInt64(plain []byte) {
	low, high := int64(math.MaxInt64), int64(math.MinInt64)
	lowAt, highAt := 0, 0
	for at := 0; at+8 <= len(plain); at += 8 {
		x := int64(binary.LittleEndian.Uint64(plain[at:]))
		if x <= low {
			low, lowAt = x, at
		}
		if x >= high {
			high, highAt = x, at
		}
	}
	e.put(orderInt64, plain[lowAt:lowAt+8], plain[highAt:highAt+8])
}

func (e *extremes) addBytes(plain []byte, width int) {
	low, plain := next(plain, width)
	high := low
	var v []byte
	for len(plain) > 0 {
		v, plain = next(plain, width)
		if bytes.Compare(v, low) < 0 {
			low = v
		} else if bytes.Compare(v, high) > 0 {
			high = v
		}
	}
	e.put(orderBytes, low, high)
}

// put widens e to low and high.
func (e *extremes) put(o order, low, high []byte) {
	if e.min == nil || compare(o, low, e.min) < 0 {
		e.min = low
	}
	if e.max == nil || compare(o, high, e.max) > 0 {
		e.max = high
	}
}

// merge takes in what is known of other values and copies it.
func (e *extremes) merge(o order, other extremes) {
	if e.unknown || other.unknown {
		*e = extremes{unknown: true}
		return
	}
	if other.min != nil {
		if e.min == nil || compare(o, other.min, e.min) < 0 {
			e.min = bytes.Clone(other.min)
		}
		if e.max == nil || compare(o, other.max, e.max) > 0 {
			e.max = bytes.Clone(other.max)
		}
	}
}

func compare(o order, a, b []byte) int {
	switch o {
	case orderInt32:
		return cmp.Compare(int32(binary.LittleEndian.Uint32(a)), int32(binary.LittleEndian.Uint32(b)))
	case orderInt64:
		return cmp.Compare(int64(binary.LittleEndian.Uint64(a)), int64(binary.LittleEndian.Uint64(b)))
	case orderDouble:
		return cmp.Compare(math.Float64frombits(binary.LittleEndian.Uint64(a)), math.Float64frombits(binary.LittleEndian.Uint64(b)))
	case orderSigned:
		if d := cmp.Compare(int8(a[0]), int8(b[0])); d != 0 {
			return d
		}
	}
	return bytes.Compare(a, b)
}

// maxStat is the longest text that statistics show whole.
const maxStat = 64

// stats is e as a footer has it.
func (e *extremes) stats(c *outColumn, nulls int64) meta.Stats {
	s := meta.Stats{Nulls: nulls, Min: e.min, Max: e.max, MinExact: true, MaxExact: true}
	switch {
	case e.min == nil:
	case c.order == orderDouble: // zeros of either sign are equal, so the range must hold both
		if f := math.Float64frombits(binary.LittleEndian.Uint64(s.Min)); f == 0 {
			s.Min = binary.LittleEndian.AppendUint64(nil, math.Float64bits(math.Copysign(0, -1)))
		}
		if f := math.Float64frombits(binary.LittleEndian.Uint64(s.Max)); f == 0 {
			s.Max = make([]byte, 8)
		}
	case c.order == orderBytes:
		if len(s.Min) > maxStat {
			s.Min, s.MinExact = cutText(s.Min), false
		}
		if len(s.Max) > maxStat {
			s.Max, s.MaxExact = after(cutText(s.Max)), false
		}
	}
	return s
}

// cutText is the beginning of text, without half a character.
func cutText(text []byte) []byte {
	n := maxStat
	for n > maxStat-utf8.UTFMax && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// after is a text that comes after all that begin with s: its last ASCII character but
// DEL made one larger. It is nil when there is none.
func after(s []byte) []byte {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] < 0x7f {
			up := bytes.Clone(s[:i+1])
			up[i]++
			return up
		}
	}
	return nil
}
