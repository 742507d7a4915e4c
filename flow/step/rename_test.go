package step_test

import (
	"testing"

	"github.com/headgate/headgate/flow/step/steptest"
)

func TestRename(t *testing.T) {
	steptest.Run(t, []steptest.Case{{
		Name:    "one",
		Step:    "rename: {b: total}",
		Columns: "a int, b decimal(5,2)",
		Rows:    []string{"1 | 1.50", "2 | NULL"},
		Out:     "a int, total decimal(5,2)",
		Want:    []string{"1 | 1.50", "2 | NULL"},
	}, {
		Name:    "swap",
		Step:    "rename: {a: b, b: a}",
		Columns: "a int, b string",
		Rows:    []string{"1 | x"},
		Out:     "b int, a string",
		Want:    []string{"1 | x"},
	}, {
		Name:    "chain",
		Step:    "rename: {a: b, b: c}",
		Columns: "a int, b string",
		Rows:    []string{"1 | x"},
		Out:     "b int, c string",
		Want:    []string{"1 | x"},
	}, {
		Name:    "to itself",
		Step:    "rename: {a: a}",
		Columns: "a int, b string",
		Rows:    []string{"1 | x"},
		Want:    []string{"1 | x"},
	}})
}

func TestRenameFindings(t *testing.T) {
	steptest.Findings(t, []steptest.Wrong{{
		Name:    "unknown",
		Step:    "rename: {amuont: total}",
		Columns: "amount int",
		Want:    []string{"1:10 step.unknown_column: unknown column \"amuont\" (did you mean `amount`?)"},
	}, {
		Name:    "onto a column that stays",
		Step:    "rename: {a: b}",
		Columns: "a int, b string",
		Want:    []string{`1:13 step.duplicate_column: there is a column "b" already`},
		Out:     "b int",
	}, {
		Name:    "two onto one",
		Step:    "rename:\n  a: x\n  b: x\n",
		Columns: "a int, b string",
		Want:    []string{`3:6 step.duplicate_column: there is a column "x" already`},
	}, {
		Name:    "of an open scope",
		Step:    "rename: {a: x, q: y}",
		Columns: "a int, ...",
		Out:     "x int, y ?, ...",
	}, {
		Name:    "no name",
		Step:    `rename: {a: "", b: }`,
		Columns: "a int, b int",
		Want: []string{
			"1:13 step.empty: a column needs a name",
			"1:20 yaml.type: b: wants a string, got nothing (give it a value or leave the key out)",
		},
	}, {
		Name:    "not a map",
		Step:    "rename: [a, b]",
		Columns: "a int",
		Want:    []string{"1:9 yaml.type: wants a map, got a list"},
		Out:     "a int",
	}, {
		Name:    "empty",
		Step:    "rename: {}",
		Columns: "a int",
		Want:    []string{"1:9 step.empty: wants a map of old names to new names"},
	}})
}
