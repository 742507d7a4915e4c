package sqldb

import (
	"fmt"
	"slices"
	"strings"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/spec"
)

// Load modes.
const (
	Append   = "append"   // add the rows
	Replace  = "replace"  // build the table anew beside the old one and swap them
	Truncate = "truncate" // empty the table and add the rows
	Upsert   = "upsert"   // update the rows whose key is there, add the others
	Update   = "update"   // update the rows whose key is there, and no others
	Delete   = "delete"   // delete the rows whose key is there
	Mirror   = "mirror"   // upsert, and delete the rows whose key did not come
)

// Modes lists the load modes.
func Modes() []string { return []string{Append, Replace, Truncate, Upsert, Update, Delete, Mirror} }

// Values of Create and Evolve.
const (
	CreateNever  = "never"
	AddColumns   = "add_columns"
	WidenColumns = "widen"
)

// Load is a sink request that has been checked against the rows to come.
type Load struct {
	connector.SinkRequest
	Mode      string // one of the load modes
	KeyFields []int  // fields of the input that make up Key
}

// NewLoad checks req against the columns of in.
func NewLoad(d *Dialect, req connector.SinkRequest, in *record.Schema) (*Load, error) {
	l := &Load{SinkRequest: req, Mode: req.Mode}
	if l.Mode == "" {
		l.Mode = Append
	}
	for i, f := range in.Fields {
		for _, g := range in.Fields[:i] {
			if d.Same(f.Name, g.Name) {
				return nil, fmt.Errorf("columns `%s` and `%s` have the same name in %s: rename one", g.Name, f.Name, d.Name)
			}
		}
	}
	if len(in.Fields) == 0 {
		return nil, fmt.Errorf("the rows have no columns")
	}
	if !l.Keyed() {
		return l, nil
	}
	if len(req.Key) == 0 {
		return nil, fmt.Errorf("load mode %s needs a key", l.Mode)
	}
	for _, k := range req.Key {
		i := in.Index(k)
		if i < 0 {
			return nil, fmt.Errorf("key `%s` is not a column of the rows%s", k, Suggest(k, in.Names()))
		}
		l.KeyFields = append(l.KeyFields, i)
	}
	return l, nil
}

// Keyed reports whether a load mode finds rows by their key.
func Keyed(mode string) bool {
	return mode == Upsert || mode == Update || mode == Delete || mode == Mirror
}

// Keyed reports whether the load finds rows by their key.
func (l *Load) Keyed() bool { return Keyed(l.Mode) }

// Rights are those on a table that a load mode takes, as GRANT calls them.
func Rights(mode string) []string {
	switch mode {
	case Append:
		return []string{"INSERT"}
	case Truncate:
		return []string{"INSERT", "DELETE"}
	case Replace:
		return []string{"SELECT", "INSERT"}
	case Upsert:
		return []string{"SELECT", "INSERT", "UPDATE"}
	case Update:
		return []string{"SELECT", "UPDATE"}
	case Delete:
		return []string{"SELECT", "DELETE"}
	}
	return []string{"SELECT", "INSERT", "UPDATE", "DELETE"} // mirror
}

// Adds reports whether the mode may add rows, so that a table makes sense that is not there yet.
func (l *Load) Adds() bool { return l.Mode != Update && l.Mode != Delete }

// IsKey reports whether field i belongs to the key.
func (l *Load) IsKey(i int) bool { return slices.Contains(l.KeyFields, i) }

// Uses reports whether field i goes into the table: a delete looks at the key alone.
func (l *Load) Uses(i int) bool { return l.Mode != Delete || l.IsKey(i) }

// Suggest is " (did you mean ...?)", or "" when nothing is near.
func Suggest(name string, known []string) string {
	if s := spec.DidYouMean(name, known); s != "" {
		return " (" + s + ")"
	}
	return ""
}

// Column is a column of a table that exists.
type Column struct {
	Name       string
	Type       string // as declared
	NotNull    bool   // and without a default
	Generated  bool   // computed by the database
	Always     bool   // numbered by the database, which takes other values only when told to
	PrimaryKey int    // place in the primary key from 1; 0 = not in it
	// Staged is the type of the column in a staging table, "" = Type; Cast makes a staged value
	// one of Type ("%s::inet"), "" = it is one.
	Staged, Cast string
	Compare      string // what two values are compared by ("%s::text"), "" = themselves
}

// Match pairs the fields of in with the columns of a table: for each field the
// index of its column, -1 when the table has none. unfilled are the columns that no
// field fills.
func Match(d *Dialect, in *record.Schema, table []Column) (column []int, unfilled []Column) {
	column = make([]int, len(in.Fields))
	filled := make([]bool, len(table))
	for i, f := range in.Fields {
		column[i] = slices.IndexFunc(table, func(c Column) bool { return c.Name == f.Name })
		if column[i] < 0 {
			column[i] = slices.IndexFunc(table, func(c Column) bool { return d.Same(c.Name, f.Name) })
		}
		if column[i] >= 0 {
			filled[column[i]] = true
		}
	}
	for i, c := range table {
		if !filled[i] {
			unfilled = append(unfilled, c)
		}
	}
	return column, unfilled
}

// CheckFit refuses rows that the table can take only with a change that Evolve does
// not allow, or never. It returns the fields to add.
func CheckFit(d *Dialect, l *Load, in *record.Schema, table []Column) (add []int, err error) {
	column, unfilled := Match(d, in, table)
	var names []string
	for i, c := range column {
		switch {
		case !l.Uses(i):
		case c < 0:
			add = append(add, i)
			names = append(names, in.Fields[i].Name)
		case table[c].Generated:
			return nil, fmt.Errorf("column `%s` is computed by the database: drop it from the rows", table[c].Name)
		}
	}
	if i := slices.IndexFunc(l.KeyFields, func(f int) bool { return column[f] < 0 }); i >= 0 {
		return nil, fmt.Errorf("the table has no column `%s`, which is the key%s", l.Key[i], Suggest(l.Key[i], columnNames(table)))
	}
	if len(add) > 0 && l.Evolve != AddColumns && l.Evolve != WidenColumns {
		return nil, fmt.Errorf("the table has no column %s%s; set `evolve: add_columns` to add it, or drop it from the rows",
			quoteAll(names), Suggest(names[0], columnNames(table)))
	}
	for _, c := range unfilled {
		if l.Adds() && c.NotNull && !c.Generated {
			return nil, fmt.Errorf("column `%s` of the table must not be NULL and has no default, but the rows have no such column", c.Name)
		}
	}
	return add, nil
}

func columnNames(table []Column) []string {
	names := make([]string, len(table))
	for i, c := range table {
		names[i] = c.Name
	}
	return names
}

func quoteAll(names []string) string { return "`" + strings.Join(names, "`, `") + "`" }
