package record

import "math/bits"

// QuoRem is x / y truncated towards zero, and the remainder, which has the sign of
// x. It is false when y is zero or the quotient does not fit.
func (x Int128) QuoRem(y Int128) (q, r Int128, ok bool) {
	if y == (Int128{}) {
		return q, r, false
	}
	a, aok := x.Int64()
	b, bok := y.Int64()
	if aok && bok && b != -1 {
		return Int128Of(a / b), Int128Of(a % b), true
	}
	mq, mr := x.magnitude().quoRem(y.magnitude())
	q, ok = mq.signed((x.Hi < 0) != (y.Hi < 0))
	r, _ = mr.signed(x.Hi < 0)
	return q, r, ok
}

// DivHalfEven is x / y rounded to the nearest integer, a half to the even one. It
// is false when y is zero or the quotient does not fit.
func (x Int128) DivHalfEven(y Int128) (Int128, bool) {
	if y == (Int128{}) {
		return x, false
	}
	d := y.magnitude()
	q, r := x.magnitude().quoRem(d)
	return roundEven(q, r, d).signed((x.Hi < 0) != (y.Hi < 0))
}

// DivPow10 is x / 10^n for n >= 0, rounded half to even: the value at a scale n
// smaller.
func (x Int128) DivPow10(n int) Int128 {
	if n == 0 {
		return x
	}
	if n > MaxPrecision {
		return Int128{} // |x| < 2^127 < 10^39 / 2
	}
	d := pow128(n)
	q, r := x.magnitude().quoRem(d)
	res, _ := roundEven(q, r, d).signed(x.Hi < 0)
	return res
}

// DivPow10Exact is x / 10^n for n >= 0 when nothing is lost, else false.
func (x Int128) DivPow10Exact(n int) (Int128, bool) {
	if n == 0 || x == (Int128{}) {
		return x, true
	}
	if n > MaxPrecision {
		return x, false
	}
	q, r := x.magnitude().quoRem(pow128(n))
	res, _ := q.signed(x.Hi < 0)
	return res, r == u128{}
}

// DivDecimal divides the decimal x of scale xs by y of scale ys to the given scale,
// rounded half to even. Nothing in between overflows or is rounded. It is false
// when y is zero or the result does not fit. Scales are 0 to MaxPrecision.
func DivDecimal(x Int128, xs int, y Int128, ys int, scale int) (Int128, bool) {
	if y == (Int128{}) || x == (Int128{}) {
		return x, y != Int128{}
	}
	n, d := u256{}, y.magnitude()
	m := x.magnitude()
	switch shift := scale - xs + ys; {
	case shift < 0:
		var fits bool
		if d, fits = d.mul(pow128(-shift)); !fits {
			return Int128{}, true // |x| < 2^127 is below half of it
		}
		n = u256{m.lo, m.hi}
	case shift > MaxPrecision:
		first, ok := m.mul(pow128(shift - MaxPrecision))
		if !ok { // at least 2^128 * 10^38, and d is at most 2^127
			return x, false
		}
		n = first.mulWide(pow128(MaxPrecision))
	default:
		n = m.mulWide(pow128(shift))
	}
	if !(u128{n[3], n[2]}).less(d) {
		return x, false
	}
	q, r := divWide(n, d)
	return roundEven(q, r, d).signed((x.Hi < 0) != (y.Hi < 0))
}

// roundEven is the quotient q, with remainder r of divisor d, rounded half to even.
func roundEven(q, r, d u128) u128 {
	rest := d.sub(r)
	up := rest.less(r) || rest == r && q.lo&1 == 1
	if up && q != (u128{^uint64(0), ^uint64(0)}) { // which is out of range as it is
		lo, carry := bits.Add64(q.lo, 1, 0)
		return u128{q.hi + carry, lo}
	}
	return q
}
