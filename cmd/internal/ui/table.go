package ui

import (
	"io"
	"strings"
)

// Table is rows of text in columns.
type Table struct {
	Head  []string
	Rows  [][]string
	Right []bool // columns written flush right: numbers; may be short
	Width int    // cells a line may take; 0 = no limit
}

const (
	gap       = "  "
	narrowest = 4 // cells a column keeps when a table is too wide
)

// List hands in a list as Result does: rows of a table that is as wide as the terminal. Without any,
// people are told none; "" tells nothing.
func (t *Terminal) List(v any, rows Table, none string) error {
	if len(rows.Rows) == 0 {
		if none != "" {
			t.Note(none)
		}
		return t.Result(v, func(io.Writer) {})
	}
	rows.Width = t.Columns
	return t.Result(v, rows.Write)
}

// Write prints the table, its texts made Safe. What does not fit the width is cut
// with …, widest columns first.
func (t Table) Write(w io.Writer) {
	rows := make([][]string, 0, len(t.Rows)+1)
	if len(t.Head) > 0 {
		rows = append(rows, t.safe(t.Head))
	}
	for _, r := range t.Rows {
		rows = append(rows, t.safe(r))
	}
	widths := t.widths(rows)
	for _, r := range rows {
		var b strings.Builder
		for i, c := range r {
			if i > 0 {
				b.WriteString(gap)
			}
			b.WriteString(pad(fit(c, widths[i]), widths[i], i < len(t.Right) && t.Right[i]))
		}
		io.WriteString(w, strings.TrimRight(b.String(), " ")+"\n")
	}
}

func (t Table) safe(row []string) []string {
	out := make([]string, len(row))
	for i, c := range row {
		out[i] = Safe(c)
	}
	return out
}

func (t Table) widths(rows [][]string) []int {
	var widths []int
	for _, r := range rows {
		for i, c := range r {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], cells(c))
		}
	}
	if t.Width == 0 {
		return widths
	}
	over := len(gap) * (len(widths) - 1)
	for _, n := range widths {
		over += n
	}
	for over -= t.Width; over > 0; over-- {
		widest := 0
		for i, n := range widths {
			if n > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= narrowest {
			break
		}
		widths[widest]--
	}
	return widths
}
