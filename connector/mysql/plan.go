package mysql

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/sqldb"
)

// Plan fixes what is read, in the snapshot in which it will be read.
func (s *source) Plan(ctx context.Context, cursor json.RawMessage) (*connector.SplitPlan, error) {
	p, err := s.plan(ctx, cursor)
	return p, s.Fail(err)
}

func (s *source) plan(ctx context.Context, cursor json.RawMessage) (*connector.SplitPlan, error) {
	c, err := s.connected(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.begin(ctx, c); err != nil {
		return nil, err
	}
	rows := int64(-1)
	if s.Whole() && s.rel.rows > 0 {
		rows = s.rel.rows
	}
	plan, err := s.PlanSplits(ctx, c.query, cursor, rows, func() ([]sqldb.Cut, error) { return s.cuts(ctx, c) })
	if err != nil {
		return nil, err
	}
	s.unread = map[connector.SplitID]bool{}
	for _, split := range plan.Splits {
		s.unread[split.ID] = true
	}
	if len(plan.Splits) == 0 {
		s.end()
	}
	return plan, nil
}

// begin starts the transaction that everything is read in. A plan that is made again sees
// what is there by then.
func (s *source) begin(ctx context.Context, c *conn) error {
	if s.begun {
		if err := c.exec(ctx, "ROLLBACK"); err != nil {
			return err
		}
	}
	s.begun = false
	if err := c.exec(ctx, snapshot); err != nil {
		return err
	}
	s.begun = true
	return nil
}

// end ends the transaction: nobody can change or rename a table that one has read from.
func (s *source) end() {
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	if s.lead != nil && s.begun && s.lead.exec(ctx, "ROLLBACK") != nil {
		s.lead.close()
	}
	s.begun = false
}

// snapshot starts a transaction in which everything is as it is now.
const snapshot = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"

// cuts are ranges of the target size. They are found by walking the column's order, so it should have
// an index.
func (s *source) cuts(ctx context.Context, c *conn) ([]sqldb.Cut, error) {
	a := s.Args()
	total, err := sqldb.Ask(c.query).Count(ctx, "SELECT count(*) FROM "+s.From(), a.Values...)
	if err != nil {
		return nil, err
	}
	pieces := s.Pieces(total)
	if pieces <= 1 {
		return sqldb.Cuts(nil), nil
	}
	step := (total + pieces - 1) / pieces
	by := s.Dialect.Ident(s.Req.Split.Column)
	var at []string
	for int64(len(at)) < pieces-1 {
		a := s.Args()
		cond := by + " IS NOT NULL"
		if len(at) > 0 {
			cond = by + " >= " + fmt.Sprintf(s.Cut.Cast, a.Add(at[len(at)-1]))
		}
		next, ok, err := c.one(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT 1 OFFSET %d", fmt.Sprintf(s.Cut.Text, by), s.From(), cond, by, step), a.Values...)
		if err != nil {
			return nil, err
		}
		if ok && len(at) > 0 && next == at[len(at)-1] { // many rows with one value: go on behind them
			a := s.Args()
			cond = by + " > " + fmt.Sprintf(s.Cut.Cast, a.Add(next))
			next, ok, err = c.one(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT 1", fmt.Sprintf(s.Cut.Text, by), s.From(), cond, by), a.Values...)
			if err != nil {
				return nil, err
			}
		}
		if !ok {
			break
		}
		at = append(at, next)
	}
	return sqldb.Cuts(at), nil
}
