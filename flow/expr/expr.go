// Package expr compiles row expressions: CEL source, parsed by cel-go, to a typed
// form and from there to kernels over columns; what has no kernel runs in the CEL
// VM. It is the only package that knows cel-go. DESIGN.md tells why it is built as
// it is, README.md what users write.
package expr

import (
	"time"

	"github.com/headgate/headgate/connector/record"
)

// Scope is the names an expression may use.
type Scope struct {
	Schema *record.Schema // a field of Type{} (Kind Invalid) has a type not known yet
	// Open scopes may have columns beyond Schema, of types not known yet: what
	// `validate` sees when columns are not declared. Names that Schema lacks are
	// accepted there.
	Open bool
	// Vars are names with one value for the whole run, such as params.day. A column
	// of the whole name hides one, and so does a JSON column called params.
	Vars Vars
	// Zone is the clock on which timestamps are read where an expression names no
	// time zone; nil is UTC. Row expressions leave it nil.
	Zone *time.Location
}

func (s *Scope) columnNames() []string {
	if s.Schema == nil {
		return nil
	}
	return s.Schema.Names()
}

func (s *Scope) noColumns() bool { return s.Schema == nil || len(s.Schema.Fields) == 0 }

// Finding is one thing wrong with an expression.
type Finding struct {
	Code       string // stable: "expr.syntax", "expr.unknown_column", "expr.type", "expr.unknown_function", ...
	Offset     int    // byte offset in the source where it is
	Message    string // for people, no position
	Suggestion string // "did you mean `status`?"; may be empty
}

// Program is a compiled expression. It is immutable and may be shared.
type Program struct {
	src     string
	root    *node
	columns []column
	late    bool
}

// Compile checks src and compiles it. The program is nil when there are findings.
// While a type or the value of a name is not known yet, the program tells its Type,
// as far as that is settled, and must not be run: see Ready.
func Compile(src string, scope Scope) (*Program, []Finding) {
	tree, findings := parse(src)
	if len(findings) > 0 {
		return nil, findings
	}
	c := newChecker(src, scope)
	c.info = tree.SourceInfo()
	return c.program(src, c.expr(tree.Expr()))
}

// program wraps the checked root.
func (c *checker) program(src string, root *node) (*Program, []Finding) {
	if len(c.findings) == 0 && !root.typ.unknown() && !root.typ.column() {
		hint := ""
		switch root.typ.kind {
		case kindNull:
			hint = `give it a type: cast(null, "string")`
		case kindDuration:
			hint = `write diff(from, to, "second")`
		case kindList:
			hint = `write join(list, ",") or list[0]`
		}
		c.typeError(0, hint, "the result is %s, which no column can hold", article(root.typ))
	}
	if len(c.findings) > 0 {
		return nil, c.findings
	}
	return &Program{src: src, root: root, columns: c.columns, late: c.late}, nil
}

// Type is the type of the result; its Kind is Invalid while it is not known yet.
func (p *Program) Type() record.Type { return p.root.typ.record() }

// Ready reports whether all types and values are known, so that New may be called.
func (p *Program) Ready() bool { return !p.late }

// Columns lists the columns the program reads, in the order of their first use.
func (p *Program) Columns() []string {
	out := make([]string, len(p.columns))
	for i, c := range p.columns {
		out[i] = c.name
	}
	return out
}

// String is the source.
func (p *Program) String() string { return p.src }
