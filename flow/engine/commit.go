package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/flow/state"
)

// commit makes the rows visible: promise 2, in this order.
func (r *run) commit(ctx context.Context, splits *connector.SplitPlan, ses *connector.Session, receipts []connector.Receipt) error {
	if c, ok := r.plan.From.(connector.Concluder); ok {
		if err := c.Conclude(ctx, splits); err != nil {
			return err
		}
	}
	r.record.Phase, r.record.Receipts = state.Sealed, receipts
	if err := r.o.State.Put(r.record); err != nil {
		return err
	}
	res, err := r.plan.To.Commit(ctx, ses, receipts, commitState(r.record))
	if r.doubt = err != nil && doubtful(ctx, err); r.doubt {
		return fmt.Errorf("whether the rows are committed is not known, which the next run finds out: %w", err)
	}
	if err != nil {
		return err
	}
	r.report.Committed, r.record.Committed = true, true
	r.report.Outputs = res.Outputs
	r.report.FilesRead, r.report.FilesWritten = sums(r.plan.From), sums(r.plan.To)
	if err := r.tell(ctx, r.record); err != nil {
		r.untold = true
		return fmt.Errorf("the rows are committed, but the source could not be told, which the next run does: %w", err)
	}
	return nil
}

// doubtful reports whether a commit that failed so may have happened all the same: the answer got lost.
func doubtful(ctx context.Context, err error) bool {
	return ctx.Err() != nil || connector.IsTransient(err) || errors.Is(err, connector.ErrUnreachable)
}

// sums are the checksums that an end of the flow knows.
func sums(end any) []connector.FileSum {
	if s, ok := end.(connector.Summer); ok {
		return s.Sums()
	}
	return nil
}

// recover finishes or undoes what a crash left of the flow's last run (promise 2).
func (r *run) recover(ctx context.Context) (*state.Record, error) {
	old, err := r.o.State.Pending(r.plan.Flow)
	if err != nil || old == nil {
		return nil, err
	}
	note, err := r.finish(ctx, old)
	if err != nil {
		return nil, err
	}
	r.report.Notes = append(r.report.Notes, note)
	if old.Committed {
		if err := r.tell(ctx, old); err != nil {
			return nil, err
		}
	}
	old.Phase = state.Ended
	return old, r.o.State.Put(old)
}

// was is the end of a run whose earlier attempt turns out to have been committed: there is
// nothing left to do.
func (r *run) was(old *state.Record) error {
	notes := r.report.Notes
	if len(old.Report) > 0 {
		if err := json.Unmarshal(old.Report, &r.report); err != nil {
			return fmt.Errorf("run %s: its report: %w", old.Run, err)
		}
	}
	r.report.Status, r.report.Committed, r.report.Notes = r.outcome(), true, append(r.report.Notes, notes...)
	return nil
}

// finish brings a run that was cut off to where it is either visible or undone.
func (r *run) finish(ctx context.Context, old *state.Record) (note string, err error) {
	if old.Phase == state.Committed {
		old.Status = string(Succeeded)
		return "told the source of run " + old.Run + ", which had been committed", nil
	}
	if old.Phase == state.Sealed {
		_, err = r.plan.To.Commit(ctx, old.Session, old.Receipts, commitState(old))
		if err == nil {
			old.Committed, old.Status = true, string(Succeeded)
			return "finished run " + old.Run + ", which a crash had cut off at its commit", nil
		}
		if !errors.Is(err, connector.ErrNothingStaged) {
			return "", err
		}
	}
	if old.Session != nil {
		if err := r.plan.To.Abort(ctx, old.Session, old.Receipts); err != nil {
			return "", err
		}
	}
	old.Status = string(Failed)
	return "undid run " + old.Run + ", which had not ended", nil
}

// tell acknowledges a committed run to its source. That it is committed is stored first:
// what the source then deletes must never be wanted again.
func (r *run) tell(ctx context.Context, rec *state.Record) error {
	a, ok := r.plan.From.(connector.Acker)
	if !ok || !a.Acks() {
		return nil
	}
	rec.Phase = state.Committed
	if err := r.o.State.Put(rec); err != nil {
		return err
	}
	return a.Ack(ctx, rec.Plan)
}

func commitState(rec *state.Record) connector.State {
	st := connector.State{Flow: rec.Flow, Run: rec.Run}
	if rec.Plan != nil {
		st.Cursor = rec.Plan.Cursor
	}
	return st
}
