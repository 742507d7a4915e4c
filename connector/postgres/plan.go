package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

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
	if s.Whole() {
		if rows, err = s.estimate(ctx, c); err != nil {
			return nil, err
		}
	}
	return s.PlanSplits(ctx, c.query, cursor, rows, func() ([]sqldb.Cut, error) { return s.cuts(ctx, c) })
}

// begin starts the transaction that everything is read in, once. A plan that is made again sees what
// is there by then.
func (s *source) begin(ctx context.Context, c *conn) error {
	if c.inTransaction() {
		if err := c.exec(ctx, "ROLLBACK"); err != nil {
			return err
		}
	}
	if err := c.exec(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"); err != nil {
		return err
	}
	var err error
	s.snapshot, _, err = c.one(ctx, "SELECT pg_export_snapshot()")
	if isCode(err, "25006", "0A000", "55000") { // a standby exports none
		s.snapshot = ""
		return c.exec(ctx, "ROLLBACK; BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
	}
	return err
}

// estimate is how many rows there are, as the server's statistics say; -1 unknown.
func (s *source) estimate(ctx context.Context, c *conn) (int64, error) {
	if s.Req.Table == "" {
		return -1, nil
	}
	n, ok, err := c.one(ctx, "SELECT reltuples::int8 FROM pg_catalog.pg_class WHERE oid = $1::oid AND relkind IN ('r', 'm') AND reltuples >= 0 AND relpages > 0", &s.rel.oid)
	if err != nil || !ok {
		return -1, err
	}
	return strconv.ParseInt(n, 10, 64)
}

// sampleSize is how many rows of a table the places to cut at are chosen from.
const sampleSize = 100_000

// cuts are ranges of about the target size. Where they lie is a guess, that they cover everything
// is not.
func (s *source) cuts(ctx context.Context, c *conn) ([]sqldb.Cut, error) {
	a := s.Args()
	total, err := s.estimate(ctx, c)
	if err != nil {
		return nil, err
	}
	sample := ""
	if total < 0 {
		if total, err = sqldb.Ask(c.query).Count(ctx, "SELECT count(*) FROM "+s.From(), a.Values...); err != nil {
			return nil, err
		}
	} else if total > sampleSize {
		sample = fmt.Sprintf(" TABLESAMPLE SYSTEM (%.4f)", 100*float64(sampleSize)/float64(total))
	}
	pieces := s.Pieces(total)
	if pieces <= 1 {
		return sqldb.Cuts(nil), nil
	}
	fractions := make([]string, pieces-1)
	for i := range fractions {
		fractions[i] = strconv.FormatFloat(float64(i+1)/float64(pieces), 'f', 6, 64)
	}
	by := s.Dialect.Ident(s.Req.Split.Column)
	rows, err := c.query(ctx, fmt.Sprintf("SELECT DISTINCT x, x::text FROM unnest((SELECT percentile_disc(ARRAY[%s]) WITHIN GROUP (ORDER BY %s) FROM %s%s)) AS x WHERE x IS NOT NULL ORDER BY 1",
		strings.Join(fractions, ", "), by, s.From(), sample), a.Values...)
	if err != nil {
		return nil, err
	}
	var at []string
	for _, r := range rows {
		at = append(at, r[1].S)
	}
	return sqldb.Cuts(at), nil
}
