package sqldb

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/headgate/headgate/connector/record"
)

// Args collects the parameters of a statement while it is being written. A NULL is nil.
type Args struct {
	Dialect *Dialect
	Values  []*string
	n       int
}

// Add binds v and is its place in the statement. Statements are written from left to
// right, and a value that is used twice is added twice.
func (a *Args) Add(v string) string {
	a.Values = append(a.Values, &v)
	return a.next()
}

// next is the next place, whose value comes from elsewhere.
func (a *Args) next() string {
	a.n++
	if a.Dialect.Numbered {
		return "$" + strconv.Itoa(a.n)
	}
	return "?"
}

// Term is a column that rows are cut or ordered by. Values come and go as text.
type Term struct {
	Column string
	Type   string      // as messages call it
	Kind   record.Kind // what its values are read as
	Cast   string      // makes a parameter a value of the column's type: "%s::date"
	Text   string      // makes a value a text that Cast reads: "%s::text"
}

func (t Term) bind(a *Args, v string) string { return fmt.Sprintf(t.Cast, a.Add(v)) }

// Mark is a place in the order of an incremental source: values in the text of the database.
type Mark struct {
	Cursor string  `json:"cursor"`
	Tie    *string `json:"tie,omitempty"`
}

// Span is rows between two marks, Lo < row <= Hi; nil = no limit.
type Span struct {
	Lo   *Mark `json:"lo,omitempty"`
	Hi   *Mark `json:"hi,omitempty"`
	From bool  `json:"from,omitempty"` // Lo belongs to it
	To   bool  `json:"to,omitempty"`   // Hi does not
	// Nulls are the rows without a cursor, and no others.
	Nulls bool `json:"nulls,omitempty"`
}

// Cut is a range of a split, Low <= value < High in the text of the database; nil = no
// limit. The first of a table has the NULLs.
type Cut struct {
	Low  *string `json:"low,omitempty"`
	High *string `json:"high,omitempty"`
}

// Keyset orders rows by a cursor, and rows with equal cursors by a tie breaker.
type Keyset struct {
	Dialect *Dialect
	Cursor  Term
	Tie     Term // Column "" = none
}

// Order is the ORDER BY, without these words.
func (k *Keyset) Order(desc bool) string {
	dir := ""
	if desc {
		dir = " DESC"
	}
	sql := k.Dialect.Ident(k.Cursor.Column) + dir
	if k.Tie.Column != "" {
		sql += ", " + k.Dialect.Ident(k.Tie.Column) + dir
	}
	return sql
}

// Texts is the cursor and the tie breaker as texts. They have names of their own: an ORDER BY
// means the columns of a result before those of the table.
func (k *Keyset) Texts() []string {
	list := []string{fmt.Sprintf(k.Cursor.Text, k.Dialect.Ident(k.Cursor.Column)) + " AS " + k.Dialect.Ident(OwnPrefix+"cursor")}
	if t := k.Tie.Column; t != "" {
		list = append(list, fmt.Sprintf(k.Tie.Text, k.Dialect.Ident(t))+" AS "+k.Dialect.Ident(OwnPrefix+"tie"))
	}
	return list
}

// Where is the condition for the rows of s.
func (k *Keyset) Where(a *Args, s Span) string {
	cursor := k.Dialect.Ident(k.Cursor.Column)
	if s.Nulls {
		return cursor + " IS NULL"
	}
	conds := []string{cursor + " IS NOT NULL"}
	if s.Lo != nil {
		op := ">"
		if s.From {
			op = ">="
		}
		conds = append(conds, k.compare(a, op, s.Lo))
	}
	if s.Hi != nil {
		op := "<="
		if s.To {
			op = "<"
		}
		conds = append(conds, k.compare(a, op, s.Hi))
	}
	return strings.Join(conds, " AND ")
}

// compare puts rows into relation to m, by the tie breaker too if m has one.
func (k *Keyset) compare(a *Args, op string, m *Mark) string {
	c := k.Dialect.Ident(k.Cursor.Column)
	if m.Tie == nil || k.Tie.Column == "" {
		return c + " " + op + " " + k.Cursor.bind(a, m.Cursor)
	}
	t := k.Dialect.Ident(k.Tie.Column)
	if k.Dialect.RowValues {
		return fmt.Sprintf("(%s, %s) %s (%s, %s)", c, t, op, k.Cursor.bind(a, m.Cursor), k.Tie.bind(a, *m.Tie))
	}
	return fmt.Sprintf("(%s %s %s OR %s = %s AND %s %s %s)", c, op[:1], k.Cursor.bind(a, m.Cursor), c, k.Cursor.bind(a, m.Cursor), t, op, k.Tie.bind(a, *m.Tie))
}

// Where is the condition for the rows of c, cut by t; "" for all.
func (c Cut) Where(a *Args, t Term) string {
	col := a.Dialect.Ident(t.Column)
	switch {
	case c.Low == nil && c.High == nil:
		return ""
	case c.Low == nil:
		return "(" + col + " < " + t.bind(a, *c.High) + " OR " + col + " IS NULL)"
	case c.High == nil:
		return col + " >= " + t.bind(a, *c.Low)
	}
	return col + " >= " + t.bind(a, *c.Low) + " AND " + col + " < " + t.bind(a, *c.High)
}

// Cuts makes ranges of the values between them, which ascend.
func Cuts(at []string) []Cut {
	cuts := make([]Cut, len(at)+1)
	for i := range at {
		cuts[i].High, cuts[i+1].Low = &at[i], &at[i]
	}
	return cuts
}
