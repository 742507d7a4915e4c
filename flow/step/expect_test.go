package step_test

import (
	"testing"

	"github.com/headgate/headgate/flow/step/steptest"
)

func TestExpect(t *testing.T) {
	rows := []string{"1", "2", "3"}
	steptest.Run(t, []steptest.Case{
		{Name: "enough", Step: "expect: {min_rows: 3, max_rows: 3}", Columns: "a int", Rows: rows, Want: rows},
		{Name: "too few", Step: "expect: {min_rows: 10}", Columns: "a int", Rows: rows, Want: rows,
			Finish: "expect: 3 rows, at least 10 wanted"},
		{Name: "too many", Step: "expect: {max_rows: 1}", Columns: "a int", Rows: rows, Want: rows,
			Finish: "expect: 3 rows, at most 1 wanted"},
		{Name: "none", Step: "expect: {min_rows: 1}", Columns: "a int",
			Finish: "expect: no rows, at least 1 wanted"},
		{Name: "none wanted", Step: "expect: {max_rows: 0}", Columns: "a int"},
		{
			Name:    "rows that do not satisfy",
			Step:    "expect: {that: a > 1, min_rows: 3}",
			Columns: "a int",
			Rows:    []string{"1", "2", "NULL", "x", "5"},
			Want:    []string{"2", "5"},
			Rejects: []string{
				"1: row.unexpected: expect: a > 1 is not true",
				"3: row.unexpected: expect: a > 1 is not true",
				`4: a: row.bad_value: "x" is not an int`,
			},
			Finish: "expect: 2 rows, at least 3 wanted",
		},
	})
}

func TestExpectFindings(t *testing.T) {
	steptest.Findings(t, []steptest.Wrong{{
		Name:    "nothing",
		Step:    "expect: {}",
		Columns: "a int",
		Want:    []string{"1:9 step.empty: nothing is expected (give it min_rows, max_rows or that)"},
	}, {
		Name:    "unknown key",
		Step:    "expect: {min_row: 1}",
		Columns: "a int",
		Want:    []string{"1:10 yaml.unknown_key: unknown key \"min_row\" (did you mean `min_rows`?)"},
	}, {
		Name:    "negative",
		Step:    "expect: {min_rows: -1}",
		Columns: "a int",
		Want:    []string{"1:20 yaml.range: a number of rows cannot be negative"},
	}, {
		Name:    "impossible",
		Step:    "expect: {min_rows: 3, max_rows: 2}",
		Columns: "a int",
		Want:    []string{"1:9 yaml.range: min_rows is above max_rows"},
	}, {
		Name:    "not a condition",
		Step:    "expect: {that: a}",
		Columns: "a int",
		Want:    []string{"1:16 expr.type: a condition must be bool; this is int"},
		Out:     "a int",
	}, {
		Name:    "unknown column",
		Step:    "expect: {that: \"b > 1\", min_rows: x}",
		Columns: "abc int",
		Want: []string{
			"1:35 yaml.type: min_rows: wants a whole number, got a string",
			"1:17 expr.unknown_column: unknown column b",
		},
	}})
}
