package expr

import (
	"bytes"
	"fmt"
	"math"
	"math/big"

	"github.com/headgate/headgate/connector/record"
)

// comparison is a relation between two values.
type comparison uint8

const (
	cmpEQ comparison = iota
	cmpNE
	cmpLT
	cmpLE
	cmpGT
	cmpGE
)

func (k comparison) String() string { return [...]string{"==", "!=", "<", "<=", ">", ">="}[k] }

// swapped is the relation of b to a when k is that of a to b.
func (k comparison) swapped() comparison {
	return [...]comparison{cmpEQ, cmpNE, cmpGT, cmpGE, cmpLT, cmpLE}[k]
}

// holds says whether k holds of the result of an order.
func (k comparison) holds(o int) bool {
	switch k {
	case cmpEQ:
		return o == 0
	case cmpNE:
		return o != 0
	case cmpLT:
		return o == -1
	case cmpLE:
		return o == -1 || o == 0
	case cmpGT:
		return o == 1
	}
	return o == 0 || o == 1
}

// unordered is the order of a NaN to anything.
const unordered = 2

// order compares two values: -1, 0, 1 or unordered.
type order func(a, b *val) int

func (c *checker) compare(off int, k comparison, l, r *node) *node {
	result := kindTyp(record.Bool)
	if l.isNull() || r.isNull() {
		return c.compareNull(off, k, l, r)
	}
	if anyUnknown(l, r) {
		return unknownCall(off, result, l, r)
	}
	if l.typ.kind == record.Float || r.typ.kind == record.Float {
		l, r = c.besideFloat(l), c.besideFloat(r)
	}
	l, r = c.besideUUID(l, r)
	if l.broken || r.broken {
		return brokenNode(off)
	}
	if l.constant() && !r.constant() {
		l, r, k = r, l, k.swapped()
	}
	o := orderOf(l, r)
	if o == nil {
		return c.typeError(off, c.compareHint(l, r), "%s cannot be compared with %s", l.typ, r.typ)
	}
	n := &node{op: opCompare, typ: result, name: k.String(), off: off, args: []*node{l, r}, cmp: k}
	n.fn = func(_ *arena, a []val) val { return boolVal(k.holds(o(&a[0], &a[1]))) }
	return c.finish(n)
}

// compareNull makes x == null mean isNull(x).
func (c *checker) compareNull(off int, k comparison, l, r *node) *node {
	if l.isNull() {
		l, r = r, l
	}
	if k != cmpEQ && k != cmpNE {
		return c.typeError(off, "write isNull(x)", "%s null is never true", k)
	}
	n := c.isNull(off, l)
	if k == cmpNE {
		n = c.not(off, n)
	}
	return n
}

func (c *checker) isNull(off int, a *node) *node {
	n := &node{op: opLoose, typ: kindTyp(record.Bool), name: "isNull", off: off, args: []*node{a}, fast: isNullKernel}
	n.fn = func(_ *arena, a []val) val {
		if a[0].cell == record.Bad {
			return a[0]
		}
		return boolVal(a[0].cell == record.Null)
	}
	return c.finish(n)
}

// besideUUID makes a string literal beside a uuid a uuid.
func (c *checker) besideUUID(l, r *node) (*node, *node) {
	if l.typ.kind == record.UUID && r.typ.kind == record.String && r.constant() {
		return l, c.cast(r.off, r, kindTyp(record.UUID), false)
	}
	if r.typ.kind == record.UUID && l.typ.kind == record.String && l.constant() {
		return c.cast(l.off, l, kindTyp(record.UUID), false), r
	}
	return l, r
}

func (c *checker) compareHint(l, r *node) string {
	if l.typ.kind == record.String {
		l, r = r, l
	}
	if r.typ.kind == record.String {
		if hint := textHint(l, r); hint != "" {
			return hint
		}
	}
	switch {
	case l.typ.kind == record.JSON || r.typ.kind == record.JSON:
		return `write string(x), int(x), bool(x) or cast(x, "decimal(12,2)") for the JSON value`
	case l.typ.kind == record.Date && r.typ.kind == record.Timestamp, l.typ.kind == record.Timestamp && r.typ.kind == record.Date:
		return "write date(x) for the day of a timestamp"
	}
	return ""
}

