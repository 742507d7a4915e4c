package sqlite

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/headgate/headgate/connector/record"
)

// exactDigits is how many decimal digits SQLite's NUMERIC keeps: it stores a 64-bit
// float unless the number is whole.
const exactDigits = 15

// columnType is the declared type of a new column, and a note when a person should
// know.
func columnType(f record.Field) (decl, note string) {
	if o := f.Origin(); o.Dialect == dialectName && o.Name != "" && (f.Type.Kind != record.Decimal || f.Type.Precision <= exactDigits) {
		return o.Name, ""
	}
	switch t := f.Type; t.Kind {
	case record.Bool:
		return "BOOLEAN", ""
	case record.Int:
		return "INTEGER", ""
	case record.Float:
		return "REAL", ""
	case record.Decimal:
		if t.Precision <= exactDigits {
			return fmt.Sprintf("DECIMAL(%d,%d)", t.Precision, t.Scale), ""
		}
		return "TEXT", fmt.Sprintf("`%s`: %s has more than %d digits, stored as TEXT", f.Name, t, exactDigits)
	case record.Bytes:
		return "BLOB", ""
	case record.Date:
		return "DATE", ""
	case record.Timestamp:
		return "TIMESTAMP", ""
	}
	return "TEXT", ""
}

// affinity is what a column does to values.
type affinity uint8

const (
	asIs    affinity = iota // BLOB affinity: nothing
	toText                  // numbers become text
	toNum                   // INTEGER, NUMERIC: text that looks like a number becomes one
	toFloat                 // REAL: likewise, and integers become floats
)

// affinityOf follows the rules of SQLite's documentation, "Datatypes", 3.1.
func affinityOf(decl string) affinity {
	d := strings.ToUpper(decl)
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(d, w) {
				return true
			}
		}
		return false
	}
	switch {
	case has("INT"):
		return toNum
	case has("CHAR", "CLOB", "TEXT"):
		return toText
	case d == "", has("BLOB"):
		return asIs
	case has("REAL", "FLOA", "DOUB"):
		return toFloat
	}
	return toNum
}

// fieldType is the type that a declared type promises, and whether a sample must
// confirm it. Invalid means only a sample can tell.
func fieldType(decl string) (t record.Type, confirm bool) {
	d := strings.ToUpper(strings.TrimSpace(decl))
	name, _, _ := strings.Cut(d, "(")
	name = strings.TrimSpace(name)
	switch {
	case strings.Contains(d, "BOOL"):
		return record.Type{Kind: record.Bool}, true
	case strings.Contains(d, "INT"):
		return record.Type{Kind: record.Int}, false
	case name == "DECIMAL" || name == "NUMERIC" || name == "NUMBER":
		if p, s, ok := typeArgs(d); ok {
			return record.DecimalOf(p, s), false
		}
		return record.Type{}, true
	case name == "JSON" || name == "JSONB":
		return record.Type{Kind: record.JSON}, true
	case name == "UUID":
		return record.Type{Kind: record.UUID}, true
	case strings.Contains(d, "CHAR"), strings.Contains(d, "CLOB"), strings.Contains(d, "TEXT"), name == "STRING":
		return record.Type{Kind: record.String}, false
	case strings.Contains(d, "BLOB"):
		return record.Type{Kind: record.Bytes}, true
	case strings.Contains(d, "REAL"), strings.Contains(d, "FLOA"), strings.Contains(d, "DOUB"):
		return record.Type{Kind: record.Float}, false
	case name == "DATE":
		return record.Type{Kind: record.Date}, true
	case strings.HasPrefix(name, "DATETIME"), strings.HasPrefix(name, "TIMESTAMP"):
		return record.Type{Kind: record.Timestamp}, true
	case name == "TIME":
		return record.Type{Kind: record.Time}, true
	}
	return record.Type{}, true
}

// typeArgs reads the (p,s) of a declared decimal.
func typeArgs(decl string) (p, s int, ok bool) {
	_, args, found := strings.Cut(decl, "(")
	args, _, closed := strings.Cut(args, ")")
	if !found || !closed {
		return 0, 0, false
	}
	ps, ss, two := strings.Cut(args, ",")
	p, err := strconv.Atoi(strings.TrimSpace(ps))
	if err == nil && two {
		s, err = strconv.Atoi(strings.TrimSpace(ss))
	}
	return p, s, err == nil && p >= 1 && p <= record.MaxPrecision && s >= 0 && s <= p
}
