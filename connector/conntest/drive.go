package conntest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"testing"

	"github.com/headgate/headgate/connector"
)

// Read discovers, plans and reads a source to its end. It returns the stream, the
// rows of all splits in order, and the plan.
func Read(t testing.TB, src connector.Source, cursor json.RawMessage) (*connector.Stream, [][]string, *connector.SplitPlan) {
	t.Helper()
	ctx := t.Context()
	stream, err := src.Discover(ctx)
	if err != nil {
		t.Fatalf("discover: %v", err)
	}
	plan, err := src.Plan(ctx, cursor)
	if err != nil {
		t.Fatalf("plan: %v", err)
	}
	var all [][]string
	for _, sp := range plan.Splits {
		rows, err := ReadSplit(ctx, src, sp)
		if err != nil {
			t.Fatalf("read split %s: %v", sp.Name, err)
		}
		all = append(all, rows...)
	}
	return stream, all, plan
}

// ReadSplit reads one split, by way of its stored form.
func ReadSplit(ctx context.Context, src connector.Source, sp connector.Split) ([][]string, error) {
	stored, err := json.Marshal(sp)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(stored, &sp); err != nil {
		return nil, err
	}
	r, err := src.Open(ctx, sp)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var all [][]string
	var m connector.Morsel
	for {
		err := r.Next(ctx, &m)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err == nil {
			err = r.Decode(&m)
		}
		if err != nil {
			return all, err
		}
		all = append(all, Texts(&m.Batch)...)
		if err := m.Batch.Err; err != nil {
			return all, err
		}
	}
}

// Load is one run into a sink.
type Load struct {
	Rows   Rows
	Run    connector.Run
	Cursor json.RawMessage
	Batch  int // rows of a morsel; 0 = all
	Splits []connector.Split
}

// Loaded is what a run came to.
type Loaded struct {
	Session  *connector.Session
	Receipts []connector.Receipt
	Result   *connector.Result
	Rejects  []string // their messages
}

func (l Load) state() connector.State {
	return connector.State{Flow: l.Run.Flow, Run: l.Run.ID, Cursor: l.Cursor}
}

// Write runs a load up to its commit.
func (l Load) Write(t testing.TB, sink connector.Sink) Loaded {
	t.Helper()
	out := l.Stage(t, sink)
	var err error
	if out.Result, err = sink.Commit(t.Context(), out.Session, out.Receipts, l.state()); err != nil {
		t.Fatalf("commit: %v", err)
	}
	return out
}

// Stage runs a load up to the seal.
func (l Load) Stage(t testing.TB, sink connector.Sink) Loaded {
	t.Helper()
	ctx := t.Context()
	ses, err := sink.Prepare(ctx, l.Rows.Schema, l.Run, false)
	if err != nil {
		t.Fatalf("prepare: %v", err)
	}
	out := Loaded{Session: ses}
	splits := l.Splits
	if !sink.PerSplit() || len(splits) == 0 {
		splits = []connector.Split{{}}
	}
	share := (len(l.Rows.Cells) + len(splits) - 1) / len(splits)
	for i, sp := range splits {
		w, err := sink.Open(ctx, ses, sp)
		if err != nil {
			t.Fatalf("open: %v", err)
		}
		part := l.Rows
		part.Cells = part.Cells[min(i*share, len(part.Cells)):min((i+1)*share, len(part.Cells))]
		out.Rejects = append(out.Rejects, part.feed(t, w, l.Batch)...)
		r, err := w.Seal(ctx)
		if err != nil {
			t.Fatalf("seal: %v", err)
		}
		out.Receipts = append(out.Receipts, r)
		if err := w.Close(); err != nil {
			t.Fatalf("close: %v", err)
		}
	}
	return out
}

// feed writes the rows in morsels of n. A writer that can is sent each while it appends the
// one before.
func (r Rows) feed(t testing.TB, w connector.Writer, n int) (rejects []string) {
	t.Helper()
	if n <= 0 {
		n = max(1, len(r.Cells))
	}
	sent := make(chan error, 1)
	send := func(m *connector.Morsel) {
		if s, ok := w.(connector.Sender); ok {
			sent <- s.Send(t.Context(), m)
		} else {
			sent <- nil
		}
	}
	encode := func(m *connector.Morsel, from int) {
		if from >= len(r.Cells) {
			return
		}
		r.Fill(t, m, from, min(from+n, len(r.Cells)))
		if err := w.Encode(m); err != nil {
			t.Fatalf("encode: %v", err)
		}
		go send(m)
	}
	m, next := new(connector.Morsel), new(connector.Morsel)
	encode(m, 0)
	for from := 0; from < len(r.Cells); from += n {
		if err := <-sent; err != nil {
			t.Fatalf("send: %v", err)
		}
		encode(next, from+n)
		if err := w.Append(t.Context(), m); err != nil {
			t.Fatalf("append: %v", err)
		}
		for _, x := range m.Batch.Rejects {
			rejects = append(rejects, x.Column+": "+x.Message)
		}
		if got := len(m.Batch.Sel) + len(m.Batch.Rejects); got != m.Batch.Rows {
			t.Fatalf("%d rows in, %d accepted or rejected", m.Batch.Rows, got)
		}
		m, next = next, m
	}
	return rejects
}
