// Package sqldb is what databases have in common: names in quotes, load modes, the
// statements that make and change tables, that merge staged rows and that keep the
// state of a flow, how the columns of the rows to come meet those of a table that
// exists, how a source is cut into ranges, and where its cursor gets to. What differs between
// databases is data in a Dialect. A connector embeds Source and Sink, hands over an Ask
// where a database has to be asked, and sends and takes rows itself.
package sqldb

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/headgate/headgate/connector/record"
)

// Dialect is what differs between databases.
type Dialect struct {
	Name     string
	Quote    byte // around identifiers; doubled inside
	FoldCase bool // column names that differ only in case are the same

	MaxIdent   int  // longest identifier in bytes; 0 = no limit
	IdentChars bool // MaxIdent counts characters
	MaxColumns int  // of a table; 0 = no limit
	Schemas    bool // tables live in schemas, and a name may have two parts
	Numbered   bool // parameters are $1, $2, ...; else ?
	RowValues  bool // (a, b) > (c, d) is understood and uses an index
	BoolWords  bool // booleans are bound as true and false; else as 1 and 0
	// EscapedStrings says that a backslash escapes in string literals; DollarQuotes that
	// $tag$ ... $tag$ is a literal; HashComments that # starts a comment.
	EscapedStrings, DollarQuotes, HashComments bool

	Upsert UpsertForm // how rows are inserted or updated
	Join   JoinForm   // how rows are changed that another table lists
	// Distinct compares two values such that NULL equals NULL: "%s IS DISTINCT FROM %s".
	Distinct string
	// Earlier is a time so many microseconds before another: "%s - %s * interval '1 microsecond'".
	Earlier string
	// TextType and KeyTextType are the types of texts without a limit, and of texts that
	// may be a primary key.
	TextType, KeyTextType string

	// TableOptions end a CREATE TABLE: " ENGINE=InnoDB".
	TableOptions string

	// ColumnType is the declared type of a new column for a field, and a note when a
	// person should know something about it.
	ColumnType func(f record.Field) (decl, note string)
	// KeyType is ColumnType for a column of the primary key; nil = ColumnType.
	KeyType func(f record.Field) (decl, note string)
	// Widen is the type that a column must be given to hold all values of a field, ""
	// when it holds them already or no type would do.
	Widen func(have Column, f record.Field) string
	// AlterType is the statement that gives a column another type: table, column, type.
	AlterType string
}

// UpsertForm is how a dialect inserts or updates.
type UpsertForm uint8

// The forms of upserts.
const (
	OnConflict   UpsertForm = iota // INSERT ... ON CONFLICT (key) DO UPDATE SET a = excluded.a
	UpdateInsert                   // an UPDATE, then an INSERT of the keys that are not there
)

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

// CheckIdent refuses a name that the database would cut off or cannot have.
func (d *Dialect) CheckIdent(name string) error {
	n, unit := len(name), "bytes"
	if d.IdentChars {
		n, unit = utf8.RuneCountInString(name), "characters"
	}
	switch {
	case name == "":
		return fmt.Errorf("an empty name")
	case strings.IndexByte(name, 0) >= 0:
		return fmt.Errorf("a name with a zero byte")
	case d.MaxIdent > 0 && n > d.MaxIdent:
		return fmt.Errorf("`%s` has %d %s: names of %s have %d at most", name, n, unit, d.Name, d.MaxIdent)
	}
	return nil
}
