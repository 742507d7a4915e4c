package mysql

import (
	"bytes"
	"encoding/hex"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// encoded is what Encode made besides the rows themselves: where they are.
type encoded struct {
	rows   []int32 // of the batch
	starts []int   // of each, in the text
	vecs   []*record.Vector
	insert []byte // a statement for some of them
}

// end is where row i-1 ends.
func (e *encoded) end(out []byte, i int) int {
	if i == len(e.starts) {
		return len(out)
	}
	return e.starts[i]
}

// Encode writes the rows as LOAD DATA reads them: cells between tabs, a line each, and a
// backslash before what would mean something else.
func (w *writer) Encode(m *connector.Morsel) error {
	e, ok := m.Parts.(*encoded)
	if !ok {
		e = &encoded{}
		m.Parts = e
	}
	b := &m.Batch
	before := len(b.Rejects)
	m.Out = w.encode(m.Out[:0], b, e)
	b.DropRejected(before)
	return nil
}

// encode writes the rows of b.Sel but for those it has to reject.
func (w *writer) encode(out []byte, b *record.Batch, e *encoded) []byte {
	cells := w.s.cells
	e.rows, e.starts, e.vecs = e.rows[:0], e.starts[:0], e.vecs[:0]
	for i := range cells {
		e.vecs = append(e.vecs, b.Cols[cells[i].index].Values(b, b.Sel))
	}
rows:
	for _, row := range b.Sel {
		start := len(out)
		for i := range cells {
			if i > 0 {
				out = append(out, '\t')
			}
			var problem string
			code := record.Constraint
			c, v := &cells[i], e.vecs[i]
			switch v.Cells[row] {
			case record.Value:
				out, problem = c.put(out, b, v, row)
			case record.Bad:
				f := v.Fault(row)
				code, problem = f.Code, f.Message
			default:
				if out = append(out, '\\', 'N'); c.key {
					problem = "the key must not be NULL"
				} else if c.must {
					problem = "the column must not be NULL"
				}
			}
			if problem != "" {
				b.Reject(row, code, c.field, problem)
				out = out[:start]
				continue rows
			}
		}
		if out = append(out, '\n'); len(out)-start > w.most {
			b.Reject(row, record.Constraint, "", "a row of "+strconv.Itoa(len(out)-start)+" bytes is more than the server's max_allowed_packet")
			out = out[:start]
			continue
		}
		e.rows, e.starts = append(e.rows, row), append(e.starts, start)
	}
	return out
}

// put appends a cell, or says why it cannot.
func (c *cellEncoder) put(out []byte, b *record.Batch, v *record.Vector, row int32) ([]byte, string) {
	switch c.form {
	case formText, formLabel, formSet, formSpan, formDigits:
		return c.putText(out, b, v, row)
	case formInt, formBit, formYear:
		return c.putInt(out, b, v, row)
	case formNumber:
		return c.putNumber(out, b, v, row)
	case formFloat:
		return c.putFloat(out, b, v, row)
	case formBytes:
		raw := b.Text(v.Str[row])
		if c.length > 0 && len(raw) > c.length {
			return out, c.refuse(strconv.Itoa(len(raw)) + " bytes do")
		}
		return hex.AppendEncode(out, raw), ""
	}
	return c.putTime(out, b, v, row)
}

// escapes says what stands behind the backslash for a byte that needs one.
var escapes = [256]byte{0: '0', '\t': 't', '\n': 'n', '\\': '\\'}

// appendEscaped appends text as a cell.
func appendEscaped(out, text []byte) []byte {
	from := 0
	for i, x := range text {
		if e := escapes[x]; e != 0 {
			out = append(append(out, text[from:i]...), '\\', e)
			from = i + 1
		}
	}
	return append(out, text[from:]...)
}

func (c *cellEncoder) putText(out []byte, b *record.Batch, v *record.Vector, row int32) ([]byte, string) {
	if !v.Type.Textual() {
		return v.AppendText(out, b, row), ""
	}
	text := b.Text(v.Str[row])
	switch {
	case c.length > 0 && len(text) > c.length && utf8.RuneCount(text) > c.length, c.octets > 0 && len(text) > c.octets,
		c.form == formSpan && !isSpan(text), c.form == formDigits && !c.isNumber(text),
		(c.form == formLabel || c.form == formSet) && !c.known(string(text)):
		return out, c.refuse(record.Quote(text))
	}
	return appendEscaped(out, text), ""
}

// isSpan reports whether text is hours, minutes and seconds: what else there is, the
// server reads in ways of its own.
func isSpan(text []byte) bool {
	if len(text) > 0 && text[0] == '-' {
		text = text[1:]
	}
	if len(text) < 8 || text[len(text)-1] == '.' {
		return false
	}
	hours := 2
	if text[2] != ':' {
		hours = 3
	}
	for i, x := range text {
		switch at := i - hours; {
		case at == 0 || at == 3:
			if x != ':' {
				return false
			}
		case at == 6:
			if x != '.' {
				return false
			}
		case x < '0' || x > '9', at > 12, (at == 1 || at == 4) && x > '5':
			return false
		}
	}
	return len(text) >= hours+6
}

// isNumber reports whether text is a number with no more digits than the column has.
func (c *cellEncoder) isNumber(text []byte) bool {
	if len(text) > 0 && text[0] == '-' {
		if c.unsigned {
			return false
		}
		text = text[1:]
	}
	whole, places, pointed := bytes.Cut(text, []byte{'.'})
	for _, x := range whole {
		if x < '0' || x > '9' {
			return false
		}
	}
	for _, x := range places {
		if x < '0' || x > '9' {
			return false
		}
	}
	return len(whole) > 0 && pointed == (len(places) > 0) && len(places) <= c.places && len(bytes.TrimLeft(whole, "0")) <= c.digits-c.places
}

func (c *cellEncoder) putInt(out []byte, b *record.Batch, v *record.Vector, row int32) ([]byte, string) {
	x := record.Int128Of(v.I64[row])
	ok := true
	if c.kind == record.Decimal {
		if x = v.Decimal(row); c.scale > 0 {
			x, ok = x.DivPow10Exact(c.scale)
		}
	}
	n, fits := x.Int64()
	switch {
	case !ok:
	case c.form == formBit:
		if x.Hi == 0 && (c.digits == 64 || x.Lo>>c.digits == 0) {
			return strconv.AppendUint(out, x.Lo, 10), ""
		}
	case c.form == formYear:
		if fits && n == 0 {
			return append(out, "0000"...), ""
		}
		if fits && n >= 1901 && n <= 2155 {
			return strconv.AppendInt(out, n, 10), ""
		}
	case c.unsigned:
		if x.Hi == 0 {
			return strconv.AppendUint(out, x.Lo, 10), ""
		}
	case fits && n >= c.low && n <= c.high:
		return strconv.AppendInt(out, n, 10), ""
	}
	return out, c.refuse(string(v.AppendText(nil, b, row)))
}

func (c *cellEncoder) putNumber(out []byte, b *record.Batch, v *record.Vector, row int32) ([]byte, string) {
	x, scale := record.Int128Of(v.I64[row]), 0
	if c.kind == record.Decimal {
		x, scale = v.Decimal(row), c.scale
	}
	ok := !c.unsigned || x.Sign() >= 0
	if c.places < scale {
		var exact bool
		x, exact = x.DivPow10Exact(scale - c.places)
		ok, scale = ok && exact, c.places
	}
	if whole := c.digits - c.places + scale; !ok || whole < record.MaxPrecision && !x.FitsPrecision(whole) {
		return out, c.refuse(string(v.AppendText(nil, b, row)))
	}
	return record.AppendDecimal(out, x, scale), ""
}

// floatDigits is how many decimal digits a 64-bit float always gives back.
const floatDigits = 15

func (c *cellEncoder) putFloat(out []byte, b *record.Batch, v *record.Vector, row int32) ([]byte, string) {
	var f float64
	exact := true
	switch c.kind {
	case record.Float:
		f = v.F64[row]
		exact = !math.IsNaN(f) && !math.IsInf(f, 0)
	case record.Int:
		f = float64(v.I64[row])
		exact = math.Abs(f) < 1<<63 && int64(f) == v.I64[row]
	default:
		var buf [48]byte
		f, _ = strconv.ParseFloat(string(v.AppendText(buf[:0], b, row)), 64)
		exact = v.Decimal(row).FitsPrecision(floatDigits)
	}
	if c.single && exact {
		var buf [32]byte
		near, _ := strconv.ParseFloat(string(strconv.AppendFloat(buf[:0], float64(float32(f)), 'g', -1, 32)), 64)
		exact = near == f
	}
	if !exact || c.unsigned && f < 0 {
		return out, c.refuse(string(v.AppendText(nil, b, row)))
	}
	return strconv.AppendFloat(out, f, 'g', -1, 64), ""
}

func (c *cellEncoder) putTime(out []byte, b *record.Batch, v *record.Vector, row int32) ([]byte, string) {
	x := v.I64[row]
	days, rest := x, int64(0)
	switch c.kind {
	case record.Time:
		rest = x
	case record.Timestamp:
		days, rest = record.SplitTimestamp(x)
	}
	if rest%c.step != 0 || c.form == formDate && rest != 0 {
		return out, c.refuse(string(v.AppendText(nil, b, row)))
	}
	if c.form != formTime {
		out = record.AppendDate(out, days)
	}
	if c.form == formTimestamp {
		out = append(out, ' ')
	}
	if c.form != formDate {
		out = record.AppendTime(out, rest)
	}
	return out, ""
}
