package steptest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/flow/expr"
)

// Wrong is a step with something wrong and what is said about it, and the columns that
// later steps are checked against.
type Wrong struct {
	Name    string
	Step    string
	Columns string   // with "..." at the end: more columns may be there
	Want    []string // "1:9 step.unknown_column: unknown column \"a\" (did you mean `b`?)"; nil = nothing is wrong
	Out     string   // the columns after the step, "?" for a type not known; "" = not looked at
}

// Findings checks what Decode and Check say about steps.
func Findings(t *testing.T, cases []Wrong) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			scope := Scope(t, c.Columns)
			s, d := Decode(c.Step)
			if s != nil {
				scope = s.Check(scope, d)
			}
			var got []string
			for _, f := range d.Findings {
				line := fmt.Sprintf("%d:%d %s: %s", f.Line, f.Column, f.Code, f.Message)
				if f.Suggestion != "" {
					line += " (" + f.Suggestion + ")"
				}
				got = append(got, line)
			}
			same(t, "findings", got, c.Want)
			if out := describeScope(scope); c.Out != "" && out != c.Out {
				t.Errorf("columns after: %s\nwant: %s", out, c.Out)
			}
		})
	}
}

// Scope reads columns that end in "..." when there may be more.
func Scope(t testing.TB, columns string) expr.Scope {
	t.Helper()
	known, open := strings.CutSuffix(columns, "...")
	return expr.Scope{Schema: Columns(t, strings.TrimRight(known, ", ")), Open: open}
}

// Columns reads "id int, amount decimal(12,2)". The type "?" is not known.
func Columns(t testing.TB, text string) *record.Schema {
	t.Helper()
	s := &record.Schema{}
	for text != "" {
		column, rest := cutColumn(text)
		name, typeName, ok := cutLast(column)
		if !ok {
			t.Fatalf("column %q: want a name and a type", column)
		}
		f := record.Field{Name: name}
		if typeName != "?" {
			var err error
			if f.Type, err = record.ParseType(typeName); err != nil {
				t.Fatalf("column %q: %v", column, err)
			}
		}
		s.Fields = append(s.Fields, f)
		text = rest
	}
	return s
}

// cutColumn cuts at the first comma outside of parentheses.
func cutColumn(text string) (column, rest string) {
	depth := 0
	for i, c := range text {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				return text[:i], strings.TrimSpace(text[i+1:])
			}
		}
	}
	return text, ""
}

func cutLast(column string) (name, typeName string, ok bool) {
	i := strings.LastIndexByte(column, ' ')
	if i < 0 {
		return "", "", false
	}
	return column[:i], column[i+1:], true
}

func describe(s *record.Schema) string {
	var list []string
	for _, f := range s.Fields {
		typeName := "?"
		if f.Type != (record.Type{}) {
			typeName = f.Type.String()
		}
		list = append(list, f.Name+" "+typeName)
	}
	return strings.Join(list, ", ")
}

func describeScope(s expr.Scope) string {
	text := describe(s.Schema)
	if s.Open {
		return strings.TrimPrefix(text+", ...", ", ")
	}
	return text
}
