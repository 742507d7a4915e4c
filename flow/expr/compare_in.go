package expr

import (
	"cel.dev/cel-go/common/ast"

	"github.com/headgate/headgate/connector/record"
)

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
