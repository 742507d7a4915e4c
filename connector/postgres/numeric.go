package postgres

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"strconv"

	"github.com/headgate/headgate/connector/record"
)

// Signs of a numeric on the wire, a number of base 10000: digits, weight of the first,
// sign, decimals to show, then the digits.
const (
	numericPositive = 0x0000
	numericNegative = 0x4000

	numericHead = 8
)

// parseNumeric reads a numeric as an integer scaled by 10^scale.
func parseNumeric(b []byte, scale int) (record.Int128, record.Problem) {
	if len(b) < numericHead {
		return record.Int128{}, record.Malformed
	}
	n := int(binary.BigEndian.Uint16(b))
	weight := int(int16(binary.BigEndian.Uint16(b[2:])))
	sign := binary.BigEndian.Uint16(b[4:])
	if sign != numericPositive && sign != numericNegative || len(b) < numericHead+2*n {
		return record.Int128{}, record.Malformed
	}
	if n == 0 {
		return record.Int128{}, record.NoProblem
	}
	digits := b[numericHead : numericHead+2*n]
	shift := 4*(weight-n+1) + scale // of the last digit, in powers of ten
	var x record.Int128
	var problem record.Problem
	if shift >= 0 && 4*n+shift <= 18 {
		var u int64
		for i := 0; i < len(digits); i += 2 {
			u = u*10000 + int64(binary.BigEndian.Uint16(digits[i:]))
		}
		x = record.Int128Of(u * pow10[shift])
	} else if x, problem = longNumeric(digits, shift); problem != record.NoProblem {
		return x, problem
	}
	if sign == numericNegative {
		x, _ = x.Neg()
	}
	return x, record.NoProblem
}

var pow10 = [19]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

func longNumeric(digits []byte, shift int) (x record.Int128, p record.Problem) {
	last := int64(binary.BigEndian.Uint16(digits[len(digits)-2:]))
	step := 4
	if shift < 0 {
		// Only the last digit, which is not zero, may reach below the scale, and only with zeros.
		for ; last == 0 && len(digits) > 2; last = int64(binary.BigEndian.Uint16(digits[len(digits)-2:])) {
			digits, shift = digits[:len(digits)-2], shift+4
		}
		if last == 0 {
			return x, record.NoProblem
		}
	}
	if shift < 0 {
		if shift <= -4 || last%pow10[-shift] != 0 {
			return x, record.TooManyPlaces
		}
		last, step, shift = last/pow10[-shift], 4+shift, 0
	}
	for i := 0; i < len(digits); i += 2 {
		add, by := int64(binary.BigEndian.Uint16(digits[i:])), 4
		if i == len(digits)-2 {
			add, by = last, step
		}
		var ok, ok2 bool
		if x, ok = x.MulPow10(by); ok {
			x, ok2 = x.Add(record.Int128Of(add))
		}
		if !ok || !ok2 {
			return x, record.OutOfRange
		}
	}
	x, ok := x.MulPow10(shift)
	if !ok || !x.FitsPrecision(record.MaxPrecision) {
		return x, record.OutOfRange
	}
	return x, record.NoProblem
}

// appendNumeric writes x / 10^scale as a numeric.
func appendNumeric(dst []byte, x record.Int128, scale int) []byte {
	sign := uint16(numericPositive)
	if x.Hi < 0 {
		sign = numericNegative
		x, _ = x.Neg()
	}
	var digits [12]uint16 // the lowest first
	n, fraction := 0, (scale+3)/4
	hi, lo := uint64(x.Hi), x.Lo
	if part := scale % 4; part > 0 { // the lowest digit has only so many decimals
		base := uint64(pow10[part])
		var r uint64
		hi, lo, r = quoRem(hi, lo, base)
		digits[0], n = uint16(r*uint64(pow10[4-part])), 1
	}
	for ; hi != 0; n++ {
		var r uint64
		hi, lo, r = quoRem(hi, lo, 10000)
		digits[n] = uint16(r)
	}
	for ; lo != 0; n++ {
		digits[n] = uint16(lo % 10000)
		lo /= 10000
	}
	weight := n - fraction - 1
	for n > 0 && digits[n-1] == 0 { // 0.00 and the like
		n--
		weight--
	}
	low := 0
	for low < n && digits[low] == 0 {
		low++
	}
	if n == low {
		weight, sign = 0, numericPositive
	}
	dst = binary.BigEndian.AppendUint16(dst, uint16(n-low))
	dst = binary.BigEndian.AppendUint16(dst, uint16(int16(weight)))
	dst = binary.BigEndian.AppendUint16(dst, sign)
	dst = binary.BigEndian.AppendUint16(dst, uint16(scale))
	for i := n - 1; i >= low; i-- {
		dst = binary.BigEndian.AppendUint16(dst, digits[i])
	}
	return dst
}

func quoRem(hi, lo, by uint64) (qhi, qlo, r uint64) {
	qhi = hi / by
	qlo, r = bits.Div64(hi%by, lo, by)
	return qhi, qlo, r
}

// numericText is a numeric for people, whatever it holds.
func numericText(b []byte) string {
	const nan, inf, negInf = 0xc000, 0xd000, 0xf000
	if len(b) < numericHead {
		return "?"
	}
	n, weight := int(binary.BigEndian.Uint16(b)), int(int16(binary.BigEndian.Uint16(b[2:])))
	switch sign := binary.BigEndian.Uint16(b[4:]); {
	case sign == nan:
		return "NaN"
	case sign == inf:
		return "Infinity"
	case sign == negInf:
		return "-Infinity"
	case sign != numericPositive && sign != numericNegative || len(b) < numericHead+2*n:
		return "?"
	}
	return groups(b[numericHead:numericHead+2*n], weight, int(binary.BigEndian.Uint16(b[6:])), binary.BigEndian.Uint16(b[4:]) == numericNegative)
}

// groups writes digits of base 10000 out.
func groups(digits []byte, weight, scale int, negative bool) string {
	var out []byte
	if negative {
		out = append(out, '-')
	}
	at := func(w int) int { // the digit of weight w
		if i := weight - w; i >= 0 && 2*i < len(digits) {
			return int(binary.BigEndian.Uint16(digits[2*i:]))
		}
		return 0
	}
	out = strconv.AppendInt(out, int64(at(max(weight, 0))), 10)
	for w := max(weight, 0) - 1; w >= 0; w-- {
		out = fmt.Appendf(out, "%04d", at(w))
	}
	if scale == 0 {
		return string(out)
	}
	out = append(out, '.')
	end := len(out) + scale
	for w := -1; len(out) < end; w-- {
		out = fmt.Appendf(out, "%04d", at(w))
	}
	return string(out[:end])
}
