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

// follow shows how the run comes along until stop is called.
func (s *session) follow(j job, id plan.Run, m *engine.Meter) (stop func()) {
	if s.env.UI.JSON {
		return s.followEvents(j, id, m)
	}
	return s.env.UI.Progress(j.flow.Name.Value, func() ui.Sample {
		return ui.Sample{
			Rows: m.RowsRead.Load(), Rejected: m.RowsRejected.Load(),
			Bytes: m.BytesRead.Load(), Total: m.BytesTotal.Load(),
			Splits: m.SplitsDone.Load(), OfSplits: m.Splits.Load(),
		}
	})
}

func (s *session) followEvents(j job, id plan.Run, m *engine.Meter) (stop func()) {
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
				s.event(progress{Event: "run.progress", Run: id.ID, Flow: j.flow.Name.Value, Time: now.UTC(),
					RowsRead: m.RowsRead.Load(), RowsWritten: m.RowsWritten.Load(), RowsRejected: m.RowsRejected.Load(),
					BytesRead: m.BytesRead.Load(), BytesTotal: m.BytesTotal.Load()})
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
