package sqlite

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/sqldb"
)

// mark is a place in the order of an incremental source.
type mark struct {
	Cursor scalar  `json:"cursor"`
	Tie    *scalar `json:"tie,omitempty"`
	Ties   int64   `json:"ties,omitempty"` // this and By as in sqldb.Position
	By     string  `json:"by,omitempty"`
}

// scalar is a value with its storage class. In JSON a text is a string and numbers
// are numbers, those with a point or an exponent floats.
type scalar struct {
	class int32
	i     int64
	f     float64
	s     string
}

func (v scalar) MarshalJSON() ([]byte, error) {
	switch v.class {
	case sqlite3.SQLITE_INTEGER:
		return strconv.AppendInt(nil, v.i, 10), nil
	case sqlite3.SQLITE_FLOAT:
		return strconv.AppendFloat(nil, v.f, 'e', -1, 64), nil
	}
	return json.Marshal(v.s)
}

// text is the value as people write it.
func (v scalar) text() string {
	if v.class == sqlite3.SQLITE_TEXT {
		return v.s
	}
	number, _ := v.MarshalJSON() // which does not fail
	return string(number)
}

func (v *scalar) UnmarshalJSON(data []byte) (err error) {
	if len(data) > 0 && data[0] == '"' {
		v.class = sqlite3.SQLITE_TEXT
		return json.Unmarshal(data, &v.s)
	}
	v.class = sqlite3.SQLITE_INTEGER
	if v.i, err = strconv.ParseInt(string(data), 10, 64); err == nil {
		return nil
	}
	v.class = sqlite3.SQLITE_FLOAT
	if v.f, err = strconv.ParseFloat(string(data), 64); err != nil {
		return fmt.Errorf("cursor %s is neither a number nor a string", data)
	}
	return nil
}

// scalar is the cell i. A blob counts as its bytes.
func (s *stmt) scalar(i int) scalar {
	switch c := s.class(i); c {
	case sqlite3.SQLITE_INTEGER:
		return scalar{class: c, i: s.int(i)}
	case sqlite3.SQLITE_FLOAT:
		return scalar{class: c, f: s.float(i)}
	}
	return scalar{class: sqlite3.SQLITE_TEXT, s: string(s.bytes(i))}
}

func (s *stmt) bindScalar(i int, v scalar) error {
	switch v.class {
	case sqlite3.SQLITE_INTEGER:
		return s.bindInt(i, v.i)
	case sqlite3.SQLITE_FLOAT:
		return s.bindFloat(i, v.f)
	}
	return s.bindString(i, v.s)
}

// low is where reading starts: after the cursor, or after the flow's start.
func (s *source) low(cursor json.RawMessage) (*mark, error) {
	if len(cursor) > 0 && string(cursor) != "null" {
		m := new(mark)
		if err := json.Unmarshal(cursor, m); err != nil {
			return nil, fmt.Errorf("stored cursor %s: %w", cursor, err)
		}
		return m, nil
	}
	return textMark(s.Req.Incremental.Start), nil
}

// Names of the parameters that bound the rows.
const (
	lowCursor, lowTie   = ":headgate_lo", ":headgate_lo_tie"
	highCursor, highTie = ":headgate_hi", ":headgate_hi_tie"
)

// high is the last row there is after lo, nil when there is none.
func (s *source) high(ctx context.Context, d *db, lo *mark) (*mark, error) {
	inc := s.Req.Incremental
	columns := s.Dialect.Ident(inc.Cursor)
	order := columns + " DESC"
	if inc.TieBreaker != "" {
		columns += ", " + s.Dialect.Ident(inc.TieBreaker)
		order += ", " + s.Dialect.Ident(inc.TieBreaker) + " DESC"
	}
	sql := "SELECT " + columns + " FROM " + s.From() + s.where(split{Lo: lo}) + " ORDER BY " + order + " LIMIT 1"
	st, err := d.prepare(sql)
	if err != nil {
		return nil, err
	}
	defer st.close()
	if err := s.bind(st, split{Lo: lo}); err != nil {
		return nil, err
	}
	defer d.watch(ctx)()
	more, err := st.step()
	if !more || err != nil {
		return nil, cancelled(ctx, err)
	}
	hi := &mark{Cursor: st.scalar(0)}
	if inc.TieBreaker != "" {
		tie := st.scalar(1)
		hi.Tie, hi.By = &tie, inc.TieBreaker
		return hi, s.checkTies(ctx, d, hi)
	}
	hi.Ties, err = s.ties(ctx, d, hi)
	return hi, err
}

