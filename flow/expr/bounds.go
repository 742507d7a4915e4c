package expr

import (
	"slices"

	"github.com/headgate/headgate/connector/record"
)

// Bound is what a condition demands of a column: it is not true of a row whose cell lies
// outside Low and High, which belong to the range, or is NULL.
type Bound struct {
	Column string
	Type   record.Type // of Low and High, which are canonical text
	// nil = no limit
	Low, High *string
	// In are the only texts it may be, when they are known; nil = any in the range.
	In []string
}

// Bounds lists demands that follow from the comparisons with constants that p is
// an and of. A row that does not meet one is decided: no other part of p can make
// the condition true, or an error of it. There may be more demands than are found.
func (p *Program) Bounds() []Bound {
	var list []Bound
	p.root.bounds(&list)
	return list
}

func (n *node) bounds(list *[]Bound) {
	switch {
	case n.op == opAnd:
		for _, a := range n.args {
			a.bounds(list)
		}
	case n.op == opIn && n.args[0].op == opColumn:
		n.boundsOfSet(list)
	case n.op == opCompare && n.args[0].op == opColumn && n.args[1].constant() && n.args[1].value.ok():
		right := n.args[1]
		b := Bound{Column: n.args[0].name, Type: right.typ.record()}
		text := string(appendVal(nil, &right.value, right.typ))
		if n.cmp == cmpEQ || n.cmp == cmpGT || n.cmp == cmpGE {
			b.Low = &text
		}
		if n.cmp == cmpEQ || n.cmp == cmpLT || n.cmp == cmpLE {
			b.High = &text
		}
		*list = append(*list, b)
	}
}

// boundsOfSet takes the least and the greatest constant.
func (n *node) boundsOfSet(list *[]Bound) {
	x, s := n.args[0], n.set
	var low, high string
	var in []string
	switch {
	case len(s.texts) > 0:
		low, high, in = slices.Min(s.texts), slices.Max(s.texts), slices.Clone(s.texts)
	case len(s.ints) > 0:
		text := func(i int64) string { return string(appendVal(nil, &val{i: i, hi: i >> 63}, x.typ)) }
		low, high = text(slices.Min(s.ints)), text(slices.Max(s.ints))
	default:
		return
	}
	*list = append(*list, Bound{Column: x.name, Type: x.typ.record(), Low: &low, High: &high, In: in})
}
