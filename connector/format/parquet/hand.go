package parquet

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"unicode/utf8"

	"github.com/headgate/headgate/connector/record"
)

// hand makes the cells of sel the values of v, which has the type of the file's column.
func (c *column) hand(b *record.Batch, s *slab, sel []int32, v *record.Vector) {
	if !c.node.flat() {
		handNested(b, s, sel, v)
		return
	}
	l := c.node.leaf
	switch l.form {
	case asText, asJSON, asBytes:
		c.handBytes(b, s, sel, v, l.form)
	case asBigEndian, asUUID, asHalf:
		c.handFixed(b, s, sel, v)
	case asNothing:
		for _, row := range sel {
			v.Cells[row] = record.Null
		}
	default:
		if l.form == asIs && !s.nulls {
			for _, row := range sel {
				v.I64[row], v.Cells[row] = s.ints[row], record.Value
			}
			return
		}
		for _, row := range sel {
			if s.defs[row] == 0 {
				v.Cells[row] = record.Null
				continue
			}
			l.handNumber(v, row, s.ints[row])
		}
	}
}

// handNumber makes a stored number the value of row.
func (l *leaf) handNumber(v *record.Vector, row int32, x int64) {
	switch l.form {
	case asUint32:
		x = int64(uint32(x))
	case asUint64:
		v.SetDecimal(row, record.Int128{Lo: uint64(x)})
		return
	case asFloat:
		v.F64[row], v.Cells[row] = float64(math.Float32frombits(uint32(x))), record.Value
		return
	case asDouble:
		v.F64[row], v.Cells[row] = math.Float64frombits(uint64(x)), record.Value
		return
	case asDate:
		if x < record.MinDate || x > record.MaxDate {
			v.Fail(row, record.BadValue, "a day outside the years 0001 to 9999")
			return
		}
	case asInt96:
		if x == notMicros {
			v.Fail(row, record.BadValue, "an INT96 that is no timestamp of whole microseconds in the years 0001 to 9999")
			return
		}
	case asTime, asTimestamp:
		if x = l.micros(v, row, x); v.Cells[row] == record.Bad {
			return
		}
	}
	if v.Type.Kind == record.Decimal {
		if !record.Int128Of(x).FitsPrecision(int(v.Type.Precision)) {
			v.Fail(row, record.Overflow, "more digits than "+v.Type.String()+" holds")
			return
		}
		v.SetDecimal(row, record.Int128Of(x))
		return
	}
	v.I64[row], v.Cells[row] = x, record.Value
}

// micros makes microseconds of a time or timestamp, or fails the cell.
func (l *leaf) micros(v *record.Vector, row int32, x int64) int64 {
	low, high, what := int64(0), int64(microsPerDay-1), "a time outside the day"
	if l.form == asTimestamp {
		low, high, what = record.MinTimestamp, record.MaxTimestamp, "a timestamp outside the years 0001 to 9999"
	}
	if l.div > 1 && x%l.div != 0 {
		v.Fail(row, record.BadValue, "nanoseconds that are no whole microseconds")
		return 0
	}
	if x /= l.div; x < low/l.mul-1 || x > high/l.mul+1 || x*l.mul < low || x*l.mul > high {
		v.Fail(row, record.BadValue, what)
		return 0
	}
	return x * l.mul
}

// handFixed converts values that are stored as bytes.
func (c *column) handFixed(b *record.Batch, s *slab, sel []int32, v *record.Vector) {
	i := 0
	for _, row := range sel {
		for i < len(s.parts)-1 && int(row) >= s.parts[i].end {
			i++
		}
		if s.defs[row] == 0 {
			v.Cells[row] = record.Null
			continue
		}
		c.node.leaf.handFixed(b, v, row, s.bytes(&s.parts[i], row))
	}
}

// handFixed makes stored bytes that are no text the value of row.
func (l *leaf) handFixed(b *record.Batch, v *record.Vector, row int32, raw []byte) {
	switch l.form {
	case asHalf:
		v.F64[row], v.Cells[row] = half(binary.LittleEndian.Uint16(raw)), record.Value
	case asUUID:
		v.Str[row], v.Cells[row] = addUUID(b, raw), record.Value
	default:
		x, ok := bigEndian(raw)
		if !ok || !x.FitsPrecision(int(v.Type.Precision)) {
			v.Fail(row, record.Overflow, "more digits than "+v.Type.String()+" holds")
			return
		}
		v.SetDecimal(row, x)
	}
}

