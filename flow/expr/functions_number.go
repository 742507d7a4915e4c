package expr

import (
	"math"

	"github.com/headgate/headgate/connector/record"
)

func numberFunctions() []function {
	number := param{kinds: numbers}
	places := param{kinds: anInt, fixed: true}
	return []function{
		{name: "abs", signatures: []string{"abs(number) number"}, doc: "The number without its sign.",
			params: []param{number}, least: 1, build: buildAbs},
		{name: "round", signatures: []string{"round(number, places) number", `round(number, places, "MODE") number`},
			doc:    "The number with that many decimals. MODE is half_even (as left out), half_up, half_down, up, down, ceiling or floor.",
			params: []param{number, places, {kinds: aString, fixed: true}}, least: 1, build: buildRound},
		{name: "floor", signatures: []string{"floor(number) number"}, doc: "The nearest whole number that is not larger.",
			params: []param{number}, least: 1, build: roundTo(floor)},
		{name: "ceil", signatures: []string{"ceil(number) number"}, doc: "The nearest whole number that is not smaller.",
			params: []param{number}, least: 1, build: roundTo(ceiling)},
		{name: "div", signatures: []string{"div(a, b, places) decimal"}, doc: "a / b with that many decimals, rounded half to even.",
			params: []param{{kinds: exacts}, {kinds: exacts}, places}, least: 3, build: buildDiv},
	}
}

func buildAbs(c *checker, k *call) *node {
	return c.finish(k.node(k.args[0].typ, absFunc(k.args[0].typ)))
}

// placesOf reads a constant number of decimals.
func (c *checker) placesOf(n *node) (int, bool) {
	if p := n.value.i; p >= 0 && p <= record.MaxPrecision {
		return int(p), true
	}
	c.typeError(n.off, "", "the number of decimals must be 0 to %d", record.MaxPrecision)
	return 0, false
}

func parseRounding(s string) (rounding, bool) {
	for i, name := range roundingNames() {
		if s == name {
			return rounding(i), true
		}
	}
	return 0, false
}

func buildRound(c *checker, k *call) *node {
	places, mode, ok := 0, halfEven, true
	if len(k.args) > 1 {
		if places, ok = c.placesOf(k.args[1]); !ok {
			return brokenNode(k.off)
		}
	}
	if len(k.args) > 2 {
		if mode, ok = parseRounding(k.text(2)); !ok {
			return c.typeError(k.args[2].off, didYouMean(k.text(2), roundingNames()),
				"unknown rounding %q, which must be %s", k.text(2), orList(roundingNames()))
		}
	}
	return c.rounded(k, places, mode)
}

func roundTo(mode rounding) func(*checker, *call) *node {
	return func(c *checker, k *call) *node { return c.rounded(k, 0, mode) }
}

func (c *checker) rounded(k *call, places int, mode rounding) *node {
	k.args = k.args[:1]
	t := k.args[0].typ
	if t.kind == record.Int || t.kind == record.Decimal && int(t.s) <= places {
		return k.args[0]
	}
	from := t
	if t.kind == record.Decimal {
		t = decimalTyp(int(t.p)-int(t.s)+places+1, places)
	}
	return c.finish(k.node(t, roundFunc(from, places, mode)))
}

func buildDiv(c *checker, k *call) *node {
	places, ok := c.placesOf(k.args[2])
	if !ok {
		return brokenNode(k.off)
	}
	l, r := k.args[0], k.args[1]
	if r.constant() && r.value.dec().Sign() == 0 && r.value.ok() {
		return c.find(r.off, "expr.value", "", "division by zero")
	}
	lw, _ := l.digits()
	_, rs := r.digits()
	t := decimalTyp(max(lw+rs+places, 1), places)
	k.args = k.args[:2]
	return c.finish(k.node(t, divFunc(l, r, t)))
}

// pointed is a literal with a point or an exponent: 9.99 is a decimal with the
// digits that are written, 1e3 a float.
func (c *checker) pointed(off int, f float64) *node {
	lit := numberText(c.src[off:])
	if d, ok := exactLiteral(lit, f); ok {
		return d.at(off, lit)
	}
	return constNode(off, kindTyp(record.Float), floatVal(f))
}

// exactDecimal is a literal with its type.
type exactDecimal struct {
	t typ
	x record.Int128
}

func (d exactDecimal) at(off int, lit string) *node {
	n := constNode(off, d.t, decVal(d.x))
	n.literal = lit
	return n
}

// numberText is the number at the start of s without spaces after its sign, "" when
// it has an exponent.
func numberText(s string) string {
	out := make([]byte, 0, 24)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '-' && len(out) == 0:
			out = append(out, c)
		case len(out) == 1 && out[0] == '-' && (c == ' ' || c == '\t' || c == '\n' || c == '\r'):
		case c >= '0' && c <= '9', c == '.':
			out = append(out, c)
		case c == 'e' || c == 'E':
			return ""
		default:
			return string(out)
		}
	}
	return string(out)
}

// exactLiteral is the decimal that lit spells. It must be the number the parser
// read; when it is not, because of a sign further off, the shortest spelling of
// that number serves.
func exactLiteral(lit string, f float64) (exactDecimal, bool) {
	if lit == "" {
		return exactDecimal{}, false
	}
	if g, p := record.ParseFloat([]byte(lit)); p != record.NoProblem || g != f {
		if lit[0] != '-' {
			lit = "-" + lit
		}
		if g, p := record.ParseFloat([]byte(lit)); p != record.NoProblem || g != f || math.IsInf(f, 0) {
			return exactDecimal{}, false
		}
	}
	digits, places := 0, 0
	point := false
	for i := range lit {
		switch {
		case lit[i] == '.':
			point = true
		case lit[i] != '-':
			if digits > 0 || lit[i] != '0' {
				digits++
			}
			if point {
				places++
			}
		}
	}
	t := typ{kind: record.Decimal, p: uint8(min(max(digits, places, 1), 255)), s: uint8(min(places, 255))}
	if t.p > record.MaxPrecision {
		return exactDecimal{}, false
	}
	x, p := record.ParseDecimal([]byte(lit), t.record())
	return exactDecimal{t, x}, p == record.NoProblem
}
