package expr

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/headgate/headgate/connector/record"
)

// Vars are the names an expression may use besides columns, by their whole name:
// "params.day", "run.id". The nil Vars has none.
type Vars map[string]Var

// Var is a declared name, with or without its value.
type Var struct {
	Type record.Type
	text []byte
	set  bool
	word int64 // the value of a timestamp that has no text form of its own
}

// Declare is a name whose value is given at run time only.
func Declare(t record.Type) Var { return Var{Type: t} }

// Value is a name with the value that text spells, as a text file would.
func Value(t record.Type, text string) (Var, error) {
	v := parseText(&arena{}, []byte(text), typOf(t))
	if v.cell == record.Bad {
		return Var{}, fmt.Errorf("%s", v.fault.message)
	}
	return Var{Type: t, text: []byte(text), set: true}, nil
}

// Moment is a timestamp, to the microsecond.
func Moment(t time.Time) Var {
	return Var{Type: record.Type{Kind: record.Timestamp}, word: t.UnixMicro(), set: true}
}

// val is the value of a Var that has one.
func (v Var) val() val {
	if v.text == nil && v.Type.Kind == record.Timestamp {
		return intVal(v.word)
	}
	return parseText(&arena{}, v.text, typOf(v.Type))
}

func (v Vars) names() []string {
	out := make([]string, 0, len(v))
	for name := range v {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// roots are the first parts of dotted names.
func (v Vars) roots() []string {
	var out []string
	for _, name := range v.names() {
		if root, _, dotted := strings.Cut(name, "."); dotted && !slices.Contains(out, root) {
			out = append(out, root)
		}
	}
	return out
}

func (v Vars) hasRoot(root string) bool {
	for name := range v {
		if r, _, dotted := strings.Cut(name, "."); dotted && r == root {
			return true
		}
	}
	return false
}

// variable is the Var called name, or nil.
func (c *checker) variable(off int, name string) *node {
	v, ok := c.scope.Vars[name]
	if !ok {
		return nil
	}
	if !v.set {
		c.late = true
		n := lateNode(off, typOf(v.Type))
		n.name = name
		return n
	}
	return constNode(off, typOf(v.Type), v.val())
}