// bigEndian reads two's complement, and whether it fits 128 bits.
func bigEndian(raw []byte) (record.Int128, bool) {
	var x record.Int128
	if len(raw) == 0 {
		return x, true
	}
	sign := int64(int8(raw[0])) >> 7
	for ; len(raw) > 16; raw = raw[1:] {
		if int64(int8(raw[0])) != sign || int64(int8(raw[1]))>>7 != sign {
			return x, false
		}
	}
	x.Hi, x.Lo = sign, uint64(sign)
	for _, c := range raw {
		x.Hi = x.Hi<<8 | int64(x.Lo>>56)
		x.Lo = x.Lo<<8 | uint64(c)
	}
	return x, true
}

// half is a float of 16 bits.
func half(x uint16) float64 {
	exp, frac := int(x>>10&31), float64(x&1023)
	f := 0.0
	switch exp {
	case 0:
		f = math.Ldexp(frac, -24)
	case 31:
		f = math.Inf(1)
		if frac != 0 {
			f = math.NaN()
		}
	default:
		f = math.Ldexp(1024+frac, exp-25)
	}
	return math.Copysign(f, float64(int16(x)|1))
}

func addUUID(b *record.Batch, raw []byte) record.View {
	var text [36]byte
	hex.Encode(text[:], raw[:4])
	text[8] = '-'
	hex.Encode(text[9:], raw[4:6])
	text[13] = '-'
	hex.Encode(text[14:], raw[6:8])
	text[18] = '-'
	hex.Encode(text[19:], raw[8:10])
	text[23] = '-'
	hex.Encode(text[24:], raw[10:16])
	return b.AddText(text[:])
}

// handBytes copies text and bytes into the arena.
func (c *column) handBytes(b *record.Batch, s *slab, sel []int32, v *record.Vector, f form) {
	for from, i := 0, 0; i < len(s.parts); i++ {
		p := &s.parts[i]
		to := from
		for to < len(sel) && int(sel[to]) < p.end {
			to++
		}
		if p.dict != nil && s.width == 0 {
			s.handNumbered(b, p, sel[from:to], v)
		} else {
			s.handPlain(b, p, sel[from:to], v)
		}
		if f == asText || f == asJSON {
			if p.dict == nil || !p.dict.valid {
				checkText(b, sel[from:to], v)
			}
		}
		from = to
	}
	if f == asJSON {
		checkJSON(b, sel, v)
	}
}

func (s *slab) handPlain(b *record.Batch, p *part, sel []int32, v *record.Vector) {
	aux := b.Aux
	for _, row := range sel {
		if s.defs[row] == 0 {
			v.Cells[row] = record.Null
			continue
		}
		raw := s.bytes(p, row)
		v.Str[row] = record.AuxView(len(aux), len(raw))
		v.Cells[row] = record.Value
		aux = append(aux, raw...)
	}
	b.Aux = aux
}

// handNumbered copies each value of the dictionary at most once.
func (s *slab) handNumbered(b *record.Batch, p *part, sel []int32, v *record.Vector) {
	n := len(p.dict.at)
	if n > 4*len(sel) {
		s.handPlain(b, p, sel, v)
		return
	}
	s.seen, s.lens = resized(s.seen, n), resized(s.lens, n)
	clear(s.seen)
	for _, row := range sel {
		if s.defs[row] == 0 {
			v.Cells[row] = record.Null
			continue
		}
		k := s.at[row]
		if s.seen[k] == 0 {
			raw := p.dict.text(int(k))
			s.seen[k], s.lens[k] = uint32(len(b.Aux))+1, uint32(len(raw))
			b.Aux = append(b.Aux, raw...)
		}
		v.Str[row] = record.AuxView(int(s.seen[k]-1), int(s.lens[k]))
		v.Cells[row] = record.Value
	}
}

// checkText fails the cells that are not UTF-8.
func checkText(b *record.Batch, sel []int32, v *record.Vector) {
	for _, row := range sel {
		if v.Cells[row] == record.Value && !utf8.Valid(b.Text(v.Str[row])) {
			v.Fail(row, record.BadUTF8, record.Quote(b.Text(v.Str[row]))+" is not UTF-8")
		}
	}
}

// checkJSON fails the cells that are not JSON.
func checkJSON(b *record.Batch, sel []int32, v *record.Vector) {
	for _, row := range sel {
		if v.Cells[row] != record.Value {
			continue
		}
		text := b.Text(v.Str[row])
		if p := record.CheckJSON(text); p != record.NoProblem {
			v.Fail(row, p.Code(), p.Message(text, v.Type))
		}
	}
}

// handNested copies the JSON that the stream made.
func handNested(b *record.Batch, s *slab, sel []int32, v *record.Vector) {
	p := &s.parts[0]
	for _, row := range sel {
		switch s.defs[row] {
		case 0:
			v.Cells[row] = record.Null
		case 1:
			v.Str[row], v.Cells[row] = b.AddText(s.bytes(p, row)), record.Value
		default:
			v.Fail(row, record.BadValue, string(s.bytes(p, row)))
		}
	}
}
