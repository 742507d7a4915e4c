// Package bits is the bit-level encodings of Parquet: the hybrid of runs and packed
// bits that levels and dictionary indexes use, and deltas.
package bits

import (
	"encoding/binary"
	mathbits "math/bits"
)

// maxGroups is how many groups of eight packed values stand under one head, so that
// the head is one byte.
const maxGroups = 63

// WidthOf is how many bits the largest of n indexes takes.
func WidthOf(n int) int { return mathbits.Len(uint(max(n, 1) - 1)) }

// AppendHybrid encodes values of width bits.
func AppendHybrid(dst []byte, values []uint16, width int) []byte {
	packed := 0 // values[packed:i] wait to be packed, a multiple of eight of them
	i := 0
	for i < len(values) {
		run := runOf(values[i:])
		if run < 8 || run < len(values)-i && (run < 16 && packed < i) {
			i = min(i+8, len(values))
			continue
		}
		dst = appendPacked(dst, values[packed:i], width)
		dst = appendRun(dst, run, uint64(values[i]), width)
		i += run
		packed = i
	}
	return appendPacked(dst, values[packed:i], width)
}

// runOf is how often the first value repeats.
func runOf(values []uint16) int {
	first := values[0]
	for i, v := range values {
		if v != first {
			return i
		}
	}
	return len(values)
}

// appendRun writes n times value.
func appendRun(dst []byte, n int, value uint64, width int) []byte {
	dst = binary.AppendUvarint(dst, uint64(n)<<1)
	for i := 0; i < width; i += 8 {
		dst = append(dst, byte(value>>i))
	}
	return dst
}

// appendPacked writes values in groups of eight, the last one filled up with zeros.
func appendPacked(dst []byte, values []uint16, width int) []byte {
	for len(values) > 0 {
		n := min(len(values), 8*maxGroups)
		groups := (n + 7) / 8
		dst = append(dst, byte(groups<<1|1))
		dst = pack(dst, values[:n], width)
		if n%8 != 0 {
			var rest [8]uint16
			dst = dst[:len(dst)-(n%8*width+7)/8]
			copy(rest[:], values[n/8*8:n])
			dst = pack(dst, rest[:], width)
		}
		values = values[n:]
	}
	return dst
}

// pack writes values of width bits, the lowest bits first.
func pack(dst []byte, values []uint16, width int) []byte {
	var word uint64
	n := 0
	for _, v := range values {
		word |= uint64(v) << n
		if n += width; n >= 32 {
			dst = binary.LittleEndian.AppendUint32(dst, uint32(word))
			word >>= 32
			n -= 32
		}
	}
	for ; n > 0; n -= 8 {
		dst = append(dst, byte(word))
		word >>= 8
	}
	return dst
}

// AppendLevels writes the definition levels of n cells of which present tells, one bit a
// cell from the lowest, whether they are there; nil means that all are.
func AppendLevels(dst []byte, present []byte, n int) []byte {
	if n == 0 {
		return dst
	}
	if present == nil {
		return appendRun(dst, n, 1, 1)
	}
	full := (n + 7) / 8
	for at := 0; at < full; {
		groups := min(maxGroups, full-at)
		dst = append(dst, byte(groups<<1|1))
		dst = append(dst, present[at:at+groups]...)
		at += groups
	}
	return dst
}
