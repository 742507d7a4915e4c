package mysql

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

// rows is the origin of a batch: where its cells lie in the chunk.
type rows struct {
	src   *source
	seen  sqldb.Seen
	width int // columns of the result
	first int64
	n     int
	cells []cell // row by row
	vec   record.Vector
	text  []byte
	dump  []byte
}

// cell is where a cell lies in the chunk, and in which form.
type cell struct {
	at, size int32
	form     uint8
}

// Forms of cells.
const (
	cellNull    = iota
	cellText    // as the server wrote it
	cellInt     // 8 bytes
	cellFloat32 // 4 bytes
	cellFloat64 // 8 bytes
)

func newRows(r *reader) *rows { return &rows{src: r.src, seen: r.seen, width: len(r.dest)} }

// Decode makes the batch. Cells are typed when somebody asks for them.
func (r *reader) Decode(m *connector.Morsel) error {
	p := m.Scratch.(*rows)
	b := &m.Batch
	b.Reset(p.n)
	b.Buf = m.Chunk
	b.Origin = p
	for i := range r.src.columns {
		c := &r.src.columns[i]
		if c.typed {
			b.Cols = append(b.Cols, b.TypedColumn(c.field.Type, i))
		} else {
			b.Cols = append(b.Cols, b.InputColumn(c.field.Type, i))
		}
	}
	p.dedupe(b)
	return nil
}

// dedupe takes the rows of a lag out that were read before.
func (p *rows) dedupe(b *record.Batch) {
	if len(p.seen) == 0 {
		return
	}
	keep := b.Sel[:0]
	for _, row := range b.Sel {
		key := p.cells[int(row)*p.width+len(p.src.columns):]
		if p.seen.Has(sqldb.DigestOf(p.bytes(b, key[0]), p.bytes(b, key[1]))) {
			b.Deduped++
			continue
		}
		keep = append(keep, row)
	}
	b.Sel = keep
}

func (p *rows) bytes(b *record.Batch, c cell) []byte { return b.Buf[c.at : c.at+c.size] }

// FillValues types cells.
func (p *rows) FillValues(b *record.Batch, col int, sel []int32, v *record.Vector) {
	column := &p.src.columns[col]
	for _, row := range sel {
		c := p.cells[int(row)*p.width+col]
		if c.form == cellNull {
			v.Cells[row] = record.Null
			continue
		}
		v.Cells[row] = record.Value
		raw := b.Buf[c.at : c.at+c.size]
		ok := false
		switch {
		case v.Type.Textual():
			v.Str[row], ok = record.ChunkView(int(c.at), int(c.size)), c.form == cellText
		case column.bits:
			ok = fillBits(v, row, raw)
		case c.form == cellInt:
			ok = fillInt(v, row, int64(binary.LittleEndian.Uint64(raw)))
		case c.form == cellFloat32:
			ok = v.Type.Kind == record.Float
			v.F64[row] = shortest(math.Float32frombits(binary.LittleEndian.Uint32(raw)))
		case c.form == cellFloat64:
			ok = v.Type.Kind == record.Float
			v.F64[row] = math.Float64frombits(binary.LittleEndian.Uint64(raw))
		default:
			ok = fillParsed(v, row, raw)
		}
		if !ok {
			v.Fail(row, record.BadValue, p.spelled(raw, c.form)+" is not a "+v.Type.String()+advice(v.Type.Kind))
		}
	}
}

// advice is what to do about values that are none of the type.
func advice(k record.Kind) string {
	switch k {
	case record.Bool:
		return ": declare the column as int"
	case record.Time:
		return ": declare the column as string"
	}
	return ""
}

// spelled is a cell for people.
func (p *rows) spelled(raw []byte, form uint8) string {
	switch form {
	case cellInt:
		return strconv.FormatInt(int64(binary.LittleEndian.Uint64(raw)), 10)
	case cellText:
		return record.Quote(raw)
	}
	return "a number"
}

func fillInt(v *record.Vector, row int32, x int64) bool {
	switch v.Type.Kind {
	case record.Int:
		v.I64[row] = x
		return true
	case record.Bool:
		v.I64[row] = x
		return x == 0 || x == 1
	case record.Decimal:
		v.SetDecimal(row, record.Int128Of(x)) // its scale is 0
		return true
	}
	return false
}

