package expr

import (
	"fmt"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"

	"github.com/headgate/headgate/connector/record"
)

// opName is an operator as people write it.
func opName(name string) string {
	switch name {
	case operators.Negate:
		return "-"
	case operators.LogicalNot:
		return "!"
	}
	if s, ok := operators.FindReverse(name); ok && s != "" {
		return s
	}
	return name
}

// operator types an operator; false when name is none.
func (c *checker) operator(off int, name string, args []*node) (*node, bool) {
	switch name {
	case operators.Equals:
		return c.compare(off, cmpEQ, args[0], args[1]), true
	case operators.NotEquals:
		return c.compare(off, cmpNE, args[0], args[1]), true
	case operators.Less:
		return c.compare(off, cmpLT, args[0], args[1]), true
	case operators.LessEquals:
		return c.compare(off, cmpLE, args[0], args[1]), true
	case operators.Greater:
		return c.compare(off, cmpGT, args[0], args[1]), true
	case operators.GreaterEquals:
		return c.compare(off, cmpGE, args[0], args[1]), true
	case operators.Add, operators.Subtract, operators.Multiply, operators.Divide, operators.Modulo:
		return c.arithmetic(off, opName(name), args[0], args[1]), true
	case operators.Negate:
		return c.negate(off, args[0]), true
	case operators.LogicalNot:
		return c.not(off, args[0]), true
	case operators.Index:
		return c.index(off, args[0], args[1]), true
	case operators.NotStrictlyFalse:
		n := &node{op: opLoose, typ: kindTyp(record.Bool), name: name, off: off, args: args, fn: notStrictlyFalse}
		return n.settle(), true
	}
	return nil, false
}

func notStrictlyFalse(_ *arena, a []val) val { return boolVal(!a[0].ok() || a[0].i != 0) }

func (c *checker) not(off int, a *node) *node {
	if !a.broken && !a.typ.unknown() && a.typ.kind != record.Bool && !a.isNull() {
		return c.typeError(off, "", "! needs a bool, and this is %s", article(a.typ))
	}
	n := &node{typ: kindTyp(record.Bool), name: "!", off: off, args: []*node{a}, fn: notValue, fast: notKernel}
	return c.finish(n)
}

func notValue(_ *arena, a []val) val { return boolVal(a[0].i == 0) }

// anyUnknown reports whether the types of args do not suffice to type a call.
func anyUnknown(args ...*node) bool {
	for _, a := range args {
		if a.broken || a.typ.unknown() {
			return true
		}
	}
	return false
}

// unknownCall stands for a call of which an argument's type is not known yet.
func unknownCall(off int, t typ, args ...*node) *node {
	n := lateNode(off, t)
	n.args = args
	return n.settle()
}

// finish settles a call, and computes it if all arguments are constants.
func (c *checker) finish(n *node) *node {
	n.settle()
	if n.broken || n.op != opCall && n.op != opLoose && n.op != opCompare || n.vm {
		return n
	}
	args := make([]val, len(n.args))
	for i, a := range n.args {
		if !a.constant() {
			return n
		}
		args[i] = a.value
	}
	v := n.apply(&arena{}, args)
	if v.cell == record.Bad {
		return c.find(n.off, "expr.value", "", "%s", v.fault.message)
	}
	return constNode(n.off, n.typ, v)
}

// apply computes n for one row.
func (n *node) apply(x *arena, args []val) val {
	if n.op != opLoose {
		if v, ok := strict(args); !ok {
			return v
		}
	}
	return n.fn(x, args)
}

func (c *checker) negate(off int, a *node) *node {
	switch {
	case anyUnknown(a):
		return unknownCall(off, a.typ, a)
	case !a.typ.numeric() && a.typ.kind != kindDuration:
		return c.typeError(off, "", "- needs a number, and this is %s", article(a.typ))
	}
	n := &node{typ: a.typ, name: "-", off: off, args: []*node{a}, fn: negateFunc(a.typ)}
	return c.finish(n)
}

