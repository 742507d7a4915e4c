package sqldb

import (
	"context"
	"errors"
	"fmt"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// Sink is what a sink keeps whatever its database. Prepare fills it.
type Sink struct {
	Connection string // for messages
	Req        connector.SinkRequest
	Dialect    *Dialect

	In     *record.Schema
	Load   *Load
	Plan   *Plan
	Result connector.Result
	Rows   int64 // sealed
	before int64 // rows of the table, when there is a guard
}

// Label is what messages call the sink.
func (s *Sink) Label() string { return s.Connection + ":" + s.Req.Table }

// Fail says of an error what was being written.
func (s *Sink) Fail(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("write %s: %w", s.Label(), err)
}

// PerSplit is false: one transaction takes all rows.
func (s *Sink) PerSplit() bool { return false }

// Limits counts the rows that a guard compares with.
func (s *Sink) Limits(ctx context.Context, ask Ask) (err error) {
	if s.Req.MaxShrink != nil && s.Plan.Exists {
		s.before, err = ask.Count(ctx, "SELECT count(*) FROM "+s.Dialect.Table(s.Plan.Target))
	}
	return err
}

// CheckReplaced refuses a table that is to replace one and has lost too much of it.
func (s *Sink) CheckReplaced() error { return s.Load.CheckShrink(s.before, s.Rows) }

// DeleteMissing is the second half of a mirror: it deletes the rows whose key is not in the table
// keys, unless that is too much. exec runs a statement and counts the rows that it changed.
func (s *Sink) DeleteMissing(ctx context.Context, ask Ask, exec func(ctx context.Context, sql string) (int64, error), keys string) (err error) {
	if s.Req.MaxShrink != nil {
		now, err := ask.Count(ctx, "SELECT count(*) FROM "+s.Dialect.Table(s.Plan.Into))
		if err != nil {
			return err
		}
		gone, err := ask.Count(ctx, s.Plan.CountMissing(s.Dialect, keys))
		if err != nil {
			return err
		}
		if err := s.Load.CheckShrink(s.before, now-gone); err != nil {
			return err
		}
	}
	s.Result.Deleted, err = exec(ctx, s.Plan.DeleteMissing(s.Dialect, keys))
	return err
}

// Uncounted is the result of a load of which nobody counts what it changes.
func (s *Sink) Uncounted() connector.Result {
	return connector.Result{Inserted: -1, Updated: -1, Deleted: -1, Outputs: []string{s.Label()}}
}

// Ended is what became of a commit that ended with err. Where the answer was lost, and with it whether
// the database has committed, find finds out.
func (s *Sink) Ended(err error, lost bool, find func() (*connector.Result, error)) (*connector.Result, error) {
	if err != nil && !lost {
		return nil, s.Fail(err)
	}
	if err != nil {
		if _, again := find(); again != nil {
			return nil, s.Fail(fmt.Errorf("commit: %w", errors.Join(err, again)))
		}
	}
	return &s.Result, nil
}

// Found is the result of a run that another process has committed. run is the last one that
// the database knows of.
func (s *Sink) Found(run string, st connector.State) (*connector.Result, error) {
	if run != st.Run {
		return nil, connector.ErrNothingStaged
	}
	res := s.Uncounted()
	return &res, nil
}

// MayCreate refuses to make the table that is missing, where the request forbids it.
func (s *Sink) MayCreate(missing error) error {
	if s.Load.Create != CreateNever {
		return nil
	}
	return fmt.Errorf("%w, and `create: never` forbids to make it", missing)
}
