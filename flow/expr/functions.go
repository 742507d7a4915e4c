package expr

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/headgate/headgate/connector/record"
)

// Function is what people read about a function.
type Function struct {
	Name       string
	Signatures []string // "substring(text, start, length) string"
	Doc        string   // one line
}

// Functions lists every function, by name, for the documentation.
func Functions() []Function {
	table := allFunctions()
	out := make([]Function, 0, len(table)+3)
	for _, f := range table {
		out = append(out, Function{f.name, f.signatures, f.doc})
	}
	out = append(out,
		Function{"col", []string{`col("NAME")`}, "The column NAME, for names that CEL cannot spell."},
		Function{"exists", []string{"list.exists(x, CONDITION) bool", "list.all(x, CONDITION) bool", "list.exists_one(x, CONDITION) bool"},
			"Whether the condition holds for some, all or exactly one of the elements x of a list or keys of a map."},
		Function{"map", []string{"list.map(x, EXPRESSION) list", "list.filter(x, CONDITION) list"},
			"The list of the results for each element x, or of the elements for which the condition holds."},
		Function{"has", []string{"has(json.member) bool"}, "Whether a JSON object or a map has the member."},
	)
	slices.SortFunc(out, func(a, b Function) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return out
}

// function is one function: how it is called and how a call becomes a node.
type function struct {
	name       string
	signatures []string
	doc        string
	params     []param
	least      int  // how many of params must be given
	variadic   bool // the last param may repeat
	loose      bool // null literals are welcome
	early      bool // build copes with arguments of unknown type, fixed ones excepted
	result     typ  // zero when it depends on the arguments

	// build types a call whose arguments fit params and are all known.
	build func(c *checker, k *call) *node
}

// param is what an argument may be.
type param struct {
	kinds kinds
	fixed bool // must be a constant
}

// call is a call under way.
type call struct {
	off  int
	name string
	args []*node
}

// text is a constant string argument.
func (k *call) text(i int) string { return string(k.args[i].value.s) }

// node is the call with fn as its row function.
func (k *call) node(t typ, fn rowFunc) *node {
	return &node{typ: t, name: k.name, off: k.off, args: k.args, fn: fn}
}

var functionTable struct {
	once   sync.Once
	list   []function
	byName map[string]*function
}

// allFunctions is the table, made when first asked for.
func allFunctions() []function {
	t := &functionTable
	t.once.Do(func() {
		t.list = slices.Concat(textFunctions(), numberFunctions(), timeFunctions(), valueFunctions())
		t.byName = make(map[string]*function, len(t.list))
		for i := range t.list {
			t.byName[t.list[i].name] = &t.list[i]
		}
	})
	return t.list
}

func functionNamed(name string) *function {
	allFunctions()
	if f := functionTable.byName[name]; f != nil {
		return f
	}
	return functionTable.byName[aliasOf(name)]
}

// aliasOf translates names that CEL and SQL use for the same thing.
func aliasOf(name string) string {
	switch name {
	case "double":
		return "float"
	case "len":
		return "length"
	case "lowerAscii":
		return "lower"
	case "upperAscii":
		return "upper"
	}
	return ""
}

// foreign maps functions of SQL and of other tools to what does it here.
func foreign(name string) string {
	switch strings.ToLower(name) {
	case "now", "today", "current_date", "current_timestamp":
		return "use run.started, so that a retry gives the same rows"
	case "substr", "mid":
		return "use substring(text, start, length), which counts from 0"
	case "ifnull", "nvl", "isnull":
		return "use coalesce(a, b) or isNull(x)"
	case "if", "iif", "case":
		return "write condition ? a : b"
	case "like", "ilike":
		return "use contains, startsWith, endsWith or matches"
	case "to_date", "strptime", "str_to_date":
		return `use parseDate(text, "%Y-%m-%d")`
	case "to_timestamp":
		return `use parseTimestamp(text, "%Y-%m-%d %H:%M:%S")`
	case "to_char", "strftime", "date_format":
		return `use format(x, "%Y-%m-%d")`
	case "date_trunc":
		return `use truncate(x, "day")`
	case "dateadd", "date_add":
		return `use add(x, 1, "day")`
	case "datediff", "date_diff":
		return `use diff(from, to, "day")`
	case "regexp_matches", "regexp_like", "rlike":
		return "use matches(text, pattern)"
	case "regexp_extract", "regexp_substr":
		return "use extract(text, pattern)"
	case "split_part":
		return "use split(text, separator, index), which counts from 0"
	case "decimal", "numeric", "number":
		return `use cast(x, "decimal(12,2)")`
	case "try_cast", "safe_cast":
		return `use tryCast(x, "int")`
	case "mod":
		return "write a % b"
	case "env", "secret", "getenv":
		return "no expression reads the environment or a secret"
	}
	return ""
}

// function types a call by name.
func (c *checker) function(off int, name string, args []*node) *node {
	f := functionNamed(name)
	if f == nil {
		return c.unknownFunction(off, name)
	}
	k := &call{off: off, name: f.name, args: args}
	if len(args) < f.least || len(args) > len(f.params) && !f.variadic {
		return c.find(off, "expr.arguments", "", "%s takes %s, and %d %s given: %s",
			f.name, countOf(f), len(args), were(len(args)), strings.Join(f.signatures, " or "))
	}
	known, fixed := true, true
	for i, a := range args {
		p := f.params[min(i, len(f.params)-1)]
		if a.broken || a.op == opLate && p.fixed || a.typ.unknown() {
			known, fixed = false, fixed && !p.fixed
			continue
		}
		if a.isNull() {
			if f.loose {
				continue
			}
			return c.typeError(a.off, "", "%s of null is null", f.name)
		}
		if !p.kinds.has(a.typ.kind) {
			return c.wrongArgument(f, i, a, p)
		}
		if p.fixed && !a.constant() {
			return c.typeError(a.off, "", "argument %d of %s must be a constant: %s", i+1, f.name, strings.Join(f.signatures, " or "))
		}
	}
	if !known && !(f.early && fixed) {
		return unknownCall(off, f.result, args...)
	}
	return f.build(c, k)
}

func (c *checker) unknownFunction(off int, name string) *node {
	suggestion := foreign(name)
	if suggestion == "" {
		var names []string
		for _, f := range allFunctions() {
			names = append(names, f.name)
		}
		suggestion = didYouMean(name, names)
	}
	return c.find(off, "expr.unknown_function", suggestion, "unknown function %s", name)
}

func (c *checker) wrongArgument(f *function, i int, a *node, p param) *node {
	hint := ""
	switch {
	case p.kinds == aString && a.typ.column():
		hint = "write string(x)"
	case p.kinds&numbers != 0 && a.typ.kind == record.String:
		hint = `write int(x), float(x) or cast(x, "decimal(12,2)")`
	case p.kinds&(aDate|aStamp) != 0 && a.typ.kind == record.String:
		hint = `write date(x), timestamp(x) or parseDate(x, "%d.%m.%Y")`
	}
	where := fmt.Sprintf("argument %d of %s", i+1, f.name)
	if len(f.params) == 1 && !f.variadic {
		where = "the argument of " + f.name
	}
	return c.typeError(a.off, hint, "%s must be %s, and this is %s", where, p.kinds.names(), article(a.typ))
}

func countOf(f *function) string {
	switch {
	case f.variadic:
		return fmt.Sprintf("at least %d %s", f.least, arguments(f.least))
	case f.least == len(f.params):
		return fmt.Sprintf("%d %s", f.least, arguments(f.least))
	}
	return fmt.Sprintf("%d to %d arguments", f.least, len(f.params))
}

func arguments(n int) string {
	if n == 1 {
		return "argument"
	}
	return "arguments"
}

func were(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}