// arithmetic types l op r.
func (c *checker) arithmetic(off int, sign string, l, r *node) *node {
	if l.isNull() || r.isNull() {
		return c.typeError(off, "", "null %s anything is null", sign)
	}
	if anyUnknown(l, r) {
		return unknownCall(off, typ{}, l, r)
	}
	switch {
	case l.typ.numeric() && r.typ.numeric():
		return c.numbers(off, sign, l, r)
	case sign == "+" && l.typ.kind == record.String && r.typ.kind == record.String:
		return c.finish(&node{typ: l.typ, name: "+", off: off, args: []*node{l, r}, fn: concatText, fast: concatKernel})
	case sign == "+" && l.typ.kind == kindList && r.typ.kind == kindList:
		return c.joinLists(off, l, r)
	case sign == "+" || sign == "-":
		if n := c.timeArithmetic(off, sign, l, r); n != nil {
			return n
		}
	}
	return c.typeError(off, arithmeticHint(sign, l, r), "%s %s %s is not defined", l.typ, sign, r.typ)
}

func arithmeticHint(sign string, l, r *node) string {
	lt, rt := l.typ.kind, r.typ.kind
	switch {
	case sign == "+" && (lt == record.String && r.typ.column() || rt == record.String && l.typ.column()):
		return "make text of the other side with string(x)"
	case lt == record.String && r.typ.numeric() || rt == record.String && l.typ.numeric():
		return `make a number of the string with int(x), float(x) or cast(x, "decimal(12,2)")`
	case (lt == record.Timestamp || lt == record.Date) && r.typ.kind == record.Int:
		return `write x + duration("24h") or add(x, 1, "day")`
	}
	return ""
}

// numbers types arithmetic on two numbers.
func (c *checker) numbers(off int, sign string, l, r *node) *node {
	if l.typ.kind == record.Float || r.typ.kind == record.Float {
		return c.floats(off, sign, l, r)
	}
	if l.typ.kind == record.Int && r.typ.kind == record.Int {
		n := &node{typ: l.typ, name: sign, off: off, args: []*node{l, r}, fn: intFunc(sign), fast: intKernel(sign)}
		return c.finish(n)
	}
	return c.decimals(off, sign, l, r)
}

func (c *checker) floats(off int, sign string, l, r *node) *node {
	l, r = c.besideFloat(l), c.besideFloat(r)
	if l.typ.kind == record.Decimal || r.typ.kind == record.Decimal {
		return c.typeError(off, `write float(x) for an approximate result, or cast the float: cast(x, "decimal(12,2)")`,
			"%s %s %s would mix an exact number with an approximate one", l.typ, sign, r.typ)
	}
	if sign == "%" {
		return c.typeError(off, "make it int(x) first", "%% needs whole numbers")
	}
	l, r = c.toFloat(l), c.toFloat(r)
	n := &node{typ: l.typ, name: sign, off: off, args: []*node{l, r}, fn: floatFunc(sign), fast: floatKernel(sign)}
	return c.finish(n)
}

// besideFloat makes a literal with a point a float.
func (c *checker) besideFloat(n *node) *node {
	if n.literal == "" {
		return n
	}
	f, _ := record.ParseFloat([]byte(n.literal))
	return constNode(n.off, kindTyp(record.Float), floatVal(f))
}

func (c *checker) toFloat(n *node) *node {
	if n.typ.kind != record.Int {
		return n
	}
	return c.finish(&node{typ: kindTyp(record.Float), name: "float", off: n.off, args: []*node{n}, fn: intToFloat})
}

