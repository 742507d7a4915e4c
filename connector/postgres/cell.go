package postgres

import (
	"fmt"
	"strings"

	"github.com/headgate/headgate/connector/record"
)

// form is how a cell is sent.
type form uint8

const (
	formText form = iota // the canonical text, or the text itself
	formBool
	formInt2
	formInt4
	formInt8
	formOID
	formFloat4
	formFloat8
	formNumeric
	formBytes
	formDate
	formTime
	formTimestamp
	formUUID
	formJSONB
	formArray // a JSON array as the server's array literal
)

// cellEncoder sends the cells of a field.
type cellEncoder struct {
	form   form
	kind   record.Kind // of the field
	scale  int         // of the field's decimals
	field  string
	target string // the column's type, for messages
	index  int    // of the field
	key    bool   // belongs to the load's key

	staged, cast string // see sqldb.Column

	digits, places int   // of a numeric column; digits 0 = as many as it takes
	length         int   // of a text column in characters; 0 = no limit
	number         bool  // a text that is a number with so many places
	step           int64 // of a time in microseconds
}

// direct are the forms of the types that a kind of fields goes into as it is.
var direct = map[record.Kind]map[uint32]form{
	record.Bool:      {oidBool: formBool},
	record.Int:       {oidInt2: formInt2, oidInt4: formInt4, oidInt8: formInt8, oidOID: formOID, oidFloat4: formFloat4, oidFloat8: formFloat8, oidNumeric: formNumeric},
	record.Float:     {oidFloat4: formFloat4, oidFloat8: formFloat8},
	record.Decimal:   {oidNumeric: formNumeric, oidInt2: formInt2, oidInt4: formInt4, oidInt8: formInt8, oidFloat8: formFloat8},
	record.String:    {oidName: formText, oidChar: formText, oidUUID: formUUID, oidJSON: formText, oidJSONB: formJSONB},
	record.Bytes:     {oidBytea: formBytes},
	record.Date:      {oidDate: formDate, oidTimestamp: formTimestamp, oidTimestamptz: formTimestamp},
	record.Time:      {oidTime: formTime},
	record.Timestamp: {oidTimestamp: formTimestamp, oidTimestamptz: formTimestamp, oidDate: formDate},
	record.JSON:      {oidJSON: formText, oidJSONB: formJSONB},
	record.UUID:      {oidUUID: formUUID},
}

// newCellEncoder finds how field f goes into column t.
func newCellEncoder(f record.Field, t *tableColumn) (cellEncoder, error) {
	e := cellEncoder{kind: f.Type.Kind, scale: int(f.Type.Scale), field: f.Name, target: t.Type, step: 1}
	info := t.info
	var ok bool
	if e.form, ok = direct[e.kind][info.oid]; ok {
		e.limit(info)
		return e, nil
	}
	switch {
	case info.oid == oidText, info.oid == oidVarchar, info.oid == oidBpchar:
		if e.kind == record.Bytes {
			break
		}
		e.form, e.length = formText, info.length()
		return e, nil
	case info.kind == 'e' && e.kind == record.String:
		e.form = formText // the label
		return e, nil
	case info.oid == oidMoney && (e.kind == record.Decimal || e.kind == record.Int):
		e.form, e.staged, e.cast, e.digits, e.places = formNumeric, "numeric(19,2)", "%s::money", 19, 2
		return e, nil
	case info.category == 'A' && e.kind == record.JSON:
		e.form, e.staged, e.cast = formArray, "text", "%s::"+info.name
		return e, nil
	case e.kind == record.String && info.oid == oidNumeric && info.wide():
		e.form, e.staged, e.cast = formText, "text", "%s::"+info.name
		_, e.places, _ = info.precision()
		e.number = true
		return e, nil
	case e.kind == record.String && other(info), e.kind == record.Float && info.oid == oidNumeric && info.mod < 0:
		e.form, e.staged, e.cast = formText, "text", "%s::"+info.name
		return e, nil
	}
	return e, fmt.Errorf("column `%s` of the table is %s, but the rows have %s: cast it", t.Name, t.Type, f.Type)
}

// other reports whether a type is none of those that have fields of their own: the server then
// knows what a text means.
func other(t typeInfo) bool {
	if _, ok := plain[t.oid]; ok || t.oid == oidNumeric {
		return false
	}
	return t.kind != 'p'
}

// limit notes what a value must fit into. The server would round it or cut it off.
func (e *cellEncoder) limit(t typeInfo) {
	switch t.oid {
	case oidNumeric:
		if p, s, ok := t.precision(); ok {
			e.digits, e.places = p, s
		}
	case oidTime, oidTimestamp, oidTimestamptz:
		if t.mod >= 0 && t.mod < 6 {
			e.step = pow10[6-t.mod]
		}
	}
}

// refuse is why a value does not go into the column.
func (e *cellEncoder) refuse(value string) string {
	return strings.TrimSpace(value + " does not fit " + e.target)
}
