package postgres

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// encoded is what Encode made besides the message: where its rows are.
type encoded struct {
	rows   []int32 // of the batch
	starts []int   // of each, in the message
	part   []byte  // a message of some of them
	vecs   []*record.Vector
	relay  relay
	one    [1]int32 // a row that is encoded alone
	zeros  bool     // the chunk may hold a zero byte
	sent   int      // the epoch of the writer in which the message was sent; 0 = not yet
}

// end is where row i-1 ends.
func (e *encoded) end(out []byte, i int) int {
	if i == len(e.starts) {
		return len(out)
	}
	return e.starts[i]
}

// ChecksCells is true of encode.
func (w *writer) ChecksCells() {}

// Encode writes the rows as a binary COPY has them, in one message.
func (w *writer) Encode(m *connector.Morsel) error {
	e, ok := m.Parts.(*encoded)
	if !ok {
		e = &encoded{}
		m.Parts = e
	}
	b := &m.Batch
	before := len(b.Rejects)
	m.Out = w.encode(append(m.Out[:0], make([]byte, messageHead)...), b, e)
	b.DropRejected(before)
	putHead(m.Out)
	return nil
}

// encode writes the rows of b.Sel but for those it has to reject.
func (w *writer) encode(out []byte, b *record.Batch, e *encoded) []byte {
	cells := w.s.cells
	e.rows, e.starts, e.vecs, e.sent = e.rows[:0], e.starts[:0], e.vecs[:0], 0
	if e.zeros = e.relay.plan(cells, b); e.zeros {
		return w.relay(out, b, e)
	}
	e.zeros = bytes.IndexByte(b.Buf, 0) >= 0
	for i := range cells {
		e.vecs = append(e.vecs, b.Cols[cells[i].index].Values(b, b.Sel))
	}
	for _, row := range b.Sel {
		out = w.encodeRow(out, b, e, row)
	}
	return out
}

// encodeRow writes a row, or rejects it. Without the vectors it asks for the row's cells alone.
func (w *writer) encodeRow(out []byte, b *record.Batch, e *encoded, row int32) []byte {
	cells, start := w.s.cells, len(out)
	out = binary.BigEndian.AppendUint16(out, uint16(len(cells)))
	for i := range cells {
		c := &cells[i]
		var v *record.Vector
		if len(e.vecs) > 0 {
			v = e.vecs[i]
		} else {
			e.one[0] = row
			v = b.Cols[c.index].Values(b, e.one[:])
		}
		var problem string
		switch v.Cells[row] {
		case record.Value:
			if out, problem = c.put(out, b, v, row, e.zeros); problem != "" {
				b.Reject(row, record.Constraint, c.field, problem)
			}
		case record.Bad:
			f := v.Fault(row)
			b.Reject(row, f.Code, c.field, f.Message)
			problem = f.Message
		default:
			if out = append(out, 0xff, 0xff, 0xff, 0xff); c.key {
				problem = "the key must not be NULL"
				b.Reject(row, record.Constraint, c.field, problem)
			}
		}
		if problem != "" {
			return out[:start]
		}
	}
	e.rows, e.starts = append(e.rows, row), append(e.starts, start)
	return out
}

// put appends a cell with its size, or says why it cannot. zeros says whether a zero byte may be in a
// text of the chunk.
func (c *cellEncoder) put(out []byte, b *record.Batch, v *record.Vector, row int32, zeros bool) ([]byte, string) {
	switch c.form {
	case formText:
		return c.putText(out, b, v, row, zeros)
	case formInt2, formInt4, formInt8, formOID:
		return c.putInt(out, b, v, row)
	case formNumeric:
		return c.putNumeric(out, b, v, row)
	case formFloat4, formFloat8:
		return c.putFloat(out, b, v, row)
	case formBool:
		return append(out, 0, 0, 0, 1, byte(v.I64[row])), ""
	case formDate, formTime, formTimestamp:
		return c.putTime(out, b, v, row)
	case formBytes:
		return appendSized(out, b.Text(v.Str[row])), ""
	case formJSONB:
		text := b.Text(v.Str[row])
		out = binary.BigEndian.AppendUint32(out, uint32(len(text)+1))
		return append(append(out, 1), text...), ""
	case formUUID:
		return c.putUUID(out, b.Text(v.Str[row]))
	}
	at := len(out)
	out, problem := appendArray(append(out, 0, 0, 0, 0), b.Text(v.Str[row]))
	binary.BigEndian.PutUint32(out[at:], uint32(len(out)-at-4))
	return out, problem
}

