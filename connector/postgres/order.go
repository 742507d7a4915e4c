package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

// term is a column that rows are ordered by.
func (s *source) term(ctx context.Context, c *conn, name string) (sqldb.Term, error) {
	info, err := s.typeOf(ctx, c, name)
	if err != nil {
		return sqldb.Term{}, err
	}
	// Without what is in parentheses: a bound must not be rounded or cut off.
	base, err := c.types(ctx, []uint32{info.oid}, []int32{-1})
	if err != nil {
		return sqldb.Term{}, err
	}
	return sqldb.Term{Column: name, Type: info.name, Kind: info.read().Type.Kind, Cast: "%s::" + base[0].name, Text: "%s::text"}, nil
}

// typeOf is the type of a column, which need not be one that is read.
func (s *source) typeOf(ctx context.Context, c *conn, name string) (typeInfo, error) {
	if col := columnNamed(s.cols, name); col != nil {
		return col.info, nil
	}
	all, err := c.describe(ctx, "SELECT * FROM "+s.From())
	if err != nil {
		return typeInfo{}, err
	}
	names := make([]string, len(all))
	for i, f := range all {
		names[i] = f.Name
	}
	i := slices.Index(names, name)
	if i < 0 {
		return typeInfo{}, fmt.Errorf("no column `%s`%s", name, sqldb.Suggest(name, names))
	}
	infos, err := c.types(ctx, []uint32{all[i].DataTypeOID}, []int32{-1})
	if err != nil {
		return typeInfo{}, err
	}
	return infos[0], nil
}

// Narrow keeps what a filter demands, for the server to apply.
func (s *source) Narrow(ranges []connector.Range) { s.Ranges = ranges }

// narrowed is the conditions for the ranges that mean the same to the server. What they let
// through more does no harm.
func (s *source) narrowed(a *sqldb.Args) (conds []string) {
	for _, r := range s.Ranges {
		i := s.Schema.Index(r.Column)
		if i < 0 || !s.columns[i].typed || s.columns[i].expr != "" {
			continue
		}
		cast, ok := rangeCast(s.columns[i].Type.Kind, r.Type.Kind, r.Low != nil && r.High != nil && *r.Low == *r.High)
		if ok || r.Low == nil && r.High == nil {
			conds = append(conds, sqldb.Within(a, s.Dialect.Ident(s.columns[i].name), "%s"+cast, r))
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
