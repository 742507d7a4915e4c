package expr

import (
	"fmt"

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