// where is the condition for rows, with " WHERE " before it.
func (s *source) where(rows split) string {
	inc := s.Req.Incremental
	if inc == nil {
		return ""
	}
	cursor := s.Dialect.Ident(inc.Cursor)
	if rows.Nulls {
		return " WHERE " + cursor + " IS NULL"
	}
	low, high := ">", "<="
	if rows.Backfill {
		low, high = ">=", "<"
	}
	sql := " WHERE " + cursor + " IS NOT NULL"
	if rows.Lo != nil {
		sql += " AND " + s.beyond(cursor, low, lowCursor, lowTie, rows.Lo.Tie != nil)
	}
	if rows.Hi != nil {
		sql += " AND " + s.beyond(cursor, high, highCursor, highTie, rows.Hi.Tie != nil)
	}
	return sql
}

// beyond compares the cursor, together with the tie breaker if the mark has one. A
// row value would not let SQLite use the columns' affinity for a start that is text.
func (s *source) beyond(cursor, op, param, tieParam string, tie bool) string {
	if !tie || s.Req.Incremental.TieBreaker == "" {
		return cursor + " " + op + " " + param
	}
	strict := op[:1]
	t := s.Dialect.Ident(s.Req.Incremental.TieBreaker)
	return "(" + cursor + " " + strict + " " + param + " OR " + cursor + " = " + param + " AND " + t + " " + op + " " + tieParam + ")"
}

// bind binds the query's own parameters and those that bound rows.
func (s *source) bind(st *stmt, rows split) error {
	if err := st.bindArgs(s.Req.Args); err != nil {
		return err
	}
	for _, b := range []struct {
		m           *mark
		cursor, tie string
	}{{rows.Lo, lowCursor, lowTie}, {rows.Hi, highCursor, highTie}} {
		if b.m == nil {
			continue
		}
		if i := st.parameter(b.cursor); i > 0 {
			if err := st.bindScalar(i, b.m.Cursor); err != nil {
				return err
			}
		}
		if i := st.parameter(b.tie); i > 0 && b.m.Tie != nil {
			if err := st.bindScalar(i, *b.m.Tie); err != nil {
				return err
			}
		}
	}
	return nil
}

// order is the ORDER BY of an incremental source.
func (s *source) order() string {
	inc := s.Req.Incremental
	if inc == nil {
		return ""
	}
	sql := " ORDER BY " + s.Dialect.Ident(inc.Cursor)
	if inc.TieBreaker != "" {
		sql += ", " + s.Dialect.Ident(inc.TieBreaker)
	}
	return sql
}

// checkOrder finds out whether the columns are there that rows are cut and ordered by.
func (s *source) checkOrder(ctx context.Context, d *db, st *connector.Stream) error {
	inc, by := s.Req.Incremental, s.Req.Split
	if inc == nil && by == nil {
		return nil
	}
	all, err := s.columns(d)
	if err != nil {
		return err
	}
	names := make([]string, len(all))
	for i, c := range all {
		names[i] = c.field.Name
	}
	missing := func(key, name string) error {
		if name == "" || slices.ContainsFunc(names, func(n string) bool { return s.Dialect.Same(n, name) }) {
			return nil
		}
		return fmt.Errorf("%s: no column `%s`%s", key, name, sqldb.Suggest(name, names))
	}
	if by != nil {
		if err := missing("split", by.Column); err != nil {
			return err
		}
		st.Notes = append(st.Notes, "a SQLite database is read in one piece, whatever `split` says")
	}
	if inc == nil {
		return nil
	}
	if err := cmp.Or(missing("incremental", inc.Cursor), missing("incremental", inc.TieBreaker)); err != nil {
		return err
	}
	if inc.Lag > 0 {
		return errors.New("incremental: a SQLite database has one writer at a time, so that no row appears late: leave out lag")
	}
	if inc.Nulls == "include" {
		return nil
	}
	nulls, err := s.queryOne(ctx, d, "SELECT 1 FROM "+s.From()+" WHERE "+s.Dialect.Ident(inc.Cursor)+" IS NULL LIMIT 1")
	if err != nil || !nulls {
		return err
	}
	return sqldb.LeaveOutNulls(inc, st)
}

// queryOne reports whether sql yields a row.
func (s *source) queryOne(ctx context.Context, d *db, sql string) (bool, error) {
	st, err := d.prepare(sql)
	if err != nil {
		return false, err
	}
	defer st.close()
	if err := st.bindArgs(s.Req.Args); err != nil {
		return false, err
	}
	defer d.watch(ctx)()
	more, err := st.step()
	return more, cancelled(ctx, err)
}
