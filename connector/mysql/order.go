package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

// termOf is a column of a type, with how its values become texts and back.
func termOf(name string, t typeInfo) sqldb.Term {
	o := sqldb.Term{Column: name, Type: t.data, Kind: t.read().Kind, Text: "CAST(%s AS CHAR)", Cast: "%s"}
	switch o.Kind {
	case record.Int, record.Bool:
		o.Cast = "CAST(%s AS SIGNED)"
		if t.unsigned || t.data == "bit" {
			o.Cast = "CAST(%s AS UNSIGNED)"
		}
		if t.data == "bit" {
			o.Text = "CAST(%s + 0 AS CHAR)"
		}
	case record.Decimal:
		o.Cast = fmt.Sprintf("CAST(%%s AS DECIMAL(%d,%d))", max(t.digits, 20), t.places)
		if t.data == "bit" {
			o.Text, o.Cast = "CAST(%s + 0 AS CHAR)", "CAST(%s AS UNSIGNED)"
		}
	case record.Float:
		o.Text, o.Cast = "CAST(%s + 0e0 AS CHAR)", "(%s + 0e0)"
	case record.Bytes:
		o.Text, o.Cast = "HEX(%s)", "UNHEX(%s)"
	case record.Date:
		o.Cast = "CAST(%s AS DATE)"
	case record.Time:
		o.Cast = "CAST(%s AS TIME(6))"
	case record.Timestamp:
		o.Cast = "CAST(%s AS DATETIME(6))"
	}
	switch t.data {
	case "enum", "set": // ordered by their numbers
		o.Text, o.Cast = "CAST(%s + 0 AS CHAR)", "CAST(%s AS UNSIGNED)"
	}
	return o
}

// prepareOrder finds the columns that rows are cut and ordered by, and spells the bounds that
// a person wrote as the server does.
func (s *source) prepareOrder(ctx context.Context, c *conn, st *connector.Stream) error {
	err := s.SetOrder(ctx, c.query, st, func(column string) (sqldb.Term, error) { return s.term(ctx, c, column) })
	if err != nil || s.Req.Incremental == nil {
		return err
	}
	inc := *s.Req.Incremental
	inc.Start, inc.From, inc.To = s.bound(inc.Start), s.bound(inc.From), s.bound(inc.To)
	s.Req.Incremental = &inc
	return nil
}

// bound is a bound of the cursor that a person wrote, in the server's spelling: it does not
// know the Z of a time in UTC.
func (s *source) bound(text string) string {
	if s.Keyset.Cursor.Kind != record.Timestamp {
		return text
	}
	x, problem := record.ParseTimestamp([]byte(text))
	if problem != record.NoProblem {
		return text
	}
	days, rest := record.SplitTimestamp(x)
	return string(record.AppendTime(append(record.AppendDate(nil, days), ' '), rest))
}

// term is a column that rows are ordered by.
func (s *source) term(ctx context.Context, c *conn, name string) (sqldb.Term, error) {
	if col := columnNamed(s.cols, name); col != nil {
		return termOf(name, col.info), nil
	}
	cols, err := s.described(ctx, c, &connector.Stream{})
	if err != nil {
		return sqldb.Term{}, err
	}
	names := make([]string, len(cols))
	for i := range cols {
		names[i] = cols[i].name
	}
	i := slices.Index(names, name)
	if i < 0 {
		return sqldb.Term{}, fmt.Errorf("no column `%s`%s", name, sqldb.Suggest(name, names))
	}
	return termOf(name, cols[i].info), nil
}

// Narrow keeps what a filter demands, for the server to apply.
func (s *source) Narrow(ranges []connector.Range) { s.Ranges = ranges }

// narrowed is the conditions for the ranges that mean the same to the server. What they let
// through more does no harm.
func (s *source) narrowed(a *sqldb.Args) (conds []string) {
	for _, r := range s.Ranges {
		i := s.Schema.Index(r.Column)
		if i < 0 || !s.columns[i].typed {
			continue
		}
		name := s.Dialect.Ident(s.columns[i].name)
		cast, escape := rangeCast(&s.columns[i], r)
		if r.Low == nil && r.High == nil {
			escape = ""
		} else if cast == "" {
			continue
		}
		cond := sqldb.Within(a, name, cast, r)
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
