package sqldb

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// Source is what a source keeps whatever its database. Discover fills it.
type Source struct {
	Connection string // for messages
	Req        connector.SourceRequest
	Dialect    *Dialect

	Table  Name  // what is read, as the database spells it
	Query  Query // what is read when Req has no table
	Schema *record.Schema
	Keyset *Keyset           // of an incremental source
	Cut    Term              // of a split source
	Ranges []connector.Range // what a filter demands, for a database that applies it
}

// Label is what messages and positions call the source.
func (s *Source) Label() string {
	if s.Req.Table == "" {
		return s.Connection + ":query"
	}
	return s.Connection + ":" + s.Req.Table
}

// Fail says of an error what was being read.
func (s *Source) Fail(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("read %s: %w", s.Label(), err)
}

// TakeApart reads the request's query.
func (s *Source) TakeApart() (err error) {
	if s.Query, err = s.Dialect.ParseQuery(s.Req.Query); err != nil {
		return err
	}
	return s.Query.CheckArgs(s.Req.Args)
}

// From is what stands after FROM.
func (s *Source) From() string {
	if s.Req.Table != "" {
		return s.Dialect.Table(s.Table)
	}
	return "(" + s.Query.SQL + "\n) AS q"
}

// Args are the values of the query's own parameters.
func (s *Source) Args() *Args {
	a := &Args{Dialect: s.Dialect}
	for _, name := range s.Query.Names {
		a.Add(s.Dialect.argument(s.Req.Args[name]))
		if s.Req.Args[name] == nil {
			a.Values[len(a.Values)-1] = nil
		}
	}
	return a
}

// argument is a bound value as the database reads it.
func (d *Dialect) argument(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return string(record.AppendFloat(nil, v))
	case bool:
		switch {
		case d.BoolWords:
			return strconv.FormatBool(v)
		case v:
			return "1"
		}
		return "0"
	}
	return ""
}

// Choose picks the columns that are read out of those there are, and makes the schema.
func (s *Source) Choose(have []record.Field, st *connector.Stream) ([]Picked, error) {
	picked, err := Pick(s.Dialect, s.Req, have, st)
	if err != nil {
		return nil, err
	}
	s.Schema = &record.Schema{}
	for _, p := range picked {
		s.Schema.Fields = append(s.Schema.Fields, p.Field)
	}
	return picked, nil
}

// Whole reports whether all rows are read that there are.
func (s *Source) Whole() bool { return s.Keyset == nil && len(s.Ranges) == 0 }

// Clauses is the WHERE and the ORDER BY for the rows of p that fulfil conds, whose parameters
// are in a already.
func (s *Source) Clauses(a *Args, conds []string, p Piece) string {
	order := ""
	if p.Span != nil {
		conds = append(conds, s.Keyset.Where(a, *p.Span))
		if !p.Span.Nulls {
			order = " ORDER BY " + s.Keyset.Order(false)
		}
	}
	if c := p.Cut.Where(a, s.Cut); c != "" {
		conds = append(conds, c)
	}
	if len(conds) == 0 {
		return order
	}
	return " WHERE " + strings.Join(conds, " AND ") + order
}

// Within is the condition that a column lies within r. cast makes a bound comparable to it:
// "%s::int8".
func Within(a *Args, column, cast string, r connector.Range) string {
	var conds []string
	if r.Low != nil {
		conds = append(conds, column+" >= "+fmt.Sprintf(cast, a.Add(*r.Low)))
	}
	if r.High != nil {
		conds = append(conds, column+" <= "+fmt.Sprintf(cast, a.Add(*r.High)))
	}
	if len(conds) == 0 {
		return column + " IS NOT NULL"
	}
	return strings.Join(conds, " AND ")
}
