package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/flow/plan"
	"github.com/headgate/headgate/flow/state"
	"github.com/headgate/headgate/flow/step"
)

// ErrInterrupted is a run that was told to stop.
var ErrInterrupted = errors.New("interrupted: nothing was committed")

// cleanUp is how long undoing a failed run may take once its own context is over.
const cleanUp = 30 * time.Second

// Run runs p to its end. The report is never nil; an error says why the run
// failed, and then nothing that it wrote is visible unless Report.Committed. Run does
// not close the plan.
func Run(ctx context.Context, p *plan.Plan, o Options) (*Report, error) {
	began := time.Now()
	r := &run{plan: p, o: o}
	if r.o.Meter == nil {
		r.o.Meter = new(Meter)
	}
	r.report.Run, r.report.Flow = p.Run.ID, p.Flow
	err := r.locked(ctx)
	if err != nil {
		r.report.Status = Failed
		if errors.Is(err, ErrInterrupted) {
			r.report.Status = Interrupted
		}
	}
	r.report.DurationMS = time.Since(began).Milliseconds()
	r.report.PeakRSS = PeakRSS()
	if e := r.recordEnd(); err == nil {
		err = e
	}
	return &r.report, err
}

// run is one run with what it has found out so far.
type run struct {
	plan   *plan.Plan
	o      Options
	report Report
	record *state.Record // nil until the run has begun
	untold bool          // it is committed, and its source does not know
	doubt  bool          // the target did not say whether it is committed
}

// locked does the whole run under the flow's lock.
func (r *run) locked(ctx context.Context) error {
	unlock, err := r.o.State.Lock(r.plan.Flow)
	if errors.Is(err, state.ErrBusy) && r.plan.Options.Overlap == "skip" {
		r.report.Status = Skipped
		return nil
	}
	if err != nil {
		return fmt.Errorf("flow %s: %w", r.plan.Flow, err)
	}
	defer unlock()
	old, err := r.recover(ctx)
	if err != nil {
		return fmt.Errorf("finish the flow's last run: %w", err)
	}
	if old != nil && old.Run == r.plan.Run.ID && old.Committed {
		return r.was(old)
	}
	return r.begin(ctx)
}

// begin prepares the sink, lists the splits, stores both, and moves the rows.
func (r *run) begin(ctx context.Context) error {
	p := r.plan
	ses, err := p.To.Prepare(ctx, p.Out(), connector.Run{ID: p.Run.ID, Flow: p.Flow}, false)
	if err != nil {
		return err
	}
	r.report.Notes = append(r.report.Notes, ses.Notes...)
	splits, err := r.splits(ctx, ses)
	if err == nil {
		r.record = &state.Record{Run: p.Run.ID, Flow: p.Flow, Phase: state.Begun, Started: p.Run.Started,
			Plan: splits, Session: ses}
		err = r.o.State.Put(r.record)
	}
	var receipts []connector.Receipt
	if err == nil {
		receipts, err = r.move(ctx, splits, ses)
	}
	if err == nil && len(splits.Splits) > 0 {
		err = r.commit(ctx, splits, ses, receipts)
	}
	if r.report.Committed || r.doubt || (err == nil && len(splits.Splits) > 0) {
		return err
	}
	undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
	defer cancel()
	if e := p.To.Abort(undo, ses, receipts); e != nil {
		err = errors.Join(err, fmt.Errorf("undo: %w", e))
	}
	return err
}

// ErrStale is a stored plan that starts where the flow is no longer.
var ErrStale = errors.New("the plan is out of date: a run of the flow was committed since it was made")