// decimals types exact arithmetic in which a decimal takes part.
func (c *checker) decimals(off int, sign string, l, r *node) *node {
	lw, ls := l.digits()
	rw, rs := r.digits()
	var t typ
	switch sign {
	case "+", "-":
		s := max(ls, rs)
		t = decimalTyp(max(lw, rw)+s+1, s)
	case "*":
		if ls+rs > record.MaxPrecision {
			return c.typeError(off, "round one side first, such as round(x, 2)",
				"the product would have %d decimals, and a decimal has at most %d", ls+rs, record.MaxPrecision)
		}
		t = decimalTyp(lw+ls+rw+rs, ls+rs)
	case "/":
		return c.typeError(off, fmt.Sprintf("write div(%s, %s, 2): the quotient with 2 decimals, half to even", snippet(c.src, l.off), snippet(c.src, r.off)),
			"/ is not defined for decimals")
	default:
		return c.typeError(off, "", "%% needs whole numbers")
	}
	n := &node{typ: t, name: sign, off: off, args: []*node{l, r}}
	n.fn, n.fast = decimalFunc(sign, n), decimalKernel(sign)
	return c.finish(n)
}

func (c *checker) timeArithmetic(off int, sign string, l, r *node) *node {
	lt, rt := l.typ.kind, r.typ.kind
	if sign == "+" && lt == kindDuration && rt != kindDuration {
		l, r, lt, rt = r, l, rt, lt
	}
	n := &node{name: sign, off: off, args: []*node{l, r}}
	switch {
	case lt == record.Timestamp && rt == kindDuration:
		n.typ, n.fn = l.typ, stampShift(sign)
	case lt == record.Date && rt == kindDuration:
		n.typ, n.fn = l.typ, dateShift(sign)
	case lt == kindDuration && rt == kindDuration:
		n.typ, n.fn = l.typ, intFunc(sign)
	case sign == "-" && lt == record.Timestamp && rt == record.Timestamp:
		n.typ, n.fn = kindTyp(kindDuration), intFunc(sign)
	case sign == "-" && lt == record.Date && rt == record.Date:
		n.typ, n.fn = kindTyp(kindDuration), dateGap
	default:
		return nil
	}
	return c.finish(n)
}

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

func (c *checker) index(off int, of, at *node) *node {
	if anyUnknown(of, at) {
		return unknownCall(off, typ{}, of, at)
	}
	switch of.typ.kind {
	case kindList:
		if at.typ.kind != record.Int {
			return c.typeError(at.off, "", "the index of a list is an int, and this is %s", article(at.typ))
		}
		return c.finish(&node{typ: *of.typ.elem, name: "[]", off: off, args: []*node{of, at}, fn: listAt})
	case kindMap:
		if !at.typ.equal(*of.typ.key) {
			return c.typeError(at.off, "", "the keys of this map are of type %s, and this is %s", of.typ.key, article(at.typ))
		}
		return c.finish(&node{typ: *of.typ.elem, name: "[]", off: off, args: []*node{of, at}, fn: mapAt(*of.typ.key)})
	case record.JSON:
		switch at.typ.kind {
		case record.String:
			return c.finish(&node{typ: of.typ, name: "[]", off: off, args: []*node{of, at}, fn: jsonField})
		case record.Int:
			return c.finish(&node{typ: of.typ, name: "[]", off: off, args: []*node{of, at}, fn: jsonItem})
		}
		return c.typeError(at.off, "", "a JSON value is indexed by a string or an int, and this is %s", article(at.typ))
	}
	hint := ""
	if of.typ.kind == record.String {
		hint = "write substring(x, start, length)"
	}
	return c.typeError(off, hint, "%s has no parts to index", article(of.typ))
}

// member is of.field, or has(of.field).
func (c *checker) member(off int, of *node, field string, test bool) *node {
	result := typ{}
	if test {
		result = kindTyp(record.Bool)
	}
	if of.broken || of.typ.unknown() {
		return unknownCall(off, result, of)
	}
	name := constNode(off, kindTyp(record.String), textVal([]byte(field)))
	switch of.typ.kind {
	case record.JSON:
		if test {
			return c.finish(&node{typ: result, name: "has", off: off, args: []*node{of, name}, fn: jsonHas})
		}
		return c.finish(&node{typ: of.typ, name: ".", off: off, args: []*node{of, name}, fn: jsonField})
	case kindMap:
		if of.typ.key.kind == record.String {
			if test {
				return c.finish(&node{typ: result, name: "has", off: off, args: []*node{name, of}, fn: inMap(*of.typ.key)})
			}
			return c.finish(&node{typ: *of.typ.elem, name: ".", off: off, args: []*node{of, name}, fn: mapAt(*of.typ.key)})
		}
	}
	return c.typeError(off, "", "%s has no members", article(of.typ))
}

