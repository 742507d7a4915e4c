package sqldb

import (
	"context"
	"fmt"

	"github.com/headgate/headgate/connector"
)

// checkTies is CheckTies for the rows with the cursor of m.
func (s *Source) checkTies(ctx context.Context, ask Ask, m Mark, known int64) error {
	n, err := s.ties(ctx, ask, m)
	if err != nil {
		return err
	}
	return CheckTies(s.Req.Incremental, m.Cursor, n, known)
}

// ties is how many rows have the cursor of m; where there is a tie breaker, of those without one.
func (s *Source) ties(ctx context.Context, ask Ask, m Mark) (int64, error) {
	a, at := s.Args(), &Mark{Cursor: m.Cursor}
	where := s.Keyset.Where(a, Span{Lo: at, Hi: at, From: true})
	if tie := s.Keyset.Tie.Column; tie != "" {
		where += " AND " + s.Dialect.Ident(tie) + " IS NULL"
	}
	return ask.Count(ctx, "SELECT count(*) FROM "+s.From()+" WHERE "+where, a.Values...)
}

// CheckTieBreaker refuses a stored cursor at a row that had a tie breaker, by, where the flow has
// another one now, or none: which of the rows with the cursor at were read cannot be told any more.
func CheckTieBreaker(d *Dialect, inc *connector.Incremental, at string, tied bool, by string) error {
	if !tied || inc.TieBreaker != "" && (by == "" || d.Same(by, inc.TieBreaker)) {
		return nil
	}
	now := "has none now"
	if inc.TieBreaker != "" {
		now = fmt.Sprintf("has `%s` now", inc.TieBreaker)
	}
	was := "a tie_breaker"
	if by != "" {
		was = fmt.Sprintf("the tie_breaker `%s`", by)
	}
	return fmt.Errorf("incremental: the last run has read by %s, and the flow %s: rows with the `%s` %s could be lost; put it back, or take all of them as read: headgate state set FLOW %q",
		was, now, inc.Cursor, at, at)
}

// CheckTies refuses what would leave rows out whose cursor is at, up to which a run has read or
// will read. Where there is a tie breaker, n are those of them without one. Where there is none, n are
// all of them, and known are those that were there when it was read; 0 = nobody counted.
func CheckTies(inc *connector.Incremental, at string, n, known int64) error {
	switch {
	case inc.TieBreaker != "" && n > 0:
		return fmt.Errorf("incremental: there are rows whose tie breaker `%s` is NULL", inc.TieBreaker)
	case inc.TieBreaker == "" && known > 0 && n > known:
		return fmt.Errorf("incremental: %d more rows have the `%s` %s, up to which the last run has read: name a tie_breaker, and run once with --from %q",
			n-known, inc.Cursor, at, at)
	}
	return nil
}
