package sqldb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// SetOrder finds the columns that rows are cut and ordered by, and applies the rule for rows
// without a cursor. term describes a column of the source.
func (s *Source) SetOrder(ctx context.Context, ask Ask, st *connector.Stream, term func(column string) (Term, error)) (err error) {
	if by := s.Req.Split; by != nil {
		if s.Cut, err = term(by.Column); err != nil {
			return fmt.Errorf("split: %w", err)
		}
	}
	inc := s.Req.Incremental
	if inc == nil {
		return nil
	}
	s.Keyset = &Keyset{Dialect: s.Dialect}
	s.Keyset.Cursor, err = term(inc.Cursor)
	if err == nil && inc.TieBreaker != "" {
		s.Keyset.Tie, err = term(inc.TieBreaker)
	}
	if err != nil {
		return fmt.Errorf("incremental: %w", err)
	}
	if err := s.checkLag(); err != nil {
		return err
	}
	if inc.Nulls == "include" {
		return nil
	}
	a := s.Args()
	_, found, err := ask.One(ctx, "SELECT 1 FROM "+s.From()+" WHERE "+s.Keyset.Where(a, Span{Nulls: true})+" LIMIT 1", a.Values...)
	if err != nil || !found {
		return err
	}
	return LeaveOutNulls(inc, st)
}

func (s *Source) checkLag() error {
	inc, at := s.Req.Incremental, s.Keyset.Cursor
	switch {
	case inc.Lag <= 0:
	case inc.TieBreaker == "":
		return errors.New("incremental: lag needs a tie_breaker that tells rows apart")
	case at.Kind != record.Timestamp && at.Kind != record.Date:
		return fmt.Errorf("incremental: lag is a time, but `%s` is %s", inc.Cursor, at.Type)
	}
	return nil
}

// LeaveOutNulls applies the rule for rows without a cursor when there are some.
func LeaveOutNulls(inc *connector.Incremental, st *connector.Stream) error {
	if inc.Nulls == "fail" {
		return fmt.Errorf("there are rows whose `%s` is NULL, and `nulls: fail` forbids to leave them out", inc.Cursor)
	}
	st.Notes = append(st.Notes, fmt.Sprintf("rows whose `%s` is NULL are not read", inc.Cursor))
	return nil
}

