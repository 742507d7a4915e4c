package step_test

import (
	"testing"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/flow/step"
	"github.com/headgate/headgate/flow/step/steptest"
)

func TestSet(t *testing.T) {
	steptest.Run(t, []steptest.Case{{
		Name:    "new columns come last, in the order of the file",
		Step:    "set:\n  total: amount * quantity\n  mail: lower(email)\n",
		Columns: "email string, amount decimal(12,2), quantity int",
		Rows:    []string{"A@B.DE | 10.00 | 2", "NULL | 0.50 | 3", "x | NULL | 1"},
		Out:     "email string, amount decimal(12,2), quantity int, total decimal(31,2), mail string",
		Want: []string{
			"A@B.DE | 10.00 | 2 | 20.00 | a@b.de",
			"NULL | 0.50 | 3 | 1.50 | NULL",
			"x | NULL | 1 | NULL | x",
		},
	}, {
		Name:    "an existing column is replaced in place, with another type",
		Step:    "set: {b: a + 1, a: b}",
		Columns: "a int, b string, c int",
		Rows:    []string{"1 | x | 7", "2 | y | 8"},
		Out:     "a string, b int, c int",
		Want:    []string{"x | 2 | 7", "y | 3 | 8"},
	}, {
		Name:    "it sees the row as it was",
		Step:    "set: {a: b, b: a}",
		Columns: "a int, b int",
		Rows:    []string{"1 | 2", "3 | 4"},
		Want:    []string{"2 | 1", "4 | 3"},
	}, {
		Name:    "constants",
		Step:    "set: {n: 5, ok: true, s: '\"x\"', f: \"1\"}",
		Columns: "a int",
		Rows:    []string{"1"},
		Out:     "a int, n int, ok bool, s string, f int",
		Want:    []string{"1 | 5 | true | x | 1"},
	}, {
		Name:    "a result that fails",
		Step:    "set: {x: a * 3000000000, y: 10 / b}",
		Columns: "a int, b int",
		Rows:    []string{"1 | 2", "5000000000 | 1", "x | 1", "1 | 0", "5000000000 | 0", "2 | 5"},
		Out:     "a int, b int, x int, y int",
		Want:    []string{"1 | 2 | 3000000000 | 5", "2 | 5 | 6000000000 | 2"},
		Rejects: []string{
			"2: x: row.overflow: the result does not fit int (64 bits)",
			`3: a: row.bad_value: "x" is not an int`,
			"4: y: row.divide_by_zero: division by zero",
			"5: x: row.overflow: the result does not fit int (64 bits)",
		},
	}, {
		Name:    "more columns than a batch begins with",
		Step:    "set: {b: a, c: a, d: a, e: a, f: a}",
		Columns: "a int",
		Rows:    []string{"1", "2", "3"},
		Out:     "a int, b int, c int, d int, e int, f int",
		Want:    []string{"1 | 1 | 1 | 1 | 1 | 1", "2 | 2 | 2 | 2 | 2 | 2", "3 | 3 | 3 | 3 | 3 | 3"},
	}, {
		Name:    "text in and out",
		Step:    "set: {a: upper(a), b: a + b}",
		Columns: "a string, b string",
		Rows:    []string{"one | two", "ü | ''", "NULL | x"},
		Want:    []string{"ONE | onetwo", "Ü | ü", "NULL | NULL"},
	}})
}

// A column made of personal data is personal data.
func TestSetKeepsTheDataClass(t *testing.T) {
	in := steptest.Columns(t, "email string, n int")
	in.Fields[0].Class = "pii"
	op := steptest.Compile(t, "set: {domain: lower(email), n: n + 1, email: email}", in, step.Env{})
	for i, want := range []record.Field{
		{Name: "email", Type: record.Type{Kind: record.String}, Declared: true, Class: "pii"},
		{Name: "n", Type: record.Type{Kind: record.Int}, Declared: true},
		{Name: "domain", Type: record.Type{Kind: record.String}, Declared: true, Class: "pii"},
	} {
		if op.Out.Fields[i] != want {
			t.Errorf("%+v, want %+v", op.Out.Fields[i], want)
		}
	}
}

func TestSetFindings(t *testing.T) {
	steptest.Findings(t, []steptest.Wrong{{
		Name:    "several",
		Step:    "set:\n  total: amuont * 2\n  x: [1]\n  \"y\": nam + name\n",
		Columns: "amount int, name string",
		Want: []string{
			"3:6 yaml.type: x: wants an expression, got a list",
			"2:10 expr.unknown_column: unknown column amuont (did you mean `amount`?)",
			"4:8 expr.unknown_column: unknown column nam (did you mean `name`?)",
		},
		Out: "amount int, name string, total ?, x ?, y ?",
	}, {
		Name:    "a column of the same step",
		Step:    "set: {a1: n, b1: a1 + 1}",
		Columns: "n int",
		Want:    []string{"1:18 expr.unknown_column: unknown column a1"},
	}, {
		Name:    "columns not known",
		Step:    "set: {a: b, c: 1}",
		Columns: "...",
		Out:     "a ?, c int, ...",
	}, {
		Name:    "empty",
		Step:    "set: {}",
		Columns: "a int",
		Want:    []string{"1:6 step.empty: wants a map of columns to expressions"},
	}, {
		Name:    "no name",
		Step:    `set: {"": 1}`,
		Columns: "a int",
		Want:    []string{"1:7 step.empty: a column needs a name"},
	}, {
		Name:    "an expression instead of a map",
		Step:    "set: a + 1",
		Columns: "a int",
		Want:    []string{"1:6 yaml.type: wants a map, got a string"},
		Out:     "a int",
	}})
}
