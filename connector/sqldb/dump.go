package sqldb

import (
	"encoding/json"
	"strconv"

	"github.com/headgate/headgate/connector/record"
)

// AppendJSON appends s as a JSON string; bytes that are not UTF-8 become U+FFFD.
func AppendJSON(dst []byte, s string) []byte {
	q, err := json.Marshal(s)
	if err != nil {
		return append(dst, `""`...) // strings always marshal
	}
	return append(dst, q...)
}

// AppendCell appends a cell as JSON, for the record of a reject. A cell that cannot be read
// is what is wrong with it, a decimal a string, since not every reader of JSON keeps its digits.
func AppendCell(dst []byte, b *record.Batch, v *record.Vector, row int32) []byte {
	switch v.Cells[row] {
	case record.Null:
		return append(dst, "null"...)
	case record.Bad:
		return AppendJSON(dst, v.Fault(row).Message)
	case record.Value:
	default:
		return append(dst, "null"...)
	}
	switch v.Type.Kind {
	case record.Bool, record.JSON:
		return v.AppendText(dst, b, row)
	case record.Int:
		return strconv.AppendInt(dst, v.I64[row], 10)
	case record.Float:
		if f := v.F64[row]; f-f == 0 {
			return v.AppendText(dst, b, row)
		}
	}
	return AppendJSON(dst, string(v.AppendText(nil, b, row)))
}
