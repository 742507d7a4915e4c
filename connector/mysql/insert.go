package mysql

import (
	"bytes"
	"context"
)

// insertBytes is about how long a statement that inserts rows gets.
const insertBytes = 256 << 10

// insertRows inserts rows from up to to of an encoded batch, strictly: an error says at which of
// them it is, if the server does.
func (w *writer) insertRows(ctx context.Context, out []byte, e *encoded, from, to int) error {
	c := w.s.conn
	for first := from; first < to; {
		e.insert = append(e.insert[:0], w.insert...)
		row := first
		for ; row < to; row++ {
			cells := out[e.starts[row] : e.end(out, row+1)-1]
			// A cell's quotes may all have to be doubled.
			if row > first && len(e.insert)+2*len(cells)+rowRoom > min(insertBytes, c.packet) {
				break
			}
			if row > first {
				e.insert = append(e.insert, ',')
			}
			e.insert = w.appendRow(e.insert, cells)
		}
		err := c.exec(ctx, string(e.insert))
		if err == nil {
			err = w.warned(ctx)
		}
		if se := serverError(err); se != nil && se.row >= 0 {
			se.row += first - from
		}
		if err != nil {
			return err
		}
		first = row
	}
	return w.merged(ctx)
}

// warned makes a warning that means that a row is not as it came an error.
func (w *writer) warned(ctx context.Context) error {
	e, err := w.s.conn.warning(ctx)
	if err == nil && e != nil {
		return e
	}
	return err
}

// appendRow appends an encoded row as a list of literals. What a backslash does in it, it
// does in a literal.
func (w *writer) appendRow(sql, cells []byte) []byte {
	sql = append(sql, '(')
	for i := range w.s.cells {
		if i > 0 {
			sql = append(sql, ',')
		}
		cell := cells
		if tab := bytes.IndexByte(cells, '\t'); tab >= 0 {
			cell, cells = cells[:tab], cells[tab+1:]
		}
		switch {
		case len(cell) == 2 && cell[0] == '\\' && cell[1] == 'N':
			sql = append(sql, "NULL"...)
			continue
		case w.s.cells[i].form == formBytes:
			sql = append(append(append(sql, "x'"...), cell...), '\'')
			continue
		case w.s.cells[i].form == formInt, w.s.cells[i].form == formBit, w.s.cells[i].form == formNumber:
			sql = append(sql, cell...)
			continue
		}
		sql = append(sql, '\'')
		for {
			quote := bytes.IndexByte(cell, '\'')
			if quote < 0 {
				break
			}
			sql = append(append(sql, cell[:quote+1]...), '\'')
			cell = cell[quote+1:]
		}
		sql = append(append(sql, cell...), '\'')
	}
	return append(sql, ')')
}
