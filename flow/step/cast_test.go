package step_test

import (
	"testing"

	"github.com/headgate/headgate/flow/step/steptest"
)

func TestCast(t *testing.T) {
	steptest.Run(t, []steptest.Case{{
		Name:    "text to types",
		Step:    "cast: {a: int, b: \"decimal(8,2)\", c: date}",
		Columns: "a string, b string, c string, d string",
		Rows:    []string{"1 | 2.5 | 2024-02-29 | x", "NULL | NULL | NULL | NULL"},
		Out:     "a int, b decimal(8,2), c date, d string",
		Want:    []string{"1 | 2.50 | 2024-02-29 | x", "NULL | NULL | NULL | NULL"},
	}, {
		Name:    "types to text",
		Step:    "cast: {a: string, b: string, c: string}",
		Columns: "a int, b decimal(8,2), c date",
		Rows:    []string{"007 | 2.5 | 2024-02-29"},
		Out:     "a string, b string, c string",
		Want:    []string{"7 | 2.50 | 2024-02-29"},
	}, {
		Name:    "what does not fit is rejected",
		Step:    "cast: {a: int}",
		Columns: "a string, b int",
		Rows:    []string{"1 | 1", "x | 2", "3 | 3"},
		Out:     "a int, b int",
		Want:    []string{"1 | 1", "3 | 3"},
		Rejects: []string{`2: a: row.bad_value: "x" is not an int`},
	}, {
		Name:    "to the type it has",
		Step:    "cast: {a: int}",
		Columns: "a int",
		Rows:    []string{"1", "2"},
		Want:    []string{"1", "2"},
	}, {
		Name:    "any name",
		Step:    "cast: {\"Cost \\\"Total\\\" $\": int}",
		Columns: "Cost \"Total\" $ string",
		Rows:    []string{"1"},
		Out:     "Cost \"Total\" $ int",
		Want:    []string{"1"},
	}})
}

func TestCastFindings(t *testing.T) {
	steptest.Findings(t, []steptest.Wrong{{
		Name:    "unknown column",
		Step:    "cast: {amuont: int}",
		Columns: "amount string",
		Want:    []string{"1:8 step.unknown_column: unknown column \"amuont\" (did you mean `amount`?)"},
		Out:     "amount string",
	}, {
		Name:    "unknown type",
		Step:    "cast: {amount: itn}",
		Columns: "amount string",
		Want: []string{"1:16 yaml.value: unknown type \"itn\" (one of bool, int, float, decimal(p,s), string, bytes, " +
			"date, time, timestamp, json, uuid) (did you mean `int`?)"},
		Out: "amount ?",
	}, {
		Name:    "no such cast",
		Step:    "cast: {ok: date}",
		Columns: "ok bool",
		Want:    []string{"1:12 expr.type: bool cannot be turned into date"},
		Out:     "ok date",
	}, {
		Name:    "not a type",
		Step:    "cast: {a: [int]}",
		Columns: "a string",
		Want:    []string{"1:11 yaml.type: a: wants a string, got a list"},
		Out:     "a ?",
	}, {
		Name:    "columns not known",
		Step:    "cast: {a: int}",
		Columns: "...",
		Out:     "a int, ...",
	}, {
		Name:    "empty",
		Step:    "cast:",
		Columns: "a int",
		Want:    []string{"1:6 step.empty: wants a map of columns to types"},
	}})
}
