package postgres

import (
	"context"
	"sync"

	"github.com/headgate/headgate/connector"
)

// ahead is what a writer has sent without waiting for the answer. When a batch fails, the
// server does nothing of what was sent after it: it is loaded once it is its turn.
type ahead struct {
	mu    sync.Mutex // held while something is sent; epoch is changed by Append alone
	epoch int        // from 1; what was sent in one that is over came to nothing
	open  int        // batches that were sent and not answered
	held  int        // batches to be loaded when it is their turn, before which nothing else is sent
}

// Send sends a batch behind the one that the server may still be busy with.
func (w *writer) Send(ctx context.Context, m *connector.Morsel) error {
	e := m.Parts.(*encoded)
	if len(e.rows) == 0 {
		return nil
	}
	a := &w.ahead
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.held > 0 || len(m.Out) > maxMessage {
		a.held++
		return nil
	}
	e.sent = a.epoch
	a.open++
	return w.s.Fail(w.s.conn.sendCopy(ctx, w.batch(w.merge), m.Out))
}

// take waits for what became of a batch that was sent, and loads it otherwise. Nothing is sent
// meanwhile if rows of it are refused.
func (w *writer) take(ctx context.Context, m *connector.Morsel, e *encoded) error {
	a := &w.ahead
	sent := e.sent == a.epoch
	var refused error
	if sent {
		refused = w.s.conn.answer(ctx)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case !sent:
		a.held = max(0, a.held-1)
	case refused == nil:
		a.open--
		return nil
	default:
		a.open--
		if refused = w.turnBack(ctx, refused); w.s.conn.pg.IsClosed() {
			return refused
		}
	}
	return w.bisect(ctx, m, e, refused)
}

// turnBack undoes a batch that failed with err. What was sent after it has failed too. The caller
// holds ahead.
func (w *writer) turnBack(ctx context.Context, err error) error {
	a, c := &w.ahead, w.s.conn
	for a.epoch++; a.open > 0 && !c.pg.IsClosed(); a.open-- {
		_ = c.answer(ctx) // that the transaction has failed
		a.held++
	}
	return w.undo(ctx, err)
}

// forget waits for the answers that nobody waits for any more, for a while.
func (w *writer) forget() {
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	for a, c := &w.ahead, w.s.conn; a.open > 0 && !c.pg.IsClosed(); a.open-- {
		_ = c.answer(ctx)
	}
}
