package record

import (
	"strconv"
	"unicode/utf8"
)

// Problem is why a text is not a value of a type. The zero Problem is none, so that
// parsing costs no allocation; words are made only when somebody asks for them.
type Problem uint8

// The problems of the Parse functions.
const (
	NoProblem     Problem = iota
	Malformed             // not of the type's form
	OutOfRange            // of the form, but too large for the type
	TooManyPlaces         // non-zero digits below the scale of the decimal
	NoSuchDay             // a day that the calendar does not have
	TooFine               // non-zero digits below a microsecond
	TooDeep               // JSON nested deeper than MaxJSONDepth
)

// Code is the reject code of p, "" for NoProblem.
func (p Problem) Code() Code {
	switch p {
	case NoProblem:
		return ""
	case OutOfRange:
		return Overflow
	}
	return BadValue
}

// Message says in words what is wrong with text as a value of t.
func (p Problem) Message(text []byte, t Type) string {
	q := Quote(text)
	switch p {
	case OutOfRange:
		return q + " does not fit " + rangeName(t)
	case TooManyPlaces:
		if t.Scale == 1 {
			return q + " has more than 1 decimal"
		}
		return q + " has more than " + strconv.Itoa(int(t.Scale)) + " decimals"
	case NoSuchDay:
		return q + " is not a day of the calendar"
	case TooFine:
		return q + " is finer than a microsecond"
	case TooDeep:
		return q + " is nested deeper than " + strconv.Itoa(MaxJSONDepth) + " levels"
	}
	return q + " is not " + formName(t.Kind)
}

// rangeName names t together with its limits.
func rangeName(t Type) string {
	switch t.Kind {
	case Int:
		return "int (64 bits)"
	case Float:
		return "float (64 bits)"
	case Date, Timestamp:
		return t.Kind.String() + " (years 0001 to 9999)"
	}
	return t.String()
}

// formName names a kind with its article and, where people may not know it, its form.
func formName(k Kind) string {
	switch k {
	case Int:
		return "an int"
	case Bool:
		return "a bool (true or false, yes or no, 1 or 0)"
	case Date:
		return "a date (YYYY-MM-DD)"
	case Time:
		return "a time (HH:MM:SS)"
	case Timestamp:
		return "a timestamp (YYYY-MM-DDTHH:MM:SSZ)"
	case JSON:
		return "valid JSON"
	case Bytes:
		return "bytes in base64"
	}
	return "a " + k.String()
}

// quotedRunes is how much of a value a message shows.
const quotedRunes = 40

// Quote is text for a message: in double quotes, control characters and bad UTF-8
// escaped, and cut after 40 characters.
func Quote(text []byte) string {
	n, end := 0, 0
	for end < len(text) && n < quotedRunes {
		_, size := utf8.DecodeRune(text[end:])
		end += size
		n++
	}
	q := strconv.Quote(string(text[:end]))
	if end < len(text) {
		q = q[:len(q)-1] + `…"`
	}
	return q
}
