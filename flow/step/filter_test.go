package step_test

import (
	"testing"

	"github.com/headgate/headgate/flow/step/steptest"
)

func TestFilter(t *testing.T) {
	orders := []string{
		"1 | paid | 10.00",
		"2 | void | 20.00",
		"3 | NULL | 30.00",
		"4 | paid | NULL",
		"5 | paid | 5.00",
		"6 | paid | 40.00",
		"7 | open | 50.00",
		"8 | paid | 8.00",
	}
	steptest.Run(t, []steptest.Case{{
		Name:     "only true stays",
		Step:     `filter: status == "paid" && amount >= 8.00`,
		Columns:  "id int, status string, amount decimal(12,2)",
		Rows:     orders,
		Want:     []string{orders[0], orders[5], orders[7]},
		Filtered: 5,
	}, {
		Name:     "one bool column",
		Step:     "filter: ok",
		Columns:  "ok bool",
		Rows:     []string{"true", "false", "NULL", "yes"},
		Want:     []string{"true", "true"},
		Filtered: 2,
	}, {
		Name:    "a constant",
		Step:    "filter: true",
		Columns: "a int",
		Rows:    []string{"1", "2"},
		Want:    []string{"1", "2"},
	}, {
		Name:     "a constant that cuts everything",
		Step:     "filter: false",
		Columns:  "a int",
		Rows:     []string{"1", "2"},
		Filtered: 2,
	}, {
		Name:     "a value that cannot be read",
		Step:     "filter: a > 1",
		Columns:  "a int, b int",
		Rows:     []string{"1 | 1", "x | 1", "3 | x", "4 | 4"},
		Want:     []string{"3 | !row.bad_value", "4 | 4"},
		Filtered: 1,
		Rejects:  []string{`2: a: row.bad_value: "x" is not an int`},
	}, {
		Name:     "a value that does not matter",
		Step:     "filter: b == 1 && a > 1",
		Columns:  "a int, b int",
		Rows:     []string{"2 | 1", "x | 2", "x | 1"},
		Want:     []string{"2 | 1"},
		Filtered: 1,
		Rejects:  []string{`3: a: row.bad_value: "x" is not an int`},
	}, {
		Name:     "over several lines",
		Step:     "filter: |\n  a > 1 &&\n  a < 4\n",
		Columns:  "a int",
		Rows:     []string{"1", "2", "3", "4"},
		Want:     []string{"2", "3"},
		Filtered: 2,
	}})
}

func TestFilterFindings(t *testing.T) {
	steptest.Findings(t, []steptest.Wrong{{
		Name:    "not a condition",
		Step:    "filter: amount + 1",
		Columns: "amount int",
		Want:    []string{"1:9 expr.type: a condition must be bool; this is int"},
		Out:     "amount int",
	}, {
		Name:    "unknown column",
		Step:    "filter: statsu == \"paid\"",
		Columns: "status string",
		Want:    []string{"1:9 expr.unknown_column: unknown column statsu (did you mean `status`?)"},
	}, {
		Name:    "unknown column in a block",
		Step:    "filter: >\n  status == 'a' &&\n    statsu == 'b'\n",
		Columns: "status string",
		Want:    []string{"3:5 expr.unknown_column: unknown column statsu (did you mean `status`?)"},
	}, {
		Name:    "not an expression",
		Step:    "filter: [a, b]",
		Columns: "a bool",
		Want:    []string{"1:9 yaml.type: wants an expression, got a list"},
	}, {
		Name:    "nothing",
		Step:    "filter:",
		Columns: "a bool",
		Want:    []string{"1:8 yaml.type: wants an expression, got nothing"},
	}, {
		Name:    "a number",
		Step:    "filter: 5",
		Columns: "a bool",
		Want:    []string{"1:9 expr.type: a condition must be bool; this is int"},
	}, {
		Name:    "columns not known",
		Step:    "filter: anything > 1 && a",
		Columns: "a bool, ...",
		Out:     "a bool, ...",
	}})
}
