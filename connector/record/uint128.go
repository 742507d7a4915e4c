package record

import "math/bits"

// u128 is a magnitude.
type u128 struct{ hi, lo uint64 }

// pow64 holds the powers of ten that fit 64 bits.
var pow64 = [20]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
	1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}

// pow128 is 10^n for 0 <= n <= 38.
func pow128(n int) u128 {
	if n < len(pow64) {
		return u128{0, pow64[n]}
	}
	hi, lo := bits.Mul64(pow64[19], pow64[n-19])
	return u128{hi, lo}
}

// magnitude is |x|.
func (x Int128) magnitude() u128 {
	if x.Hi >= 0 {
		return u128{uint64(x.Hi), x.Lo}
	}
	lo, borrow := bits.Sub64(0, x.Lo, 0)
	hi, _ := bits.Sub64(0, uint64(x.Hi), borrow)
	return u128{hi, lo}
}

// signed is m, or -m, and whether it fits.
func (m u128) signed(neg bool) (Int128, bool) {
	x := Int128{int64(m.hi), m.lo}
	if !neg {
		return x, m.hi < 1<<63
	}
	x, _ = x.Neg()
	return x, m.hi < 1<<63 || m.hi == 1<<63 && m.lo == 0
}

func (m u128) less(n u128) bool { return m.hi < n.hi || m.hi == n.hi && m.lo < n.lo }

// sub is m - n for n <= m.
func (m u128) sub(n u128) u128 {
	lo, borrow := bits.Sub64(m.lo, n.lo, 0)
	return u128{m.hi - n.hi - borrow, lo}
}

// mul10 is 10*m + d, wrapping.
func (m u128) mul10(d uint64) u128 {
	hi, lo := bits.Mul64(m.lo, 10)
	lo, carry := bits.Add64(lo, d, 0)
	return u128{m.hi*10 + hi + carry, lo}
}

// mul is m * n, and whether it fits 128 bits.
func (m u128) mul(n u128) (u128, bool) {
	p := m.mulWide(n)
	return u128{p[1], p[0]}, p[2]|p[3] == 0
}

// u256 is four words, the lowest first.
type u256 [4]uint64

// mulWide is the full product.
func (m u128) mulWide(n u128) u256 {
	var p u256
	p[1], p[0] = bits.Mul64(m.lo, n.lo)
	if m.hi|n.hi == 0 {
		return p
	}
	p[3], p[2] = bits.Mul64(m.hi, n.hi)
	p.addAt1(bits.Mul64(m.lo, n.hi))
	p.addAt1(bits.Mul64(m.hi, n.lo))
	return p
}

// addAt1 adds hi:lo times 2^64.
func (p *u256) addAt1(hi, lo uint64) {
	var c uint64
	p[1], c = bits.Add64(p[1], lo, 0)
	p[2], c = bits.Add64(p[2], hi, c)
	p[3] += c
}

// quoRem divides, d not zero.
func (m u128) quoRem(d u128) (q, r u128) {
	if m.hi|d.hi == 0 {
		return u128{0, m.lo / d.lo}, u128{0, m.lo % d.lo}
	}
	return divWide(u256{m.lo, m.hi}, d)
}

// divWide is n / d for a d that is not zero and a quotient below 2^128.
func divWide(n u256, d u128) (q, r u128) {
	if d.hi == 0 {
		var rem uint64
		q.hi, rem = bits.Div64(n[2], n[1], d.lo)
		q.lo, rem = bits.Div64(rem, n[0], d.lo)
		return q, u128{0, rem}
	}
	// Shift so that the divisor's top bit is set: an estimate of a quotient word
	// from the top words is then at most two too large.
	s := uint(bits.LeadingZeros64(d.hi))
	d = u128{d.hi<<s | d.lo>>1>>(63-s), d.lo << s}
	n = u256{n[0] << s, n[1]<<s | n[0]>>1>>(63-s), n[2]<<s | n[1]>>1>>(63-s), n[3]<<s | n[2]>>1>>(63-s)}
	r = u128{n[3], n[2]}
	q.hi, r = divStep(r, n[1], d)
	q.lo, r = divStep(r, n[0], d)
	return q, u128{r.hi >> s, r.lo>>s | r.hi<<1<<(63-s)}
}

// divStep divides the three words r:low by d, whose top bit is set, for r < d.
func divStep(r u128, low uint64, d u128) (q uint64, rem u128) {
	q = ^uint64(0)
	if r.hi < d.hi {
		q, _ = bits.Div64(r.hi, r.lo, d.hi)
	}
	// p = q * d, three words.
	p1, p0 := bits.Mul64(q, d.lo)
	p2, m := bits.Mul64(q, d.hi)
	p1, c := bits.Add64(p1, m, 0)
	p2 += c
	x0, br := bits.Sub64(low, p0, 0)
	x1, br := bits.Sub64(r.lo, p1, br)
	x2 := r.hi - p2 - br
	for x2 != 0 { // negative, q being one or two too large: give back
		q--
		x0, c = bits.Add64(x0, d.lo, 0)
		x1, c = bits.Add64(x1, d.hi, c)
		x2 += c
	}
	return q, u128{x1, x0}
}
