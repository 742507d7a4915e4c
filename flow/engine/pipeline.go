package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/flow/plan"
	"github.com/headgate/headgate/flow/step"
)

// errInterrupted ends a run that was told to stop before it had read everything.
var errInterrupted = errors.New("interrupted")

// pipeline moves one run's morsels. Everything below mu belongs to the read turn,
// everything below commits to the commit turn.
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

	mu          sync.Mutex
	lane        *lane // being read
	opened      int   // splits opened so far
	tickets     int64
	ended       bool
	interrupted bool
	bytesBefore int64 // read from the splits before lane

	turns   []*turnstile // by step, for the ordered ones
	commits *turnstile

	rejects *rejects
	report  Report
	err     error

	lanes    sync.Mutex // guards what is below
	open     map[*lane]bool
	receipts []connector.Receipt
}

// lane is one split under way. It is closed when the last of its morsels has been
// committed.
type lane struct {
	split  connector.Split
	reader connector.Reader
	writer connector.Writer // of this split, or the pipeline's
	own    bool             // writer belongs to this split

	mu       sync.Mutex
	inFlight int
	drained  bool // the reader has reached its end
}

// ticket is the right to process one morsel.
type ticket struct {
	number int64
	lane   *lane
	err    error // reading failed; told when its turn to commit comes
}

// take reads the next morsel into m. It is false when there is nothing more to do.
func (p *pipeline) take(m *connector.Morsel, last *lane) (ticket, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.ended {
		if p.halted() {
			break
		}
		if p.lane == nil {
			more, err := p.openNext()
			if err != nil && p.halted() {
				break
			}
			if err != nil {
				return p.failing(err), true
			}
			if !more {
				break
			}
		}
		if p.lane != last {
			m.Scratch = nil
			last = p.lane
		}
		err := p.lane.reader.Next(p.reading, m)
		p.meter.BytesRead.Store(p.bytesBefore + p.lane.reader.BytesRead())
		switch {
		case err == nil:
			p.lane.mu.Lock()
			p.lane.inFlight++
			p.lane.mu.Unlock()
			p.tickets++
			return ticket{number: p.tickets - 1, lane: p.lane}, true
		case errors.Is(err, io.EOF):
			p.bytesBefore += p.lane.reader.BytesRead()
			l := p.lane
			p.lane = nil
			if err := p.finish(l, true); err != nil {
				return p.failing(err), true
			}
		case p.reading.Err() != nil && p.ctx.Err() == nil:
			// The stop found the reader waiting for input: halted says so next.
		default:
			return p.failing(err), true
		}
	}
	p.ended = true
	return ticket{}, false
}

// failing is the last ticket of a run whose source failed.
func (p *pipeline) failing(err error) ticket {
	p.ended = true
	p.tickets++
	return ticket{number: p.tickets - 1, err: err}
}

// halted reports whether reading must or may end before the end of the input.
func (p *pipeline) halted() bool {
	select {
	case <-p.stop:
		p.interrupted = true
		return true
	default:
	}
	return p.sated() || p.ctx.Err() != nil
}

// sated reports whether a step takes no more rows. A step before it that has a say at
// the end must see them all.
func (p *pipeline) sated() bool {
	for _, op := range p.plan.Ops {
		if op.Done != nil && op.Done() {
			return true
		}
		if op.Finish != nil {
			return false
		}
	}
	return false
}

// openNext makes the next split the one being read.
func (p *pipeline) openNext() (bool, error) {
	if p.opened == len(p.splits) {
		return false, nil
	}
	s := p.splits[p.opened]
	r, err := p.plan.From.Open(p.reading, s)
	if err != nil {
		return false, err
	}
	l := &lane{split: s, reader: r, writer: p.writer}
	if p.writer == nil {
		l.own = true
		if l.writer, err = p.plan.To.Open(p.ctx, p.session, s); err != nil {
			r.Close()
			return false, err
		}
	}
	p.opened++
	p.lane = l
	p.lanes.Lock()
	p.open[l] = true
	p.lanes.Unlock()
	return true, nil
}

// finish takes one morsel, or the reader's end, off a lane, and closes the lane
// with the last of them.
func (p *pipeline) finish(l *lane, drained bool) error {
	l.mu.Lock()
	if drained {
		l.drained = true
	} else {
		l.inFlight--
	}
	over := l.drained && l.inFlight == 0
	l.mu.Unlock()
	if !over {
		return nil
	}
	p.lanes.Lock()
	defer p.lanes.Unlock()
	delete(p.open, l)
	p.meter.SplitsDone.Add(1)
	if err := l.reader.Close(); err != nil {
		return fmt.Errorf("close %s: %w", l.split.Name, err)
	}
	if !l.own {
		return nil
	}
	return p.seal(l.writer)
}

// abandon closes the lanes of a run that ended early.
func (p *pipeline) abandon() {
	for l := range p.open {
		l.reader.Close()
		if l.own {
			l.writer.Close()
		}
	}
	if p.writer != nil {
		p.writer.Close()
	}
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
		if !p.commits.enter(t.number) {
			return
		}
		if t.err == nil {
			t.err = w.commit(t)
		}
		if t.err != nil {
			p.fail(t.err)
			return
		}
		p.commits.leave()
	}
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
			w.p.checks.apply(b, w.source)
		}
		if err := w.step(t, i, op); err != nil {
			return err
		}
	}
	if w.p.checks.at == len(w.p.plan.Ops) {
		w.p.checks.apply(b, w.source)
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
	r := &p.report
	r.RowsRead += int64(b.Rows)
	r.RowsWritten += written
	r.RowsFiltered += b.Filtered
	r.RowsDeduped += b.Deduped
	r.RowsRejected += rejected
	p.meter.RowsRead.Store(r.RowsRead)
	p.meter.RowsWritten.Store(r.RowsWritten)
	p.meter.RowsRejected.Store(r.RowsRejected)
	if err := p.rejects.take(b); err != nil {
		return err
	}
	return p.finish(t.lane, false)
}

// seal ends a writer and keeps its receipt. The caller holds lanes.
func (p *pipeline) seal(w connector.Writer) error {
	receipt, err := w.Seal(p.ctx)
	if err != nil {
		return err
	}
	p.receipts = append(p.receipts, receipt)
	return w.Close()
}

// fail ends the run with err. It is called in the commit turn, which is never left.
func (p *pipeline) fail(err error) {
	p.err = err
	p.close()
}

// close turns away everybody who waits.
func (p *pipeline) close() {
	p.commits.close()
	for _, t := range p.turns {
		if t != nil {
			t.close()
		}
	}
}
