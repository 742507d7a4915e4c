package step_test

import (
	"testing"

	"github.com/headgate/headgate/flow/step"
	"github.com/headgate/headgate/flow/step/steptest"
)

func TestLimit(t *testing.T) {
	rows := []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"}
	steptest.Run(t, []steptest.Case{
		{Name: "some", Step: "limit: 5", Columns: "a int", Rows: rows, Want: rows[:5], Filtered: 4},
		{Name: "none", Step: "limit: 0", Columns: "a int", Rows: rows, Filtered: 9},
		{Name: "all", Step: "limit: 9", Columns: "a int", Rows: rows, Want: rows},
		{Name: "more", Step: "limit: 1000000", Columns: "a int", Rows: rows, Want: rows},
	})
}

func TestLimitIsDone(t *testing.T) {
	in := steptest.Columns(t, "a int")
	for _, c := range []struct {
		step string
		rows []string
		done bool
	}{
		{"limit: 2", []string{"1"}, false},
		{"limit: 2", []string{"1", "2"}, true},
		{"limit: 2", []string{"1", "2", "3"}, true},
		{"limit: 0", nil, true},
	} {
		op := steptest.Compile(t, c.step, in, step.Env{})
		if _, err := steptest.Apply(op, in, c.rows, steptest.Shape{Batch: 1, Slots: 1}); err != nil {
			t.Fatal(err)
		}
		if op.Done() != c.done {
			t.Errorf("%s after %d rows: done is %v", c.step, len(c.rows), !c.done)
		}
	}
}

func TestLimitFindings(t *testing.T) {
	steptest.Findings(t, []steptest.Wrong{
		{Name: "negative", Step: "limit: -1", Columns: "a int", Out: "a int",
			Want: []string{"1:8 yaml.range: a number of rows cannot be negative"}},
		{Name: "a word", Step: "limit: many", Columns: "a int", Out: "a int",
			Want: []string{"1:8 yaml.type: wants a whole number, got a string"}},
		{Name: "nothing", Step: "limit:", Columns: "a int, ...", Out: "a int, ...",
			Want: []string{"1:7 yaml.type: wants a whole number, got nothing"}},
		{Name: "too large", Step: "limit: 99999999999999999999", Columns: "a int",
			Want: []string{"1:8 yaml.range: 99999999999999999999 is out of range"}},
	})
}
