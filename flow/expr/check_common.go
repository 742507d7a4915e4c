package expr

import "github.com/headgate/headgate/connector/record"

// common is the type that all of args can take without loss, for the branches of ?:,
// the arguments of coalesce and the elements of a list. The zero typ is "not known
// yet".
func (c *checker) common(off int, what string, args []*node) (typ, bool) {
	var t typ
	first := true
	float, decimal := false, false
	for _, a := range args {
		float = float || a.typ.kind == record.Float
		decimal = decimal || a.typ.kind == record.Decimal
	}
	for i, a := range args {
		if a.broken || a.typ.unknown() {
			return typ{}, true
		}
		if float {
			a = c.besideFloat(a)
			args[i] = a
		}
		if a.isNull() {
			continue
		}
		at := a.typ
		if decimal && at.kind == record.Int {
			// A literal counts with its own digits: coalesce(amount, 0) is no wider
			// than amount.
			whole, _ := a.digits()
			at = decimalTyp(whole, 0)
		}
		if first {
			t, first = at, false
			continue
		}
		u, ok := join(t, at)
		if !ok {
			c.typeError(a.off, joinHint(t, a.typ), "%s must be of one type: %s and %s", what, t, a.typ)
			return typ{}, false
		}
		t = u
	}
	if first {
		return kindTyp(kindNull), true
	}
	return t, true
}

// join is the narrowest type that holds a and b.
func join(a, b typ) (typ, bool) {
	switch {
	case a.equal(b):
		return a, true
	case a.exact() && b.exact():
		aw, as := precisionOf(a)
		bw, bs := precisionOf(b)
		s := max(as, bs)
		return decimalTyp(max(aw, bw)+s, s), true
	case a.kind == record.Int && b.kind == record.Float, a.kind == record.Float && b.kind == record.Int:
		return kindTyp(record.Float), true
	case a.kind == kindList && b.kind == kindList:
		e, ok := join(*a.elem, *b.elem)
		return listOf(e), ok
	case a.kind == kindNull:
		return b, true
	case b.kind == kindNull:
		return a, true
	case a.unknown() || b.unknown():
		return typ{}, true
	}
	return typ{}, false
}

func precisionOf(t typ) (whole, scale int) {
	if t.kind == record.Int {
		return 19, 0
	}
	return int(t.p) - int(t.s), int(t.s)
}

func joinHint(a, b typ) string {
	switch {
	case a.numeric() && b.numeric():
		return `cast the float: cast(x, "decimal(12,2)"), or write float(x)`
	case a.kind == record.String:
		return "make text of the other with string(x)"
	case b.kind == record.String && (a.kind == record.Date || a.kind == record.Timestamp || a.kind == record.Time):
		return "write " + a.String() + `("...")`
	}
	return ""
}

// coerce makes n of type t, which common found.
func (c *checker) coerce(n *node, t typ) *node {
	switch {
	case n.broken, n.typ.equal(t), t.unknown():
		return n
	case n.isNull():
		return constNode(n.off, t, null)
	case t.kind == record.Float:
		return c.toFloat(n)
	case t.kind == record.Decimal:
		m := &node{typ: t, name: "decimal", off: n.off, args: []*node{n}}
		m.fn = rescaleFunc(n.typ, t)
		return c.finish(m)
	}
	return n
}
