package mysql

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

// piece is the Spec of a split: the rows that are in both.
type piece struct {
	Span *sqldb.Span `json:"span,omitempty"`
	Cut  sqldb.Cut   `json:"cut,omitzero"`
	Seen sqldb.Seen  `json:"seen,omitempty"` // rows of a lag that are not read again
}

// defaultRows is how many rows a split aims at, maxSplits how many splits there are at most.
const (
	defaultRows = 1_000_000
	maxSplits   = 1000
)

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
	if s.keyset == nil && len(s.ranges) == 0 && s.req.Table != "" && s.rel.rows > 0 {
		rows = s.rel.rows
	}
	s.unread = map[connector.SplitID]bool{}
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
			s.unread[split.ID] = true
		}
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

// spans is what is new since the cursor, and the cursor once that is committed.
func (s *source) spans(ctx context.Context, c *conn, cursor json.RawMessage) (list []piece, next json.RawMessage, err error) {
	inc := s.req.Incremental
	switch {
	case inc == nil:
		return []piece{{}}, nil, nil
	case inc.From != "" || inc.To != "":
		return []piece{{Span: s.backfill(inc)}}, nil, nil
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
		lo = &sqldb.Mark{Cursor: s.bound(inc.Start)}
	}
	hi, err := s.high(ctx, c, lo)
	if err != nil {
		return nil, nil, err
	}
	if old != nil && inc.Lag > 0 {
		late, err := s.late(ctx, c, old.Mark)
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

func (s *source) backfill(inc *connector.Incremental) *sqldb.Span {
	sp := &sqldb.Span{From: true, To: true}
	if inc.From != "" {
		sp.Lo = &sqldb.Mark{Cursor: s.bound(inc.From)}
	}
	if inc.To != "" {
		sp.Hi = &sqldb.Mark{Cursor: s.bound(inc.To)}
	}
	return sp
}

// bound is a bound that a person wrote, in the server's spelling: it does not know the Z of
// a time in UTC.
func (s *source) bound(text string) string {
	if s.cursor.read().Kind != record.Timestamp {
		return text
	}
	x, problem := record.ParseTimestamp([]byte(text))
	if problem != record.NoProblem {
		return text
	}
	days, rest := record.SplitTimestamp(x)
	return string(record.AppendTime(append(record.AppendDate(nil, days), ' '), rest))
}

// texts is the cursor and the tie breaker as texts.
func (s *source) texts() []string {
	list := []string{fmt.Sprintf(s.ordering[0].text, s.sql.Ident(s.keyset.Cursor.Column))}
	if t := s.keyset.Tie.Column; t != "" {
		list = append(list, fmt.Sprintf(s.ordering[1].text, s.sql.Ident(t)))
	}
	return list
}

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

// late is the place a lag before m.
func (s *source) late(ctx context.Context, c *conn, m sqldb.Mark) (*sqldb.Mark, error) {
	a := &sqldb.Args{Dialect: s.sql}
	at := fmt.Sprintf(s.keyset.Cursor.Cast, a.Add(m.Cursor))
	lag := a.Add(strconv.FormatInt(s.req.Incremental.Lag.Microseconds(), 10))
	sql := fmt.Sprintf("SELECT CAST(CAST(CAST(%s AS DATETIME(6)) - INTERVAL CAST(%s AS SIGNED) MICROSECOND AS DATETIME(6)) AS CHAR)", at, lag)
	if s.cursor.read().Kind == record.Date { // a part of a day reaches into it
		sql = fmt.Sprintf("SELECT CAST(CAST(CAST(%s AS DATETIME(6)) - INTERVAL CAST(%s AS SIGNED) MICROSECOND AS DATE) AS CHAR)", at, lag)
	}
	late, ok, err := c.one(ctx, sql, a.Values...)
	if err == nil && !ok {
		late = "0001-01-01"
	}
	return &sqldb.Mark{Cursor: late}, err
}

// position is the cursor to store: hi, and the rows of its lag.
func (s *source) position(ctx context.Context, c *conn, hi sqldb.Mark) (json.RawMessage, error) {
	p := sqldb.Position{Mark: hi}
	if s.req.Incremental.Lag > 0 {
		late, err := s.late(ctx, c, hi)
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

// cuts are ranges of the target size. They are found by walking the column's order, so it should have
// an index.
func (s *source) cuts(ctx context.Context, c *conn) ([]sqldb.Cut, error) {
	target := s.req.Split.TargetRows
	if target <= 0 {
		target = defaultRows
	}
	a := s.args()
	n, _, err := c.one(ctx, "SELECT count(*) FROM "+s.from(), a.Values...)
	if err != nil {
		return nil, err
	}
	total, err := strconv.ParseInt(n, 10, 64)
	if err != nil {
		return nil, err
	}
	pieces := min(int64(math.Ceil(float64(total)/float64(target))), maxSplits)
	if pieces <= 1 {
		return []sqldb.Cut{{}}, nil
	}
	step := (total + pieces - 1) / pieces
	by := s.sql.Ident(s.req.Split.Column)
	var at []string
	for int64(len(at)) < pieces-1 {
		a := s.args()
		cond := by + " IS NOT NULL"
		if len(at) > 0 {
			cond = by + " >= " + fmt.Sprintf(s.cut.Cast, a.Add(at[len(at)-1]))
		}
		next, ok, err := c.one(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT 1 OFFSET %d", fmt.Sprintf(s.cutBy.text, by), s.from(), cond, by, step), a.Values...)
		if err != nil {
			return nil, err
		}
		if ok && len(at) > 0 && next == at[len(at)-1] { // many rows with one value: go on behind them
			a := s.args()
			cond = by + " > " + fmt.Sprintf(s.cut.Cast, a.Add(next))
			next, ok, err = c.one(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT 1", fmt.Sprintf(s.cutBy.text, by), s.from(), cond, by), a.Values...)
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
