package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

// prepareOrder finds the columns that rows are cut and ordered by.
func (s *source) prepareOrder(ctx context.Context, c *conn, st *connector.Stream) (err error) {
	if by := s.req.Split; by != nil {
		if s.cut, _, err = s.term(ctx, c, "split", by.Column); err != nil {
			return err
		}
	}
	inc := s.req.Incremental
	if inc == nil {
		return nil
	}
	s.keyset = &sqldb.Keyset{Dialect: s.sql}
	var info typeInfo
	if s.keyset.Cursor, info, err = s.term(ctx, c, "incremental", inc.Cursor); err != nil {
		return err
	}
	if inc.TieBreaker != "" {
		if s.keyset.Tie, _, err = s.term(ctx, c, "incremental", inc.TieBreaker); err != nil {
			return err
		}
	}
	if inc.Lag > 0 {
		if inc.TieBreaker == "" {
			return fmt.Errorf("incremental: lag needs a tie_breaker that tells rows apart")
		}
		if k := info.read().Type.Kind; k != record.Timestamp && k != record.Date {
			return fmt.Errorf("incremental: lag is a time, but `%s` is %s", inc.Cursor, info.name)
		}
	}
	return s.nulls(ctx, c, st)
}

// term is a column that rows are ordered by.
func (s *source) term(ctx context.Context, c *conn, what, name string) (sqldb.Term, typeInfo, error) {
	var info typeInfo
	if col := columnNamed(s.cols, name); col != nil {
		info = col.info
	} else {
		all, err := c.describe(ctx, "SELECT * FROM "+s.from())
		if err != nil {
			return sqldb.Term{}, info, err
		}
		names := make([]string, len(all))
		for i, f := range all {
			names[i] = f.Name
		}
		i := slices.Index(names, name)
		if i < 0 {
			return sqldb.Term{}, info, fmt.Errorf("%s: no column `%s`%s", what, name, sqldb.Suggest(name, names))
		}
		infos, err := c.types(ctx, []uint32{all[i].DataTypeOID}, []int32{-1})
		if err != nil {
			return sqldb.Term{}, info, err
		}
		info = infos[0]
	}
	// Without what is in parentheses: a bound must not be rounded or cut off.
	base, err := c.types(ctx, []uint32{info.oid}, []int32{-1})
	if err != nil {
		return sqldb.Term{}, info, err
	}
	return sqldb.Term{Column: name, Cast: "%s::" + base[0].name}, info, nil
}

// nulls applies the rule for rows without a cursor.
func (s *source) nulls(ctx context.Context, c *conn, st *connector.Stream) error {
	inc := s.req.Incremental
	if inc.Nulls == "include" {
		return nil
	}
	a := s.args()
	_, found, err := c.one(ctx, "SELECT 1 FROM "+s.from()+" WHERE "+s.keyset.Where(a, sqldb.Span{Nulls: true})+" LIMIT 1", a.Values...)
	switch {
	case err != nil || !found:
		return err
	case inc.Nulls == "fail":
		return fmt.Errorf("there are rows whose `%s` is NULL, and `nulls: fail` forbids to leave them out", inc.Cursor)
	}
	st.Notes = append(st.Notes, fmt.Sprintf("rows whose `%s` is NULL are not read", inc.Cursor))
	return nil
}

// Narrow keeps what a filter demands, for the server to apply.
func (s *source) Narrow(ranges []connector.Range) { s.ranges = ranges }

// narrowed is the conditions for the ranges that mean the same to the server. What they let
// through more does no harm.
func (s *source) narrowed(a *sqldb.Args) (conds []string) {
	for _, r := range s.ranges {
		i := s.schema.Index(r.Column)
		if i < 0 || !s.columns[i].typed || s.columns[i].expr != "" {
			continue
		}
		col := s.sql.Ident(s.columns[i].name)
		if r.Low == nil && r.High == nil {
			conds = append(conds, col+" IS NOT NULL")
			continue
		}
		cast, ok := rangeCast(s.columns[i].Type.Kind, r.Type.Kind, r.Low != nil && r.High != nil && *r.Low == *r.High)
		if !ok {
			continue
		}
		if r.Low != nil {
			conds = append(conds, col+" >= "+a.Add(*r.Low)+cast)
		}
		if r.High != nil {
			conds = append(conds, col+" <= "+a.Add(*r.High)+cast)
		}
	}
	return conds
}

// rangeCast makes a bound of kind have comparable to a column of kind col. Texts are ordered
// by the server in ways of its own, so only equality counts for them.
func rangeCast(col, have record.Kind, equal bool) (cast string, ok bool) {
	switch col {
	case record.Int:
		if have == record.Int {
			return "::int8", true
		}
		return "::numeric", have == record.Decimal
	case record.Decimal:
		return "::numeric", have == record.Int || have == record.Decimal
	case record.Float:
		return "::float8", have == record.Float || have == record.Int
	case record.Date:
		return "::date", have == record.Date
	case record.Timestamp:
		return "::timestamptz", have == record.Timestamp
	case record.Time:
		return "::time", have == record.Time
	case record.String:
		return "", have == record.String && equal
	case record.UUID:
		return "::uuid", have == record.UUID && equal
	case record.Bool:
		return "::bool", have == record.Bool && equal
	}
	return "", false
}
