package postgres

import (
	"fmt"
	"strings"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

// OIDs of the types that are built in, and so the same everywhere.
const (
	oidBool        = 16
	oidBytea       = 17
	oidChar        = 18 // "char", one byte
	oidName        = 19
	oidInt8        = 20
	oidInt2        = 21
	oidInt4        = 23
	oidText        = 25
	oidOID         = 26
	oidJSON        = 114
	oidFloat4      = 700
	oidFloat8      = 701
	oidUnknown     = 705
	oidMoney       = 790
	oidBpchar      = 1042
	oidVarchar     = 1043
	oidDate        = 1082
	oidTime        = 1083
	oidTimestamp   = 1114
	oidTimestamptz = 1184
	oidNumeric     = 1700
	oidUUID        = 2950
	oidJSONB       = 3802
	firstOwnOID    = 16384 // of types that somebody made
)

// wire is how a cell comes from the server.
type wire uint8

const (
	wireText wire = iota // text, whatever the type
	wireBool
	wireInt2
	wireInt4
	wireInt8
	wireOID
	wireFloat4
	wireFloat8
	wireNumeric
	wireBytes
	wireDate
	wireTime
	wireTimestamp
	wireUUID
	wireJSONB
)

// typeInfo is what the catalogue says of a column's type.
type typeInfo struct {
	oid      uint32
	mod      int32  // with what is in the parentheses; -1 = nothing
	name     string // "numeric(12,2)"
	kind     byte   // b base, c composite, d domain, e enum, r range, m multirange, p pseudo
	category byte   // A array, S string, ...
}

// sourceType is how a type is read.
type sourceType struct {
	Type record.Type
	wire wire
	expr string // what is selected: "to_json(%s)"; "" = the column
	open bool   // a sample has to tell the scale
}

// plain are the types that are read as they are.
var plain = map[uint32]sourceType{
	oidBool:        {Type: record.Type{Kind: record.Bool}, wire: wireBool},
	oidInt2:        {Type: record.Type{Kind: record.Int}, wire: wireInt2},
	oidInt4:        {Type: record.Type{Kind: record.Int}, wire: wireInt4},
	oidInt8:        {Type: record.Type{Kind: record.Int}, wire: wireInt8},
	oidOID:         {Type: record.Type{Kind: record.Int}, wire: wireOID},
	oidFloat4:      {Type: record.Type{Kind: record.Float}, wire: wireFloat4},
	oidFloat8:      {Type: record.Type{Kind: record.Float}, wire: wireFloat8},
	oidBytea:       {Type: record.Type{Kind: record.Bytes}, wire: wireBytes},
	oidDate:        {Type: record.Type{Kind: record.Date}, wire: wireDate},
	oidTime:        {Type: record.Type{Kind: record.Time}, wire: wireTime},
	oidTimestamp:   {Type: record.Type{Kind: record.Timestamp}, wire: wireTimestamp},
	oidTimestamptz: {Type: record.Type{Kind: record.Timestamp}, wire: wireTimestamp},
	oidUUID:        {Type: record.Type{Kind: record.UUID}, wire: wireUUID},
	oidJSON:        {Type: record.Type{Kind: record.JSON}},
	oidJSONB:       {Type: record.Type{Kind: record.JSON}, wire: wireJSONB},
	oidMoney:       {Type: record.DecimalOf(19, 2), wire: wireNumeric, expr: "%s::numeric(19,2)"},
}

// read is how a column of type t is read.
func (t typeInfo) read() sourceType {
	if s, ok := plain[t.oid]; ok {
		return s
	}
	switch {
	case t.oid == oidNumeric:
		return t.numeric()
	case t.category == 'A', t.kind == 'c':
		return sourceType{Type: record.Type{Kind: record.JSON}, expr: "to_json(%s)"}
	}
	return sourceType{Type: record.Type{Kind: record.String}}
}

func (t typeInfo) numeric() sourceType {
	p, s, ok := t.precision()
	switch {
	case !ok:
		return sourceType{Type: record.DecimalOf(record.MaxPrecision, 0), wire: wireNumeric, open: true}
	case s < 0:
		p, s = p-s, 0
	case s > p:
		p = s
	}
	if p > record.MaxPrecision {
		return sourceType{Type: record.Type{Kind: record.String}}
	}
	return sourceType{Type: record.DecimalOf(p, s), wire: wireNumeric}
}

// precision is what a numeric was declared with.
func (t typeInfo) precision() (p, s int, ok bool) {
	if t.oid != oidNumeric || t.mod < 4 {
		return 0, 0, false
	}
	m := t.mod - 4
	// The scale has 11 bits and a sign since version 15; before that it was never negative.
	return int(m >> 16 & 0xffff), int(m&0x7ff^1024) - 1024, true
}

// wide reports whether a numeric has more digits than our decimals, and so is read as text.
func (t typeInfo) wide() bool { return t.read().Type.Kind == record.String }

// length is the limit of a text in characters, 0 = none.
func (t typeInfo) length() int {
	if (t.oid == oidVarchar || t.oid == oidBpchar) && t.mod > 4 {
		return int(t.mod - 4)
	}
	return 0
}

// native is what the catalogue says of a column, for whoever makes one like it. Types that
// somebody made are not known elsewhere.
func (t typeInfo) native(as record.Type) record.Native {
	n := record.Native{As: as, Dialect: dialectName, Length: t.length()}
	if t.oid < firstOwnOID && t.oid != oidUnknown {
		n.Name = t.name
	}
	return n
}

// columnType is the type of a new column.
func columnType(f record.Field) (decl, note string) {
	o := f.Origin()
	if o.Dialect == dialectName && o.Name != "" {
		return o.Name, ""
	}
	switch t := f.Type; t.Kind {
	case record.Bool:
		return "boolean", ""
	case record.Int:
		return "bigint", ""
	case record.Float:
		return "double precision", ""
	case record.Decimal:
		return fmt.Sprintf("numeric(%d,%d)", t.Precision, t.Scale), ""
	case record.Bytes:
		return "bytea", ""
	case record.Date:
		return "date", ""
	case record.Time:
		return "time", ""
	case record.Timestamp:
		return "timestamp with time zone", ""
	case record.JSON:
		return "json", ""
	case record.UUID:
		return "uuid", ""
	}
	if o.Length > 0 && o.Length <= maxVarchar {
		return fmt.Sprintf("character varying(%d)", o.Length), ""
	}
	return "text", ""
}

// maxVarchar is the longest limit that a varchar can have.
const maxVarchar = 10485760

// widen is the type that have must get to hold the values of f; "" = it does, or nothing would.
func widen(have sqldb.Column, f record.Field) string {
	name, args, _ := strings.Cut(have.Type, "(")
	switch f.Type.Kind {
	case record.Int:
		if name == "smallint" || name == "integer" {
			return "bigint"
		}
	case record.Float:
		if name == "real" {
			return "double precision"
		}
	case record.Decimal:
		return widenNumeric(name, args, f.Type)
	case record.String:
		if name != "character varying" && name != "character" || args == "" && name == "character varying" {
			return ""
		}
		n := 1
		fmt.Sscanf(args, "%d", &n)
		most := f.Origin().Length
		switch {
		case most == 0:
			return "text"
		case most > n:
			return fmt.Sprintf("character varying(%d)", most)
		}
	}
	return ""
}

func widenNumeric(name, args string, t record.Type) string {
	whole, scale := 0, 0
	switch name {
	case "smallint":
		whole = 5
	case "integer":
		whole = 10
	case "bigint":
		whole = 19
	case "numeric":
		if n, _ := fmt.Sscanf(args, "%d,%d)", &whole, &scale); n < 2 {
			return "" // without limits
		}
		whole -= scale
	default:
		return ""
	}
	p, s := int(t.Precision), int(t.Scale)
	if p-s <= whole && s <= scale && (name == "numeric" || p-s < whole) {
		return ""
	}
	whole, scale = max(whole, p-s), max(scale, s)
	return fmt.Sprintf("numeric(%d,%d)", whole+scale, scale)
}
