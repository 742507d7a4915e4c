package conntest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// SourceHarness is what RunSource needs to know of a source.
type SourceHarness struct {
	// Make puts rows where the source will find them, below dir, in at least two
	// splits where it has several.
	Make func(t testing.TB, dir string, rows Rows)
	// Open opens the source on what Make made. The columns are declared with declared.
	// piece is how many rows, or bytes where the source counts those, a morsel is to
	// hold; 0 = the default.
	Open func(t testing.TB, dir string, declared []record.Field, piece int) connector.Source
	// Pieces are the values of piece that must make no difference.
	Pieces []int
	// Unlike lists types that the source cannot give back as they were, with the
	// reason.
	Unlike map[record.Kind]string
}

// RunSource checks a source.
func RunSource(t *testing.T, h SourceHarness) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, SourceHarness, string)
	}{
		{"types", sourceTypes}, {"pieces", sourcePieces}, {"empty", sourceEmpty}, {"again", sourceAgain},
		{"parallel", sourceParallel}, {"end", sourceEnd}, {"early close", sourceEarlyClose}, {"cancel", sourceCancel},
		{"positions", sourcePositions}, {"missing column", sourceMissing},
	} {
		t.Run(test.name, func(t *testing.T) {
			NoLeak(t)
			test.run(t, h, t.TempDir())
		})
	}
}

// Numbered is n rows with a number and a text.
func Numbered(t testing.TB, n int) Rows {
	r := Rows{Schema: Schema(t, "id int", "name string")}
	for i := range n {
		r.Cells = append(r.Cells, []string{strconv.Itoa(i), fmt.Sprintf("name %d", i)})
	}
	return r
}

// Same fails t when rows differ.
func Same(t testing.TB, what string, got, want [][]string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d rows, want %d", what, len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if !slices.Equal(got[i], want[i]) {
			t.Errorf("%s: row %d is %q, want %q", what, i, got[i], want[i])
			return
		}
	}
}

func sourceTypes(t *testing.T, h SourceHarness, dir string) {
	rows := Everything(t, h.Unlike)
	h.Make(t, dir, rows)
	src := h.Open(t, dir, rows.Schema.Fields, 0)
	defer src.Close()
	st, got, _ := Read(t, src, nil)
	for i, f := range st.Schema.Fields {
		if want := rows.Schema.Fields[i]; f.Name != want.Name || f.Type != want.Type || !f.Declared {
			t.Errorf("field %d is %+v, want %+v", i, f, want)
		}
	}
	Same(t, "types", got, rows.Cells)
}

func sourcePieces(t *testing.T, h SourceHarness, dir string) {
	rows := Numbered(t, 2500)
	h.Make(t, dir, rows)
	for _, n := range h.Pieces {
		src := h.Open(t, dir, rows.Schema.Fields, n)
		_, got, plan := Read(t, src, nil)
		Same(t, fmt.Sprintf("pieces of %d", n), got, rows.Cells)
		if len(plan.Splits) == 0 {
			t.Error("no splits")
		}
		if err := errors.Join(src.Close(), src.Close()); err != nil {
			t.Errorf("close, twice: %v", err)
		}
	}
}

func sourceEmpty(t *testing.T, h SourceHarness, dir string) {
	rows := Numbered(t, 0)
	h.Make(t, dir, rows)
	src := h.Open(t, dir, rows.Schema.Fields, 0)
	defer src.Close()
	st, got, _ := Read(t, src, nil)
	Same(t, "empty", got, nil)
	if !slices.Equal(st.Schema.Names(), rows.Schema.Names()) {
		t.Errorf("columns %q", st.Schema.Names())
	}
}

// sourceAgain plans twice and reads each split twice: a retry reads the same.
func sourceAgain(t *testing.T, h SourceHarness, dir string) {
	rows := Numbered(t, 100)
	h.Make(t, dir, rows)
	src := h.Open(t, dir, rows.Schema.Fields, 0)
	defer src.Close()
	_, _, plan := Read(t, src, nil)
	again, err := src.Plan(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[connector.SplitID]bool{}
	var all [][]string
	for i, sp := range plan.Splits {
		if sp.ID != again.Splits[i].ID || sp.ID == "" || ids[sp.ID] {
			t.Errorf("split %d: id %q, then %q", i, sp.ID, again.Splits[i].ID)
		}
		ids[sp.ID] = true
		part, err := ReadSplit(t.Context(), src, sp)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, part...)
	}
	Same(t, "again", all, rows.Cells)
}
