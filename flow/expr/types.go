package expr

import (
	"fmt"

	"github.com/headgate/headgate/connector/record"
)

// The kinds an expression has inside and a column cannot have.
const (
	kindNull     record.Kind = 64 + iota // the literal null, of any type
	kindDuration                         // I64: microseconds
	kindList
	kindMap
)

// typ is the type of a node. The zero typ is not known yet: it takes part in
// anything and makes the result unknown where that depends on it.
type typ struct {
	kind record.Kind
	p, s uint8 // decimal
	elem *typ  // list: elements; map: values
	key  *typ  // map
}

func typOf(t record.Type) typ { return typ{kind: t.Kind, p: t.Precision, s: t.Scale} }

func kindTyp(k record.Kind) typ { return typ{kind: k} }

func decimalTyp(p, s int) typ {
	return typ{kind: record.Decimal, p: uint8(min(p, record.MaxPrecision)), s: uint8(s)}
}

func listOf(elem typ) typ { return typ{kind: kindList, elem: &elem} }

func mapOf(key, value typ) typ { return typ{kind: kindMap, key: &key, elem: &value} }

// record is t as the type of a column; durations are stored as integers.
func (t typ) record() record.Type {
	switch t.kind {
	case kindDuration, kindNull:
		return record.Type{Kind: record.Int}
	}
	return record.Type{Kind: t.kind, Precision: t.p, Scale: t.s}
}

func (t typ) unknown() bool { return t.kind == record.Invalid }

// column reports whether a column can be of type t.
func (t typ) column() bool { return t.kind > record.Invalid && t.kind <= record.UUID }

func (t typ) textual() bool { return t.column() && t.record().Textual() }

// exact reports whether t is an int or a decimal.
func (t typ) exact() bool { return t.kind == record.Int || t.kind == record.Decimal }

func (t typ) numeric() bool { return t.exact() || t.kind == record.Float }

func (t typ) equal(u typ) bool {
	if t.kind != u.kind || t.p != u.p || t.s != u.s {
		return false
	}
	return equalRef(t.elem, u.elem) && equalRef(t.key, u.key)
}

func equalRef(a, b *typ) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.equal(*b)
}

// String is the name of t in messages.
func (t typ) String() string {
	switch t.kind {
	case record.Invalid:
		return "unknown"
	case kindNull:
		return "null"
	case kindDuration:
		return "duration"
	case kindList:
		return fmt.Sprintf("list(%s)", *t.elem)
	case kindMap:
		return fmt.Sprintf("map(%s, %s)", *t.key, *t.elem)
	}
	return t.record().String()
}

// article is the name of t after "a" or "an".
func article(t typ) string {
	switch t.kind {
	case record.Int, record.Invalid:
		return "an " + t.String()
	case kindNull:
		return "null"
	}
	return "a " + t.String()
}

// kinds is a set of kinds.
type kinds uint64

func bit(k record.Kind) kinds {
	if k >= kindNull {
		k -= kindNull - 32
	}
	return 1 << k
}

func (s kinds) has(k record.Kind) bool { return s&bit(k) != 0 }

// Sets used by several functions.
const (
	aBool    = kinds(1) << record.Bool
	anInt    = kinds(1) << record.Int
	aFloat   = kinds(1) << record.Float
	aDecimal = kinds(1) << record.Decimal
	aString  = kinds(1) << record.String
	someByte = kinds(1) << record.Bytes
	aDate    = kinds(1) << record.Date
	aTime    = kinds(1) << record.Time
	aStamp   = kinds(1) << record.Timestamp
	aJSON    = kinds(1) << record.JSON
	aUUID    = kinds(1) << record.UUID
	aSpan    = kinds(1) << (kindDuration - kindNull + 32)
	aList    = kinds(1) << (kindList - kindNull + 32)
	aMap     = kinds(1) << (kindMap - kindNull + 32)

	exacts  = anInt | aDecimal
	numbers = exacts | aFloat
	scalars = aBool | numbers | aString | someByte | aDate | aTime | aStamp | aJSON | aUUID
)

// names lists the kinds of s for a message.
func (s kinds) names() string {
	var out []string
	for k := record.Bool; k <= record.UUID; k++ {
		if s.has(k) {
			out = append(out, k.String())
		}
	}
	if s.has(kindDuration) {
		out = append(out, "duration")
	}
	if s.has(kindList) {
		out = append(out, "list")
	}
	if s.has(kindMap) {
		out = append(out, "map")
	}
	for i, name := range out {
		if name == "int" {
			out[i] = "an int"
		} else {
			out[i] = "a " + name
		}
	}
	return orList(out)
}

func orList(words []string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0]
	}
	text := words[0]
	for _, w := range words[1 : len(words)-1] {
		text += ", " + w
	}
	return text + " or " + words[len(words)-1]
}
