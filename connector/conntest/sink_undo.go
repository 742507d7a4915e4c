package conntest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/headgate/headgate/connector"
)

func sinkAbort(t *testing.T, h SinkHarness, dir string) {
	for _, stage := range []string{"prepared", "opened", "appended", "sealed"} {
		sink := h.Open(t, dir)
		ses, err := sink.Prepare(t.Context(), Numbered(t, 1).Schema, connector.Run{ID: "one", Flow: "flow"}, false)
		if err != nil {
			t.Fatal(err)
		}
		rs := h.upTo(t, sink, ses, stage)
		for range 2 {
			if err := sink.Abort(t.Context(), ses, rs); err != nil {
				t.Errorf("abort, %s: %v", stage, err)
			}
		}
		if err := errors.Join(sink.Close(), sink.Close()); err != nil {
			t.Errorf("close, twice: %v", err)
		}
		if left := h.Left(t, dir); len(left) > 0 {
			t.Errorf("%s, then aborted: left %q", stage, left)
		}
	}
}

// upTo goes on after Prepare, up to stage.
func (h SinkHarness) upTo(t *testing.T, sink connector.Sink, ses *connector.Session, stage string) (rs []connector.Receipt) {
	t.Helper()
	if stage == "prepared" {
		return nil
	}
	var sp connector.Split
	if sink.PerSplit() {
		sp = h.Splits[0]
	}
	w, err := sink.Open(t.Context(), ses, sp)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if stage != "opened" {
		Numbered(t, 1000).feed(t, w, 0)
	}
	if stage == "sealed" {
		r, err := w.Seal(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		rs = append(rs, r)
	}
	return rs
}

// sinkAttempt gives a writer up and writes the same rows with another.
func sinkAttempt(t *testing.T, h SinkHarness, dir string) {
	rows := Numbered(t, 10)
	l := h.load(rows, "one")
	l.Splits = l.Splits[:min(len(l.Splits), 1)]
	sink := h.Open(t, dir)
	defer sink.Close()
	ses, err := sink.Prepare(t.Context(), rows.Schema, l.Run, false)
	if err != nil {
		t.Fatal(err)
	}
	h.upTo(t, sink, ses, "appended")
	var sp connector.Split
	if sink.PerSplit() {
		sp = l.Splits[0]
	}
	w, err := sink.Open(t.Context(), ses, sp)
	if err != nil {
		t.Fatal(err)
	}
	rows.feed(t, w, 0)
	r, err := w.Seal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r.Split != sp.ID {
		t.Errorf("receipt of split %q, want %q", r.Split, sp.ID)
	}
	if err := errors.Join(w.Close(), w.Close()); err != nil {
		t.Errorf("close, twice: %v", err)
	}
	if _, err := sink.Commit(t.Context(), ses, []connector.Receipt{r}, l.state()); err != nil {
		t.Fatal(err)
	}
	h.want(t, dir, "second attempt", rows.Schema, rows.Cells)
}

func sinkCancel(t *testing.T, h SinkHarness, dir string) {
	rows := Numbered(t, 10)
	sink := h.Open(t, dir)
	defer sink.Close()
	ses, err := sink.Prepare(t.Context(), rows.Schema, connector.Run{ID: "one", Flow: "flow"}, false)
	if err != nil {
		t.Fatal(err)
	}
	var sp connector.Split
	if sink.PerSplit() {
		sp = h.Splits[0]
	}
	w, err := sink.Open(t.Context(), ses, sp)
	if err != nil {
		t.Fatal(err)
	}
	var m connector.Morsel
	rows.Fill(t, &m, 0, 10)
	if err := w.Encode(&m); err != nil {
		t.Fatal(err)
	}
	soon(t, "append", func() {
		if err := w.Append(cancelled(t), &m); !errors.Is(err, context.Canceled) {
			t.Errorf("append: %v", err)
		}
	})
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if err := sink.Abort(t.Context(), ses, nil); err != nil {
		t.Error(err)
	}
	if left := h.Left(t, dir); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// sinkCrashBefore kills a process that has sealed. Another finishes or undoes.
func sinkCrashBefore(t *testing.T, h SinkHarness, dir string) {
	old, rows := Numbered(t, 3), Numbered(t, 100)
	h.write(t, dir, h.load(old, "zero"))
	l := h.load(rows, "one")
	Crash(t, dir, func(dir string) { note(t, dir, l.Stage(t, h.Open(t, dir))) })
	h.want(t, dir, "after the crash", old.Schema, old.Cells)
	var out Loaded
	recall(t, dir, &out)
	sink := h.Open(t, dir)
	defer sink.Close()
	_, err := sink.Commit(t.Context(), out.Session, out.Receipts, l.state())
	want := rows.Cells
	if h.Holds {
		if h.Adds {
			want = slices.Concat(old.Cells, rows.Cells)
		}
		if err != nil {
			t.Errorf("commit: %v", err)
		}
	} else {
		want = old.Cells
		if !errors.Is(err, connector.ErrNothingStaged) {
			t.Errorf("commit: %v, want ErrNothingStaged", err)
		}
		if err := sink.Abort(t.Context(), out.Session, out.Receipts); err != nil {
			t.Errorf("abort: %v", err)
		}
	}
	h.want(t, dir, "finished", rows.Schema, want)
}

// sinkCrashAfter kills a process that has committed and not said so.
func sinkCrashAfter(t *testing.T, h SinkHarness, dir string) {
	rows := Numbered(t, 100)
	l := h.load(rows, "one")
	Crash(t, dir, func(dir string) { note(t, dir, l.Write(t, h.Open(t, dir))) })
	var out Loaded
	recall(t, dir, &out)
	sink := h.Open(t, dir)
	defer sink.Close()
	if _, err := sink.Commit(t.Context(), out.Session, out.Receipts, l.state()); err != nil {
		t.Errorf("commit again: %v", err)
	}
	h.want(t, dir, "after the crash", rows.Schema, rows.Cells)
}

// sinkCrashWriting kills a process before it seals. Abort, in another, leaves nothing.
func sinkCrashWriting(t *testing.T, h SinkHarness, dir string) {
	rows := Numbered(t, 1000)
	Crash(t, dir, func(dir string) {
		sink := h.Open(t, dir)
		ses, err := sink.Prepare(t.Context(), rows.Schema, connector.Run{ID: "one", Flow: "flow"}, false)
		if err != nil {
			t.Fatal(err)
		}
		var sp connector.Split
		if sink.PerSplit() {
			sp = h.Splits[0]
		}
		w, err := sink.Open(t.Context(), ses, sp)
		if err != nil {
			t.Fatal(err)
		}
		rows.feed(t, w, 0)
		note(t, dir, ses)
	})
	var ses connector.Session
	recall(t, dir, &ses)
	sink := h.Open(t, dir)
	defer sink.Close()
	for range 2 {
		if err := sink.Abort(t.Context(), &ses, nil); err != nil {
			t.Errorf("abort: %v", err)
		}
	}
	if left := h.Left(t, dir); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	h.write(t, dir, h.load(rows, "two"))
	h.want(t, dir, "the next run", rows.Schema, rows.Cells)
}
