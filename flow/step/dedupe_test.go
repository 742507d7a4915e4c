package step_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/headgate/headgate/flow/step"
	"github.com/headgate/headgate/flow/step/steptest"
)

func TestDedupe(t *testing.T) {
	steptest.Run(t, []steptest.Case{{
		Name:    "by one column, the first stays",
		Step:    "dedupe: [id]",
		Columns: "id int, v string",
		Rows:    []string{"1 | a", "2 | b", "1 | c", "3 | d", "2 | e", "1 | f"},
		Want:    []string{"1 | a", "2 | b", "3 | d"},
		Deduped: 3,
	}, {
		Name:    "by key",
		Step:    "dedupe: {key: [id], keep: first}",
		Columns: "id int, v string",
		Rows:    []string{"1 | a", "1 | b"},
		Want:    []string{"1 | a"},
		Deduped: 1,
	}, {
		Name:    "by all columns",
		Step:    "dedupe:",
		Columns: "id int, v string",
		Rows:    []string{"1 | a", "1 | b", "1 | a"},
		Want:    []string{"1 | a", "1 | b"},
		Deduped: 1,
	}, {
		Name:    "NULL equals NULL and nothing else",
		Step:    "dedupe: [a, b]",
		Columns: "a string, b string",
		Rows:    []string{"NULL | x", "NULL | x", "'' | x", "x | NULL", "x | ''", "NULL | NULL", "NULL | NULL"},
		Want:    []string{"NULL | x", "'' | x", "x | NULL", "x | ''", "NULL | NULL"},
		Deduped: 2,
	}, {
		Name:    "values are compared, not their spelling",
		Step:    "dedupe: [a]",
		Columns: "a decimal(10,2)",
		Rows:    []string{"1.0", "1.00", "1", "-1", "01", "1.01"},
		Want:    []string{"1.00", "-1.00", "1.01"},
		Deduped: 3,
	}, {
		Name:    "large decimals",
		Step:    "dedupe: [a]",
		Columns: "a decimal(38,2)",
		Rows:    []string{"1.0", "123456789012345678901234567890.12", "-1.00", "1.00", "-1", "123456789012345678901234567890.12", "-123456789012345678901234567890.12"},
		Want:    []string{"1.00", "123456789012345678901234567890.12", "-1.00", "-123456789012345678901234567890.12"},
		Deduped: 3,
	}, {
		Name:    "text is compared as it is",
		Step:    "dedupe: [a]",
		Columns: "a string",
		Rows:    []string{"1.0", "1.00", "A", "a", "1.0"},
		Want:    []string{"1.0", "1.00", "A", "a"},
		Deduped: 1,
	}, {
		Name:    "text does not run over into the next column",
		Step:    "dedupe: [a, b]",
		Columns: "a string, b string",
		Rows:    []string{"ab | c", "a | bc", "abc | ''", "'' | abc"},
		Want:    []string{"ab | c", "a | bc", "abc | ''", "'' | abc"},
	}, {
		Name:    "floats",
		Step:    "dedupe: [a]",
		Columns: "a float",
		Rows:    []string{"0", "-0", "1.5", "15e-1", "-1.5"},
		Want:    []string{"0", "1.5", "-1.5"},
		Deduped: 2,
	}, {
		Name:    "all kinds",
		Step:    "dedupe: []",
		Columns: "a bool, b date, c time, d timestamp, e uuid",
		Rows: []string{
			"true | 2024-02-29 | 10:00:00 | 2024-02-29T10:00:00Z | 6ba7b810-9dad-11d1-80b4-00c04fd430c8",
			"yes | 2024-02-29 | 10:00:00.0 | 2024-02-29T10:00:00.000Z | 6BA7B810-9DAD-11D1-80B4-00C04FD430C8",
			"false | 2024-02-29 | 10:00:00 | 2024-02-29T10:00:00Z | 6ba7b810-9dad-11d1-80b4-00c04fd430c8",
		},
		Want: []string{
			"true | 2024-02-29 | 10:00:00 | 2024-02-29T10:00:00Z | 6ba7b810-9dad-11d1-80b4-00c04fd430c8",
			"false | 2024-02-29 | 10:00:00 | 2024-02-29T10:00:00Z | 6ba7b810-9dad-11d1-80b4-00c04fd430c8",
		},
		Deduped: 1,
	}, {
		Name:    "a key that cannot be read",
		Step:    "dedupe: [b, a]",
		Columns: "a int, b int",
		Rows:    []string{"1 | 1", "x | 1", "1 | x", "x | x", "1 | 1"},
		Want:    []string{"1 | 1"},
		Deduped: 1,
		Rejects: []string{
			`2: a: row.bad_value: "x" is not an int`,
			`3: b: row.bad_value: "x" is not an int`,
			`4: b: row.bad_value: "x" is not an int`,
		},
	}})
}