// splits decides what to read: a stored plan, or what is new since the cursor. The
// cursor beside the data wins over the local one.
func (r *run) splits(ctx context.Context, ses *connector.Session) (*connector.SplitPlan, error) {
	if r.plan.Splits == nil && r.o.FullRefresh {
		return r.plan.From.Plan(ctx, nil)
	}
	cursor := ses.Cursor
	if cursor == nil {
		var err error
		if cursor, err = r.o.State.Cursor(r.plan.Flow); err != nil {
			return nil, err
		}
	}
	if r.plan.Splits == nil {
		return r.plan.From.Plan(ctx, cursor)
	}
	// A plan without a cursor to move reads the same whatever was read before.
	if r.plan.Splits.Cursor != nil && !r.o.FullRefresh && !sameJSON(cursor, r.plan.Since) {
		return nil, ErrStale
	}
	return r.plan.Splits, nil
}

// sameJSON compares values that were written with other white space.
func sameJSON(a, b json.RawMessage) bool {
	var x, y bytes.Buffer
	if json.Compact(&x, a) != nil || json.Compact(&y, b) != nil {
		return len(a) == 0 && len(b) == 0
	}
	return bytes.Equal(x.Bytes(), y.Bytes())
}

// move runs the pipeline and seals the writers.
func (r *run) move(ctx context.Context, splits *connector.SplitPlan, ses *connector.Session) ([]connector.Receipt, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := &pipeline{ctx: ctx, reading: until(ctx, r.o.Stop), plan: r.plan, splits: splits.Splits, session: ses, stop: r.o.Stop, meter: r.o.Meter,
		commits: newTurnstile(), all: map[*lane]bool{}, report: r.report, ahead: abreast(r.plan.From)}
	p.changed = sync.NewCond(&p.mu)
	p.rejects = &rejects{run: r.plan.Run.ID, flow: r.plan.Flow, rules: r.plan.Errors, path: r.rejectsFile(), hold: verifies(r.plan.From)}
	defer p.rejects.close()
	r.expect(splits)
	err := p.drain(r.workers())
	if err == nil {
		p.verified, err = true, p.settle()
	}
	r.report = p.report
	if n, ok := r.plan.From.(connector.Noter); ok {
		r.report.Notes = append(r.report.Notes, n.Notes()...)
	}
	r.report.Splits = p.begun
	r.report.BytesRead = r.o.Meter.BytesRead.Load()
	published := p.verified || !p.rejects.hold
	if published && p.rejects.path != "" && p.rejects.count > 0 && r.plan.Errors.Rows == "quarantine" {
		r.report.Rejects = p.rejects.path
	}
	for _, rec := range p.receipts {
		r.report.BytesWritten += rec.Bytes
	}
	if published {
		if e := p.rejects.publish(); err == nil {
			err = e
		}
	}
	return p.receipts, r.explain(ctx, err)
}

// until is a context that ends with ctx, or when stop is closed.
func until(ctx context.Context, stop <-chan struct{}) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		select {
		case <-stop:
		case <-ctx.Done():
		}
	}()
	return ctx
}

// explain gives the end of a pipeline its proper cause.
func (r *run) explain(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, errInterrupted):
		return ErrInterrupted
	case err != nil && errors.Is(context.Cause(ctx), context.DeadlineExceeded):
		return fmt.Errorf("the run took longer than its timeout of %s: %w", r.plan.Options.Timeout, context.DeadlineExceeded)
	case err != nil && ctx.Err() != nil:
		return ErrInterrupted
	}
	return err
}

// expect tells the meter how much there is to do.
func (r *run) expect(splits *connector.SplitPlan) {
	total := int64(0)
	for _, s := range splits.Splits {
		if s.Bytes < 0 {
			total = -1
			break
		}
		total += s.Bytes
	}
	r.o.Meter.BytesTotal.Store(total)
	r.o.Meter.Splits.Store(int64(len(splits.Splits)))
}

func (r *run) workers() int {
	n := r.o.Workers
	if n == 0 {
		n = r.plan.Options.Parallel
	}
	if n == 0 {
		n = runtime.GOMAXPROCS(0)
	}
	return n
}

func (r *run) rejectsFile() string {
	if into := r.plan.RejectsInto; into != "" {
		return into
	}
	return filepath.Join(r.o.RejectsDir, r.plan.Run.ID+".jsonl")
}

