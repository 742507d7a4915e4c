package step_test

import (
	"testing"

	"github.com/headgate/headgate/flow/step/steptest"
)

func TestDrop(t *testing.T) {
	steptest.Run(t, []steptest.Case{{
		Name:    "some",
		Step:    "drop: [b, a]",
		Columns: "a int, b string, c string, d bool",
		Rows:    []string{"1 | x | y | true", "2 | NULL | NULL | NULL"},
		Out:     "c string, d bool",
		Want:    []string{"y | true", "NULL | NULL"},
	}})
}

func TestDropFindings(t *testing.T) {
	steptest.Findings(t, []steptest.Wrong{{
		Name:    "unknown",
		Step:    "drop: [emial, a]",
		Columns: "a int, email string",
		Want:    []string{"1:8 step.unknown_column: unknown column \"emial\" (did you mean `email`?)"},
		Out:     "email string",
	}, {
		Name:    "all",
		Step:    "drop: [a, b]",
		Columns: "a int, b int",
		Want:    []string{"1:7 step.empty: no column is left"},
	}, {
		Name:    "of an open scope",
		Step:    "drop: [a, z]",
		Columns: "a int, b int, ...",
		Out:     "b int, ...",
	}, {
		Name:    "empty",
		Step:    "drop: []",
		Columns: "a int",
		Want:    []string{"1:7 step.empty: no column is named (list the columns to take out)"},
	}, {
		Name:    "not names",
		Step:    "drop: [{a: b}, [c], true]",
		Columns: "a int",
		Want: []string{
			"1:8 yaml.type: wants a string, got a map",
			"1:16 yaml.type: wants a string, got a list",
			`1:21 yaml.type: wants a string, got true or false (put it in quotes: "true")`,
		},
		Out: "a int",
	}})
}
