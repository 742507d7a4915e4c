package step_test

import (
	"testing"

	"github.com/headgate/headgate/flow/step/steptest"
)

func TestSelect(t *testing.T) {
	steptest.Run(t, []steptest.Case{{
		Name:    "order and subset",
		Step:    "select: [c, a]",
		Columns: "a int, b string, c decimal(5,2)",
		Rows:    []string{"1 | x | 1.50", "2 | NULL | NULL", "3 | '' | 0.25"},
		Out:     "c decimal(5,2), a int",
		Want:    []string{"1.50 | 1", "NULL | 2", "0.25 | 3"},
	}, {
		Name:    "a value nobody asked for is not looked at",
		Step:    "select: [a, b]",
		Columns: "a int, b int, c int",
		Rows:    []string{"x | 1 | x", "2 | 2 | x"},
		Out:     "a int, b int",
		Want:    []string{"!row.bad_value | 1", "2 | 2"},
	}, {
		Name:    "names need not be words",
		Step:    `select: ["Order ID", 2024, "null"]`,
		Columns: "Order ID int, 2024 int, null int",
		Rows:    []string{"1 | 2 | 3"},
		Want:    []string{"1 | 2 | 3"},
	}, {
		Name:    "no rows",
		Step:    "select: [a]",
		Columns: "a int",
	}})
}

func TestSelectFindings(t *testing.T) {
	steptest.Findings(t, []steptest.Wrong{{
		Name:    "unknown and twice",
		Step:    "select: [order_id, statsu, order_id]",
		Columns: "order_id int, status string",
		Want: []string{
			`1:28 step.duplicate_column: column "order_id" is listed twice`,
			"1:20 step.unknown_column: unknown column \"statsu\" (did you mean `status`?)",
		},
		Out: "order_id int, statsu ?",
	}, {
		Name:    "not a list",
		Step:    "select: order_id",
		Columns: "order_id int",
		Want:    []string{"1:9 yaml.type: wants a list, got a string (write [order_id])"},
		Out:     "...",
	}, {
		Name:    "empty",
		Step:    "select: []",
		Columns: "order_id int",
		Want:    []string{"1:9 step.empty: no column is named (list the columns to keep)"},
	}, {
		Name:    "nothing",
		Step:    "select:",
		Columns: "order_id int",
		Want:    []string{"1:8 step.empty: no column is named (list the columns to keep)"},
	}, {
		Name:    "of an open scope",
		Step:    "select: [b, a]",
		Columns: "a int, ...",
		Out:     "b ?, a int",
	}})
}