// drain runs the workers until everything is read or something failed.
func (p *pipeline) drain(workers int) error {
	if len(p.splits) == 0 {
		return nil
	}
	first, err := p.prepare()
	if err != nil {
		return err
	}
	defer p.abandon()
	defer context.AfterFunc(p.ctx, p.close)()
	var wg sync.WaitGroup
	for i := range 2 * workers {
		w := &worker{p: p, insts: first}
		if i > 0 {
			w.insts = instances(p.plan.Ops)
		}
		wg.Go(w.run)
	}
	wg.Wait()
	if p.err == nil && p.ctx.Err() != nil {
		return p.ctx.Err()
	}
	if p.err == nil && p.interrupted {
		return errInterrupted
	}
	if p.err != nil {
		return p.blame()
	}
	if err := p.wind(); err != nil || p.writer == nil {
		return err
	}
	return p.seal(p.writer)
}

// prepare makes what all workers share, and the step instances of the first.
func (p *pipeline) prepare() ([]step.Instance, error) {
	ops := p.plan.Ops
	p.shared = make([]step.Instance, len(ops))
	p.turns = make([]*turnstile, len(ops))
	first := instances(ops)
	traced := slices.Clone(first)
	for i, op := range ops {
		if op.Ordered {
			p.shared[i] = op.New()
			p.turns[i] = newTurnstile()
			traced[i] = p.shared[i]
		}
	}
	var err error
	if p.checks, err = trace(p.plan.Schema, ops, traced); err != nil {
		return nil, err
	}
	ordered := slices.ContainsFunc(ops, func(op *step.Op) bool { return op.Ordered })
	if width := min(p.ahead, abreast(p.plan.To)); p.plan.To.PerSplit() && !ordered && width > 1 {
		p.free, p.ahead = true, width
	}
	if !p.plan.To.PerSplit() {
		p.writer, err = p.plan.To.Open(p.ctx, p.session, connector.Split{})
	}
	if _, ok := p.writer.(connector.Sender); ok {
		p.sends = newTurnstile()
	}
	return first, err
}

// instances makes a worker's own instances of the steps; nil for the ordered ones.
func instances(ops []*step.Op) []step.Instance {
	list := make([]step.Instance, len(ops))
	for i, op := range ops {
		if !op.Ordered {
			list[i] = op.New()
		}
	}
	return list
}

// settle ends the steps and the rejects of a pipeline that ran to its end.
func (p *pipeline) settle() error {
	for _, op := range p.plan.Ops {
		if op.Finish == nil {
			continue
		}
		if err := op.Finish(); err != nil {
			return err
		}
	}
	slices.SortStableFunc(p.receipts, func(a, b connector.Receipt) int {
		return p.order(a.Split) - p.order(b.Split)
	})
	return p.rejects.settle(p.report.RowsRead)
}

func (p *pipeline) order(id connector.SplitID) int {
	return slices.IndexFunc(p.splits, func(s connector.Split) bool { return s.ID == id })
}

// recordEnd stores how the run ended, once it had begun.
func (r *run) recordEnd() error {
	if r.report.Status == "" {
		r.report.Status = r.outcome()
	}
	if r.record == nil || r.record.Phase == state.Ended {
		return nil
	}
	r.record.Phase, r.record.Status = state.Ended, string(r.report.Status)
	switch {
	case r.untold:
		r.record.Phase = state.Committed
	case r.doubt:
		r.record.Phase = state.Sealed
	}
	b, err := json.Marshal(r.report)
	if err != nil {
		return err
	}
	r.record.Report = b
	return r.o.State.Put(r.record)
}

// outcome is the status of a run without an error.
func (r *run) outcome() Status {
	switch {
	case r.report.RowsRead == 0:
		return Empty
	case r.report.RowsRejected > 0 && r.plan.Errors.Rows == "quarantine":
		return Partial
	}
	return Succeeded
}
