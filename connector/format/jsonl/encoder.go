package jsonl

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/bits"
	"strconv"

	"github.com/headgate/headgate/connector/record"
)

// Encoder writes JSON lines. It may be used from several goroutines.
type Encoder struct {
	names []string
	keys  [][]byte // what stands before a value: brace or comma, key, colon
	end   []byte
}

// NewEncoder writes rows of schema.
func NewEncoder(schema *record.Schema) *Encoder {
	e := &Encoder{names: schema.Names(), end: []byte("}\n")}
	lead := byte('{')
	for _, n := range e.names {
		key := appendString([]byte{lead}, []byte(n))
		e.keys = append(e.keys, append(key, ':'))
		lead = ','
	}
	if len(e.keys) == 0 {
		e.end = []byte("{}\n")
	}
	return e
}

// Append writes enc.
func (e *Encoder) Append(w io.Writer, enc []byte) error {
	_, err := w.Write(enc)
	return err
}

// Close writes nothing: an empty file is an input without rows.
func (e *Encoder) Close(io.Writer) error { return nil }

// Encode appends the rows of b.Sel. Cells without a value in JSON reject their row.
func (e *Encoder) Encode(dst []byte, b *record.Batch) ([]byte, error) {
	if len(b.Cols) != len(e.names) {
		return dst, fmt.Errorf("write: batch has %d columns, expected %d", len(b.Cols), len(e.names))
	}
	cols := make([]*record.Vector, len(b.Cols))
	known := len(b.Rejects)
	for i, c := range b.Cols {
		cols[i] = c.Values(b, b.Sel)
		refuse(b, cols[i], e.names[i])
	}
	b.DropRejected(known)
	memory := [2][]byte{b.Buf[:cap(b.Buf)], b.Aux[:cap(b.Aux)]}
	for _, row := range b.Sel {
		for i, v := range cols {
			dst = append(dst, e.keys[i]...)
			switch {
			case v.Cells[row] != record.Value:
				dst = append(dst, "null"...)
			case v.Type.Kind == record.String:
				view := v.Str[row]
				dst = appendView(dst, memory[view.Off>>31], view.Offset(), view.Size())
			default:
				dst = appendValue(dst, b, v, row)
			}
		}
		dst = append(dst, e.end...)
	}
	return dst, nil
}

// refuse rejects the rows whose cell is bad or has no form in JSON.
func refuse(b *record.Batch, v *record.Vector, name string) {
	float := v.Type.Kind == record.Float
	for _, row := range b.Sel {
		switch {
		case v.Cells[row] == record.Bad:
			f := v.Fault(row)
			b.Reject(row, f.Code, name, f.Message)
		case float && v.Cells[row] == record.Value && (math.IsNaN(v.F64[row]) || math.IsInf(v.F64[row], 0)):
			b.Reject(row, record.BadValue, name, fmt.Sprintf("%v has no form in JSON", v.F64[row]))
		}
	}
}

// appendView writes src[off:off+size] as a string. Most are short: they take 16 bytes, and
// drop what is too much.
func appendView(dst, src []byte, off, size int) []byte {
	if size > 15 || off+16 > len(src) {
		return appendString(dst, src[off:off+size])
	}
	s := (*[16]byte)(src[off:])
	m := special(binary.LittleEndian.Uint64(s[:])) << (64 - 8*min(size, 8))
	if size > 8 {
		m |= special(binary.LittleEndian.Uint64(s[8:])) << (128 - 8*size)
	}
	if m != 0 {
		return appendString(dst, src[off:off+size])
	}
	n := len(dst) + 1
	dst = append(append(dst, '"'), s[:]...)
	dst[n+size] = '"'
	return dst[:n+size+1]
}

// appendValue writes a value that is not a string.
func appendValue(dst []byte, b *record.Batch, v *record.Vector, row int32) []byte {
	switch v.Type.Kind {
	case record.Int:
		return strconv.AppendInt(dst, v.I64[row], 10)
	case record.Float, record.Decimal, record.Bool:
		return v.AppendText(dst, b, row)
	case record.JSON:
		return appendJSON(dst, b.Text(v.Str[row]))
	}
	dst = append(dst, '"')
	dst = v.AppendText(dst, b, row)
	return append(dst, '"')
}

// appendJSON writes JSON text on one line: line ends in it can only be space.
func appendJSON(dst, s []byte) []byte {
	at := len(dst)
	dst = append(dst, s...)
	for i, c := range dst[at:] {
		if c == '\n' || c == '\r' {
			dst[at+i] = ' '
		}
	}
	return dst
}

// appendString writes s as a JSON string with no more escapes than JSON asks for.
func appendString(dst, s []byte) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); i++ {
		for i+8 <= len(s) {
			m := special(binary.LittleEndian.Uint64(s[i:]))
			if m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			i += 8
		}
		if i == len(s) {
			break
		}
		if c := s[i]; c < ' ' || c == '"' || c == '\\' {
			dst = append(dst, s[from:i]...)
			dst = appendEscape(dst, c)
			from = i + 1
		}
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}

func appendEscape(dst []byte, c byte) []byte {
	const digits = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	}
	return append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
}