// fillBits reads a number in as many bytes as it needs, the highest first.
func fillBits(v *record.Vector, row int32, raw []byte) bool {
	var x uint64
	for _, b := range raw {
		x = x<<8 | uint64(b)
	}
	if v.Type.Kind == record.Decimal {
		v.SetDecimal(row, record.Int128{Lo: x})
		return true
	}
	return fillInt(v, row, int64(x))
}

// shortest is the shortest decimal that means the 32-bit float, as everybody writes it:
// 0.1 and not 0.10000000149011612.
func shortest(f float32) float64 {
	var buf [32]byte
	x, _ := strconv.ParseFloat(string(strconv.AppendFloat(buf[:0], float64(f), 'g', -1, 32)), 64)
	return x
}

// fillParsed reads what comes as text. Zeros for a year, a month or a day are no date.
func fillParsed(v *record.Vector, row int32, raw []byte) bool {
	var problem record.Problem
	switch v.Type.Kind {
	case record.Decimal:
		var x record.Int128
		if x, problem = record.ParseDecimal(raw, v.Type); problem == record.NoProblem {
			v.SetDecimal(row, x)
		}
	case record.Date:
		v.I64[row], problem = record.ParseDate(raw)
	case record.Timestamp:
		v.I64[row], problem = record.ParseTimestamp(raw)
	case record.Time:
		v.I64[row], problem = record.ParseTime(raw)
	default:
		return false
	}
	return problem == record.NoProblem
}

// FillText gives a column the text that is read as another type than its own.
func (p *rows) FillText(b *record.Batch, col int, sel []int32, v *record.Vector) {
	c := &p.src.columns[col]
	if c.none {
		for _, row := range sel {
			v.Cells[row] = record.Null
		}
		return
	}
	typ := c.Type
	if typ.Kind == record.Bool { // 2 may be an int all the same
		typ = record.Type{Kind: record.Int}
	}
	p.vec.Reset(typ, b.Rows)
	p.FillValues(b, col, sel, &p.vec)
	for _, row := range sel {
		at := p.cells[int(row)*p.width+col]
		switch {
		case p.vec.Cells[row] == record.Null:
			v.Cells[row] = record.Null
		case p.vec.Cells[row] == record.Value && (!typ.Textual() || typ.Kind == record.Bytes):
			p.text = p.vec.AppendText(p.text[:0], b, row)
			v.Str[row], v.Cells[row] = b.AddText(p.text), record.Value
		default: // a text, or what is none of the type: whoever declared another knows
			v.Str[row], v.Cells[row] = record.ChunkView(int(at.at), int(at.size)), record.Value
		}
	}
}

// Position counts rows from 1 in the order in which the server sent them.
func (p *rows) Position(_ *record.Batch, row int32) record.Position {
	return record.Position{File: p.src.Label(), Line: p.first + int64(row)}
}

// Record is the row as a JSON object of its cells.
func (p *rows) Record(b *record.Batch, row int32) []byte {
	p.dump = append(p.dump[:0], '{')
	sel := []int32{row}
	var v record.Vector
	for i := range p.src.columns {
		c := &p.src.columns[i]
		if c.none {
			continue
		}
		if len(p.dump) > 1 {
			p.dump = append(p.dump, ',')
		}
		p.dump = sqldb.AppendJSON(p.dump, c.name)
		p.dump = append(p.dump, ':')
		v.Reset(c.Type, b.Rows)
		p.FillValues(b, i, sel, &v)
		if at := p.cells[int(row)*p.width+i]; v.Cells[row] == record.Bad {
			raw := p.bytes(b, at)
			if at.form == cellInt {
				raw = strconv.AppendInt(nil, int64(binary.LittleEndian.Uint64(raw)), 10)
			}
			p.dump = sqldb.AppendJSON(p.dump, string(raw))
			continue
		}
		p.dump = sqldb.AppendCell(p.dump, b, &v, row)
	}
	p.dump = append(p.dump, '}')
	return p.dump
}
