package expr

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"github.com/headgate/headgate/connector/record"
)

// checker types a parsed expression and rewrites it into nodes, in one pass.
type checker struct {
	src   string
	info  *ast.SourceInfo
	ascii bool // rune offsets are byte offsets
	scope Scope

	findings []Finding
	columns  []column
	locals   []local // in scope, innermost last
	bits     int     // locals seen so far
	late     bool    // some type or value is not known yet
}

// column is a column the program reads.
type column struct {
	name  string
	index int // in the schema
	typ   typ
}

// local is a variable of a comprehension.
type local struct {
	name, unique string
	typ          typ
	bit          uint64
}

func newChecker(src string, scope Scope) *checker {
	c := &checker{src: src, scope: scope, ascii: true}
	for i := 0; i < len(src); i++ {
		if src[i] >= 0x80 {
			c.ascii = false
			break
		}
	}
	return c
}

// offset is where e stands in the source, in bytes.
func (c *checker) offset(e ast.Expr) int {
	r, ok := c.info.GetOffsetRange(e.ID())
	if !ok || r.Start < 0 {
		return 0
	}
	if c.ascii {
		return min(int(r.Start), len(c.src))
	}
	return runeOffset(c.src, int(r.Start))
}

// start is where the leftmost part of e stands; of an operator that is its left side.
func (c *checker) start(e ast.Expr) int {
	off := c.offset(e)
	switch e.Kind() {
	case ast.CallKind:
		call := e.AsCall()
		if call.IsMemberFunction() {
			return min(off, c.start(call.Target()))
		}
		if _, ok := operators.FindReverse(call.FunctionName()); ok && len(call.Args()) > 0 {
			return min(off, c.start(call.Args()[0]))
		}
		return c.nameOf(off)
	case ast.SelectKind:
		return min(off, c.start(e.AsSelect().Operand()))
	}
	return off
}

// find reports a finding and gives the node that stands for the broken part.
func (c *checker) find(off int, code, suggestion, format string, args ...any) *node {
	c.findings = append(c.findings, Finding{Code: code, Offset: off, Message: fmt.Sprintf(format, args...), Suggestion: suggestion})
	return brokenNode(off)
}

// typeError is find with the commonest code.
func (c *checker) typeError(off int, suggestion, format string, args ...any) *node {
	return c.find(off, "expr.type", suggestion, format, args...)
}

func (c *checker) expr(e ast.Expr) *node {
	switch e.Kind() {
	case ast.LiteralKind:
		return c.literal(e)
	case ast.IdentKind:
		return c.ident(c.offset(e), e.AsIdent())
	case ast.SelectKind:
		return c.selection(e)
	case ast.CallKind:
		return c.call(e)
	case ast.ListKind:
		return c.list(e)
	case ast.MapKind:
		return c.mapping(e)
	case ast.ComprehensionKind:
		return c.fold(e)
	}
	return c.find(c.offset(e), "expr.syntax", "", "this form of CEL is not used in headgate")
}

func (c *checker) exprs(es []ast.Expr) []*node {
	out := make([]*node, len(es))
	for i, e := range es {
		out[i] = c.expr(e)
	}
	return out
}

func (c *checker) literal(e ast.Expr) *node {
	off := c.offset(e)
	switch v := e.AsLiteral().(type) {
	case types.Bool:
		return constNode(off, kindTyp(record.Bool), boolVal(bool(v)))
	case types.Int:
		return constNode(off, kindTyp(record.Int), intVal(int64(v)))
	case types.Double:
		return c.pointed(off, float64(v))
	case types.String:
		return constNode(off, kindTyp(record.String), textVal([]byte(v)))
	case types.Bytes:
		return constNode(off, kindTyp(record.Bytes), textVal([]byte(v)))
	case types.Null:
		return constNode(off, kindTyp(kindNull), null)
	case types.Uint:
		return c.typeError(off, fmt.Sprintf("write %d", uint64(v)), "there are no unsigned numbers")
	}
	return c.find(off, "expr.syntax", "", "this literal is not used in headgate")
}

