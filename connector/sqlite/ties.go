package sqlite

import (
	"context"

	"github.com/headgate/headgate/connector/sqldb"
)

// checkTies is sqldb.CheckTies for the rows with the cursor of m.
func (s *source) checkTies(ctx context.Context, d *db, m *mark) error {
	n, err := s.ties(ctx, d, m)
	if err != nil {
		return err
	}
	return sqldb.CheckTies(s.Req.Incremental, m.Cursor.text(), n, m.Ties)
}

// ties is how many rows have the cursor of m; where there is a tie breaker, of those without one.
func (s *source) ties(ctx context.Context, d *db, m *mark) (int64, error) {
	inc := s.Req.Incremental
	sql := "SELECT count(*) FROM " + s.From() + " WHERE " + s.Dialect.Ident(inc.Cursor) + " = " + lowCursor
	if inc.TieBreaker != "" {
		sql += " AND " + s.Dialect.Ident(inc.TieBreaker) + " IS NULL"
	}
	st, err := d.prepare(sql)
	if err != nil {
		return 0, err
	}
	defer st.close()
	if err := s.bind(st, split{Lo: m}); err != nil {
		return 0, err
	}
	defer d.watch(ctx)()
	if _, err := st.step(); err != nil {
		return 0, cancelled(ctx, err)
	}
	return st.int(0), nil
}
