package parquet

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"

	"github.com/headgate/headgate/connector/format/parquet/internal/meta"
	"github.com/headgate/headgate/connector/record"
)

// order is how values compare in statistics.
type order uint8

const (
	orderNone   order = iota // no statistics
	orderInt32               // little-endian, signed
	orderInt64               // little-endian, signed
	orderDouble              // little-endian
	orderBytes               // byte by byte
	orderSigned              // big-endian two's complement
)

// outColumn is a column being written.
type outColumn struct {
	name  string
	typ   record.Type
	elem  meta.Element
	width int // bytes of a plain value; 0 = a length before each, or bits
	order order
}

// longDecimal is the width of a decimal of more than 18 digits.
const longDecimal = 16

func newOutColumn(f record.Field) (outColumn, error) {
	c := outColumn{name: f.Name, typ: f.Type}
	c.elem = meta.Element{Name: f.Name, Repetition: meta.Optional, Converted: meta.NoConverted}
	e := &c.elem
	set := func(p meta.Physical, width int, o order, conv meta.Converted, l meta.Logical) {
		e.Type, c.width, c.order, e.Converted, e.Logical = p, width, o, conv, l
	}
	switch f.Type.Kind {
	case record.Bool:
		set(meta.Boolean, 0, orderNone, meta.NoConverted, meta.NoLogical)
	case record.Int:
		set(meta.Int64, 8, orderInt64, meta.Int64Type, meta.LogicalInteger)
		e.Bits, e.Signed = 64, true
	case record.Float:
		set(meta.Double, 8, orderDouble, meta.NoConverted, meta.NoLogical)
	case record.Decimal:
		set(meta.Int64, 8, orderInt64, meta.DecimalType, meta.LogicalDecimal)
		if f.Type.Precision > 18 {
			e.Type, c.width, c.order, e.Width = meta.FixedBytes, longDecimal, orderSigned, longDecimal
		}
		e.Precision, e.Scale = int32(f.Type.Precision), int32(f.Type.Scale)
	case record.String:
		set(meta.ByteArray, 0, orderBytes, meta.UTF8, meta.LogicalString)
	case record.Bytes:
		set(meta.ByteArray, 0, orderBytes, meta.NoConverted, meta.NoLogical)
	case record.JSON:
		set(meta.ByteArray, 0, orderBytes, meta.JSON, meta.LogicalJSON)
	case record.Date:
		set(meta.Int32, 4, orderInt32, meta.Date, meta.LogicalDate)
	case record.Time:
		set(meta.Int64, 8, orderInt64, meta.TimeMicros, meta.LogicalTime)
		e.Unit = meta.Micros
	case record.Timestamp:
		set(meta.Int64, 8, orderInt64, meta.TimestampMicros, meta.LogicalTimestamp)
		e.Unit, e.UTC = meta.Micros, true
	case record.UUID:
		set(meta.FixedBytes, 16, orderBytes, meta.NoConverted, meta.LogicalUUID)
		e.Width = 16
	default:
		return c, fmt.Errorf("column %s: %s cannot be written", f.Name, f.Type)
	}
	return c, nil
}

// refuse rejects the rows whose cell has no value that can be written.
func (c *outColumn) refuse(b *record.Batch, v *record.Vector) {
	for _, row := range b.Sel {
		if v.Cells[row] == record.Bad {
			f := v.Fault(row)
			b.Reject(row, f.Code, c.name, f.Message)
		}
	}
	if c.typ.Kind == record.Decimal && c.width == 8 && v.Hi != nil {
		for _, row := range b.Sel {
			if v.Cells[row] == record.Value && v.Hi[row] != v.I64[row]>>63 {
				b.Reject(row, record.Overflow, c.name, "more digits than "+c.typ.String()+" holds")
			}
		}
	}
}

// gather appends the values of the rows of sel that are not NULL, plain-encoded. A bool
// is a byte here: bits are made when the page is.
func (c *outColumn) gather(dst []byte, b *record.Batch, v *record.Vector, sel []int32) []byte {
	switch {
	case c.typ.Kind == record.Bool:
		for _, row := range sel {
			if v.Cells[row] == record.Value {
				dst = append(dst, byte(v.I64[row]&1))
			}
		}
	case c.typ.Kind == record.Date:
		for _, row := range sel {
			if v.Cells[row] == record.Value {
				dst = binary.LittleEndian.AppendUint32(dst, uint32(v.I64[row]))
			}
		}
	case c.typ.Kind == record.Float:
		for _, row := range sel {
			if v.Cells[row] == record.Value {
				dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.F64[row]))
			}
		}
	case c.width == 8:
		dst = gatherWords(dst, v, sel)
	case c.typ.Kind == record.Decimal:
		for _, row := range sel {
			if v.Cells[row] == record.Value {
				x := v.Decimal(row)
				dst = binary.BigEndian.AppendUint64(dst, uint64(x.Hi))
				dst = binary.BigEndian.AppendUint64(dst, x.Lo)
			}
		}
	case c.typ.Kind == record.UUID:
		for _, row := range sel {
			if v.Cells[row] == record.Value {
				dst = appendUUID(dst, b.Text(v.Str[row]))
			}
		}
	default:
		for _, row := range sel {
			if v.Cells[row] == record.Value {
				text := b.Text(v.Str[row])
				dst = binary.LittleEndian.AppendUint32(dst, uint32(len(text)))
				dst = append(dst, text...)
			}
		}
	}
	return dst
}

func gatherWords(dst []byte, v *record.Vector, sel []int32) []byte {
	n := len(dst)
	dst = grown(dst, 8*len(sel))
	out := dst[n:]
	for _, row := range sel {
		binary.LittleEndian.PutUint64(out, uint64(v.I64[row]))
		if v.Cells[row] == record.Value {
			out = out[8:]
			n += 8
		}
		if len(out) < 8 {
			break
		}
	}
	return dst[:n]
}

// grown is dst with n bytes more, of any content.
func grown(dst []byte, n int) []byte {
	if cap(dst)-len(dst) < n {
		more := make([]byte, len(dst), len(dst)+n+len(dst)/4)
		copy(more, dst)
		dst = more
	}
	return dst[:len(dst)+n]
}

// appendUUID appends the 16 bytes of a canonical UUID.
func appendUUID(dst, text []byte) []byte {
	var id [16]byte
	part := id[:0]
	for _, cut := range [...][2]int{{0, 8}, {9, 13}, {14, 18}, {19, 23}, {24, 36}} {
		part, _ = hex.AppendDecode(part, text[cut[0]:cut[1]]) // canonical, as the type promises
	}
	return append(dst, id[:]...)
}
