package expr

import (
	"math"
	"math/bits"
	"strconv"

	"github.com/headgate/headgate/connector/record"
)

func overflow(t typ) val {
	if t.kind == record.Int {
		return bad(record.Overflow, "the result does not fit int (64 bits)")
	}
	return bad(record.Overflow, "the result does not fit "+t.String())
}

func divideByZero() val { return bad(record.DivideByZero, "division by zero") }

var intTyp = typ{kind: record.Int}

// intFunc is checked 64-bit arithmetic, also for durations and timestamps.
func intFunc(sign string) rowFunc {
	switch sign {
	case "+":
		return func(_ *arena, a []val) val { return checked(addInt(a[0].i, a[1].i)) }
	case "-":
		return func(_ *arena, a []val) val { return checked(subInt(a[0].i, a[1].i)) }
	case "*":
		return func(_ *arena, a []val) val { return checked(mulInt(a[0].i, a[1].i)) }
	case "/":
		return func(_ *arena, a []val) val {
			if a[1].i == 0 {
				return divideByZero()
			}
			return checked(divInt(a[0].i, a[1].i))
		}
	}
	return func(_ *arena, a []val) val {
		switch a[1].i {
		case 0:
			return divideByZero()
		case -1:
			return intVal(0)
		}
		return intVal(a[0].i % a[1].i)
	}
}

func checked(x int64, ok bool) val {
	if !ok {
		return overflow(intTyp)
	}
	return intVal(x)
}

func addInt(x, y int64) (int64, bool) {
	z := x + y
	return z, (x^z)&(y^z) >= 0
}

func subInt(x, y int64) (int64, bool) {
	z := x - y
	return z, (x^y)&(x^z) >= 0
}

func mulInt(x, y int64) (int64, bool) {
	hi, lo := bits.Mul64(uint64(x), uint64(y))
	hi -= uint64(x>>63)&uint64(y) + uint64(y>>63)&uint64(x)
	return int64(lo), int64(hi) == int64(lo)>>63
}

func divInt(x, y int64) (int64, bool) {
	if y == -1 {
		return -x, x != math.MinInt64
	}
	return x / y, true
}

func intToFloat(_ *arena, a []val) val { return floatVal(float64(a[0].i)) }

// floatFunc is IEEE arithmetic: x / 0.0 is an infinity or NaN, as in CEL.
func floatFunc(sign string) rowFunc {
	return func(_ *arena, a []val) val { return floatVal(floatOp(sign[0], a[0].f, a[1].f)) }
}

func floatOp(sign byte, x, y float64) float64 {
	switch sign {
	case '+':
		return x + y
	case '-':
		return x - y
	case '*':
		return x * y
	}
	return x / y
}

// decimalFunc is exact arithmetic of n's arguments to n's type.
func decimalFunc(sign string, n *node) rowFunc {
	lt, rt, t := n.args[0].typ, n.args[1].typ, n.typ
	if sign == "*" {
		return func(_ *arena, a []val) val {
			z, ok := a[0].unscaled(lt).Mul(a[1].unscaled(rt))
			return fit(t, z, ok)
		}
	}
	lup, rup := int(t.s)-n.args[0].scale(), int(t.s)-n.args[1].scale()
	return func(_ *arena, a []val) val {
		x, ok1 := a[0].unscaled(lt).MulPow10(lup)
		y, ok2 := a[1].unscaled(rt).MulPow10(rup)
		if !ok1 || !ok2 {
			return overflow(t)
		}
		if sign == "-" {
			z, ok := x.Sub(y)
			return fit(t, z, ok)
		}
		z, ok := x.Add(y)
		return fit(t, z, ok)
	}
}

// fit checks a result against the precision of its type.
func fit(t typ, x record.Int128, ok bool) val {
	if !ok || !x.FitsPrecision(int(t.p)) {
		return overflow(t)
	}
	return decVal(x)
}

// rescaleFunc makes a decimal of type t from an exact number of a scale that is not
// larger.
func rescaleFunc(from typ, t typ) rowFunc {
	shift := int(t.s)
	if from.kind == record.Decimal {
		shift -= int(from.s)
	}
	return func(_ *arena, a []val) val {
		z, ok := a[0].unscaled(from).MulPow10(shift)
		return fit(t, z, ok)
	}
}

func negateFunc(t typ) rowFunc {
	switch t.kind {
	case record.Float:
		return func(_ *arena, a []val) val { return floatVal(-a[0].f) }
	case record.Decimal:
		return func(_ *arena, a []val) val {
			z, ok := a[0].dec().Neg()
			return fit(t, z, ok)
		}
	}
	return func(_ *arena, a []val) val { return checked(subInt(0, a[0].i)) }
}

// rounding is how digits are dropped.
type rounding uint8

const (
	halfEven rounding = iota
	halfUp            // a half away from zero
	halfDown          // a half towards zero
	up                // away from zero
	down              // towards zero
	ceiling
	floor
)

