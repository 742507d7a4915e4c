package sqlite

import (
	"encoding/hex"
	"math"
	"strconv"
)

// appendFloat appends a JSON number, or a string for the floats JSON has no number for.
func appendFloat(dst []byte, f float64) []byte {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return strconv.AppendQuote(dst, strconv.FormatFloat(f, 'g', -1, 64))
	}
	return strconv.AppendFloat(dst, f, 'g', -1, 64)
}

// appendHex appends a blob as SQLite would write it, in a JSON string.
func appendHex(dst, blob []byte) []byte {
	dst = append(dst, `"x'`...)
	dst = hex.AppendEncode(dst, blob)
	return append(dst, `'"`...)
}
