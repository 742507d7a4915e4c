package sqldb

import (
	"fmt"
	"slices"
	"strings"

	"github.com/headgate/headgate/connector/record"
)

// SameColumns reports whether the rows have just the columns of the table, so that a table that
// is to take its place can be like it.
func SameColumns(d *Dialect, in *record.Schema, have *Table) bool {
	column, unfilled := Match(d, in, have.Columns)
	generated := func(c int) bool { return c >= 0 && have.Columns[c].Generated }
	return !slices.Contains(column, -1) && !slices.ContainsFunc(column, generated) &&
		!slices.ContainsFunc(unfilled, func(c Column) bool { return !c.Generated })
}

// NewReplace plans a table under the name into, which is to take the place of have. like is the
// statement that makes one like it; "" = the new table has just the rows' columns.
func NewReplace(d *Dialect, l *Load, in *record.Schema, have *Table, into Name, like string) (*Plan, error) {
	if like == "" {
		p := &Plan{Load: l, Target: have.Name, Exists: true}
		if err := p.Create(d, in, into); err != nil {
			return nil, err
		}
		p.Changes = append(p.Changes, "replace the table by one with other columns (the old constraints are not kept): "+p.DDL[0])
		return p, nil
	}
	p, err := NewPlan(d, l, in, have.Name, have)
	if err != nil {
		return nil, err
	}
	p.Changes = append(p.Changes, "replace the rows of "+d.Table(have.Name))
	ddl := []string{like}
	for _, sql := range p.DDL {
		ddl = append(ddl, strings.Replace(sql, "ALTER TABLE "+d.Table(have.Name)+" ", "ALTER TABLE "+d.Table(into)+" ", 1))
	}
	p.DDL, p.Into = ddl, into
	return p, nil
}

// NewEmptied plans a replace that empties the table and fills it, because of why it cannot be exchanged
// for another.
func NewEmptied(d *Dialect, l *Load, in *record.Schema, have *Table, why string) (*Plan, error) {
	p, err := NewPlan(d, l, in, have.Name, have)
	if err != nil {
		return nil, err
	}
	p.Changes = append(p.Changes, "DELETE FROM "+d.Table(have.Name))
	p.Notes = append(p.Notes, fmt.Sprintf("`%s` is emptied and filled instead of exchanged: %s", have.Name, why))
	return p, nil
}