func appendSized(out, value []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(value)))
	return append(out, value...)
}

func (c *cellEncoder) putText(out []byte, b *record.Batch, v *record.Vector, row int32, zeros bool) ([]byte, string) {
	at := len(out)
	if v.Type.Textual() {
		out = appendSized(out, b.Text(v.Str[row]))
		zeros = zeros || v.Str[row].Aux()
	} else {
		zeros = false
		out = v.AppendText(append(out, 0, 0, 0, 0), b, row)
		binary.BigEndian.PutUint32(out[at:], uint32(len(out)-at-4))
	}
	text := out[at+4:]
	if zeros && bytes.IndexByte(text, 0) >= 0 {
		return out, "a text of PostgreSQL cannot hold a zero byte"
	}
	if c.number && !c.fits(text) {
		return out, c.refuse(record.Quote(text))
	}
	if c.length > 0 && len(text) > c.length && utf8.RuneCount(text) > c.length {
		return out, c.refuse(record.Quote(text))
	}
	return out, ""
}

// fits reports whether a text is a number that the server takes without rounding.
func (c *cellEncoder) fits(text []byte) bool {
	_, decimals, _ := bytes.Cut(text, []byte{'.'})
	for _, x := range bytes.TrimLeft(text, "+-") {
		if x != '.' && x-'0' > 9 {
			return false
		}
	}
	return len(bytes.TrimRight(decimals, "0")) <= c.places
}

func (c *cellEncoder) putInt(out []byte, b *record.Batch, v *record.Vector, row int32) ([]byte, string) {
	x, fits := v.I64[row], true
	if c.kind == record.Decimal {
		x, fits = whole(v.Decimal(row), c.scale)
	}
	switch {
	case !fits:
	case c.form == formInt8:
		out = append(out, 0, 0, 0, 8)
		return binary.BigEndian.AppendUint64(out, uint64(x)), ""
	case c.form == formInt4 && x == int64(int32(x)), c.form == formOID && x == int64(uint32(x)):
		out = append(out, 0, 0, 0, 4)
		return binary.BigEndian.AppendUint32(out, uint32(x)), ""
	case c.form == formInt2 && x == int64(int16(x)):
		return append(out, 0, 0, 0, 2, byte(uint16(x)>>8), byte(x)), ""
	}
	return out, c.refuse(string(v.AppendText(nil, b, row)))
}

// whole is a decimal without decimals.
func whole(x record.Int128, scale int) (int64, bool) {
	x, ok := rescale(x, scale, 0)
	n, fits := x.Int64()
	return n, ok && fits
}

// rescale brings x from one scale to another, without rounding.
func rescale(x record.Int128, from, to int) (record.Int128, bool) {
	if to >= from {
		return x.MulPow10(to - from)
	}
	neg := x.Hi < 0
	if neg {
		x, _ = x.Neg()
	}
	for by := from - to; by > 0; {
		n := min(by, 18)
		hi, lo, r := quoRem(uint64(x.Hi), x.Lo, uint64(pow10[n]))
		if r != 0 {
			return x, false
		}
		x = record.Int128{Hi: int64(hi), Lo: lo}
		by -= n
	}
	if neg {
		x, _ = x.Neg()
	}
	return x, true
}

