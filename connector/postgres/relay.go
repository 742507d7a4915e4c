package postgres

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/headgate/headgate/connector/record"
)

// relay is how rows that were read from a PostgreSQL go into another as they came: what a server
// sends of a row is what a COPY takes. It holds for a batch in which the columns of the
// table are those that were read, in their order and untouched.
type relay struct {
	from  *rows
	cells []relayCell
}

// relayCell is what a cell must be to go on as it is.
type relayCell struct {
	form  form
	size  int32 // of a cell that is not NULL; -1 = any
	key   bool  // must not be NULL
	looks bool  // the form alone does not say that it is right
	to    *cellEncoder
	whole int // digits of a numeric before its point
}

// relayed is the form of a COPY that is the same as that of the wire.
var relayed = [...]form{
	wireText: formText, wireBool: formBool, wireInt2: formInt2, wireInt4: formInt4, wireInt8: formInt8, wireOID: formOID,
	wireFloat4: formFloat4, wireFloat8: formFloat8, wireNumeric: formNumeric, wireBytes: formBytes, wireDate: formDate,
	wireTime: formTime, wireTimestamp: formTimestamp, wireUUID: formUUID, wireJSONB: formJSONB,
}

// formSize is how long a cell of a form is, where all are.
var formSize = [...]int32{
	formText: -1, formBool: 1, formInt2: 2, formInt4: 4, formInt8: 8, formOID: 4, formFloat4: 4, formFloat8: 8, formNumeric: -1,
	formBytes: -1, formDate: 4, formTime: 8, formTimestamp: 8, formUUID: 16, formJSONB: -1, formArray: -1,
}

// plan finds out whether the rows of b can go on as they are.
func (r *relay) plan(cells []cellEncoder, b *record.Batch) bool {
	p, ok := b.Origin.(*rows)
	if !ok || p.width != len(cells) || p.src.ascii {
		return false
	}
	r.from, r.cells = p, r.cells[:0]
	for i := range cells {
		c := &cells[i]
		if b.Cols[c.index].Typed() != i {
			return false
		}
		from := &p.src.columns[i]
		if relayed[from.wire] != c.form || c.number {
			return false
		}
		cell := relayCell{form: c.form, size: formSize[c.form], key: c.key, to: c}
		switch c.form {
		case formNumeric:
			if c.kind != record.Decimal || c.digits > 0 && c.places < c.scale {
				return false
			}
			cell.looks, cell.whole = true, int(from.Type.Precision)-c.scale
			if c.digits > 0 {
				cell.whole = min(cell.whole, c.digits-c.places)
			}
		case formText:
			cell.looks = c.length > 0
		case formDate, formTime, formTimestamp, formJSONB:
			cell.looks = true
		}
		r.cells = append(r.cells, cell)
	}
	return true
}

// right reports whether a cell goes on as it is. One that does not may still be right.
func (c *relayCell) right(raw []byte) bool {
	switch c.form {
	case formText:
		return len(raw) <= c.to.length || utf8.RuneCount(raw) <= c.to.length
	case formNumeric:
		return plainNumeric(raw, c.to.scale, c.whole)
	case formDate:
		x := int64(int32(binary.BigEndian.Uint32(raw))) + epochDays
		return x >= record.MinDate && x <= record.MaxDate
	case formTime:
		x := int64(binary.BigEndian.Uint64(raw))
		return x >= 0 && x < dayMicros && x%c.to.step == 0
	case formTimestamp:
		x := int64(binary.BigEndian.Uint64(raw))
		return x >= record.MinTimestamp-epochMicros && x <= record.MaxTimestamp-epochMicros && x%c.to.step == 0
	}
	return len(raw) > 0 && raw[0] == 1 // JSONB and its version
}

// plainNumeric reports whether a numeric is a number with exactly so many decimals, and for sure no more
// than so many digits before them.
func plainNumeric(raw []byte, scale, whole int) bool {
	if len(raw) < numericHead {
		return false
	}
	n, weight := int(binary.BigEndian.Uint16(raw)), int(int16(binary.BigEndian.Uint16(raw[2:])))
	sign := binary.BigEndian.Uint16(raw[4:])
	return len(raw) == numericHead+2*n && 4*(weight+1) <= whole && (sign == numericPositive || sign == numericNegative) &&
		int(binary.BigEndian.Uint16(raw[6:])) == scale
}

// row is how long the row is that starts at the front of data, cell by cell, and whether it goes
// on as it is; size -1 is no row.
func (r *relay) row(data []byte) (size int, goes bool) {
	const count = 2
	at, goes := count, true
	if len(data) < count || int(binary.BigEndian.Uint16(data)) != len(r.cells) {
		return -1, false
	}
	for i := range r.cells {
		if len(data)-at < 4 {
			return -1, false
		}
		c, n := &r.cells[i], int32(binary.BigEndian.Uint32(data[at:]))
		at += 4
		if n < 0 {
			goes = goes && !c.key
			continue
		}
		end := at + int(n)
		if end > len(data) {
			return -1, false
		}
		if c.size >= 0 && n != c.size || c.looks && !c.right(data[at:end]) {
			goes = false
		}
		at = end
	}
	return at, goes
}

// relay encodes the rows of b.Sel, most of them by copying them.
func (w *writer) relay(out []byte, b *record.Batch, e *encoded) []byte {
	if need := len(out) + len(b.Buf); cap(out) < need {
		out = append(make([]byte, 0, need+need/8), out...)
	}
	at, next := 0, 0
	for row := int32(0); next < len(b.Sel); row++ {
		size := max(header, 1+int(binary.BigEndian.Uint32(b.Buf[at+1:])))
		if row == b.Sel[next] {
			next++
			data := b.Buf[at+header : at+size]
			length, goes := e.relay.row(data)
			if length != len(data) {
				b.Fail(e.relay.from.src.Fail(errMessage))
				return out
			}
			if goes {
				e.rows, e.starts = append(e.rows, row), append(e.starts, len(out))
				out = append(out, data...)
			} else {
				out = w.encodeRow(out, b, e, row)
			}
		}
		at += size
	}
	return out
}
