package record

import (
	"strconv"
	"unsafe"
)

// ParseFloat reads a decimal number, exponents allowed, as the nearest float64, and
// "NaN", "Inf" and "Infinity" in any case. A finite number above the largest float
// is OutOfRange.
func ParseFloat(text []byte) (float64, Problem) {
	if x, ok := shortFloat(text); ok {
		return x, NoProblem
	}
	if !floatForm(text) {
		return 0, Malformed
	}
	x, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(text), len(text)), 64)
	if err != nil {
		return 0, OutOfRange
	}
	return x, NoProblem
}

// floatForm keeps out what strconv reads beyond decimal numbers, such as 0x1p-2.
func floatForm(text []byte) bool {
	if _, ok := splitNumber(text); ok {
		return true
	}
	s, _ := cutSign(text)
	return equalFold(s, "inf") || equalFold(s, "infinity") || equalFold(text, "nan")
}

// shortFloat reads [-]123.45 with at most 15 digits: both the digits and the power
// of ten are exact floats then, so one division rounds correctly.
func shortFloat(text []byte) (float64, bool) {
	s := text
	neg := len(s) > 0 && s[0] == '-'
	if neg {
		s = s[1:]
	}
	x, digits, places, ok := scanPlain(s)
	if !ok || digits == 0 || digits > 15 {
		return 0, false
	}
	f := float64(x) / float64(pow64[places])
	if neg {
		f = -f
	}
	return f, true
}

// DecimalFloat is the float64 nearest to x / 10^scale.
func DecimalFloat(x Int128, scale int) float64 {
	const exact = 1 << 53
	if n, ok := x.Int64(); ok && n > -exact && n < exact && scale < len(pow64) {
		return float64(n) / float64(pow64[scale]) // two exact floats: one rounding
	}
	var buf [48]byte
	f, _ := ParseFloat(AppendDecimal(buf[:0], x, scale))
	return f
}
