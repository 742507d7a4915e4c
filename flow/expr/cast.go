package expr

import (
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/headgate/headgate/connector/record"
)

// cast is n as a value of type to; with try, NULL where it is none.
func (c *checker) cast(off int, n *node, to typ, try bool) *node {
	switch {
	case n.broken:
		return n
	case n.isNull():
		return constNode(off, to, null)
	case n.typ.unknown():
		return unknownCall(off, to, n)
	case n.typ.equal(to):
		return n
	}
	fn := castFunc(n.typ, to)
	if fn == nil {
		return c.typeError(off, castHint(n.typ, to), "%s cannot be made %s", article(n.typ), article(to))
	}
	name := "cast"
	if try {
		name = "tryCast"
		inner := fn
		fn = func(x *arena, a []val) val {
			v := inner(x, a)
			if v.cell == record.Bad {
				return null
			}
			return v
		}
	}
	m := &node{typ: to, name: name, off: off, args: []*node{n}, fn: fn, fast: castKernel(n.typ, try)}
	return c.finish(m)
}

func castHint(from, to typ) string {
	switch {
	case from.kind == record.Int && to.kind == record.Timestamp:
		return "write timestamp(x) if it counts seconds since 1970"
	case from.kind == record.Timestamp && to.kind == record.Int:
		return "write int(x) for the seconds since 1970"
	case from.kind == record.Int && to.kind == record.Date:
		return `write date(timestamp(x)), or parseDate(string(x), "%Y%m%d")`
	}
	return ""
}

// castFunc converts without losing anything, or nil when there is no such
// conversion.
func castFunc(from, to typ) rowFunc {
	switch {
	case from.kind == record.String:
		return func(x *arena, a []val) val { return parseText(x, a[0].s, to) }
	case from.kind == record.JSON:
		return func(x *arena, a []val) val {
			s, isNull := jsonText(x, a[0].s)
			if isNull {
				return null
			}
			return parseText(x, s, to)
		}
	case to.kind == record.String:
		return textOf(from)
	case to.kind == record.Decimal && from.exact():
		return exactDecimalFunc(from, to)
	case to.kind == record.Decimal && from.kind == record.Float:
		return func(_ *arena, a []val) val { return floatDecimal(a[0].f, to) }
	case to.kind == record.Float && from.kind == record.Int:
		return intToFloat
	case to.kind == record.Float && from.kind == record.Decimal:
		return func(_ *arena, a []val) val { return floatVal(record.DecimalFloat(a[0].dec(), int(from.s))) }
	case to.kind == record.Int:
		return intOf(from)
	case to.kind == record.Bool && from.kind == record.Int:
		return intBool
	case to.kind == record.Timestamp && from.kind == record.Date:
		return func(_ *arena, a []val) val { return intVal(a[0].i * usDay) }
	case to.kind == record.Date && from.kind == record.Timestamp:
		return func(_ *arena, a []val) val { return intVal(floorDiv(a[0].i, usDay)) }
	case to.kind == record.Time && from.kind == record.Timestamp:
		return func(_ *arena, a []val) val { return intVal(floorMod(a[0].i, usDay)) }
	}
	return nil
}

func intBool(_ *arena, a []val) val {
	if a[0].i != 0 && a[0].i != 1 {
		return bad(record.BadValue, strconv.FormatInt(a[0].i, 10)+" is neither 0 nor 1")
	}
	return a[0]
}

// intOf makes an int of a bool or of a number without decimals.
func intOf(from typ) rowFunc {
	switch from.kind {
	case record.Bool:
		return func(_ *arena, a []val) val { return intVal(a[0].i) }
	case record.Decimal:
		return func(_ *arena, a []val) val {
			x, whole := a[0].dec().DivPow10Exact(int(from.s))
			if !whole {
				return notWhole(record.AppendDecimal(nil, a[0].dec(), int(from.s)))
			}
			return checked(x.Int64())
		}
	case record.Float:
		return func(_ *arena, a []val) val {
			f := a[0].f
			if f != math.Trunc(f) || math.IsInf(f, 0) {
				return notWhole(record.AppendFloat(nil, f))
			}
			if !(f >= -1<<63 && f < 1<<63) {
				return overflow(intTyp)
			}
			return intVal(int64(f))
		}
	}
	return nil
}