func TestDedupeSpills(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	known := map[string]bool{}
	c := steptest.Case{Name: "ids", Step: "dedupe: [id]", Columns: "id string, n int"}
	for n := range 20000 {
		id := fmt.Sprintf("customer-%d@example.com", r.IntN(9000))
		row := fmt.Sprintf("%s | %d", id, n)
		c.Rows = append(c.Rows, row)
		if known[id] {
			c.Deduped++
			continue
		}
		known[id] = true
		c.Want = append(c.Want, row)
	}
	dir := t.TempDir()
	c.Env = step.Env{Memory: 1, TempDir: dir}
	in := steptest.Columns(t, c.Columns)
	op := steptest.Compile(t, c.Step, in, c.Env)
	got, err := steptest.Apply(op, in, c.Rows, steptest.Shape{Batch: 1000, Slots: 3})
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got.Rows) != fmt.Sprint(c.Want) || got.Deduped != c.Deduped {
		t.Errorf("%d rows and %d deduped, want %d and %d", len(got.Rows), got.Deduped, len(c.Want), c.Deduped)
	}
	if err := op.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestDedupeReportsThatItCannotSpill(t *testing.T) {
	in := steptest.Columns(t, "id int")
	op := steptest.Compile(t, "dedupe: [id]", in, step.Env{Memory: 1, TempDir: t.TempDir() + "/missing"})
	var rows []string
	for n := range 10000 {
		rows = append(rows, fmt.Sprint(n))
	}
	if _, err := steptest.Apply(op, in, rows, steptest.Shape{Batch: 1000, Slots: 1}); err == nil {
		t.Error("no error")
	}
}

func TestDedupeFindings(t *testing.T) {
	steptest.Findings(t, []steptest.Wrong{{
		Name:    "unknown column",
		Step:    "dedupe: [oder_id]",
		Columns: "order_id int",
		Want:    []string{"1:10 step.unknown_column: unknown column \"oder_id\" (did you mean `order_id`?)"},
		Out:     "order_id int",
	}, {
		Name:    "unknown column in key",
		Step:    "dedupe: {key: [x]}",
		Columns: "order_id int",
		Want:    []string{`1:16 step.unknown_column: unknown column "x" (one of: order_id)`},
	}, {
		Name:    "unknown key",
		Step:    "dedupe: {keys: [order_id]}",
		Columns: "order_id int",
		Want:    []string{"1:10 yaml.unknown_key: unknown key \"keys\" (did you mean `key`?)"},
	}, {
		Name:    "keep last",
		Step:    "dedupe: {key: [order_id], keep: last}",
		Columns: "order_id int",
		Want:    []string{"1:9 step.unsupported: `keep: last` is not supported by this version yet"},
	}, {
		Name:    "keep something",
		Step:    "dedupe: {key: [order_id], keep: frist}",
		Columns: "order_id int",
		Want:    []string{"1:33 yaml.value: keep: \"frist\" is not allowed here (did you mean `first`?)"},
	}, {
		Name:    "of an open scope",
		Step:    "dedupe: [z]",
		Columns: "a int, ...",
		Out:     "a int, ...",
	}})
}
