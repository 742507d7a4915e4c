package record

import (
	"encoding/binary"
	"math/bits"
)

// plainDigits is the most bytes scanPlain takes: 18 digits and a point.
const plainDigits = 19

const eachByte = 0x0101010101010101

// scanPlain reads 1 to plainDigits bytes, digits with at most one point, as x divided
// by 10^places. Of an empty text or a lone point it finds no digits. The last eight
// bytes, mostly all there are, are read as one word, without a branch on any of them.
func scanPlain(s []byte) (x uint64, digits, places int, ok bool) {
	if len(s) == 0 || len(s) > plainDigits {
		return 0, 0, 0, false
	}
	digits = len(s)
	if digits > 8 {
		for _, c := range s[:digits-8] {
			d := c - '0'
			if d > 9 {
				return scanBytes(s)
			}
			x = x*10 + uint64(d)
		}
		s = s[digits-8:]
	}
	w, n := wordOf(s), len(s)
	if at := w ^ '.'*eachByte; (at-eachByte)&^at&(0x80*eachByte) != 0 {
		p := bits.TrailingZeros64((at-eachByte)&^at&(0x80*eachByte)) >> 3
		before := uint64(1)<<(8*p) - 1
		w = w&before | w>>8&^before
		n--
		digits--
		places = n - p
	}
	// Put the digits at the end of the word, after zeros.
	w = w<<(64-8*n) | '0'*eachByte>>(8*n)
	low := w ^ '0'*eachByte
	if (low|(low+6*eachByte))&(0xf0*eachByte) != 0 {
		return 0, 0, 0, false
	}
	low = low*10 + low>>8 // every other byte: two digits
	const pairs = 0x000000ff000000ff
	low = (low&pairs)*(100+1000000<<32) + (low>>16&pairs)*(1+10000<<32)
	return x*pow64[n] + low>>32, digits, places, true
}

// wordOf is 1 to 8 bytes as a word, the first byte lowest, zeros above the last.
func wordOf(s []byte) uint64 {
	n := len(s)
	switch {
	case n == 8:
		return binary.LittleEndian.Uint64(s)
	case n >= 4: // two halves that overlap
		return uint64(binary.LittleEndian.Uint32(s)) | uint64(binary.LittleEndian.Uint32(s[n-4:]))<<(8*(n-4))
	}
	return uint64(s[0]) | uint64(s[n/2])<<(8*(n/2)) | uint64(s[n-1])<<(8*(n-1))
}

// scanBytes is scanPlain one byte at a time, for a point far from the end.
func scanBytes(s []byte) (x uint64, digits, places int, ok bool) {
	point := -1
	for i, c := range s {
		d := c - '0'
		switch {
		case d <= 9:
			x = x*10 + uint64(d)
		case c == '.' && point < 0:
			point = i
		default:
			return 0, 0, 0, false
		}
	}
	if point < 0 {
		return x, len(s), 0, true
	}
	return x, len(s) - 1, len(s) - 1 - point, true
}
