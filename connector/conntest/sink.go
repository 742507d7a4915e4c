package conntest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// SinkHarness is what RunSink needs to know of a sink.
type SinkHarness struct {
	// Open opens the sink on the target that dir stands for.
	Open func(t testing.TB, dir string) connector.Sink
	// Visible reads what others see of the target now, with columns of the given
	// schema. ok is false when there is no target.
	Visible func(t testing.TB, dir string, sch *record.Schema) (rows [][]string, ok bool)
	// Left lists what an undone run must not leave behind: everything in dir.
	Left func(t testing.TB, dir string) []string
	// Adds says that a second run adds to the rows of the first. Otherwise it
	// replaces them.
	Adds bool
	// State says that the sink keeps the run and the cursor beside the data.
	State bool
	// Holds says that sealed rows survive the process, so that another one can
	// commit them. Otherwise its Commit returns ErrNothingStaged.
	Holds bool
	// Splits are what a sink with an output for each split is given.
	Splits []connector.Split
	// Unlike lists types that are not read back as they were written, with the reason.
	Unlike map[record.Kind]string
}

// RunSink checks a sink.
func RunSink(t *testing.T, h SinkHarness) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, SinkHarness, string)
	}{
		{"types", sinkTypes}, {"batches", sinkBatches}, {"no rows", sinkNoRows}, {"dry", sinkDry}, {"invisible", sinkInvisible},
		{"second run", sinkSecond}, {"commit twice", sinkCommitTwice}, {"state", sinkState}, {"abort", sinkAbort},
		{"second attempt", sinkAttempt}, {"cancel", sinkCancel},
		{"crash while writing", sinkCrashWriting}, {"crash before commit", sinkCrashBefore}, {"crash after commit", sinkCrashAfter},
	} {
		t.Run(test.name, func(t *testing.T) {
			NoLeak(t)
			test.run(t, h, t.TempDir())
		})
	}
}

// load is a run of the suite.
func (h SinkHarness) load(rows Rows, id string) Load {
	return Load{Rows: rows, Run: connector.Run{ID: id, Flow: "flow"}, Splits: h.Splits}
}

// write makes a whole run with a sink of its own.
func (h SinkHarness) write(t *testing.T, dir string, l Load) Loaded {
	t.Helper()
	sink := h.Open(t, dir)
	defer sink.Close()
	return l.Write(t, sink)
}

// want fails t unless the target holds rows; nil means that there is no target.
func (h SinkHarness) want(t *testing.T, dir, what string, sch *record.Schema, rows [][]string) {
	t.Helper()
	got, ok := h.Visible(t, dir, sch)
	if !ok && rows != nil {
		t.Errorf("%s: nothing there", what)
	}
	if ok && rows == nil {
		t.Errorf("%s: %d rows are visible", what, len(got))
	}
	Same(t, what, got, rows)
}

func sinkTypes(t *testing.T, h SinkHarness, dir string) {
	rows := Everything(t, h.Unlike)
	out := h.write(t, dir, h.load(rows, "one"))
	if len(out.Rejects) > 0 {
		t.Errorf("rejected: %q", out.Rejects)
	}
	h.want(t, dir, "types", rows.Schema, rows.Cells)
}

func sinkBatches(t *testing.T, h SinkHarness, _ string) {
	rows := Numbered(t, 2500)
	for _, n := range []int{1, 2, 7, 1000} {
		dir := t.TempDir()
		l := h.load(rows, "one")
		l.Batch = n
		out := h.write(t, dir, l)
		h.want(t, dir, fmt.Sprintf("batches of %d", n), rows.Schema, rows.Cells)
		var count int64
		for _, r := range out.Receipts {
			count += r.Rows
		}
		if count != int64(len(rows.Cells)) {
			t.Errorf("batches of %d: receipts of %d rows", n, count)
		}
		if len(out.Result.Outputs) == 0 {
			t.Error("the result names no output")
		}
	}
}

func sinkNoRows(t *testing.T, h SinkHarness, dir string) {
	rows := Numbered(t, 0)
	h.write(t, dir, h.load(rows, "one"))
	h.want(t, dir, "no rows", rows.Schema, [][]string{})
}

func sinkDry(t *testing.T, h SinkHarness, dir string) {
	sink := h.Open(t, dir)
	ses, err := sink.Prepare(t.Context(), Numbered(t, 1).Schema, connector.Run{ID: "one", Flow: "flow"}, true)
	if err != nil {
		t.Fatal(err)
	}
	if len(ses.Changes) == 0 {
		t.Error("no changes are announced")
	}
	if err := errors.Join(sink.Close(), sink.Close()); err != nil {
		t.Errorf("close, twice: %v", err)
	}
	if left := h.Left(t, dir); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

func sinkInvisible(t *testing.T, h SinkHarness, dir string) {
	rows := Numbered(t, 100)
	old := Numbered(t, 5)
	for _, before := range [][][]string{nil, old.Cells} {
		if before != nil {
			h.write(t, dir, h.load(old, "zero"))
		}
		sink := h.Open(t, dir)
		out := h.load(rows, "one").Stage(t, sink)
		h.want(t, dir, "sealed", rows.Schema, before)
		if err := sink.Abort(t.Context(), out.Session, out.Receipts); err != nil {
			t.Fatal(err)
		}
		if err := sink.Close(); err != nil {
			t.Fatal(err)
		}
		h.want(t, dir, "aborted", rows.Schema, before)
	}
}

func sinkSecond(t *testing.T, h SinkHarness, dir string) {
	first, second := Numbered(t, 5), Numbered(t, 3)
	h.write(t, dir, h.load(first, "one"))
	h.write(t, dir, h.load(second, "two"))
	want := second.Cells
	if h.Adds {
		want = slices.Concat(first.Cells, second.Cells)
	}
	h.want(t, dir, "second run", first.Schema, want)
}

func sinkCommitTwice(t *testing.T, h SinkHarness, dir string) {
	rows := Numbered(t, 5)
	l := h.load(rows, "one")
	sink := h.Open(t, dir)
	defer sink.Close()
	out := l.Write(t, sink)
	other := h.Open(t, dir)
	defer other.Close()
	for name, s := range map[string]connector.Sink{"same": sink, "other": other} {
		if _, err := s.Commit(t.Context(), out.Session, out.Receipts, l.state()); err != nil {
			t.Errorf("commit again, %s sink: %v", name, err)
		}
	}
	h.want(t, dir, "commit twice", rows.Schema, rows.Cells)
}

func sinkState(t *testing.T, h SinkHarness, dir string) {
	if !h.State {
		t.Log("the sink keeps no state")
		return
	}
	rows := Numbered(t, 2)
	for i, cursor := range []json.RawMessage{json.RawMessage(`{"at":1}`), nil, json.RawMessage(`{"at":2}`)} {
		l := h.load(rows, fmt.Sprintf("run-%d", i))
		l.Cursor = cursor
		found := h.write(t, dir, l).Session.Cursor
		if want := []string{"", `{"at":1}`, `{"at":1}`}[i]; string(found) != want {
			t.Errorf("run %d finds the cursor %s, want %s", i, found, want)
		}
	}
	sink := h.Open(t, dir)
	defer sink.Close()
	for flow, want := range map[string]string{"flow": `{"at":2}`, "another": ""} {
		ses, err := sink.Prepare(t.Context(), rows.Schema, connector.Run{ID: "last", Flow: flow}, true)
		if err != nil || string(ses.Cursor) != want {
			t.Errorf("flow %s finds the cursor %s, want %s (%v)", flow, ses.Cursor, want, err)
		}
	}
}