func notWhole(text []byte) val {
	return bad(record.BadValue, string(text)+" is not a whole number")
}

// exactDecimalFunc moves an exact number to another scale, refusing to round.
func exactDecimalFunc(from, to typ) rowFunc {
	scale := 0
	if from.kind == record.Decimal {
		scale = int(from.s)
	}
	shift := int(to.s) - scale
	if shift >= 0 {
		return rescaleFunc(from, to)
	}
	return func(_ *arena, a []val) val {
		x, ok := a[0].dec().DivPow10Exact(-shift)
		if !ok {
			text := record.AppendDecimal(nil, a[0].dec(), scale)
			return bad(record.BadValue, record.TooManyPlaces.Message(text, to.record()))
		}
		return fit(to, x, true)
	}
}

// floatDecimal takes the shortest decimal that reads back as f.
func floatDecimal(f float64, to typ) val {
	var buf [32]byte
	text := strconv.AppendFloat(buf[:0], f, 'e', -1, 64)
	x, p := record.ParseDecimal(text, to.record())
	if p != record.NoProblem {
		return bad(p.Code(), p.Message(record.AppendFloat(nil, f), to.record()))
	}
	return decVal(x)
}

// parseText reads text as a value of type to, as the reader of a text file does.
func parseText(x *arena, s []byte, to typ) val {
	t := to.record()
	trimmed := record.Trim(s)
	var v val
	var p record.Problem
	switch to.kind {
	case record.String, record.Bytes:
		return textVal(s)
	case record.JSON:
		v, p = textVal(s), record.CheckJSON(s)
	case record.UUID:
		var id [36]byte
		if id, p = record.ParseUUID(trimmed); p == record.NoProblem {
			start := len(x.buf)
			x.buf = append(x.buf, id[:]...)
			return textVal(x.since(start))
		}
	case record.Bool:
		var b bool
		b, p = record.ParseBool(trimmed)
		v = boolVal(b)
	case record.Int:
		v.i, p = record.ParseInt(trimmed)
	case record.Float:
		v.f, p = record.ParseFloat(trimmed)
	case record.Decimal:
		var d record.Int128
		d, p = record.ParseDecimal(trimmed, t)
		v = decVal(d)
	case record.Date:
		v.i, p = record.ParseDate(trimmed)
	case record.Time:
		v.i, p = record.ParseTime(trimmed)
	case record.Timestamp:
		v.i, p = record.ParseTimestamp(trimmed)
	}
	if p != record.NoProblem {
		return bad(p.Code(), p.Message(s, t))
	}
	return v
}

// textOf writes a value of type from as a text sink does.
func textOf(from typ) rowFunc {
	switch from.kind {
	case record.Bytes:
		return func(_ *arena, a []val) val {
			if !utf8.Valid(a[0].s) {
				return bad(record.BadUTF8, "the bytes are not valid UTF-8")
			}
			return a[0]
		}
	case record.UUID:
		return func(_ *arena, a []val) val { return a[0] }
	}
	return func(x *arena, a []val) val {
		start := len(x.buf)
		x.buf = appendVal(x.buf, &a[0], from)
		return textVal(x.since(start))
	}
}

// appendVal writes a value that is not text.
func appendVal(dst []byte, v *val, t typ) []byte {
	switch t.kind {
	case record.Bool:
		return record.AppendBool(dst, v.i != 0)
	case record.Int:
		return strconv.AppendInt(dst, v.i, 10)
	case record.Float:
		return record.AppendFloat(dst, v.f)
	case record.Decimal:
		return record.AppendDecimal(dst, v.dec(), int(t.s))
	case record.Date:
		return record.AppendDate(dst, v.i)
	case record.Time:
		return record.AppendTime(dst, v.i)
	case record.Timestamp:
		return record.AppendTimestamp(dst, v.i)
	}
	return append(dst, v.s...)
}
