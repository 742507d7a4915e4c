package sqlite

import (
	"fmt"
	"math"
	"strconv"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

// cellStore says how the values of a field are stored in its column.
type cellStore struct {
	field    string
	column   string // with its declared type, for messages
	affinity affinity
	key      bool // NULL is refused
	index    int  // of the field
}

func newCellStore(f record.Field, column, decl string, load *sqldb.Load, i int) cellStore {
	return cellStore{
		field:    f.Name,
		column:   fmt.Sprintf("column `%s` (%s)", column, decl),
		affinity: affinityOf(decl),
		index:    i,
		key:      load.IsKey(i),
	}
}

// numeric reports whether text that looks like a number will not stay text.
func (c *cellStore) numeric() bool { return c.affinity == toNum || c.affinity == toFloat }

// value writes the value of row as the i-th. No value changes on its way: what the
// column's affinity would alter is refused.
func (e *encoder) value(i int, row int32, v *record.Vector) {
	switch v.Type.Kind {
	case record.Bool:
		e.setInt(i, v.I64[row])
	case record.Int:
		e.int(i, row, v.I64[row])
	case record.Float:
		e.float(i, row, v)
	case record.Decimal:
		e.decimal(i, row, v)
	case record.Bytes:
		from := len(e.out)
		e.out = append(e.out, e.b.Text(v.Str[row])...)
		e.setText(i, tagBlob, from)
	case record.String, record.JSON:
		text := e.b.Text(v.Str[row])
		if e.store.numeric() && !keepsText(text, e.store.affinity) {
			e.refuse(i, row, record.Quote(text)+" would become a number in "+e.store.column)
			return
		}
		from := len(e.out)
		e.out = append(e.out, text...)
		e.setText(i, tagText, from)
	default:
		e.text(i, row, v)
	}
}

// text writes the canonical text.
func (e *encoder) text(i int, row int32, v *record.Vector) {
	from := len(e.out)
	e.out = v.AppendText(e.out, e.b, row)
	e.setText(i, tagText, from)
}

// exactFloat is the largest n for which all integers in ±n are floats.
const exactFloat = 1 << 53

// exactPower is the largest n for which 10^n is a float.
const exactPower = 22

func (e *encoder) int(i int, row int32, x int64) {
	if e.store.affinity == toFloat && (x > exactFloat || x < -exactFloat) {
		e.refuse(i, row, strconv.FormatInt(x, 10)+" would be rounded in "+e.store.column)
		return
	}
	e.setInt(i, x)
}

func (e *encoder) float(i int, row int32, v *record.Vector) {
	f := v.F64[row]
	switch {
	case math.IsNaN(f):
		e.refuse(i, row, "NaN would become NULL in "+e.store.column)
	case e.store.affinity == toText: // SQLite would write 15 digits
		e.text(i, row, v)
	default:
		e.setFloat(i, f)
	}
}

// decimal stores a number when it is exact: up to 15 digits a float is read back as
// the same decimal.
func (e *encoder) decimal(i int, row int32, v *record.Vector) {
	a := e.store.affinity
	if a == toText || a == asIs && v.Type.Precision > exactDigits {
		e.text(i, row, v)
		return
	}
	d := v.Decimal(row)
	if x, ok := d.Int64(); ok && x > -1e15 && x < 1e15 {
		switch {
		case v.Type.Scale == 0:
			e.setInt(i, x)
		case v.Type.Scale <= exactPower: // both are exact, so the quotient is the nearest float
			e.setFloat(i, float64(x)/math.Pow10(int(v.Type.Scale)))
		default:
			f, _ := record.ParseFloat(v.AppendText(nil, e.b, row))
			e.setFloat(i, f)
		}
		return
	}
	if whole, exact := d.DivPow10Exact(int(v.Type.Scale)); exact && a == toNum {
		if x, ok := whole.Int64(); ok {
			e.setInt(i, x)
			return
		}
	}
	e.refuse(i, row, string(v.AppendText(nil, e.b, row))+" has more than "+strconv.Itoa(exactDigits)+" digits and would be rounded in "+e.store.column)
}

// keepsText reports whether text is read back from a numeric column as it was: it does
// not look like a number, or is written as SQLite writes that number.
func keepsText(text []byte, a affinity) bool {
	f, p := record.ParseFloat(trimSpace(text))
	if p == record.Malformed || math.IsInf(f, 0) || math.IsNaN(f) {
		return p == record.Malformed || !startsNumber(text)
	}
	if x, p := record.ParseInt(text); p == record.NoProblem && a == toNum {
		return strconv.FormatInt(x, 10) == string(text)
	}
	return len(text) <= exactDigits && strconv.FormatFloat(f, 'g', -1, 64) == string(text) && a == toNum
}

// startsNumber tells a number from the words NaN and Inf, which SQLite leaves alone.
func startsNumber(text []byte) bool {
	for _, c := range text {
		if c-'0' <= 9 {
			return true
		}
	}
	return false
}

// trimSpace takes off what SQLite ignores around a number.
func trimSpace(s []byte) []byte {
	space := func(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
	for len(s) > 0 && space(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && space(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}
