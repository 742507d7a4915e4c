package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/flow/plan"
	"github.com/headgate/headgate/flow/step"
)

// errInterrupted ends a run that was told to stop before it had read everything.
var errInterrupted = errors.New("interrupted")

// pipeline moves one run's morsels. What mu guards belongs to reading, what account guards
// to committing.
type pipeline struct {
	ctx     context.Context
	reading context.Context // ends also when the run is told to stop
	plan    *plan.Plan
	splits  []connector.Split
	session *connector.Session
	stop    <-chan struct{}
	meter   *Meter
	checks  checks
	shared  []step.Instance  // of the ordered steps, by step; nil for others
	writer  connector.Writer // when the sink has one for all splits

	ahead int  // how many splits may be open at once
	free  bool // they may be read at once, in any order: each has a file of its own

	mu          sync.Mutex
	changed     *sync.Cond     // a lane may be read or opened, or there is nothing more to do
	all         map[*lane]bool // not sealed or discarded yet
	lanes       []*lane        // open and not at their end, in the order of the splits
	next        int            // the split to be opened next
	begun       int            // splits of which something was read
	tickets     int64
	ended       bool
	interrupted bool
	bytesBefore int64 // read from the splits that are over
	heavy       int   // bytes of heavy pieces in flight

	turns   []*turnstile // by step, for the ordered ones
	commits *turnstile   // when the rows of all splits are in one order
	sends   *turnstile   // before them; nil when writer is no connector.Sender

	account  sync.Mutex
	rejects  *rejects
	report   Report
	err      error
	verified bool // what was read until err is what it should be
	receipts []connector.Receipt
}

// ticket is the right to process one morsel.
type ticket struct {
	number int64
	turn   *turnstile // to commit at
	lane   *lane
	err    error // reading failed; told when its turn to commit comes
	heavy  int   // bytes that count against maxHeavy
}

// worker is one slot with its instances of the steps.
type worker struct {
	p      *pipeline
	m      connector.Morsel
	insts  []step.Instance
	source []*record.Column // the columns as read
	lane   *lane
}

// run processes morsels until there are no more.
func (w *worker) run() {
	p := w.p
	for {
		t, ok := p.take(&w.m, w.lane)
		if !ok {
			return
		}
		if t.err == nil {
			w.lane = t.lane
			t.err = w.process(t)
		}
		if t.turn != nil && !w.turn(&t) {
			return
		}
		if t.err == nil {
			t.err = w.commit(t)
		}
		if t.err != nil {
			p.fail(t.err)
			return
		}
		t.turn.leave()
		w.lighten(t)
	}
}

// turn waits for the turn to commit. A writer that can gets the morsel before, once the
// morsel before it has got its turn.
func (w *worker) turn(t *ticket) bool {
	p := w.p
	if p.sends == nil {
		return t.turn.enter(t.number)
	}
	if !p.sends.enter(t.number) {
		return false
	}
	if t.err == nil {
		t.err = p.writer.(connector.Sender).Send(p.ctx, &w.m)
	}
	if !t.turn.enter(t.number) {
		return false
	}
	p.sends.leave()
	return true
}

// process decodes, transforms and encodes.
func (w *worker) process(t ticket) error {
	b := &w.m.Batch
	if err := t.lane.reader.Decode(&w.m); err != nil {
		return err
	}
	w.source = append(w.source[:0], b.Cols...)
	if w.p.plan.Strict {
		w.p.checks.everything(b, w.p.plan.Schema)
	}
	for i, op := range w.p.plan.Ops {
		if i == w.p.checks.at {
			w.p.checks.apply(b, w.source, false)
		}
		if err := w.step(t, i, op); err != nil {
			return err
		}
	}
	if w.p.checks.at == len(w.p.plan.Ops) {
		_, left := t.lane.writer.(connector.Checker)
		w.p.checks.apply(b, w.source, left)
	}
	if b.Err != nil {
		return b.Err
	}
	if err := t.lane.writer.Encode(&w.m); err != nil {
		return err
	}
	return b.Err
}

func (w *worker) step(t ticket, i int, op *step.Op) error {
	if !op.Ordered {
		return w.insts[i].Apply(&w.m.Batch)
	}
	turn := w.p.turns[i]
	if !turn.enter(t.number) {
		return errInterrupted
	}
	err := w.p.shared[i].Apply(&w.m.Batch)
	turn.leave()
	return err
}

// commit hands the morsel to the sink and accounts for its rows. It runs in the
// commit turn.
func (w *worker) commit(t ticket) error {
	p, b := w.p, &w.m.Batch
	before := len(b.Rejects)
	if err := t.lane.writer.Append(p.ctx, &w.m); err != nil {
		return err
	}
	b.DropRejected(before)
	written, rejected := int64(len(b.Sel)), int64(len(b.Rejects))
	if int64(b.Rows) != written+rejected+b.Filtered+b.Deduped {
		return fmt.Errorf("rows do not balance in %s: read %d, written %d, filtered %d, deduped %d, rejected %d: this is a bug in headgate",
			t.lane.split.Name, b.Rows, written, b.Filtered, b.Deduped, rejected)
	}
	if err := p.count(b, written, rejected); err != nil {
		return err
	}
	return p.finish(t.lane, false)
}

// count accounts for the rows of a batch.
func (p *pipeline) count(b *record.Batch, written, rejected int64) error {
	p.account.Lock()
	defer p.account.Unlock()
	r := &p.report
	r.RowsRead += int64(b.Rows)
	r.RowsWritten += written
	r.RowsFiltered += b.Filtered
	r.RowsDeduped += b.Deduped
	r.RowsRejected += rejected
	p.meter.RowsRead.Store(r.RowsRead)
	p.meter.RowsWritten.Store(r.RowsWritten)
	p.meter.RowsRejected.Store(r.RowsRejected)
	return p.rejects.take(b)
}

// seal ends a writer and keeps its receipt.
func (p *pipeline) seal(w connector.Writer) error {
	receipt, err := w.Seal(p.ctx)
	if err != nil {
		w.Close()
		return err
	}
	p.account.Lock()
	p.receipts = append(p.receipts, receipt)
	p.account.Unlock()
	return w.Close()
}

// fail ends the run with err. It is called in a commit turn, which is never left. The first
// error counts.
func (p *pipeline) fail(err error) {
	p.account.Lock()
	if p.err == nil {
		p.err = err
	}
	p.account.Unlock()
	p.close()
}

// close turns away everybody who waits.
func (p *pipeline) close() {
	p.mu.Lock()
	p.over()
	for l := range p.all {
		l.commits.close()
	}
	p.mu.Unlock()
	p.commits.close()
	if p.sends != nil {
		p.sends.close()
	}
	for _, t := range p.turns {
		if t != nil {
			t.close()
		}
	}
}