func (c *cellEncoder) putNumeric(out []byte, b *record.Batch, v *record.Vector, row int32) ([]byte, string) {
	x, scale := v.Decimal(row), c.scale
	if c.kind == record.Int {
		x, scale = record.Int128Of(v.I64[row]), 0
	}
	if c.digits > 0 {
		_, ok := rescale(x, scale, min(c.places, scale)) // places may be negative: whole thousands
		if to := max(c.places, 0); ok && to < scale {
			x, ok = rescale(x, scale, to)
			scale = to
		}
		if whole := c.digits - c.places + scale; !ok || whole < record.MaxPrecision && !x.FitsPrecision(max(whole, 0)) {
			return out, c.refuse(string(v.AppendText(nil, b, row)))
		}
	}
	at := len(out)
	out = appendNumeric(append(out, 0, 0, 0, 0), x, scale)
	binary.BigEndian.PutUint32(out[at:], uint32(len(out)-at-4))
	return out, ""
}

// floatDigits is how many decimal digits a 64-bit float always gives back.
const floatDigits = 15

func (c *cellEncoder) putFloat(out []byte, b *record.Batch, v *record.Vector, row int32) ([]byte, string) {
	var f float64
	exact := true
	switch c.kind {
	case record.Float:
		f = v.F64[row]
	case record.Int:
		f = float64(v.I64[row])
		exact = math.Abs(f) < 1<<63 && int64(f) == v.I64[row]
	default:
		var buf [48]byte
		f, _ = strconv.ParseFloat(string(v.AppendText(buf[:0], b, row)), 64)
		exact = v.Decimal(row).FitsPrecision(floatDigits)
	}
	if c.form == formFloat4 && f == f && !math.IsInf(f, 0) {
		var buf [32]byte
		near, _ := strconv.ParseFloat(string(strconv.AppendFloat(buf[:0], float64(float32(f)), 'g', -1, 32)), 64)
		exact = exact && near == f
	}
	if !exact {
		return out, c.refuse(string(v.AppendText(nil, b, row)))
	}
	if c.form == formFloat4 {
		out = append(out, 0, 0, 0, 4)
		return binary.BigEndian.AppendUint32(out, math.Float32bits(float32(f))), ""
	}
	out = append(out, 0, 0, 0, 8)
	return binary.BigEndian.AppendUint64(out, math.Float64bits(f)), ""
}

func (c *cellEncoder) putTime(out []byte, b *record.Batch, v *record.Vector, row int32) ([]byte, string) {
	x := v.I64[row]
	if c.form == formDate {
		if c.kind == record.Timestamp {
			days, rest := record.SplitTimestamp(x)
			if rest != 0 {
				return out, c.refuse(string(v.AppendText(nil, b, row)))
			}
			x = days
		}
		out = append(out, 0, 0, 0, 4)
		return binary.BigEndian.AppendUint32(out, uint32(int32(x-epochDays))), ""
	}
	if c.kind == record.Date {
		x *= dayMicros
	}
	if x%c.step != 0 {
		return out, c.refuse(string(v.AppendText(nil, b, row)))
	}
	if c.form == formTimestamp {
		x -= epochMicros
	}
	out = append(out, 0, 0, 0, 8)
	return binary.BigEndian.AppendUint64(out, uint64(x)), ""
}

func (c *cellEncoder) putUUID(out, text []byte) ([]byte, string) {
	var id [16]byte
	var digits [32]byte
	n := 0
	for _, x := range text {
		if x != '-' && n < len(digits) {
			digits[n] = x
		}
		if x != '-' {
			n++
		}
	}
	if n == len(digits) && len(text) == 36 {
		if _, err := hex.Decode(id[:], digits[:]); err == nil {
			return append(append(out, 0, 0, 0, 16), id[:]...), ""
		}
	}
	return out, c.refuse(record.Quote(text))
}
