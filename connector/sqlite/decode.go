package sqlite

import (
	"math"
	"strconv"
	"unicode/utf8"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

// Decode types the cells of a morsel.
func (r *reader) Decode(m *connector.Morsel) error {
	p := m.Scratch.(*piece)
	b := &m.Batch
	b.Reset(p.rows)
	b.Buf = m.Chunk
	b.Origin = p
	for c, f := range r.src.Schema.Fields {
		col := b.NewColumn(f.Type)
		v := col.Vector()
		for row := range int32(p.rows) {
			p.cell(b, v, c, row)
		}
		b.Cols = append(b.Cols, col)
	}
	return nil
}

// cell types one cell: at once where the storage class is the type's own, else by
// way of its text.
func (p *piece) cell(b *record.Batch, v *record.Vector, c int, row int32) {
	x := p.num[c][row]
	switch p.class[c][row] {
	case sqlite3.SQLITE_NULL:
		v.Cells[row] = record.Null
		return
	case sqlite3.SQLITE_INTEGER:
		if v.Type.Kind == record.Int || v.Type.Kind == record.Bool && x>>1 == 0 {
			v.I64[row], v.Cells[row] = x, record.Value
			return
		}
	case sqlite3.SQLITE_FLOAT:
		if v.Type.Kind == record.Float {
			v.F64[row], v.Cells[row] = math.Float64frombits(uint64(x)), record.Value
			return
		}
	case sqlite3.SQLITE_BLOB:
		if v.Type.Kind == record.Bytes {
			v.Str[row], v.Cells[row] = p.view[c][row], record.Value
			return
		}
		v.Fail(row, record.BadValue, "a blob of "+strconv.Itoa(p.view[c][row].Size())+" bytes is no "+v.Type.String())
		return
	case sqlite3.SQLITE_TEXT:
		if view := p.view[c][row]; v.Type.Kind != record.Bytes && !utf8.Valid(b.Text(view)) {
			v.Fail(row, record.BadUTF8, record.Quote(b.Text(view))+" is not UTF-8")
			return
		}
	}
	if v.Type.Kind == record.Bytes {
		v.Str[row], v.Cells[row] = p.text(b, c, row), record.Value
		return
	}
	v.ParseCell(b, row, p.text(b, c, row))
}

// text is the cell's text; that of a number is written into the arena.
func (p *piece) text(b *record.Batch, c int, row int32) record.View {
	off := len(b.Aux)
	switch p.class[c][row] {
	case sqlite3.SQLITE_INTEGER:
		b.Aux = strconv.AppendInt(b.Aux, p.num[c][row], 10)
	case sqlite3.SQLITE_FLOAT:
		b.Aux = strconv.AppendFloat(b.Aux, math.Float64frombits(uint64(p.num[c][row])), 'g', -1, 64)
	default:
		return p.view[c][row]
	}
	return record.AuxView(off, len(b.Aux)-off)
}

// FillText is never asked for: the columns are not lazy.
func (p *piece) FillText(*record.Batch, int, []int32, *record.Vector) {}

// Position counts rows from 1 in the order they were read.
func (p *piece) Position(_ *record.Batch, row int32) record.Position {
	return record.Position{File: p.src.Label(), Line: p.first + int64(row)}
}

// Record is the row as a JSON object of the cells as they are stored.
func (p *piece) Record(b *record.Batch, row int32) []byte {
	p.dump = append(p.dump[:0], '{')
	for c, f := range p.src.Schema.Fields {
		if c > 0 {
			p.dump = append(p.dump, ',')
		}
		p.dump = sqldb.AppendJSON(p.dump, f.Name)
		p.dump = append(p.dump, ':')
		switch p.class[c][row] {
		case sqlite3.SQLITE_NULL:
			p.dump = append(p.dump, "null"...)
		case sqlite3.SQLITE_INTEGER:
			p.dump = strconv.AppendInt(p.dump, p.num[c][row], 10)
		case sqlite3.SQLITE_FLOAT:
			p.dump = appendFloat(p.dump, math.Float64frombits(uint64(p.num[c][row])))
		case sqlite3.SQLITE_BLOB:
			p.dump = appendHex(p.dump, b.Text(p.view[c][row]))
		default:
			p.dump = sqldb.AppendJSON(p.dump, string(b.Text(p.view[c][row])))
		}
	}
	p.dump = append(p.dump, '}')
	return p.dump
}
