package parquet

import (
	"math"
	"unicode/utf8"

	"github.com/headgate/headgate/connector/record"
)

const hexDigits = "0123456789abcdef"

// appendQuoted writes s as a JSON string. What is not UTF-8 becomes the replacement
// character.
func appendQuoted[T ~string | ~[]byte](dst []byte, s T) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		case c < utf8.RuneSelf:
			dst = append(dst, c)
		default:
			r, n := utf8.DecodeRuneInString(string(s[i:min(len(s), i+utf8.UTFMax)]))
			dst = utf8.AppendRune(dst, r)
			i += n
			continue
		}
		i++
	}
	return append(dst, '"')
}

// appendJSON writes the cell of row as JSON.
func appendJSON(dst []byte, b *record.Batch, v *record.Vector, row int32) []byte {
	if v.Cells[row] != record.Value {
		return append(dst, "null"...)
	}
	switch v.Type.Kind {
	case record.Float:
		if f := v.F64[row]; math.IsNaN(f) || math.IsInf(f, 0) {
			break
		}
		return v.AppendText(dst, b, row)
	case record.Bool, record.Int, record.Decimal, record.JSON:
		return v.AppendText(dst, b, row)
	case record.String, record.UUID:
		return appendQuoted(dst, b.Text(v.Str[row]))
	}
	dst = append(dst, '"')
	dst = v.AppendText(dst, b, row)
	return append(dst, '"')
}
