package runcmd

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/flow/engine"
	"github.com/headgate/headgate/flow/plan"
	"github.com/headgate/headgate/flow/state"
)

// eventEvery is the time between two progress events.
const eventEvery = 5 * time.Second

// counts is how far a run has come.
type counts struct {
	read, written, rejected int64 // rows
	bytes, total            int64 // of the input; total -1 = unknown
	splitsDone, splits      int64
}

func countsOf(m *engine.Meter) counts {
	return counts{read: m.RowsRead.Load(), written: m.RowsWritten.Load(), rejected: m.RowsRejected.Load(),
		bytes: m.BytesRead.Load(), total: m.BytesTotal.Load(), splitsDone: m.SplitsDone.Load(), splits: m.Splits.Load()}
}

// follow shows how the run comes along until stop is called.
func (s *session) follow(j job, id plan.Run, read func() counts) (stop func()) {
	if s.env.UI.JSON {
		return s.followEvents(j, id, read)
	}
	return s.env.UI.Progress(j.flow.Name.Value, func() ui.Sample {
		c := read()
		return ui.Sample{Rows: c.read, Rejected: c.rejected, Bytes: c.bytes, Total: c.total, Splits: c.splitsDone, OfSplits: c.splits}
	})
}

func (s *session) followEvents(j job, id plan.Run, read func() counts) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(eventEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case now := <-tick.C:
				c := read()
				s.event(progress{Event: "run.progress", Run: id.ID, Flow: j.flow.Name.Value, Time: now.UTC(),
					RowsRead: c.read, RowsWritten: c.written, RowsRejected: c.rejected, BytesRead: c.bytes, BytesTotal: c.total})
			}
		}
	}()
	return sync.OnceFunc(func() {
		close(done)
		<-ended
	})
}

// untilStopped is ctx for what comes before rows move: the first signal ends it, since
// nothing is under way yet. After settled it does not; what was opened with it lives on
// until cancel.
func (s *session) untilStopped(ctx context.Context) (early context.Context, settled, cancel func()) {
	early, cancel = context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		select {
		case <-s.stop:
			cancel()
		case <-done:
		case <-early.Done():
		}
	}()
	return early, sync.OnceFunc(func() { close(done) }), cancel
}

// waiting is a store that waits for the lock of a flow for a while.
type waiting struct {
	state.Store
	patience time.Duration
	stop     <-chan struct{}
}

// lockEvery is the time between two looks at a lock.
const lockEvery = 100 * time.Millisecond

// Lock implements state.Store.
func (w waiting) Lock(flow string) (unlock func(), err error) {
	deadline := time.Now().Add(w.patience)
	for {
		unlock, err = w.Store.Lock(flow)
		left := time.Until(deadline)
		if !errors.Is(err, state.ErrBusy) || left <= 0 {
			return unlock, err
		}
		select {
		case <-w.stop:
			return nil, engine.ErrInterrupted
		case <-time.After(min(left, lockEvery)):
		}
	}
}