func roundingNames() []string {
	return []string{"half_even", "half_up", "half_down", "up", "down", "ceiling", "floor"}
}

// roundScaled is x / 10^places, rounded.
func roundScaled(x record.Int128, places int, mode rounding) record.Int128 {
	if places == 0 {
		return x
	}
	if mode == halfEven {
		return x.DivPow10(places)
	}
	one := record.Int128Of(1)
	if places > record.MaxPrecision {
		return record.Int128{}
	}
	unit, _ := one.MulPow10(places)
	q, r, _ := x.QuoRem(unit)
	if r.Sign() == 0 {
		return q
	}
	if mode.away(x.Sign() < 0, r, unit) {
		step := one
		if x.Sign() < 0 {
			step = record.Int128Of(-1)
		}
		q, _ = q.Add(step)
	}
	return q
}

// away reports whether a remainder r of unit takes the quotient away from zero.
func (m rounding) away(neg bool, r, unit record.Int128) bool {
	switch m {
	case up:
		return true
	case down:
		return false
	case ceiling:
		return !neg
	case floor:
		return neg
	}
	if r.Sign() < 0 {
		r, _ = r.Neg()
	}
	rest, _ := unit.Sub(r)
	switch c := r.Cmp(rest); m {
	case halfUp:
		return c >= 0
	default:
		return c > 0
	}
}

// roundFloat rounds the shortest decimal that reads back as x, so that what people
// see is what is rounded: 2.675 to two places is 2.68.
func roundFloat(x float64, places int, mode rounding) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) || math.Abs(x) >= 1<<53 || x == 0 {
		return x
	}
	var buf [32]byte
	short := strconv.AppendFloat(buf[:0], x, 'e', -1, 64) // d.ddde±dd
	digits, exp := unpackFloat(short)
	drop := -exp - places // digits below the last place that stays
	if drop <= 0 {
		return x
	}
	r := roundScaled(record.Int128Of(digits), drop, mode)
	if drop > 18 { // all digits are below the last place
		r = roundTiny(digits, mode)
	}
	n, _ := r.Int64()
	out := strconv.AppendInt(buf[:0], n, 10)
	out = append(out, 'e')
	out = strconv.AppendInt(out, int64(-places), 10)
	f, err := strconv.ParseFloat(string(out), 64)
	if err != nil {
		return x
	}
	if f == 0 {
		return math.Copysign(0, x)
	}
	return f
}

// roundTiny rounds a number that is far below half of the last place.
func roundTiny(digits int64, mode rounding) record.Int128 {
	switch {
	case mode == up && digits > 0, mode == ceiling && digits > 0:
		return record.Int128Of(1)
	case mode == up, mode == floor && digits < 0:
		return record.Int128Of(-1)
	}
	return record.Int128{}
}

// unpackFloat reads d.ddde±dd as digits * 10^exp.
func unpackFloat(s []byte) (digits int64, exp int) {
	neg := s[0] == '-'
	if neg {
		s = s[1:]
	}
	places, point := 0, false
	for i, c := range s {
		switch {
		case c == '.':
			point = true
			continue
		case c == 'e':
			exp, _ = strconv.Atoi(string(s[i+1:]))
			if neg {
				digits = -digits
			}
			return digits, exp - places
		}
		digits = digits*10 + int64(c-'0')
		if point {
			places++
		}
	}
	return digits, exp
}

// roundFunc rounds a number of type t to places.
func roundFunc(t typ, places int, mode rounding) rowFunc {
	switch t.kind {
	case record.Float:
		return func(_ *arena, a []val) val { return floatVal(roundFloat(a[0].f, places, mode)) }
	case record.Decimal:
		drop := int(t.s) - places
		return func(_ *arena, a []val) val { return decVal(roundScaled(a[0].dec(), drop, mode)) }
	}
	return func(_ *arena, a []val) val { return a[0] }
}

func absFunc(t typ) rowFunc {
	switch t.kind {
	case record.Float:
		return func(_ *arena, a []val) val { return floatVal(math.Abs(a[0].f)) }
	case record.Decimal:
		return func(_ *arena, a []val) val {
			if a[0].hi >= 0 {
				return a[0]
			}
			z, ok := a[0].dec().Neg()
			return fit(t, z, ok)
		}
	}
	return func(_ *arena, a []val) val {
		if a[0].i >= 0 {
			return a[0]
		}
		return checked(subInt(0, a[0].i))
	}
}

// divFunc is div(a, b, scale) of exact numbers, half to even.
func divFunc(l, r *node, t typ) rowFunc {
	lt, rt, ls, rs := l.typ, r.typ, l.scale(), r.scale()
	return func(_ *arena, a []val) val {
		y := a[1].unscaled(rt)
		if y.Sign() == 0 {
			return divideByZero()
		}
		z, ok := record.DivDecimal(a[0].unscaled(lt), ls, y, rs, int(t.s))
		return fit(t, z, ok)
	}
}