// spans is what is new since the cursor, and the cursor once that is committed.
func (s *Source) spans(ctx context.Context, ask Ask, cursor json.RawMessage) (list []Piece, next json.RawMessage, err error) {
	inc := s.Req.Incremental
	switch {
	case inc == nil:
		return []Piece{{}}, nil, nil
	case inc.From != "" || inc.To != "":
		return []Piece{{Span: &Span{Lo: markAt(inc.From), Hi: markAt(inc.To), From: true, To: true}}}, nil, nil
	}
	if inc.Nulls == "include" {
		list = append(list, Piece{Span: &Span{Nulls: true}})
	}
	old, err := ParsePosition(cursor)
	if err != nil {
		return nil, nil, err
	}
	lo := markAt(inc.Start)
	if old != nil {
		lo = &old.Mark
	}
	if old != nil {
		err := CheckTieBreaker(s.Dialect, inc, old.Cursor, old.Tie != nil, old.By)
		if err == nil {
			err = s.checkTies(ctx, ask, old.Mark, old.Ties)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	hi, err := s.high(ctx, ask, lo)
	if err != nil {
		return nil, nil, err
	}
	if old != nil && inc.Lag > 0 {
		late, err := s.earlier(ctx, ask, old.Mark)
		if err != nil {
			return nil, nil, err
		}
		old.Seen.Sort()
		list = append(list, Piece{Span: &Span{Lo: late, Hi: lo, From: true}, Seen: old.Seen})
	}
	if hi != nil {
		list = append(list, Piece{Span: &Span{Lo: lo, Hi: hi}})
	} else if hi = lo; old == nil {
		return list, cursor, nil // nothing is there yet
	}
	next, err = s.position(ctx, ask, *hi)
	return list, next, err
}

// markAt is a bound that a person wrote; nil for none.
func markAt(cursor string) *Mark {
	if cursor == "" {
		return nil
	}
	return &Mark{Cursor: cursor}
}

// high is the last row there is after lo, nil when there is none.
func (s *Source) high(ctx context.Context, ask Ask, lo *Mark) (*Mark, error) {
	a := s.Args()
	sql := s.selectMarks() + s.Keyset.Where(a, Span{Lo: lo}) + " ORDER BY " + s.Keyset.Order(true) + " LIMIT 1"
	rows, err := ask(ctx, sql, a.Values...)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	hi := &Mark{Cursor: rows[0][0].S}
	if len(rows[0]) > 1 {
		hi.Tie = &rows[0][1].S
		err = s.checkTies(ctx, ask, *hi, 0)
	}
	return hi, err
}

func (s *Source) selectMarks() string {
	return "SELECT " + strings.Join(s.Keyset.Texts(), ", ") + " FROM " + s.From() + " WHERE "
}

// earlier is the place a lag before m.
func (s *Source) earlier(ctx context.Context, ask Ask, m Mark) (*Mark, error) {
	a, t := &Args{Dialect: s.Dialect}, s.Keyset.Cursor
	at := t.bind(a, m.Cursor)
	late := fmt.Sprintf(s.Dialect.Earlier, at, a.Add(strconv.FormatInt(s.Req.Incremental.Lag.Microseconds(), 10)))
	text, ok, err := ask.One(ctx, "SELECT "+fmt.Sprintf(t.Text, fmt.Sprintf(t.Cast, "("+late+")")), a.Values...)
	if err == nil && !ok { // before all times
		text = "0001-01-01"
	}
	return &Mark{Cursor: text}, err
}

// position is the cursor to store: hi, and the rows of its lag.
func (s *Source) position(ctx context.Context, ask Ask, hi Mark) (json.RawMessage, error) {
	p := Position{Mark: hi}
	if hi.Tie != nil {
		p.By = s.Keyset.Tie.Column
	}
	if s.Keyset.Tie.Column == "" {
		n, err := s.ties(ctx, ask, hi)
		if err != nil {
			return nil, err
		}
		p.Ties = n
	}
	if lag := s.Req.Incremental.Lag; lag > 0 {
		late, err := s.earlier(ctx, ask, hi)
		if err != nil {
			return nil, err
		}
		a := s.Args()
		rows, err := ask(ctx, s.selectMarks()+s.Keyset.Where(a, Span{Lo: late, Hi: &hi, From: true})+" LIMIT "+strconv.Itoa(MaxSeen+1), a.Values...)
		if err != nil {
			return nil, err
		}
		if len(rows) > MaxSeen {
			return nil, fmt.Errorf("incremental: there are more than %d rows within the lag of %s: make it shorter", MaxSeen, lag)
		}
		for _, r := range rows {
			p.Seen = append(p.Seen, DigestOf([]byte(r[0].S), []byte(r[1].S)))
		}
		p.Seen.Sort()
	}
	return json.Marshal(p)
}

// PositionAt is the cursor to store for a place that a person wrote. ask fails on values that the
// database would have to change.
func (s *Source) PositionAt(ctx context.Context, ask Ask, cursor, tie string) (json.RawMessage, error) {
	if s.Keyset == nil || cursor == "" {
		return nil, errors.New("it is not read by a cursor, or the cursor is empty")
	}
	at, err := s.spelled(ctx, ask, s.Keyset.Cursor, cursor)
	if err != nil {
		return nil, err
	}
	m := Mark{Cursor: at}
	if tie != "" {
		if s.Keyset.Tie.Column == "" {
			return nil, errors.New("the flow has no tie_breaker")
		}
		if at, err = s.spelled(ctx, ask, s.Keyset.Tie, tie); err != nil {
			return nil, err
		}
		m.Tie = &at
	}
	return s.position(ctx, ask, m)
}

// spelled is a value as the database writes it, which must be one of the column's type.
func (s *Source) spelled(ctx context.Context, ask Ask, t Term, value string) (string, error) {
	a := &Args{Dialect: s.Dialect}
	text, ok, err := ask.One(ctx, "SELECT "+fmt.Sprintf(t.Text, "x.v")+" FROM (SELECT "+t.bind(a, value)+" AS v) AS x", a.Values...)
	if err == nil && !ok {
		err = fmt.Errorf("%q is not a value of it", value)
	}
	if err != nil {
		return "", fmt.Errorf("`%s`: %w", t.Column, err)
	}
	return text, nil
}
