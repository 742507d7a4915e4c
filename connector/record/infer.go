package record

import (
	"strconv"
	"unsafe"
)

// Inferrer guesses the type of one column from a sample of its texts, and only
// where typing loses nothing: parsing a text and writing its value must preserve
// the value, and for an int the very text. Its zero value is ready.
//
//   - int: no sign but a minus, no leading zero, no "-0", and it fits 64 bits.
//   - decimal: at least one number is written with a point. The scale is the most
//     that was seen; the precision is 15 or 18 when that leaves four digits before
//     the point to spare, else 38. Never float.
//   - float: at least one number is written with an exponent, and all numbers
//     survive a float64.
//   - bool: only true, false and those words in TRUE and True case.
//   - date: YYYY-MM-DD. Layouts that depend on the country stay strings.
//   - timestamp: ISO, all with a zone or all without; dates count as without.
//   - string: everything else. That holds for whole numbers above 64 bits too:
//     they are mostly identifiers, in which a leading zero may still come.
//
// Time, bytes, json and uuid are never guessed: 12:30 may be a duration, and as
// strings they lose nothing.
type Inferrer struct {
	seen textClass // what the texts have been, or-ed
	// whole is the most digits before a point, places the most after it.
	whole, places int
	inexact       bool // a number that a float64 would change
}

// textClass is a set of forms that texts of a column had.
type textClass uint16

const (
	asInt       textClass = 1 << iota // an int that prints as written
	asPoint                           // a number with a point
	asWhole                           // a whole number that is no int: -0, or too large
	asExponent                        // a number with an exponent
	asNotFinite                       // NaN, Infinity, -Infinity
	asBool
	asDate
	asLocal  // a timestamp without a zone
	asZoned  // a timestamp with a zone
	asString // none of these
)

// AddNull adds a NULL. It fits any type.
func (*Inferrer) AddNull() {}

// Add adds a text that is not NULL.
func (n *Inferrer) Add(text []byte) {
	if n.seen&asString == 0 {
		n.seen |= n.classify(text)
	}
}

// Type is the type that fits all that was added; string when that was nothing but
// NULLs.
func (n *Inferrer) Type() Type {
	if t := n.pick(); t.Kind != Invalid {
		return t
	}
	return Type{Kind: String}
}

// pick is the type, Invalid when it is string.
func (n *Inferrer) pick() Type {
	within := func(set textClass) bool { return n.seen != 0 && n.seen&^set == 0 }
	switch {
	case within(asInt):
		return Type{Kind: Int}
	case within(asInt | asPoint | asWhole):
		return n.decimal()
	case within(asInt|asPoint|asWhole|asExponent|asNotFinite) && n.seen&asExponent != 0 && !n.inexact:
		return Type{Kind: Float}
	case within(asBool):
		return Type{Kind: Bool}
	case within(asDate):
		return Type{Kind: Date}
	case within(asDate | asLocal), within(asZoned):
		return Type{Kind: Timestamp}
	}
	return Type{}
}

// decimal is the decimal type for the numbers seen, Invalid if there is none or no
// point was seen.
func (n *Inferrer) decimal() Type {
	const spare = 4
	digits := n.whole + n.places
	if n.seen&asPoint == 0 || digits > MaxPrecision {
		return Type{}
	}
	for _, precision := range [...]int{15, 18} { // exact in a float64; exact in an int64
		if digits+spare <= precision {
			return DecimalOf(precision, n.places)
		}
	}
	return DecimalOf(MaxPrecision, n.places)
}

// classify tells the one form that text has.
func (n *Inferrer) classify(text []byte) textClass {
	if len(text) == 0 {
		return asString
	}
	switch c := text[0]; {
	case c-'0' <= 9 && len(text) >= 10 && text[4] == '-':
		return classifyDay(text)
	case c-'0' <= 9, c == '-', c == '.':
		if class := n.classifyNumber(text); class != asString {
			return class
		}
	}
	switch string(text) {
	case "true", "false", "TRUE", "FALSE", "True", "False":
		return asBool
	case "NaN", "Infinity", "-Infinity":
		return asNotFinite
	}
	return asString
}

func classifyDay(text []byte) textClass {
	if _, p := ParseTimestamp(text); p != NoProblem {
		return asString
	}
	if len(text) == 10 {
		return asDate
	}
	clock := text[11:]
	if last := clock[len(clock)-1]; last|0x20 == 'z' {
		return asZoned
	}
	for _, c := range clock {
		if c == '+' || c == '-' {
			return asZoned
		}
	}
	return asLocal
}

// classifyNumber takes numbers as programs write them: no plus, no leading zero but
// in 0.5, a digit after the point. The others may be something else: 007, 1., +49.
func (n *Inferrer) classifyNumber(text []byte) textClass {
	x, ok := splitNumber(text)
	switch {
	case !ok, x.point && len(x.frac) == 0, len(x.whole) > 1 && x.whole[0] == '0':
		return asString
	case x.marked && len(x.whole) == 0:
		return asString
	}
	n.whole, n.places = max(n.whole, len(x.whole)), max(n.places, len(x.frac))
	n.inexact = n.inexact || !x.survivesFloat(text)
	switch {
	case x.marked:
		return asExponent
	case x.point:
		return asPoint
	}
	if _, p := ParseInt(text); p != NoProblem || string(text) == "-0" {
		return asWhole
	}
	return asInt
}

// survivesFloat tells whether the float64 nearest to x, the number text, is written
// with the same digits.
func (x *number) survivesFloat(text []byte) bool {
	f, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(text), len(text)), 64)
	if err != nil {
		return false
	}
	var buf [32]byte
	y, _ := splitNumber(strconv.AppendFloat(buf[:0], f, 'e', -1, 64))
	return x.equal(&y)
}

// equal compares the values, without their signs.
func (x *number) equal(y *number) bool {
	xFrom, xTo := x.significant()
	yFrom, yTo := y.significant()
	if xTo-xFrom != yTo-yFrom {
		return false
	}
	for i := range xTo - xFrom {
		if x.digit(xFrom+i) != y.digit(yFrom+i) {
			return false
		}
	}
	// The digit at From stands for the power of ten whole-1-From+exp.
	return xFrom == xTo || int64(len(x.whole)-xFrom)+x.exp == int64(len(y.whole)-yFrom)+y.exp
}

// significant is the range of digits without the zeros at both ends.
func (x *number) significant() (from, to int) {
	to = len(x.whole) + len(x.frac)
	for from < to && x.digit(from) == 0 {
		from++
	}
	for to > from && x.digit(to-1) == 0 {
		to--
	}
	return from, to
}
