package mysql

import (
	"fmt"
	"strings"

	"github.com/headgate/headgate/connector/record"
)

// typeInfo is what the catalogue says of a column's type.
type typeInfo struct {
	data      string // the type's name alone: varchar, bigint
	full      string // with what belongs to it: varchar(20), bigint(20) unsigned, enum('a','b')
	unsigned  bool
	length    int // of texts in characters, of bytes in bytes; 0 = not said
	octets    int // of texts and bytes
	digits    int // of a decimal, of a bit
	places    int // decimals of a decimal, of a second
	charset   string
	collation string
	json      bool // a text that has to be JSON
}

// sourceType is how a type is read.
type sourceType struct {
	record.Type
	bits bool // a number in the bytes of a BIT
	time bool // it may be longer than a day
}

// kinds are the types that are read as they are.
var kinds = map[string]record.Kind{
	"tinyint": record.Int, "smallint": record.Int, "mediumint": record.Int, "int": record.Int, "bigint": record.Int, "year": record.Int,
	"float": record.Float, "double": record.Float,
	"date": record.Date, "datetime": record.Timestamp, "timestamp": record.Timestamp, "time": record.Time,
	"binary": record.Bytes, "varbinary": record.Bytes, "tinyblob": record.Bytes, "blob": record.Bytes, "mediumblob": record.Bytes, "longblob": record.Bytes,
	"geometry": record.Bytes, "point": record.Bytes, "linestring": record.Bytes, "polygon": record.Bytes, "multipoint": record.Bytes,
	"multilinestring": record.Bytes, "multipolygon": record.Bytes, "geometrycollection": record.Bytes, "geomcollection": record.Bytes, "vector": record.Bytes,
	"json": record.JSON, "uuid": record.UUID,
}

// bigUnsigned is what an unsigned bigint is read as: int ends before it does.
var bigUnsigned = record.DecimalOf(20, 0)

// read is how a column of type t is read.
func (t typeInfo) read() sourceType {
	kind, ok := kinds[t.data]
	switch {
	case t.json:
		kind = record.JSON
	case t.data == "tinyint" && t.full == "tinyint(1)":
		kind = record.Bool
	case t.data == "bigint" && t.unsigned:
		return sourceType{Type: bigUnsigned}
	case t.data == "bit" && t.digits == 1:
		return sourceType{Type: record.Type{Kind: record.Bool}, bits: true}
	case t.data == "bit" && t.digits == 64:
		return sourceType{Type: bigUnsigned, bits: true}
	case t.data == "bit":
		return sourceType{Type: record.Type{Kind: record.Int}, bits: true}
	case t.data == "decimal" && t.digits <= record.MaxPrecision:
		return sourceType{Type: record.DecimalOf(t.digits, t.places)}
	case !ok:
		kind = record.String
	}
	return sourceType{Type: record.Type{Kind: kind}, time: kind == record.Time}
}

// textual reports whether values have a character set.
func (t typeInfo) textual() bool { return t.charset != "" && t.charset != "binary" }

// spelled is the type as a statement has it.
func (t typeInfo) spelled() string {
	switch {
	case t.json:
		return "json"
	case t.textual() && t.data != "json":
		return t.full + " CHARACTER SET " + t.charset + " COLLATE " + t.collation
	}
	return t.full
}

// native is what the catalogue says of a column, for whoever makes one like it.
func (t typeInfo) native(f flavour, as record.Type) record.Native {
	n := record.Native{As: as, Dialect: f.name(), Name: t.spelled()}
	switch t.data {
	case "char", "varchar", "binary", "varbinary":
		n.Length = t.length
	}
	return n
}

// spelling is the type of o if a server of this flavour knows it; "" when it may not.
func spelling(f flavour, o record.Native) string {
	if !sound(o.Name) {
		return ""
	}
	if o.Dialect == f.name() {
		if o.Name == "uuid" && !f.hasUUID() {
			return ""
		}
		return o.Name
	}
	if o.Dialect != mysqlName && o.Dialect != mariaName {
		return ""
	}
	name, _, collated := strings.Cut(o.Name, " CHARACTER SET ")
	base, _, _ := strings.Cut(name, "(")
	switch base {
	case "uuid", "inet4", "inet6", "vector":
		return ""
	}
	if collated { // the collations of one are not those of the other
		name += " CHARACTER SET utf8mb4"
	}
	return name
}

// sound reports whether a type's name, which comes from another server, can only be one: words, what
// is in parentheses, and literals in quotes.
func sound(name string) bool {
	depth, quoted := 0, false
	for i, r := range name {
		switch {
		case r == '\\' || r == 0:
			return false
		case r == '\'':
			quoted = !quoted // doubled, it ends and starts again
		case quoted:
		case r == '(':
			depth++
		case r == ')':
			if depth--; depth < 0 {
				return false
			}
		case r == ',' && depth > 0, r == ' ', r == '_', r >= '0' && r <= '9' && i > 0, r|0x20 >= 'a' && r|0x20 <= 'z':
		default:
			return false
		}
	}
	return name != "" && depth == 0 && !quoted
}

