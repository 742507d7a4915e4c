package record

import "math/bits"

// Int128 is a 128-bit two's complement integer: the unscaled value of a decimal.
// The arithmetic reports overflow of 128 bits by a false second result, with which
// the first is undefined. A decimal's own limit is FitsPrecision.
type Int128 struct {
	Hi int64
	Lo uint64
}

// Int128Of is x, sign extended.
func Int128Of(x int64) Int128 { return Int128{x >> 63, uint64(x)} }

// Int64 is x as 64 bits, and whether it fits.
func (x Int128) Int64() (int64, bool) { return int64(x.Lo), x.Hi == int64(x.Lo)>>63 }

// Sign is -1, 0 or 1.
func (x Int128) Sign() int {
	switch {
	case x.Hi < 0:
		return -1
	case x.Hi == 0 && x.Lo == 0:
		return 0
	}
	return 1
}

// Cmp is -1, 0 or 1 as x is below, equal to or above y.
func (x Int128) Cmp(y Int128) int {
	switch {
	case x == y:
		return 0
	case x.Hi < y.Hi || x.Hi == y.Hi && x.Lo < y.Lo:
		return -1
	}
	return 1
}

// Neg is -x; the smallest Int128 has none.
func (x Int128) Neg() (Int128, bool) {
	lo, borrow := bits.Sub64(0, x.Lo, 0)
	hi, _ := bits.Sub64(0, uint64(x.Hi), borrow)
	return Int128{int64(hi), lo}, !(x.Lo == 0 && x.Hi == -1<<63)
}

// Add is x + y.
func (x Int128) Add(y Int128) (Int128, bool) {
	lo, carry := bits.Add64(x.Lo, y.Lo, 0)
	h, _ := bits.Add64(uint64(x.Hi), uint64(y.Hi), carry)
	hi := int64(h)
	return Int128{hi, lo}, (x.Hi^hi)&(y.Hi^hi) >= 0
}

// Sub is x - y.
func (x Int128) Sub(y Int128) (Int128, bool) {
	lo, borrow := bits.Sub64(x.Lo, y.Lo, 0)
	h, _ := bits.Sub64(uint64(x.Hi), uint64(y.Hi), borrow)
	hi := int64(h)
	return Int128{hi, lo}, (x.Hi^y.Hi)&(x.Hi^hi) >= 0
}

// Mul is x * y. Two factors of 64 bits never overflow.
func (x Int128) Mul(y Int128) (Int128, bool) {
	a, aok := x.Int64()
	b, bok := y.Int64()
	if aok && bok {
		return mul64(a, b), true
	}
	m, ok := x.magnitude().mul(y.magnitude())
	r, fits := m.signed((x.Hi < 0) != (y.Hi < 0))
	return r, ok && fits
}

// mul64 is the full signed product.
func mul64(a, b int64) Int128 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	// The unsigned product counts a negative factor as itself plus 2^64.
	hi -= uint64(a>>63)&uint64(b) + uint64(b>>63)&uint64(a)
	return Int128{int64(hi), lo}
}

// MulPow10 is x * 10^n for n >= 0: the value at a scale n larger.
func (x Int128) MulPow10(n int) (Int128, bool) {
	switch {
	case n == 0 || x == Int128{}:
		return x, true
	case n > MaxPrecision:
		return x, false
	}
	m, ok := x.magnitude().mul(pow128(n))
	r, fits := m.signed(x.Hi < 0)
	return r, ok && fits
}

// FitsPrecision reports whether x has at most p decimal digits, |x| < 10^p.
func (x Int128) FitsPrecision(p int) bool {
	if p > MaxPrecision {
		return true
	}
	return x.magnitude().less(pow128(p))
}

// Decimal is the unscaled value at row of a decimal vector, whatever its width.
func (v *Vector) Decimal(row int32) Int128 {
	if v.Hi == nil {
		return Int128Of(v.I64[row])
	}
	return Int128{v.Hi[row], uint64(v.I64[row])}
}

// SetDecimal stores an unscaled value at row and marks the cell Value, widening
// the vector when x needs it.
func (v *Vector) SetDecimal(row int32, x Int128) {
	if n, ok := x.Int64(); ok && v.Hi == nil {
		v.I64[row] = n
	} else {
		v.Widen()
		v.I64[row], v.Hi[row] = int64(x.Lo), x.Hi
	}
	v.Cells[row] = Value
}
