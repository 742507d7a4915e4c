package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/sqldb"
)

// piece is the Spec of a split: the rows that are in both.
type piece struct {
	Span *sqldb.Span `json:"span,omitempty"`
	Cut  sqldb.Cut   `json:"cut,omitzero"`
	Seen sqldb.Seen  `json:"seen,omitempty"` // rows of a lag that are not read again
}

// defaultRows is how many rows a split aims at.
const defaultRows = 1_000_000

// Plan fixes what is read, in the snapshot in which it will be read.
func (s *source) Plan(ctx context.Context, cursor json.RawMessage) (*connector.SplitPlan, error) {
	p, err := s.plan(ctx, cursor)
	return p, s.fail(err)
}

func (s *source) plan(ctx context.Context, cursor json.RawMessage) (*connector.SplitPlan, error) {
	c, err := s.connected(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.begin(ctx, c); err != nil {
		return nil, err
	}
	spans, next, err := s.spans(ctx, c, cursor)
	if err != nil {
		return nil, err
	}
	cuts := []sqldb.Cut{{}}
	if s.req.Split != nil && len(spans) > 0 {
		if cuts, err = s.cuts(ctx, c); err != nil {
			return nil, err
		}
	}
	plan := &connector.SplitPlan{Cursor: next}
	rows := int64(-1)
	if s.keyset == nil && len(s.ranges) == 0 {
		if rows, err = s.estimate(ctx, c); err != nil {
			return nil, err
		}
	}
	for _, sp := range spans {
		for _, cut := range cuts {
			n := len(plan.Splits) + 1
			sp.Cut = cut
			split := connector.Split{ID: connector.SplitID("split-" + strconv.Itoa(n)), Name: s.label(), Rows: -1, Bytes: -1}
			if len(spans)*len(cuts) > 1 {
				split.Name += " #" + strconv.Itoa(n)
			}
			if rows >= 0 {
				split.Rows = rows / int64(len(cuts))
			}
			if split.Spec, err = json.Marshal(sp); err != nil {
				return nil, err
			}
			plan.Splits = append(plan.Splits, split)
		}
	}
	return plan, nil
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

// spans is what is new since the cursor, and the cursor once that is committed.
func (s *source) spans(ctx context.Context, c *conn, cursor json.RawMessage) (list []piece, next json.RawMessage, err error) {
	inc := s.req.Incremental
	switch {
	case inc == nil:
		return []piece{{}}, nil, nil
	case inc.From != "" || inc.To != "":
		return []piece{{Span: backfill(inc)}}, nil, nil
	}
	if inc.Nulls == "include" {
		list = append(list, piece{Span: &sqldb.Span{Nulls: true}})
	}
	old, err := sqldb.ParsePosition(cursor)
	if err != nil {
		return nil, nil, err
	}
	var lo *sqldb.Mark
	if old != nil {
		lo = &old.Mark
	} else if inc.Start != "" {
		lo = &sqldb.Mark{Cursor: inc.Start}
	}
	hi, err := s.high(ctx, c, lo)
	if err != nil {
		return nil, nil, err
	}
	if old != nil && inc.Lag > 0 {
		late, err := s.before(ctx, c, old.Mark)
		if err != nil {
			return nil, nil, err
		}
		old.Seen.Sort()
		list = append(list, piece{Span: &sqldb.Span{Lo: late, Hi: lo, From: true}, Seen: old.Seen})
	}
	if hi != nil {
		list = append(list, piece{Span: &sqldb.Span{Lo: lo, Hi: hi}})
	} else if hi = lo; old == nil {
		return list, cursor, nil // nothing is there yet
	}
	next, err = s.position(ctx, c, *hi)
	return list, next, err
}

func backfill(inc *connector.Incremental) *sqldb.Span {
	sp := &sqldb.Span{From: true, To: true}
	if inc.From != "" {
		sp.Lo = &sqldb.Mark{Cursor: inc.From}
	}
	if inc.To != "" {
		sp.Hi = &sqldb.Mark{Cursor: inc.To}
	}
	return sp
}

// texts is the cursor and the tie breaker as texts. They need names of their own: an
// ORDER BY means the columns of a result before those of the table.
func (s *source) texts() []string {
	list := []string{s.sql.Ident(s.keyset.Cursor.Column) + "::text AS " + ownName("cursor")}
	if t := s.keyset.Tie.Column; t != "" {
		list = append(list, s.sql.Ident(t)+"::text AS "+ownName("tie"))
	}
	return list
}

// ownName is a name that no column of others has.
func ownName(s string) string { return `"` + sqldb.OwnPrefix + s + `"` }

// high is the last row there is after lo, nil when there is none.
func (s *source) high(ctx context.Context, c *conn, lo *sqldb.Mark) (*sqldb.Mark, error) {
	a := s.args()
	sql := "SELECT " + strings.Join(s.texts(), ", ") + " FROM " + s.from() + " WHERE " + s.keyset.Where(a, sqldb.Span{Lo: lo}) +
		" ORDER BY " + s.keyset.Order(true) + " LIMIT 1"
	rows, err := c.query(ctx, sql, a.Values...)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	hi := &sqldb.Mark{Cursor: rows[0][0].s}
	if len(rows[0]) > 1 && !rows[0][1].null {
		hi.Tie = &rows[0][1].s
	} else if len(rows[0]) > 1 {
		return nil, fmt.Errorf("incremental: there are rows whose tie breaker `%s` is NULL", s.keyset.Tie.Column)
	}
	return hi, nil
}

// before is the place a lag before m.
func (s *source) before(ctx context.Context, c *conn, m sqldb.Mark) (*sqldb.Mark, error) {
	a := &sqldb.Args{Dialect: s.sql}
	at := fmt.Sprintf(s.keyset.Cursor.Cast, a.Add(m.Cursor))
	typ := strings.TrimPrefix(s.keyset.Cursor.Cast, "%s::")
	lag := a.Add(seconds(s.req.Incremental.Lag))
	late, _, err := c.one(ctx, fmt.Sprintf("SELECT ((%s - make_interval(secs => %s::float8))::%s)::text", at, lag, typ), a.Values...)
	return &sqldb.Mark{Cursor: late}, err
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) }

// position is the cursor to store: hi, and the rows of its lag.
func (s *source) position(ctx context.Context, c *conn, hi sqldb.Mark) (json.RawMessage, error) {
	p := sqldb.Position{Mark: hi}
	if s.req.Incremental.Lag > 0 {
		late, err := s.before(ctx, c, hi)
		if err != nil {
			return nil, err
		}
		a := s.args()
		sql := "SELECT " + strings.Join(s.texts(), ", ") + " FROM " + s.from() + " WHERE " +
			s.keyset.Where(a, sqldb.Span{Lo: late, Hi: &hi, From: true}) + " LIMIT " + strconv.Itoa(sqldb.MaxSeen+1)
		rows, err := c.query(ctx, sql, a.Values...)
		if err != nil {
			return nil, err
		}
		if len(rows) > sqldb.MaxSeen {
			return nil, fmt.Errorf("incremental: there are more than %d rows within the lag of %s: make it shorter", sqldb.MaxSeen, s.req.Incremental.Lag)
		}
		for _, r := range rows {
			p.Seen = append(p.Seen, sqldb.DigestOf([]byte(r[0].s), []byte(r[1].s)))
		}
		p.Seen.Sort()
	}
	return json.Marshal(p)
}

// estimate is how many rows there are, as the server's statistics say; -1 unknown.
func (s *source) estimate(ctx context.Context, c *conn) (int64, error) {
	if s.req.Table == "" {
		return -1, nil
	}
	n, ok, err := c.one(ctx, "SELECT reltuples::int8 FROM pg_catalog.pg_class WHERE oid = $1::oid AND relkind IN ('r', 'm') AND reltuples >= 0 AND relpages > 0", &s.rel.oid)
	if err != nil || !ok {
		return -1, err
	}
	return strconv.ParseInt(n, 10, 64)
}

// maxSplits is how many splits a source is cut into at most, sampleSize how many rows of a
// table the places to cut at are chosen from.
const (
	maxSplits  = 1000
	sampleSize = 100_000
)

// cuts are ranges of about the target size. Where they lie is a guess, that they cover everything
// is not.
func (s *source) cuts(ctx context.Context, c *conn) ([]sqldb.Cut, error) {
	target := s.req.Split.TargetRows
	if target <= 0 {
		target = defaultRows
	}
	a := s.args()
	total, err := s.estimate(ctx, c)
	if err != nil {
		return nil, err
	}
	sample := ""
	if total < 0 {
		n, _, err := c.one(ctx, "SELECT count(*) FROM "+s.from(), a.Values...)
		if err != nil {
			return nil, err
		}
		total, _ = strconv.ParseInt(n, 10, 64)
	} else if total > sampleSize {
		sample = fmt.Sprintf(" TABLESAMPLE SYSTEM (%.4f)", 100*float64(sampleSize)/float64(total))
	}
	pieces := min(int(math.Ceil(float64(total)/float64(target))), maxSplits)
	if pieces <= 1 {
		return []sqldb.Cut{{}}, nil
	}
	fractions := make([]string, pieces-1)
	for i := range fractions {
		fractions[i] = strconv.FormatFloat(float64(i+1)/float64(pieces), 'f', 6, 64)
	}
	by := s.sql.Ident(s.req.Split.Column)
	rows, err := c.query(ctx, fmt.Sprintf("SELECT DISTINCT x, x::text FROM unnest((SELECT percentile_disc(ARRAY[%s]) WITHIN GROUP (ORDER BY %s) FROM %s%s)) AS x WHERE x IS NOT NULL ORDER BY 1",
		strings.Join(fractions, ", "), by, s.from(), sample), a.Values...)
	if err != nil {
		return nil, err
	}
	var at []string
	for _, r := range rows {
		at = append(at, r[1].s)
	}
	return sqldb.Cuts(at), nil
}
