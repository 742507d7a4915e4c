package postgres

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

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
	found bool   // cells are those of the batch
	vec   record.Vector
	text  []byte
	dump  []byte
}

// cell is where a cell lies in the chunk; size -1 is NULL.
type cell struct{ at, size int32 }

func newRows(r *reader) *rows {
	width := len(r.src.columns)
	if len(r.seen) > 0 {
		width += len(r.src.Keyset.Texts())
	}
	return &rows{src: r.src, seen: r.seen, width: max(width, 1)}
}

// Decode makes the batch. Cells are found and typed when somebody asks for them.
func (r *reader) Decode(m *connector.Morsel) error {
	p := m.Scratch.(*rows)
	b := &m.Batch
	b.Reset(p.n)
	b.Buf = m.Chunk
	p.found = false
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
	return b.Err
}

var errMessage = errors.New("the server sent a row that is not one")

// located finds the cells, once. Without them the run is over.
func (p *rows) located(b *record.Batch) bool {
	if !p.found {
		if err := p.find(b.Buf); err != nil {
			b.Fail(p.src.Fail(err))
			return false
		}
		p.found = true
	}
	return true
}

// find notes where the cells of the messages in chunk lie.
func (p *rows) find(chunk []byte) error {
	if need := p.n * p.width; cap(p.cells) < need {
		p.cells = make([]cell, need+need/8)
	}
	p.cells = p.cells[:p.n*p.width]
	i, at := 0, 0
	for range p.n {
		end := at + 1 + int(binary.BigEndian.Uint32(chunk[at+1:]))
		if end < at+7 || int(binary.BigEndian.Uint16(chunk[at+5:])) != p.width {
			return errMessage
		}
		at += 7
		for range p.width {
			if at+4 > end {
				return errMessage
			}
			size := int32(binary.BigEndian.Uint32(chunk[at:]))
			at += 4
			p.cells[i] = cell{int32(at), size}
			i++
			if size > 0 {
				at += int(size)
			}
		}
		if at != end {
			return errMessage
		}
	}
	return nil
}

