package record

import (
	"fmt"
	"strconv"
	"strings"
)

// Kind is the family of a column's values.
type Kind uint8

// The kinds, with how a Vector stores them.
const (
	Invalid   Kind = iota
	Bool           // I64: 0 or 1
	Int            // I64
	Float          // F64
	Decimal        // I64 scaled by 10^Scale, or I64 (low) and Hi (high) as 128-bit two's complement
	String         // Str: valid UTF-8
	Bytes          // Str
	Date           // I64: days since 1970-01-01
	Time           // I64: microseconds since midnight
	Timestamp      // I64: microseconds since 1970-01-01T00:00:00Z
	JSON           // Str: one JSON value, as written
	UUID           // Str: canonical lower-case text
)

var kindNames = [...]string{"invalid", "bool", "int", "float", "decimal", "string", "bytes", "date", "time", "timestamp", "json", "uuid"}

// String is the name used in flow files.
func (k Kind) String() string { return kindNames[k] }

// MaxPrecision is the largest number of decimal digits a decimal can hold.
const MaxPrecision = 38

// Type is a Kind with its parameters. Types compare with ==.
type Type struct {
	Kind Kind
	// Precision and Scale belong to Decimal: 1 <= Precision <= 38, Scale <= Precision.
	Precision, Scale uint8
}

// DecimalOf is the decimal type with p digits, s of them after the point.
func DecimalOf(p, s int) Type { return Type{Kind: Decimal, Precision: uint8(p), Scale: uint8(s)} }

// String is the spelling used in flow files: "int", "decimal(12,2)".
func (t Type) String() string {
	if t.Kind == Decimal {
		return fmt.Sprintf("decimal(%d,%d)", t.Precision, t.Scale)
	}
	return t.Kind.String()
}

// TypeNames lists the spellings ParseType knows, for messages and suggestions.
func TypeNames() []string {
	return []string{"bool", "int", "float", "decimal(p,s)", "string", "bytes", "date", "time", "timestamp", "json", "uuid"}
}

// ParseType reads a type as flow files spell it. "decimal(p)" has scale 0; a bare
// "decimal" is an error, since money without a stated scale is a guess.
func ParseType(s string) (Type, error) {
	s = strings.TrimSpace(s)
	for k := Bool; k <= UUID; k++ {
		if k != Decimal && s == kindNames[k] {
			return Type{Kind: k}, nil
		}
	}
	args, ok := strings.CutPrefix(s, "decimal")
	if !ok {
		return Type{}, fmt.Errorf("unknown type %q (one of %s)", s, strings.Join(TypeNames(), ", "))
	}
	args = strings.TrimSpace(args)
	if !strings.HasPrefix(args, "(") || !strings.HasSuffix(args, ")") {
		return Type{}, fmt.Errorf("type %q: write decimal(p,s), such as decimal(12,2)", s)
	}
	ps, ss, two := strings.Cut(args[1:len(args)-1], ",")
	p, err := strconv.Atoi(strings.TrimSpace(ps))
	sc := 0
	if err == nil && two {
		sc, err = strconv.Atoi(strings.TrimSpace(ss))
	}
	if err != nil {
		return Type{}, fmt.Errorf("type %q: write decimal(p,s), such as decimal(12,2)", s)
	}
	if p < 1 || p > MaxPrecision || sc < 0 || sc > p {
		return Type{}, fmt.Errorf("type %q: precision must be 1 to %d and scale 0 to the precision", s, MaxPrecision)
	}
	return DecimalOf(p, sc), nil
}

// Numeric reports whether values of t can be added and compared as numbers.
func (t Type) Numeric() bool { return t.Kind == Int || t.Kind == Float || t.Kind == Decimal }

// Textual reports whether values of t are stored in Vector.Str.
func (t Type) Textual() bool {
	return t.Kind == String || t.Kind == Bytes || t.Kind == JSON || t.Kind == UUID
}

// Field is one column of a schema.
type Field struct {
	Name string
	Type Type
	// Declared types were written by the user; others were inferred from a sample.
	Declared bool
	// Required rejects a row whose cell is NULL.
	Required bool
	// Class is the user's data class ("pii"), carried for lineage and masking.
	Class string
	// Native is what the database says that the column comes from.
	Native Native
}

// Native is what a database's catalogue says of a column, for a database that is to
// make one like it. It counts as long as the field still has the type As.
type Native struct {
	As      Type
	Dialect string // whose Name is: "PostgreSQL"
	Name    string // the type as that dialect spells it: "character varying(40)"
	Length  int    // the most characters, of bytes the most bytes; 0 = no limit
	NotNull bool
	Key     int // place in the primary key from 1; 0 = not in it
}

// Origin is the field's Native, the zero value when a step has given the field
// another type.
func (f *Field) Origin() Native {
	if f.Native.As != f.Type {
		return Native{}
	}
	return f.Native
}

// Schema is an ordered list of fields with unique names. It is immutable once
// it has been handed to someone else.
type Schema struct {
	Fields []Field
}

// Index is the ordinal of the field called name, or -1.
func (s *Schema) Index(name string) int {
	for i := range s.Fields {
		if s.Fields[i].Name == name {
			return i
		}
	}
	return -1
}

// Names lists the field names in order.
func (s *Schema) Names() []string {
	names := make([]string, len(s.Fields))
	for i := range s.Fields {
		names[i] = s.Fields[i].Name
	}
	return names
}