// list is a list literal.
func (c *checker) list(e ast.Expr) *node {
	off := c.offset(e)
	args := c.exprs(e.AsList().Elements())
	n := &node{op: opLoose, name: "[]", off: off, args: args, fn: makeList}
	t, ok := c.common(off, "the elements of a list", args)
	if !ok {
		return brokenNode(off)
	}
	for i := range args {
		args[i] = c.coerce(args[i], t)
	}
	n.typ = listOf(t)
	return n.settle()
}

// mapping is a map literal.
func (c *checker) mapping(e ast.Expr) *node {
	off := c.offset(e)
	var keys, vals []*node
	for _, entry := range e.AsMap().Entries() {
		keys = append(keys, c.expr(entry.AsMapEntry().Key()))
		vals = append(vals, c.expr(entry.AsMapEntry().Value()))
	}
	kt, ok := c.common(off, "the keys of a map", keys)
	vt, ok2 := c.common(off, "the values of a map", vals)
	if !ok || !ok2 {
		return brokenNode(off)
	}
	if len(keys) > 0 && !kt.unknown() && kt.kind != record.String && kt.kind != record.Int && kt.kind != record.Bool {
		return c.typeError(keys[0].off, "", "the keys of a map are strings, ints or bools, and this is %s", article(kt))
	}
	n := &node{op: opLoose, typ: mapOf(kt, vt), name: "{}", off: off, fn: makeMap(kt)}
	for i := range keys {
		n.args = append(n.args, keys[i], c.coerce(vals[i], vt))
	}
	return n.settle()
}

func (c *checker) joinLists(off int, l, r *node) *node {
	t, ok := join(l.typ, r.typ)
	if !ok {
		return c.typeError(off, "", "%s + %s is not defined", l.typ, r.typ)
	}
	return c.finish(&node{typ: t, name: "+", off: off, args: []*node{l, r}, fn: appendLists})
}

// fold is a comprehension, which the macros exists, all, map and filter make.
func (c *checker) fold(e ast.Expr) *node {
	f := e.AsComprehension()
	off := c.offset(e)
	over := c.expr(f.IterRange())
	var elem typ
	switch {
	case over.broken || over.typ.unknown():
	case over.typ.kind == kindList:
		elem = *over.typ.elem
	case over.typ.kind == kindMap:
		elem = *over.typ.key
	default:
		return c.typeError(off, "", "only lists and maps have elements, and this is %s", article(over.typ))
	}
	init := c.expr(f.AccuInit())
	iter := c.bind(f.IterVar(), elem)
	accu := c.bind(f.AccuVar(), init.typ)
	if c.bits > 64 {
		return c.find(off, "expr.too_large", "", "too many macros in one expression")
	}
	cond := c.expr(f.LoopCondition())
	step := c.expr(f.LoopStep())
	c.locals[len(c.locals)-1].typ = step.typ
	result := c.expr(f.Result())
	c.locals = c.locals[:len(c.locals)-2]
	n := &node{op: opFold, typ: result.typ, name: "fold", off: off, iter: iter.unique, accu: accu.unique,
		args: []*node{over, init, cond, step, result}}
	n.settle()
	n.vm = true
	n.free &^= iter.bit | accu.bit
	return n
}

func (c *checker) bind(name string, t typ) local {
	l := local{name: name, unique: fmt.Sprintf("v%d", c.bits), typ: t, bit: 1 << (c.bits & 63)}
	c.bits++
	c.locals = append(c.locals, l)
	return l
}
