package expr

import (
	"bytes"
	"fmt"
	"math"
	"math/big"

	"cel.dev/cel-go/common/ast"

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
		switch {
		case l.typ.kind == record.Date, l.typ.kind == record.Timestamp, l.typ.kind == record.Time:
			if r.constant() {
				return fmt.Sprintf("write %s(%q)", l.typ, r.value.s)
			}
			return fmt.Sprintf("write %s(x)", l.typ)
		case l.typ.numeric() && l.constant() && l.literal == "":
			return fmt.Sprintf(`write "%d" in quotes, or int(x)`, l.value.i)
		case l.typ.numeric():
			return fmt.Sprintf("write cast(x, %q)", l.typ)
		case l.typ.kind == record.JSON:
			return "write string(x) for the JSON value"
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

// in types x in [...] and x in y.
func (c *checker) in(off int, left, right ast.Expr) *node {
	x := c.expr(left)
	if right.Kind() == ast.ListKind {
		return c.inList(off, x, c.exprs(right.AsList().Elements()))
	}
	y := c.expr(right)
	result := kindTyp(record.Bool)
	switch {
	case anyUnknown(x, y):
		return unknownCall(off, result, x, y)
	case y.typ.kind == kindMap && x.typ.equal(*y.typ.key):
		return c.finish(&node{typ: result, name: "in", off: off, args: []*node{x, y}, fn: inMap(*y.typ.key)})
	case y.typ.kind == kindList:
		elem := &node{typ: *y.typ.elem}
		o := orderOf(x, elem)
		if o == nil {
			return c.typeError(off, c.compareHint(x, elem), "%s cannot be compared with %s", x.typ, elem.typ)
		}
		return c.finish(&node{typ: result, name: "in", off: off, args: []*node{x, y}, fn: inList(o)})
	}
	return c.typeError(off, "write x in [a, b]", "in needs a list on its right, and this is %s", article(y.typ))
}

// inList is x == a || x == b || ..., as a set where the elements are constants.
func (c *checker) inList(off int, x *node, elems []*node) *node {
	result := kindTyp(record.Bool)
	if len(elems) == 0 {
		return c.finish(&node{typ: result, name: "in", off: off, args: []*node{x}, fn: func(*arena, []val) val { return boolVal(false) }})
	}
	if set := makeSet(x, elems); set != nil {
		n := &node{op: opIn, typ: result, name: "in", off: off, args: []*node{x}, set: set, fn: set.contains}
		return n.settle()
	}
	n := &node{op: opOr, typ: result, name: "in", off: off}
	for _, e := range elems {
		n.args = append(n.args, c.compare(e.off, cmpEQ, x, e))
	}
	if len(n.args) == 1 {
		return n.args[0]
	}
	return n.settle()
}

// constSet is the right side of in when it is a list of constants.
type constSet struct {
	ints  []int64
	texts []string
	intOf map[int64]struct{} // instead of ints when there are many
	of    map[string]struct{}
	text  bool
	wide  bool // decimals: 128 bits count
}

// fewConstants is up to how many constants are compared one by one.
const fewConstants = 8

// makeSet is the set of elems, if x and all of them are plainly comparable.
func makeSet(x *node, elems []*node) *constSet {
	if x.broken || x.free != 0 || !x.typ.column() || x.typ.kind == record.Float || x.typ.kind == record.JSON {
		return nil
	}
	s := &constSet{text: x.typ.textual(), wide: x.typ.kind == record.Decimal}
	for _, e := range elems {
		if !e.constant() || !e.value.ok() || !s.add(x.typ, e) {
			return nil
		}
	}
	s.index()
	return s
}

func (s *constSet) add(t typ, e *node) bool {
	switch {
	case s.text:
		s.texts = append(s.texts, string(e.value.s))
		return e.typ.kind == t.kind && t.kind != record.UUID
	case t.exact() && e.typ.exact():
		to := 0
		if t.kind == record.Decimal {
			to = int(t.s)
		}
		x, from := e.value.unscaled(e.typ), e.scale()
		ok := true
		if from <= to {
			x, ok = x.MulPow10(to - from)
		} else if x, ok = x.DivPow10Exact(from - to); !ok {
			return true // finer than any value of t: never equal
		}
		n, fits := x.Int64()
		s.ints = append(s.ints, n)
		return ok && fits
	}
	s.ints = append(s.ints, e.value.i)
	return e.typ.equal(t)
}

func (s *constSet) index() {
	if len(s.texts) > fewConstants {
		s.of = make(map[string]struct{}, len(s.texts))
		for _, t := range s.texts {
			s.of[t] = struct{}{}
		}
	}
	if len(s.ints) > fewConstants {
		s.intOf = make(map[int64]struct{}, len(s.ints))
		for _, n := range s.ints {
			s.intOf[n] = struct{}{}
		}
	}
}

func (s *constSet) hasInt(n int64) bool {
	if s.intOf != nil {
		_, ok := s.intOf[n]
		return ok
	}
	for _, m := range s.ints {
		if m == n {
			return true
		}
	}
	return false
}

func (s *constSet) hasText(t []byte) bool {
	if s.of != nil {
		_, ok := s.of[string(t)]
		return ok
	}
	for _, u := range s.texts {
		if string(t) == u {
			return true
		}
	}
	return false
}

// contains is the row function of x in set.
func (s *constSet) contains(_ *arena, a []val) val {
	if s.text {
		return boolVal(s.hasText(a[0].s))
	}
	return boolVal(s.hasInt(a[0].i) && (!s.wide || a[0].hi == a[0].i>>63))
}
