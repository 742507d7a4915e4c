package mysql

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/headgate/headgate/connector/record"
)

// form is how a cell is written.
type form uint8

const (
	formText   form = iota // the canonical text, or the text itself
	formInt                // digits
	formNumber             // digits with a point
	formFloat
	formBit
	formYear
	formBytes // in hex
	formDate
	formTime
	formTimestamp
	formLabel  // of an enum
	formSet    // labels with commas between them
	formSpan   // a text such as -100:00:00
	formDigits // a text of digits with a point
)

// cellEncoder writes the cells of a field.
type cellEncoder struct {
	form   form
	kind   record.Kind // of the field
	scale  int         // of the field's decimals
	field  string
	column string // its name in the table
	target string // the column's type, for messages
	index  int    // of the field
	key    bool   // belongs to the load's key
	must   bool   // NULL would silently become something else

	low, high      int64 // of integers
	unsigned       bool  // an unsigned bigint
	single         bool  // of floats
	digits, places int   // of a decimal column
	length         int   // of a text in characters, of bytes in bytes; 0 = no limit
	octets         int   // of a text in bytes; 0 = no limit
	step           int64 // of a time in microseconds
	labels         []string
}

// direct are the forms of the types that a kind of fields goes into.
var direct = map[record.Kind]map[string]form{
	record.Bool:      {"tinyint": formInt, "smallint": formInt, "mediumint": formInt, "int": formInt, "bigint": formInt, "bit": formBit, "decimal": formNumber},
	record.Int:       {"tinyint": formInt, "smallint": formInt, "mediumint": formInt, "int": formInt, "bigint": formInt, "bit": formBit, "decimal": formNumber, "float": formFloat, "double": formFloat, "year": formYear},
	record.Float:     {"float": formFloat, "double": formFloat},
	record.Decimal:   {"tinyint": formInt, "smallint": formInt, "mediumint": formInt, "int": formInt, "bigint": formInt, "bit": formBit, "decimal": formNumber, "double": formFloat},
	record.String:    {"enum": formLabel, "set": formSet, "json": formText, "uuid": formText, "inet4": formText, "inet6": formText, "time": formSpan},
	record.Date:      {"date": formDate, "datetime": formTimestamp, "timestamp": formTimestamp},
	record.Time:      {"time": formTime},
	record.Timestamp: {"datetime": formTimestamp, "timestamp": formTimestamp, "date": formDate},
	record.JSON:      {"json": formText},
	record.UUID:      {"uuid": formText},
}

// newCellEncoder finds how field f goes into column t.
func newCellEncoder(f record.Field, t *tableColumn) (cellEncoder, error) {
	info := t.info
	e := cellEncoder{kind: f.Type.Kind, scale: int(f.Type.Scale), field: f.Name, column: t.Name, target: t.Type, step: 1}
	e.must = t.must && info.data == "timestamp"
	form, ok := direct[e.kind][info.data]
	switch {
	case ok:
		e.form = form
	case e.kind != record.Bytes && (info.data == "char" || info.data == "varchar" || strings.HasSuffix(info.data, "text")):
		e.form = formText
	case e.kind == record.String && info.data == "decimal" && info.digits > record.MaxPrecision:
		e.form = formDigits
	case e.kind == record.Bytes && info.read().Kind == record.Bytes:
		e.form = formBytes
	case e.kind == record.String && kinds[info.data] == record.Invalid && info.data != "decimal" && info.data != "bit":
		e.form = formText // a type that we do not know: the server does
	default:
		return e, fmt.Errorf("column `%s` of the table is %s, but the rows have %s: cast it", t.Name, t.Type, f.Type)
	}
	e.limit(info)
	return e, nil
}

// ranges are those of the integers, signed.
var ranges = map[string]int64{"tinyint": math.MaxInt8, "smallint": math.MaxInt16, "mediumint": 1<<23 - 1, "int": math.MaxInt32, "bigint": math.MaxInt64}

// limit notes what a value must fit into. The server would cut it off or round it, some of
// that without a word.
func (e *cellEncoder) limit(t typeInfo) {
	switch t.data {
	case "tinyint", "smallint", "mediumint", "int", "bigint":
		e.high = ranges[t.data]
		e.low = -e.high - 1
		if t.unsigned {
			e.unsigned = t.data == "bigint"
			e.low = 0
			if !e.unsigned {
				e.high = 2*e.high + 1
			}
		}
	case "bit":
		e.digits = t.digits
	case "decimal":
		e.digits, e.places, e.unsigned = t.digits, t.places, t.unsigned
	case "float", "double":
		e.single, e.unsigned = t.data == "float", t.unsigned
	case "time", "datetime", "timestamp":
		for range 6 - min(t.places, 6) {
			e.step *= 10
		}
	case "char", "varchar":
		e.length = t.length
	case "binary", "varbinary":
		e.length = t.octets
	case "tinytext", "text", "mediumtext":
		e.octets = t.octets
	case "tinyblob", "blob", "mediumblob":
		e.length = t.octets
	case "enum", "set":
		e.labels = labels(t.full)
	}
}

// labels are those of an enum or a set, as the catalogue spells the type.
func labels(full string) []string {
	_, list, _ := strings.Cut(full, "(")
	var all []string
	for strings.HasPrefix(list, "'") {
		var b strings.Builder
		i := 1
		for ; i < len(list); i++ {
			if list[i] == '\'' {
				if i+1 == len(list) || list[i+1] != '\'' {
					break
				}
				i++
			}
			b.WriteByte(list[i])
		}
		all = append(all, b.String())
		list = strings.TrimPrefix(list[min(i+1, len(list)):], ",")
	}
	return all
}

// known reports whether text is a label, or labels for a set.
func (e *cellEncoder) known(text string) bool {
	if e.form == formLabel {
		return slices.Contains(e.labels, text)
	}
	if text == "" {
		return true
	}
	for part := range strings.SplitSeq(text, ",") {
		if !slices.Contains(e.labels, part) {
			return false
		}
	}
	return true
}

// refuse is why a value does not go into the column.
func (e *cellEncoder) refuse(value string) string {
	return strings.TrimSpace(value + " does not fit " + e.target)
}