// dedupe takes the rows of a lag out that were read before.
func (p *rows) dedupe(b *record.Batch) {
	if len(p.seen) == 0 || !p.located(b) {
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

func (p *rows) bytes(b *record.Batch, c cell) []byte {
	if c.size < 0 {
		return nil
	}
	return b.Buf[c.at : c.at+c.size]
}

// FillValues types cells from their binary form.
func (p *rows) FillValues(b *record.Batch, col int, sel []int32, v *record.Vector) {
	if !p.located(b) {
		for _, row := range sel {
			v.Fail(row, record.BadRecord, errMessage.Error())
		}
		return
	}
	fill := fills[p.src.columns[col].wire]
	checks := p.src.ascii && p.src.columns[col].wire == wireText
	for _, row := range sel {
		c := p.cells[int(row)*p.width+col]
		if c.size < 0 {
			v.Cells[row] = record.Null
			continue
		}
		raw := b.Buf[c.at : c.at+c.size]
		if checks && !utf8.Valid(raw) {
			v.Fail(row, record.BadUTF8, record.Quote(raw)+" is not UTF-8")
			continue
		}
		v.Cells[row] = record.Value
		if !fill(b, v, row, raw, c) {
			v.Fail(row, record.BadValue, "a cell of "+strconv.Itoa(len(raw))+" bytes is no "+v.Type.String())
		}
	}
}

// fills types one cell each; false when it does not have the form of the type. It may also
// call v.Fail itself.
var fills = [...]func(b *record.Batch, v *record.Vector, row int32, raw []byte, c cell) bool{
	wireText: func(_ *record.Batch, v *record.Vector, row int32, _ []byte, c cell) bool {
		v.Str[row] = record.ChunkView(int(c.at), int(c.size))
		return true
	},
	wireBool: func(_ *record.Batch, v *record.Vector, row int32, raw []byte, _ cell) bool {
		if len(raw) == 1 {
			v.I64[row] = int64(raw[0])
		}
		return len(raw) == 1
	},
	wireInt2: func(_ *record.Batch, v *record.Vector, row int32, raw []byte, _ cell) bool {
		if len(raw) == 2 {
			v.I64[row] = int64(int16(binary.BigEndian.Uint16(raw)))
		}
		return len(raw) == 2
	},
	wireInt4: func(_ *record.Batch, v *record.Vector, row int32, raw []byte, _ cell) bool {
		if len(raw) == 4 {
			v.I64[row] = int64(int32(binary.BigEndian.Uint32(raw)))
		}
		return len(raw) == 4
	},
	wireInt8: func(_ *record.Batch, v *record.Vector, row int32, raw []byte, _ cell) bool {
		if len(raw) == 8 {
			v.I64[row] = int64(binary.BigEndian.Uint64(raw))
		}
		return len(raw) == 8
	},
	wireOID: func(_ *record.Batch, v *record.Vector, row int32, raw []byte, _ cell) bool {
		if len(raw) == 4 {
			v.I64[row] = int64(binary.BigEndian.Uint32(raw))
		}
		return len(raw) == 4
	},
	wireFloat4:  fillFloat4,
	wireFloat8:  fillFloat8,
	wireNumeric: fillNumeric,
	wireBytes: func(_ *record.Batch, v *record.Vector, row int32, _ []byte, c cell) bool {
		v.Str[row] = record.ChunkView(int(c.at), int(c.size))
		return true
	},
	wireDate:      fillDate,
	wireTime:      fillTime,
	wireTimestamp: fillTimestamp,
	wireUUID:      fillUUID,
	wireJSONB: func(_ *record.Batch, v *record.Vector, row int32, raw []byte, c cell) bool {
		if len(raw) < 1 || raw[0] != 1 {
			return false
		}
		v.Str[row] = record.ChunkView(int(c.at)+1, int(c.size)-1)
		return true
	},
}

// fillFloat4 takes the shortest decimal that means the 32-bit float, as everybody writes
// it: 0.1 and not 0.10000000149011612.
func fillFloat4(_ *record.Batch, v *record.Vector, row int32, raw []byte, _ cell) bool {
	if len(raw) != 4 {
		return false
	}
	f := float64(math.Float32frombits(binary.BigEndian.Uint32(raw)))
	if !math.IsNaN(f) && !math.IsInf(f, 0) {
		var buf [32]byte
		f, _ = strconv.ParseFloat(string(strconv.AppendFloat(buf[:0], f, 'g', -1, 32)), 64)
	}
	return setFloat(v, row, f)
}

func fillFloat8(_ *record.Batch, v *record.Vector, row int32, raw []byte, _ cell) bool {
	return len(raw) == 8 && setFloat(v, row, math.Float64frombits(binary.BigEndian.Uint64(raw)))
}

func setFloat(v *record.Vector, row int32, f float64) bool {
	v.F64[row] = f
	return true
}

func fillNumeric(_ *record.Batch, v *record.Vector, row int32, raw []byte, _ cell) bool {
	x, problem := parseNumeric(raw, int(v.Type.Scale))
	switch problem {
	case record.NoProblem:
		if !x.FitsPrecision(int(v.Type.Precision)) {
			v.Fail(row, record.Overflow, "a number does not fit "+v.Type.String())
			return true
		}
		v.SetDecimal(row, x)
		return true
	case record.Malformed:
		v.Fail(row, record.BadValue, numericText(raw)+" is not a "+v.Type.String())
	case record.OutOfRange:
		v.Fail(row, record.Overflow, "a number does not fit "+v.Type.String())
	default:
		v.Fail(row, record.BadValue, fmt.Sprintf("a number has more than %d decimals", v.Type.Scale))
	}
	return true
}

// Days and microseconds from 1970-01-01 to 2000-01-01, where the server counts from.
const (
	epochDays   = 10957
	epochMicros = epochDays * 86400 * 1_000_000
	dayMicros   = 86400 * 1_000_000
)

func fillDate(_ *record.Batch, v *record.Vector, row int32, raw []byte, _ cell) bool {
	if len(raw) != 4 {
		return false
	}
	x := int64(int32(binary.BigEndian.Uint32(raw)))
	v.I64[row] = x + epochDays
	if v.I64[row] < record.MinDate || v.I64[row] > record.MaxDate {
		failTime(v, row, x == math.MaxInt32, x == math.MinInt32)
	}
	return true
}

func fillTimestamp(_ *record.Batch, v *record.Vector, row int32, raw []byte, _ cell) bool {
	if len(raw) != 8 {
		return false
	}
	x := int64(binary.BigEndian.Uint64(raw))
	v.I64[row] = x + epochMicros
	if v.I64[row] < record.MinTimestamp || v.I64[row] > record.MaxTimestamp || x > v.I64[row] {
		failTime(v, row, x == math.MaxInt64, x == math.MinInt64)
	}
	return true
}

func failTime(v *record.Vector, row int32, infinite, negative bool) {
	what := "a " + v.Type.String() + " outside the years 0001 to 9999"
	switch {
	case infinite:
		what = "infinity is not a " + v.Type.String()
	case negative:
		what = "-infinity is not a " + v.Type.String()
	}
	v.Fail(row, record.BadValue, what)
}

func fillTime(_ *record.Batch, v *record.Vector, row int32, raw []byte, _ cell) bool {
	if len(raw) != 8 {
		return false
	}
	v.I64[row] = int64(binary.BigEndian.Uint64(raw))
	if v.I64[row] >= dayMicros {
		v.Fail(row, record.BadValue, "24:00:00 is not a time of day")
	}
	return true
}

func fillUUID(b *record.Batch, v *record.Vector, row int32, raw []byte, _ cell) bool {
	if len(raw) != 16 {
		return false
	}
	const hexDigits = "0123456789abcdef"
	at := len(b.Aux)
	for i, x := range raw {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b.Aux = append(b.Aux, '-')
		}
		b.Aux = append(b.Aux, hexDigits[x>>4], hexDigits[x&15])
	}
	v.Str[row] = record.AuxView(at, len(b.Aux)-at)
	return true
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
	p.vec.Reset(c.Type, b.Rows)
	p.FillValues(b, col, sel, &p.vec)
	for _, row := range sel {
		switch p.vec.Cells[row] {
		case record.Value:
			if c.Type.Textual() && c.Type.Kind != record.Bytes {
				v.Str[row] = p.vec.Str[row]
			} else {
				p.text = p.vec.AppendText(p.text[:0], b, row)
				v.Str[row] = b.AddText(p.text)
			}
			v.Cells[row] = record.Value
		case record.Null:
			v.Cells[row] = record.Null
		default:
			f := p.vec.Fault(row)
			v.Fail(row, f.Code, f.Message)
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
	if !p.located(b) {
		return append(p.dump, '}')
	}
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
		if v.Cells[row] == record.Bad && c.wire == wireNumeric {
			p.dump = sqldb.AppendJSON(p.dump, numericText(p.bytes(b, p.cells[int(row)*p.width+i])))
			continue
		}
		p.dump = sqldb.AppendCell(p.dump, b, &v, row)
	}
	p.dump = append(p.dump, '}')
	return p.dump
}
