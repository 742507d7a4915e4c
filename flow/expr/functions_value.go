package expr

import (
	"math"
	"strings"

	"github.com/headgate/headgate/connector/record"
)

func valueFunctions() []function {
	anything := param{kinds: scalars | aSpan}
	scalar := param{kinds: scalars}
	name := param{kinds: aString, fixed: true}
	return []function{
		{name: "coalesce", signatures: []string{"coalesce(a, b, ...)"}, doc: "The first of its arguments that is not NULL.",
			params: []param{anything}, least: 1, variadic: true, loose: true, build: buildCoalesce},
		{name: "nullIf", signatures: []string{"nullIf(a, b)"}, doc: "NULL where a equals b, else a.",
			params: []param{anything, anything}, least: 2, build: buildNullIf},
		{name: "isNull", signatures: []string{"isNull(x) bool"}, doc: "Whether x is NULL, as x == null.",
			params: []param{anything}, least: 1, loose: true, result: boolTyp,
			build: func(c *checker, k *call) *node { return c.isNull(k.off, k.args[0]) }},
		{name: "cast", signatures: []string{`cast(x, "TYPE")`}, doc: "x as a value of the type, as flow files spell it; a value that does not fit rejects the row. Nothing is rounded.",
			params: []param{scalar, name}, least: 2, loose: true, early: true, build: buildCast},
		{name: "tryCast", signatures: []string{`tryCast(x, "TYPE")`}, doc: "As cast, and NULL for a value that does not fit.",
			params: []param{scalar, name}, least: 2, loose: true, early: true, build: buildCast},
		{name: "int", signatures: []string{"int(x) int"}, doc: "The whole part of a number, the int that a text spells, or the seconds of a timestamp since 1970.",
			params: []param{{kinds: numbers | aBool | aString | aJSON | aStamp}}, least: 1, result: intTyp, build: buildInt},
		{name: "float", signatures: []string{"float(x) float"}, doc: "The nearest float. double is the same.",
			params: []param{{kinds: numbers | aString | aJSON}}, least: 1, result: floatTyp, build: buildConversion(floatTyp)},
		{name: "bool", signatures: []string{"bool(x) bool"}, doc: "The bool that a text spells, or whether an int is 1 and not 0.",
			params: []param{{kinds: aBool | aString | aJSON | anInt}}, least: 1, result: boolTyp, build: buildConversion(boolTyp)},
		{name: "string", signatures: []string{"string(x) string"}, doc: "The value as text, as a file sink writes it; of a JSON string what it spells.",
			params: []param{scalar}, least: 1, result: stringTyp, build: buildConversion(stringTyp)},
	}
}

func buildCoalesce(c *checker, k *call) *node {
	t, ok := c.common(k.off, "the arguments of coalesce", k.args)
	if !ok {
		return brokenNode(k.off)
	}
	n := &node{op: opCoalesce, typ: t, name: "coalesce", off: k.off}
	for _, a := range k.args {
		if !a.isNull() {
			n.args = append(n.args, c.coerce(a, t))
		}
	}
	if len(n.args) == 0 {
		return constNode(k.off, t, null)
	}
	return n.settle()
}

func buildNullIf(c *checker, k *call) *node {
	a, b := k.args[0], k.args[1]
	if a.typ.kind == record.Float || b.typ.kind == record.Float {
		a, b = c.besideFloat(a), c.besideFloat(b)
	}
	a, b = c.besideUUID(a, b)
	o := orderOf(a, b)
	if o == nil {
		return c.typeError(k.off, c.compareHint(a, b), "%s cannot be compared with %s", a.typ, b.typ)
	}
	n := &node{op: opLoose, typ: a.typ, name: "nullIf", off: k.off, args: []*node{a, b}}
	n.fn = func(_ *arena, a []val) val {
		switch {
		case a[0].cell == record.Bad:
			return a[0]
		case a[1].cell == record.Bad:
			return a[1]
		case a[0].ok() && a[1].ok() && o(&a[0], &a[1]) == 0:
			return null
		}
		return a[0]
	}
	return c.finish(n)
}

func buildCast(c *checker, k *call) *node {
	t, err := record.ParseType(k.text(1))
	if err != nil {
		return c.typeError(k.args[1].off, typeHint(k.text(1)), "%s", err)
	}
	return c.cast(k.off, k.args[0], typOf(t), k.name == "tryCast")
}

// typeHint translates the names that databases have for types.
func typeHint(name string) string {
	switch word := leadingWord(strings.ToLower(name)); word {
	case "integer", "bigint", "int64", "long", "smallint":
		return "did you mean `int`?"
	case "text", "varchar", "char", "str":
		return "did you mean `string`?"
	case "double", "real", "float64":
		return "did you mean `float`?"
	case "numeric", "number", "money":
		return "did you mean `decimal(12,2)`?"
	case "boolean":
		return "did you mean `bool`?"
	case "datetime", "timestamptz":
		return "did you mean `timestamp`?"
	case "blob", "binary", "bytea":
		return "did you mean `bytes`?"
	case "decimal":
		return ""
	}
	return didYouMean(name, record.TypeNames())
}

func buildConversion(t typ) func(*checker, *call) *node {
	return func(c *checker, k *call) *node { return c.cast(k.off, k.args[0], t, false) }
}

// buildInt is int(x), which drops decimals where cast(x, "int") refuses them.
func buildInt(c *checker, k *call) *node {
	t := k.args[0].typ
	switch t.kind {
	case record.Decimal:
		return c.finish(k.node(intTyp, func(_ *arena, a []val) val {
			return checked(roundScaled(a[0].dec(), int(t.s), down).Int64())
		}))
	case record.Float:
		return c.finish(k.node(intTyp, func(_ *arena, a []val) val {
			f := math.Trunc(a[0].f)
			if !(f >= -1<<63 && f < 1<<63) {
				return overflow(intTyp)
			}
			return intVal(int64(f))
		}))
	case record.Timestamp:
		return c.finish(k.node(intTyp, func(_ *arena, a []val) val { return intVal(floorDiv(a[0].i, usSecond)) }))
	}
	return c.cast(k.off, k.args[0], intTyp, false)
}