// Limits of the texts and bytes that a column is declared with: longer ones lie outside of the row, whose
// own length is limited.
const (
	maxVarchar = 1000
	maxKey     = 255
)

// columnType is the type of a new column.
func columnType(f flavour, field record.Field) (decl, note string) {
	o := field.Origin()
	if name := spelling(f, o); name != "" {
		if strings.HasPrefix(name, "timestamp") && !o.NotNull {
			name += " NULL" // which is not understood, on some servers
		}
		return name, ""
	}
	switch t := field.Type; t.Kind {
	case record.Bool:
		return "tinyint(1)", ""
	case record.Int:
		return "bigint", ""
	case record.Float:
		return "double", ""
	case record.Decimal:
		if most := f.maxPlaces(); int(t.Scale) > most {
			return fmt.Sprintf("varchar(%d)", record.MaxPrecision+3), fmt.Sprintf("%s: %s, stored as text, since decimals of %s have %d places at most", field.Name, t, f.name(), most)
		}
		return fmt.Sprintf("decimal(%d,%d)", t.Precision, t.Scale), ""
	case record.Bytes:
		if o.Length > 0 && o.Length <= maxVarchar {
			return fmt.Sprintf("varbinary(%d)", o.Length), ""
		}
		return "longblob", ""
	case record.Date:
		return "date", ""
	case record.Time:
		return "time(6)", ""
	case record.Timestamp:
		return "datetime(6)", ""
	case record.JSON:
		return "json", ""
	case record.UUID:
		if f.hasUUID() {
			return "uuid", ""
		}
		return "char(36) CHARACTER SET ascii", ""
	}
	if o.Length > 0 && o.Length <= maxVarchar {
		return fmt.Sprintf("varchar(%d)", o.Length), ""
	}
	return "longtext", ""
}

// maxPlaces is how many decimals a decimal may have.
func (f flavour) maxPlaces() int {
	if f.maria {
		return 38
	}
	return 30
}

// keyType is the type of a new column that belongs to the primary key. Texts are told apart by
// their bytes there: the usual collations take a and A for the same key.
func keyType(f flavour, field record.Field) (decl, note string) {
	decl, note = columnType(f, field)
	length := field.Origin().Length
	if length <= 0 || length > maxKey {
		length = maxKey
	}
	switch {
	case strings.HasPrefix(decl, "varchar(") && !strings.Contains(decl, " "), decl == "longtext":
		return fmt.Sprintf("varchar(%d) CHARACTER SET utf8mb4 COLLATE %s", length, f.bytewise()), note
	case decl == "longblob":
		return fmt.Sprintf("varbinary(%d)", length), note
	}
	return decl, note
}

// widen is the type that a column of type t must get to hold the values of f; "" = it
// does, or nothing would. A text in an index has to stay short.
func (t typeInfo) widen(f record.Field, indexed bool) string {
	switch f.Type.Kind {
	case record.Int:
		switch {
		case t.data == "tinyint", t.data == "smallint", t.data == "mediumint", t.data == "int":
			return "bigint"
		case t.data == "bigint" && t.unsigned:
			return "decimal(20,0)"
		}
	case record.Float:
		if t.data == "float" {
			return "double"
		}
	case record.Decimal:
		return t.widenDecimal(f.Type)
	case record.String, record.Bytes:
		return t.widenText(f, indexed)
	}
	return ""
}

// wholeDigits is how many digits each value of a type of integers needs, at least one of
// its values having no more.
var wholeDigits = map[string]int{"tinyint": 3, "smallint": 5, "mediumint": 7, "int": 10, "bigint": 19}

func (t typeInfo) widenDecimal(to record.Type) string {
	whole, scale := wholeDigits[t.data], 0
	exact := t.data == "decimal"
	if exact {
		whole, scale = t.digits-t.places, t.places
	} else if whole == 0 {
		return ""
	}
	if t.data == "bigint" && t.unsigned {
		whole = 20
	}
	p, s := int(to.Precision), int(to.Scale)
	if p-s <= whole && s <= scale && (exact && !t.unsigned || p-s < whole && !t.unsigned) {
		return ""
	}
	whole, scale = max(whole, p-s), max(scale, s)
	return fmt.Sprintf("decimal(%d,%d)", whole+scale, scale)
}

func (t typeInfo) widenText(f record.Field, indexed bool) string {
	text := f.Type.Kind == record.String
	if text != t.textual() || t.data == "enum" || t.data == "set" || t.data == "json" || t.data == "longtext" || t.data == "longblob" {
		return ""
	}
	if _, known := kinds[t.data]; known == text {
		return ""
	}
	most := f.Origin().Length
	if most > 0 && most <= t.length {
		return ""
	}
	decl, limit := "longtext", "varchar(%d)"
	if !text {
		decl, limit = "longblob", "varbinary(%d)"
	}
	if most > 0 && most <= maxVarchar {
		decl = fmt.Sprintf(limit, most)
	} else if indexed {
		return ""
	}
	if text {
		decl += " CHARACTER SET " + t.charset + " COLLATE " + t.collation
	}
	return decl
}
