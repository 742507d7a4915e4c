// Package sqldb is what databases have in common: names in quotes, load modes, and
// how the columns of the rows to come meet those of a table that exists. What
// differs between databases is data in a Dialect.
package sqldb

import "strings"

// Dialect is what differs between databases.
type Dialect struct {
	Name     string
	Quote    byte // around identifiers; doubled inside
	FoldCase bool // column names that differ only in case are the same
}

// Ident is name as an identifier of a statement.
func (d *Dialect) Ident(name string) string {
	q := string(d.Quote)
	return q + strings.ReplaceAll(name, q, q+q) + q
}

// Idents is names as a list of identifiers.
func (d *Dialect) Idents(names []string) string {
	var b strings.Builder
	for i, n := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(d.Ident(n))
	}
	return b.String()
}

// Same reports whether two column names mean the same column.
func (d *Dialect) Same(a, b string) bool {
	return a == b || d.FoldCase && strings.EqualFold(a, b)
}
