package expr

import "github.com/headgate/headgate/connector/record"

// op says how a node is evaluated where it differs from a plain function of its
// arguments.
type op uint8

const (
	opCall     op = iota // fn over the values of args; NULL and Bad pass through
	opConst              // value
	opColumn             // column slot
	opLocal              // variable of a comprehension
	opLate               // a name whose value is given at run time only, or a type not known yet
	opAnd                // n-ary, three-valued
	opOr                 // n-ary, three-valued
	opCond               // args[0] ? args[1] : args[2]; a NULL condition takes args[2]
	opCoalesce           // first that is not NULL
	opLoose              // fn over args that sees NULL and Bad itself
	opCompare            // cmp over two args
	opIn                 // args[0] in a set of constants
	opFold               // comprehension: range, init, condition, step, result
)

// rowFunc computes one value. Its arguments are values, never NULL or Bad, unless
// the node is opLoose.
type rowFunc func(x *arena, a []val) val

// node is one node of the typed form that kernels and the CEL VM both run.
type node struct {
	op    op
	typ   typ
	name  string // of the function or operator, for Explain; of a local
	args  []*node
	off   int // byte offset in the source
	value val // opConst
	slot  int // opColumn: index into Program.columns
	fn    rowFunc
	fast  kernelMaker // opCall: a faster kernel than the loop over fn; nil = none

	cmp comparison // opCompare
	set *constSet  // opIn

	iter, accu string // opFold: names of the element and the accumulator

	literal string // opConst of a pointed number: its text, as written
	broken  bool   // a finding has been made inside; say no more
	free    uint64 // the locals it depends on, one bit each
	vm      bool   // runs in the CEL VM: makes or takes lists, maps or locals
}

func (n *node) constant() bool { return n.op == opConst }

// isNull reports whether n is the literal null.
func (n *node) isNull() bool { return n.typ.kind == kindNull }

func constNode(off int, t typ, v val) *node {
	return &node{op: opConst, typ: t, value: v, off: off}
}

func brokenNode(off int) *node { return &node{op: opLate, off: off, broken: true} }

// lateNode is a node of which only the type is known, if that.
func lateNode(off int, t typ) *node { return &node{op: opLate, off: off, typ: t} }

// digits is the number of decimal digits an exact number can have before and after
// the point.
func (n *node) digits() (whole, scale int) {
	if n.typ.kind == record.Decimal {
		return int(n.typ.p) - int(n.typ.s), int(n.typ.s)
	}
	if n.constant() && n.value.ok() {
		whole = 1
		for x := n.value.i / 10; x != 0; x /= 10 {
			whole++
		}
		return whole, 0
	}
	return 19, 0
}

// scale is the decimal places of an exact number.
func (n *node) scale() int {
	if n.typ.kind == record.Decimal {
		return int(n.typ.s)
	}
	return 0
}

// settle computes what derives from the arguments.
func (n *node) settle() *node {
	if n.typ.kind == kindList || n.typ.kind == kindMap {
		n.vm = true
	}
	for _, a := range n.args {
		n.broken = n.broken || a.broken
		n.free |= a.free
		if a.typ.kind == kindList || a.typ.kind == kindMap || a.free != 0 {
			n.vm = true
		}
	}
	return n
}
