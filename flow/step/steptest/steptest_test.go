package steptest

import (
	"strings"
	"testing"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/flow/step"
)

// apply is an instance made of a function.
type apply func(b *record.Batch)

func (f apply) Apply(b *record.Batch) error { f(b); return nil }

// Every breach of the contract must show.
func TestApplyFindsBreaches(t *testing.T) {
	in := Columns(t, "a int")
	for _, c := range []struct {
		name  string
		apply apply
		done  bool
		want  string
	}{
		{"a row gets lost", func(b *record.Batch) { b.Sel = b.Sel[1:] }, false, "accounted for"},
		{"a row counts twice", func(b *record.Batch) { b.Filtered++ }, false, "accounted for"},
		{"a rejected row stays", func(b *record.Batch) {
			b.Reject(b.Sel[0], record.Unexpected, "", "x")
			b.Sel = b.Sel[:len(b.Sel)-1]
		}, false, "still there"},
		{"the order changes", func(b *record.Batch) { b.Sel[0], b.Sel[1] = b.Sel[1], b.Sel[0] }, false, "out of order"},
		{"a column too many", func(b *record.Batch) { b.Cols = append(b.Cols, b.Cols[0]) }, false, "2 columns, want 1"},
		{"a column of another type", func(b *record.Batch) { b.Cols[0] = b.NewColumn(record.Type{Kind: record.Bool}) }, false, "is bool"},
		{"a row survives after Done", func(*record.Batch) {}, true, "after Done"},
	} {
		op := &step.Op{Out: in, New: func() step.Instance { return c.apply }}
		if c.done {
			op.Done = func() bool { return true }
		}
		_, err := Apply(op, in, []string{"1", "2", "3", "4"}, Shape{Batch: 2, Slots: 1})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestApplyShowsWhatOutlivesItsBatch(t *testing.T) {
	in := Columns(t, "a string")
	var kept []string
	op := &step.Op{Out: in, New: func() step.Instance {
		return apply(func(b *record.Batch) {
			v := b.Cols[0].Values(b, b.Sel)
			for _, row := range b.Sel {
				kept = append(kept, b.TextString(v.Str[row]))
			}
		})
	}}
	if _, err := Apply(op, in, []string{"one", "two"}, Shape{Batch: 1, Slots: 1}); err != nil {
		t.Fatal(err)
	}
	if kept[0] == "one" || kept[1] == "two" {
		t.Errorf("text kept beyond its batch reads %q", kept)
	}
}

func TestApplyGivesOrderedOpsTheRowsInOrder(t *testing.T) {
	in := Columns(t, "a int")
	var got []int64
	op := &step.Op{Out: in, Ordered: true, New: func() step.Instance {
		return apply(func(b *record.Batch) {
			v := b.Cols[0].Values(b, b.Sel)
			for _, row := range b.Sel {
				got = append(got, v.I64[row])
			}
		})
	}}
	var lines []string
	for i := range 200 {
		lines = append(lines, string(rune('0'+i%10)))
	}
	if _, err := Apply(op, in, lines, Shape{Batch: 3, Slots: 3}); err != nil {
		t.Fatal(err)
	}
	for i, x := range got {
		if x != int64(i%10) {
			t.Fatalf("row %d is %d", i, x)
		}
	}
}

func TestAllocatesPerRowTells(t *testing.T) {
	in := Columns(t, "a int")
	var kept []*int64
	wasteful := &step.Op{Out: in, New: func() step.Instance {
		return apply(func(b *record.Batch) {
			kept = make([]*int64, 0, len(b.Sel))
			for range b.Sel {
				kept = append(kept, new(int64))
			}
		})
	}}
	if !AllocatesPerRow(t, wasteful, in, "1") {
		t.Error("an allocation for each row went by")
	}
	thrifty := &step.Op{Out: in, New: func() step.Instance {
		return apply(func(b *record.Batch) { kept = make([]*int64, len(b.Sel)) })
	}}
	if AllocatesPerRow(t, thrifty, in, "1") {
		t.Error("one allocation for each batch is taken for one for each row")
	}
}
