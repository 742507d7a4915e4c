package steptest

import (
	"testing"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/flow/step"
)

// AllocatesPerRow reports whether an op that has seen a batch before allocates more for a
// long one than for a short one. row is one good row.
func AllocatesPerRow(t *testing.T, op *step.Op, in *record.Schema, row string) bool {
	t.Helper()
	instance := op.New()
	short, long := allocations(t, instance, in, row, 64), allocations(t, instance, in, row, 4096)
	if short < long {
		t.Logf("%v allocations for 64 rows, %v for 4096", short, long)
	}
	return short < long
}

func allocations(t *testing.T, instance step.Instance, in *record.Schema, row string, n int) float64 {
	t.Helper()
	lines := make([]string, n)
	for i := range lines {
		lines[i] = row
	}
	input, err := read(0, lines, len(in.Fields))
	if err != nil {
		t.Fatal(err)
	}
	b := &record.Batch{}
	return testing.AllocsPerRun(5, func() {
		input.fill(b, in, false)
		if err := instance.Apply(b); err != nil {
			t.Fatal(err)
		}
	})
}