// ident is a local, a column or a variable.
func (c *checker) ident(off int, name string) *node {
	for i := len(c.locals) - 1; i >= 0; i-- {
		if l := c.locals[i]; l.name == name {
			return &node{op: opLocal, typ: l.typ, name: l.unique, off: off, free: l.bit, vm: true}
		}
	}
	if n := c.column(off, name); n != nil {
		return n
	}
	if n := c.variable(off, name); n != nil {
		return n
	}
	return c.unknownName(off, name)
}

// column is the column called name, or nil.
func (c *checker) column(off int, name string) *node {
	if c.scope.Schema == nil {
		return nil
	}
	i := c.scope.Schema.Index(name)
	if i < 0 {
		return nil
	}
	t := typOf(c.scope.Schema.Fields[i].Type)
	if t.unknown() {
		c.late = true
	}
	for slot, col := range c.columns {
		if col.index == i {
			return &node{op: opColumn, typ: t, slot: slot, name: name, off: off}
		}
	}
	c.columns = append(c.columns, column{name, i, t})
	return &node{op: opColumn, typ: t, slot: len(c.columns) - 1, name: name, off: off}
}

// unknownColumn takes a name that an open scope may turn out to have.
func (c *checker) openColumn(off int, name string) *node {
	c.late = true
	for _, col := range c.columns {
		if col.name == name {
			return lateNode(off, typ{})
		}
	}
	c.columns = append(c.columns, column{name, -1, typ{}})
	return lateNode(off, typ{})
}

func (c *checker) unknownName(off int, name string) *node {
	for _, root := range c.scope.Vars.roots() {
		if name == root {
			return c.find(off, "expr.unknown_name", "", "%s is not a value; write %s.NAME", name, name)
		}
	}
	if c.scope.Open {
		return c.openColumn(off, name)
	}
	suggestion := didYouMean(name, append(c.scope.columnNames(), c.scope.Vars.names()...))
	if suggestion == "" && functionNamed(name) != nil {
		suggestion = name + " is a function: write " + name + "(...)"
	}
	if c.scope.noColumns() {
		return c.find(off, "expr.unknown_name", suggestion, "unknown name %s", name)
	}
	return c.find(off, "expr.unknown_column", suggestion, "unknown column %s", name)
}

// selection is a dotted name or a member of a JSON value or a map.
func (c *checker) selection(e ast.Expr) *node {
	sel := e.AsSelect()
	if path, off, ok := c.path(e); ok && !sel.IsTestOnly() {
		if n := c.column(off, path); n != nil {
			return n
		}
		if root, _, _ := strings.Cut(path, "."); c.scope.Vars.hasRoot(root) && !c.hasMembers(root) {
			if n := c.variable(off, path); n != nil {
				return n
			}
			return c.find(off, "expr.unknown_name", didYouMean(path, c.scope.Vars.names()), "unknown name %s", path)
		}
	}
	return c.member(c.offset(e), c.expr(sel.Operand()), sel.FieldName(), sel.IsTestOnly())
}

// hasMembers reports whether a column called name may have members.
func (c *checker) hasMembers(name string) bool {
	if c.scope.Schema == nil {
		return false
	}
	i := c.scope.Schema.Index(name)
	return i >= 0 && (c.scope.Schema.Fields[i].Type.Kind == record.JSON || c.scope.Schema.Fields[i].Type.Kind == record.Invalid)
}

// path is the dotted name that e spells, if it is one outside all locals.
func (c *checker) path(e ast.Expr) (path string, off int, ok bool) {
	switch e.Kind() {
	case ast.IdentKind:
		name := e.AsIdent()
		for _, l := range c.locals {
			if l.name == name {
				return "", 0, false
			}
		}
		return name, c.offset(e), true
	case ast.SelectKind:
		path, off, ok = c.path(e.AsSelect().Operand())
		return path + "." + e.AsSelect().FieldName(), off, ok
	}
	return "", 0, false
}

