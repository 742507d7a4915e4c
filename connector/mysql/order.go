package mysql

import (
	"context"
	"fmt"
	"strings"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

// order is how the values of a column become texts and back.
type order struct {
	text string // makes the column a text: "CAST(%s AS CHAR)"
	cast string // makes a text a value again
}

// orderOf is the order of a type.
func orderOf(t typeInfo) order {
	o := order{"CAST(%s AS CHAR)", "%s"}
	switch t.read().Kind {
	case record.Int, record.Bool:
		o.cast = "CAST(%s AS SIGNED)"
		if t.unsigned || t.data == "bit" {
			o.cast = "CAST(%s AS UNSIGNED)"
		}
		if t.data == "bit" {
			o.text = "CAST(%s + 0 AS CHAR)"
		}
	case record.Decimal:
		o.cast = fmt.Sprintf("CAST(%%s AS DECIMAL(%d,%d))", max(t.digits, 20), t.places)
		if t.data == "bit" {
			o.text, o.cast = "CAST(%s + 0 AS CHAR)", "CAST(%s AS UNSIGNED)"
		}
	case record.Float:
		o.text, o.cast = "CAST(%s + 0e0 AS CHAR)", "(%s + 0e0)"
	case record.Bytes:
		o.text, o.cast = "HEX(%s)", "UNHEX(%s)"
	case record.Date:
		o.cast = "CAST(%s AS DATE)"
	case record.Time:
		o.cast = "CAST(%s AS TIME(6))"
	case record.Timestamp:
		o.cast = "CAST(%s AS DATETIME(6))"
	}
	switch t.data {
	case "enum", "set": // ordered by their numbers
		o.text, o.cast = "CAST(%s + 0 AS CHAR)", "CAST(%s AS UNSIGNED)"
	}
	return o
}

// prepareOrder finds the columns that rows are cut and ordered by.
func (s *source) prepareOrder(ctx context.Context, c *conn, st *connector.Stream) (err error) {
	if by := s.req.Split; by != nil {
		if s.cut, s.cutBy, _, err = s.term(ctx, c, "split", by.Column); err != nil {
			return err
		}
	}
	inc := s.req.Incremental
	if inc == nil {
		return nil
	}
	s.keyset, s.ordering = &sqldb.Keyset{Dialect: s.sql}, make([]order, 1, 2)
	if s.keyset.Cursor, s.ordering[0], s.cursor, err = s.term(ctx, c, "incremental", inc.Cursor); err != nil {
		return err
	}
	if inc.TieBreaker != "" {
		var o order
		if s.keyset.Tie, o, _, err = s.term(ctx, c, "incremental", inc.TieBreaker); err != nil {
			return err
		}
		s.ordering = append(s.ordering, o)
	}
	if inc.Lag > 0 {
		if inc.TieBreaker == "" {
			return fmt.Errorf("incremental: lag needs a tie_breaker that tells rows apart")
		}
		if k := s.cursor.read().Kind; k != record.Timestamp && k != record.Date {
			return fmt.Errorf("incremental: lag is a time, but `%s` is %s", inc.Cursor, s.cursor.data)
		}
	}
	return s.nulls(ctx, c, st)
}

// term is a column that rows are ordered by.
func (s *source) term(ctx context.Context, c *conn, what, name string) (sqldb.Term, order, typeInfo, error) {
	var info typeInfo
	if col := columnNamed(s.cols, name); col != nil {
		info = col.info
	} else {
		cols, err := s.described(ctx, c, &connector.Stream{})
		if err != nil {
			return sqldb.Term{}, order{}, info, err
		}
		names := make([]string, len(cols))
		found := false
		for i := range cols {
			names[i] = cols[i].name
			if cols[i].name == name {
				info, found = cols[i].info, true
			}
		}
		if !found {
			return sqldb.Term{}, order{}, info, fmt.Errorf("%s: no column `%s`%s", what, name, sqldb.Suggest(name, names))
		}
	}
	o := orderOf(info)
	return sqldb.Term{Column: name, Cast: o.cast}, o, info, nil
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
		if i < 0 || !s.columns[i].typed {
			continue
		}
		col := &s.columns[i]
		name := s.sql.Ident(col.name)
		if r.Low == nil && r.High == nil {
			conds = append(conds, name+" IS NOT NULL")
			continue
		}
		cast, escape := rangeCast(col, r)
		if cast == "" {
			continue
		}
		var bounds []string
		if r.Low != nil {
			bounds = append(bounds, name+" >= "+fmt.Sprintf(cast, a.Add(*r.Low)))
		}
		if r.High != nil {
			bounds = append(bounds, name+" <= "+fmt.Sprintf(cast, a.Add(*r.High)))
		}
		cond := strings.Join(bounds, " AND ")
		if escape != "" {
			cond = "(" + cond + " OR " + strings.ReplaceAll(escape, "?", name) + ")"
		}
		conds = append(conds, cond)
	}
	return conds
}

// rangeCast makes a bound of r comparable to a column; "" = it is not. escape lets through what is
// to be rejected and not left out, with ? for the column. Texts are ordered in ways of the
// server's own, so only equality counts for them.
func rangeCast(col *column, r connector.Range) (cast, escape string) {
	have := r.Type.Kind
	switch col.Kind {
	case record.Int:
		switch {
		case col.bits:
		case have == record.Int:
			return "CAST(%s AS SIGNED)", ""
		case have == record.Decimal:
			return "CAST(%s AS DECIMAL(65,20))", ""
		}
	case record.Decimal:
		if have == record.Int || have == record.Decimal && !col.bits {
			return fmt.Sprintf("CAST(%%s AS DECIMAL(65,%d))", min(max(col.info.places, 20), 30)), ""
		}
	case record.Float:
		if (have == record.Float || have == record.Int) && col.info.data == "double" {
			return "(%s + 0e0)", ""
		}
	case record.Date, record.Timestamp:
		if have == col.Kind {
			return "CAST(replace(replace(%s, 'T', ' '), 'Z', '') AS DATETIME(6))", "MONTH(?) = 0 OR DAYOFMONTH(?) = 0"
		}
	case record.String:
		if have == record.String && r.Low != nil && r.High != nil && *r.Low == *r.High && col.info.textual() {
			return "%s", ""
		}
	}
	return "", ""
}
