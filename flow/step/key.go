package step

import (
	"encoding/binary"
	"math"

	"github.com/headgate/headgate/connector/record"
)

// Marks before the cells of a key, so that no two different keys have the same bytes.
const (
	keyNull  = 0
	keyValue = 1
)

// appendKey writes the cell at row so that, within a column, two cells have the same bytes exactly
// when they are equal. NULL equals NULL, NaN equals NaN and -0 equals 0. The cell must be
// Value or Null.
func appendKey(dst []byte, b *record.Batch, v *record.Vector, row int32) []byte {
	if v.Cells[row] == record.Null {
		return append(dst, keyNull)
	}
	dst = append(dst, keyValue)
	switch {
	case v.Type.Textual():
		text := b.Text(v.Str[row])
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(text)))
		return append(dst, text...)
	case v.Type.Kind == record.Float:
		return binary.LittleEndian.AppendUint64(dst, floatKey(v.F64[row]))
	case v.Type.Kind == record.Decimal:
		return appendDecimalKey(dst, v, row)
	}
	return binary.LittleEndian.AppendUint64(dst, uint64(v.I64[row]))
}

func floatKey(f float64) uint64 {
	switch {
	case f == 0:
		return 0
	case f != f:
		return math.Float64bits(math.NaN())
	}
	return math.Float64bits(f)
}

// appendDecimalKey always writes 128 bits, since one batch may hold a column in 64 bits
// and the next one in 128.
func appendDecimalKey(dst []byte, v *record.Vector, row int32) []byte {
	hi := v.I64[row] >> 63
	if v.Hi != nil {
		hi = v.Hi[row]
	}
	dst = binary.LittleEndian.AppendUint64(dst, uint64(v.I64[row]))
	return binary.LittleEndian.AppendUint64(dst, uint64(hi))
}