func (c *checker) call(e ast.Expr) *node {
	call := e.AsCall()
	name, off := call.FunctionName(), c.offset(e)
	switch name {
	case operators.LogicalAnd:
		return c.logic(off, opAnd, name, call.Args())
	case operators.LogicalOr:
		return c.logic(off, opOr, name, call.Args())
	case operators.Conditional:
		return c.conditional(off, call.Args())
	case operators.In:
		return c.in(off, call.Args()[0], call.Args()[1])
	case "col":
		return c.col(off, call)
	}
	if call.IsMemberFunction() {
		args := append([]ast.Expr{call.Target()}, call.Args()...)
		return c.function(c.nameOf(off), name, c.exprs(args))
	}
	args := c.exprs(call.Args())
	if n, ok := c.operator(off, name, args); ok {
		return n
	}
	return c.function(c.nameOf(off), name, args)
}

// nameOf is where the name of a function stands whose parenthesis is at off.
func (c *checker) nameOf(off int) int {
	if off >= len(c.src) || c.src[off] != '(' {
		return off
	}
	end := len(strings.TrimRight(c.src[:off], " \t\r\n"))
	start := end
	for start > 0 && leadingWord(c.src[start-1:end]) == c.src[start-1:end] {
		start--
	}
	return start
}

// col is a column whose name CEL cannot spell: col("Cost Total $").
func (c *checker) col(off int, call ast.CallExpr) *node {
	if call.IsMemberFunction() || len(call.Args()) != 1 {
		return c.typeError(off, `write col("Cost Total $")`, "col takes the name of one column")
	}
	arg := call.Args()[0]
	name, ok := "", arg.Kind() == ast.LiteralKind
	if ok {
		var s types.String
		s, ok = arg.AsLiteral().(types.String)
		name = string(s)
	}
	if !ok {
		return c.typeError(c.offset(arg), `write col("Cost Total $")`, "the name of a column must be written out in quotes")
	}
	off = c.offset(arg)
	if n := c.column(off, name); n != nil {
		return n
	}
	if c.scope.Open {
		return c.openColumn(off, name)
	}
	return c.find(off, "expr.unknown_column", didYouMean(name, c.scope.columnNames()), "unknown column %q", name)
}

// logic is && or ||, flattened: a && b && c has three arguments.
func (c *checker) logic(off int, o op, name string, es []ast.Expr) *node {
	n := &node{op: o, typ: kindTyp(record.Bool), name: opName(name), off: off}
	for _, e := range es {
		a := c.condition(e)
		if a.op == o {
			n.args = append(n.args, a.args...)
		} else {
			n.args = append(n.args, a)
		}
	}
	return n.settle()
}

// condition is e, which must be a bool.
func (c *checker) condition(e ast.Expr) *node {
	n := c.expr(e)
	switch {
	case n.broken || n.typ.unknown() || n.typ.kind == record.Bool:
		return n
	case n.isNull():
		return constNode(n.off, kindTyp(record.Bool), null)
	}
	suggestion := ""
	if n.typ.kind == record.String {
		suggestion = "write " + snippet(c.src, c.start(e)) + ` == "..."`
	} else if n.typ.numeric() {
		suggestion = "write " + snippet(c.src, c.start(e)) + " != 0"
	}
	return c.typeError(c.start(e), suggestion, "a condition must be a bool, and this is %s", article(n.typ))
}

// snippet is the name at off, for a suggestion.
func snippet(src string, off int) string {
	if w := leadingWord(src[off:]); w != "" {
		return w
	}
	return "x"
}

func (c *checker) conditional(off int, es []ast.Expr) *node {
	cond := c.condition(es[0])
	args := []*node{c.expr(es[1]), c.expr(es[2])}
	n := &node{op: opCond, name: "?:", off: off, args: []*node{cond, args[0], args[1]}}
	if args[0].broken || args[1].broken {
		return n.settle()
	}
	t, ok := c.common(off, "the two sides of ?:", args)
	if !ok {
		return brokenNode(off)
	}
	n.typ = t
	n.args[1], n.args[2] = c.coerce(args[0], t), c.coerce(args[1], t)
	return n.settle()
}
