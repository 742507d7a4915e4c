package expr

import (
	"fmt"

	"cel.dev/cel-go/common/ast"

	"github.com/headgate/headgate/connector/record"
)

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
	n := &node{op: opFold, typ: result.typ, name: "loop", off: off, iter: iter.unique, accu: accu.unique,
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