// textHint is for something that is compared with a string.
func textHint(l, text *node) string {
	switch t := l.typ; {
	case t.kind == record.JSON:
		return "write string(x) for the JSON value"
	case !t.numeric() && t.kind != record.Date && t.kind != record.Timestamp && t.kind != record.Time && t.kind != record.Bool:
		return ""
	case !text.constant() && l.constant() && t.kind == record.Int:
		return fmt.Sprintf(`write "%d" in quotes, or int(%s)`, l.value.i, text.shown())
	case !text.constant() && t.numeric():
		return fmt.Sprintf("write cast(%s, %q)", text.shown(), t)
	case !text.constant():
		return fmt.Sprintf("write %s(%s)", t, text.shown())
	case parseText(&arena{}, text.value.s, t).cell == record.Bad:
		return fmt.Sprintf("%s is not %s", record.Quote(text.value.s), article(t))
	case t.numeric() || t.kind == record.Bool:
		return fmt.Sprintf("write %s without quotes", record.Trim(text.value.s))
	}
	return fmt.Sprintf("write %s(%q)", l.typ, text.value.s)
}

// shown is n in a suggestion: its name, or x.
func (n *node) shown() string {
	switch {
	case n.op != opColumn:
		return "x"
	case leadingWord(n.name) != n.name:
		return fmt.Sprintf("col(%q)", n.name)
	}
	return n.name
}

// orderOf compares values of the types of l and r, nil when they do not compare.
func orderOf(l, r *node) order {
	a, b := l.typ, r.typ
	switch {
	case a.kind == record.Int && b.kind == record.Int:
		return orderInt
	case a.exact() && b.exact():
		ls, rs := l.scale(), r.scale()
		return func(x, y *val) int { return orderScaled(x.unscaled(a), ls, y.unscaled(b), rs) }
	case a.kind == record.Float && b.kind == record.Float:
		return func(x, y *val) int { return orderFloat(x.f, y.f) }
	case a.exact() && b.kind == record.Float:
		s := l.scale()
		return func(x, y *val) int { return orderExactFloat(x.unscaled(a), s, y.f) }
	case a.kind == record.Float && b.exact():
		s := r.scale()
		return func(x, y *val) int { return reverse(orderExactFloat(y.unscaled(b), s, x.f)) }
	case a.kind != b.kind || a.kind == record.JSON:
		return nil
	case a.textual():
		return func(x, y *val) int { return bytes.Compare(x.s, y.s) }
	case a.column() || a.kind == kindDuration:
		return orderInt
	}
	return nil
}

func orderInt(x, y *val) int {
	switch {
	case x.i < y.i:
		return -1
	case x.i > y.i:
		return 1
	}
	return 0
}

func orderFloat(x, y float64) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	case x == y:
		return 0
	}
	return unordered
}

func reverse(o int) int {
	if o == unordered {
		return o
	}
	return -o
}

// orderScaled compares x / 10^xs with y / 10^ys exactly.
func orderScaled(x record.Int128, xs int, y record.Int128, ys int) int {
	if xs > ys {
		return -orderScaled(y, ys, x, xs)
	}
	up, ok := x.MulPow10(ys - xs)
	if !ok { // beyond 128 bits, so beyond any y
		return x.Sign()
	}
	return up.Cmp(y)
}

// orderExactFloat compares x / 10^scale with f exactly.
func orderExactFloat(x record.Int128, scale int, f float64) int {
	switch {
	case math.IsNaN(f):
		return unordered
	case math.IsInf(f, 1):
		return -1
	case math.IsInf(f, -1):
		return 1
	}
	if n, ok := x.Int64(); ok && scale == 0 {
		return orderIntFloat(n, f)
	}
	// A float nearby decides unless they are within its error.
	near := floatOf(x, scale)
	if d := math.Abs(near - f); d > 1e-12*math.Max(math.Abs(near), math.Abs(f)) {
		return orderFloat(near, f)
	}
	r := new(big.Rat).SetFloat64(f)
	return ratOf(x, scale).Cmp(r)
}

func orderIntFloat(n int64, f float64) int {
	switch {
	case f >= 1<<63:
		return -1
	case f < -1<<63:
		return 1
	}
	whole := math.Trunc(f)
	if m := int64(whole); n != m {
		if n < m {
			return -1
		}
		return 1
	}
	return orderFloat(whole, f)
}

// floatOf is x / 10^scale with an error of a few units in the last place.
func floatOf(x record.Int128, scale int) float64 {
	if n, ok := x.Int64(); ok {
		return float64(n) / math.Pow10(scale)
	}
	return (float64(x.Hi)*(1<<64) + float64(x.Lo)) / math.Pow10(scale)
}

func bigOf(x record.Int128) *big.Int {
	n := big.NewInt(x.Hi)
	n.Lsh(n, 64)
	return n.Add(n, new(big.Int).SetUint64(x.Lo))
}

func ratOf(x record.Int128, scale int) *big.Rat {
	den := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
	return new(big.Rat).SetFrac(bigOf(x), den)
}
