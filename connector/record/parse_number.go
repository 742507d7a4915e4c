package record

import "math"

// The Parse functions read the whole of text, allocate nothing for a good one and
// ignore nothing around it (see Trim).

// ParseInt reads an optional sign and decimal digits.
func ParseInt(text []byte) (int64, Problem) {
	s, neg := cutSign(text)
	if len(s) > 18 {
		return parseLongInt(s, neg)
	}
	u, digits, _, ok := scanPlain(s)
	if !ok || digits != len(s) {
		return 0, Malformed
	}
	if neg {
		return -int64(u), NoProblem
	}
	return int64(u), NoProblem
}

// parseLongInt reads digits that may not fit.
func parseLongInt(s []byte, neg bool) (int64, Problem) {
	limit := uint64(math.MaxInt64)
	if neg {
		limit++
	}
	var x uint64
	fits := true
	for _, c := range s {
		d := c - '0'
		if d > 9 {
			return 0, Malformed
		}
		if x > (limit-uint64(d))/10 {
			fits = false
		}
		x = x*10 + uint64(d)
	}
	if !fits {
		return 0, OutOfRange
	}
	if neg {
		return -int64(x), NoProblem
	}
	return int64(x), NoProblem
}

// cutSign takes an optional sign off.
func cutSign(s []byte) (rest []byte, neg bool) {
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		return s[1:], s[0] == '-'
	}
	return s, false
}

// number is a decimal number taken apart: [sign] whole [. frac] [e exp].
type number struct {
	whole, frac []byte // digits only
	exp         int64  // held within ±maxExp
	neg         bool
	point       bool // a point was written
	marked      bool // an exponent was written
}

// maxExp is beyond any number of digits a text can have, so that clamping an
// exponent to it changes no verdict.
const maxExp = 1 << 40

// splitNumber takes a decimal number apart. At least one digit must be there.
func splitNumber(text []byte) (n number, ok bool) {
	s, neg := cutSign(text)
	n.neg = neg
	n.whole = leadingDigits(s)
	s = s[len(n.whole):]
	if len(s) > 0 && s[0] == '.' {
		n.point = true
		n.frac = leadingDigits(s[1:])
		s = s[1+len(n.frac):]
	}
	if len(n.whole)+len(n.frac) == 0 {
		return n, false
	}
	if len(s) == 0 {
		return n, true
	}
	if s[0] != 'e' && s[0] != 'E' {
		return n, false
	}
	n.marked = true
	n.exp, ok = parseExp(s[1:])
	return n, ok
}

func parseExp(s []byte) (int64, bool) {
	s, neg := cutSign(s)
	if len(s) == 0 || len(leadingDigits(s)) != len(s) {
		return 0, false
	}
	var x int64
	for _, c := range s {
		x = min(x*10+int64(c-'0'), maxExp)
	}
	if neg {
		x = -x
	}
	return x, true
}

func leadingDigits(s []byte) []byte {
	for i, c := range s {
		if c-'0' > 9 {
			return s[:i]
		}
	}
	return s
}

// shortDecimal reads the usual spelling, [-]123.45 with at most 18 digits, of a
// decimal whose unscaled value is below 10^18. Anything else, good or bad, is
// left to ParseDecimal.
func shortDecimal(text []byte, t Type) (int64, bool) {
	s := text
	neg := len(s) > 0 && s[0] == '-'
	if neg {
		s = s[1:]
	}
	x, digits, places, ok := scanPlain(s)
	up := int(t.Scale) - places
	room := min(int(t.Precision), 18) - up
	if !ok || up < 0 || room < 0 || digits == 0 || digits > 18 || x >= pow64[room] {
		return 0, false
	}
	x *= pow64[up]
	if neg {
		return -int64(x), true
	}
	return int64(x), true
}

// ParseDecimal reads a decimal number, exponents allowed, as the unscaled value of
// t. It never rounds: non-zero digits below the scale are TooManyPlaces, more
// digits before the point than t has are OutOfRange.
func ParseDecimal(text []byte, t Type) (Int128, Problem) {
	if x, ok := shortDecimal(text, t); ok {
		return Int128Of(x), NoProblem
	}
	n, ok := splitNumber(text)
	if !ok {
		return Int128{}, Malformed
	}
	return n.unscaled(t)
}

// unscaled is n times 10^Scale, if that is a whole number within the precision.
func (n *number) unscaled(t Type) (Int128, Problem) {
	skip := leadingZeros(n.whole)
	if skip == len(n.whole) {
		skip += leadingZeros(n.frac)
	}
	total := len(n.whole) + len(n.frac)
	if skip == total {
		return Int128{}, NoProblem
	}
	shift := n.exp - int64(len(n.frac)) + int64(t.Scale)
	keep := total
	if shift < 0 {
		keep = int(max(int64(total)+shift, int64(skip)))
		for i := keep; i < total; i++ {
			if n.digit(i) != 0 {
				return Int128{}, TooManyPlaces
			}
		}
		shift = 0
	}
	if int64(keep-skip)+shift > int64(t.Precision) {
		return Int128{}, OutOfRange
	}
	var m u128
	for i := skip; i < keep; i++ {
		m = m.mul10(n.digit(i))
	}
	m, _ = m.mul(pow128(int(shift))) // within the precision, so within 128 bits
	x, _ := m.signed(n.neg)
	return x, NoProblem
}

// digit is the i-th digit of whole and frac together.
func (n *number) digit(i int) uint64 {
	if i < len(n.whole) {
		return uint64(n.whole[i] - '0')
	}
	return uint64(n.frac[i-len(n.whole)] - '0')
}

func leadingZeros(s []byte) int {
	for i, c := range s {
		if c != '0' {
			return i
		}
	}
	return len(s)
}
