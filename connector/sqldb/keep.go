package sqldb

import (
	"fmt"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/spec"
)

// ForgetCursor removes the cursor of a flow, its one parameter, and leaves its last run.
func ForgetCursor(d *Dialect, target Name) string {
	return fmt.Sprintf("UPDATE %s SET %s = NULL WHERE %s = %s", d.Table(target.Beside(StateTable)), d.Ident("cursor"), d.Ident("flow"), (&Args{Dialect: d}).next())
}

// CheckCursor refuses a text that is not a value of a cursor's type.
func CheckCursor(column string, t record.Type, text string) error {
	var p record.Problem
	switch b := []byte(text); t.Kind {
	case record.Int:
		_, p = record.ParseInt(b)
	case record.Float:
		_, p = record.ParseFloat(b)
	case record.Decimal:
		_, p = record.ParseDecimal(b, t)
	case record.Date:
		_, p = record.ParseDate(b)
	case record.Time:
		_, p = record.ParseTime(b)
	case record.Timestamp:
		_, p = record.ParseTimestamp(b)
	case record.UUID:
		_, p = record.ParseUUID(b)
	}
	if p != record.NoProblem {
		return fmt.Errorf("`%s` is %s, and %s is not", column, t, spec.Quote(text))
	}
	return nil
}
