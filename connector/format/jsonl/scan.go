package jsonl

import (
	"encoding/binary"
	"math/bits"

	"github.com/headgate/headgate/connector/record"
)

// form says what a value is and how to read its extent.
type form uint8

const (
	absent    form = iota // the record has no such key
	null                  // null
	text                  // a string without escapes; the extent is between the quotes
	escaped               // a string with escapes; likewise
	number                // a number
	boolean               // true or false
	composite             // an object or array
)

// scanner checks JSON values in a chunk whose last byte is a line feed and which has
// chunk.Slack zero bytes behind it. A line feed ends every record, so no scan ever
// leaves its line, and a load of 8 bytes from within a line is always possible.
type scanner struct {
	data  []byte // with the slack
	fault string // what was expected when a scan failed
	at    int    // where it failed; never beyond the line's feed
	stack [record.MaxJSONDepth]byte
}

// fail notes why a scan failed.
func (s *scanner) fail(at int, expected string) int {
	s.at, s.fault = at, expected
	return -1
}

func (s *scanner) space(i int) int {
	for s.data[i] == ' ' || s.data[i] == '\t' || s.data[i] == '\r' {
		i++
	}
	return i
}

// value scans the value at i: what it is, its extent and what follows it; next is -1
// when there is none.
func (s *scanner) value(i int) (f form, start, end, next int) {
	switch c := s.data[i]; {
	case c == '"':
		end, esc := s.str(i + 1)
		if end < 0 {
			return 0, 0, 0, -1
		}
		if esc {
			return escaped, i + 1, end, end + 1
		}
		return text, i + 1, end, end + 1
	case c == '-' || c-'0' <= 9:
		next = s.number(i)
		return number, i, next, next
	case c == '{' || c == '[':
		next = s.composite(i)
		return composite, i, next, next
	default:
		f, next = s.word(i)
		return f, i, next, next
	}
}

// word scans true, false or null.
func (s *scanner) word(i int) (form, int) {
	const t, f, n = 't' | 'r'<<8 | 'u'<<16 | 'e'<<24, 'f' | 'a'<<8 | 'l'<<16 | 's'<<24, 'n' | 'u'<<8 | 'l'<<16 | 'l'<<24
	switch w := binary.LittleEndian.Uint32(s.data[i:]); {
	case w == t:
		return boolean, i + 4
	case w == n:
		return null, i + 4
	case w == f && s.data[i+4] == 'e':
		return boolean, i + 5
	}
	return 0, s.fail(i, "a value")
}

const (
	ones       = 0x0101010101010101
	high       = 0x8080808080808080
	quotes     = '"' * ones
	backslashs = '\\' * ones
	spaces     = ' ' * ones
)

// special marks, with the high bit, the first byte of w that is a quote, a backslash or a
// control character; marks above the first one may be wrong.
func special(w uint64) uint64 {
	q, b := w^quotes, w^backslashs
	return ((q-ones)&^q | (b-ones)&^b | (w-spaces)&^w) & high
}

// str scans a string whose text starts at i, up to its closing quote.
func (s *scanner) str(i int) (end int, esc bool) {
	for {
		m := special(binary.LittleEndian.Uint64(s.data[i:]))
		if m == 0 {
			i += 8
			continue
		}
		i += bits.TrailingZeros64(m) >> 3
		switch s.data[i] {
		case '"':
			return i, esc
		case '\\':
			esc = true
			if i = s.escape(i); i < 0 {
				return -1, false
			}
		default:
			return s.fail(i, "a closing quote (control characters must be escaped)"), false
		}
	}
}

// escape checks the escape at i and returns what follows it.
func (s *scanner) escape(i int) int {
	switch s.data[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		for k := i + 2; k < i+6; k++ {
			if hexDigit(s.data[k]) < 0 {
				return s.fail(i, `four hexadecimal digits after \u`)
			}
		}
		return i + 6
	}
	return s.fail(i, "an escape that JSON knows")
}

// hexDigit is the value of a hexadecimal digit, -1 for other bytes.
func hexDigit(c byte) int {
	switch {
	case c-'0' <= 9:
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// number scans -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?
func (s *scanner) number(i int) int {
	d := s.data
	if d[i] == '-' {
		i++
	}
	switch {
	case d[i] == '0':
		i++
	case d[i]-'0' <= 9:
		i = s.digits(i)
	default:
		return s.fail(i, "a digit")
	}
	if d[i] == '.' {
		if i++; d[i]-'0' > 9 {
			return s.fail(i, "a digit")
		}
		i = s.digits(i)
	}
	if d[i]|0x20 == 'e' {
		if i++; d[i] == '+' || d[i] == '-' {
			i++
		}
		if d[i]-'0' > 9 {
			return s.fail(i, "a digit")
		}
		i = s.digits(i)
	}
	return i
}

func (s *scanner) digits(i int) int {
	for s.data[i]-'0' <= 9 {
		i++
	}
	return i
}

// composite checks the object or array at i without recursion. The stack holds the
// bracket that closes each open level.
func (s *scanner) composite(i int) int {
	for depth := 0; ; {
		if c := s.data[i]; c == '{' || c == '[' {
			if depth == len(s.stack) {
				return s.fail(i, "fewer levels of nesting")
			}
			s.stack[depth] = c + 2 // in ASCII both brackets close two further on
			depth++
			if i = s.space(i + 1); s.data[i] != c+2 {
				if c == '{' {
					i = s.key(i)
				}
				if i < 0 {
					return -1
				}
				continue
			}
		} else if i = s.scalar(i); i < 0 {
			return -1
		}
		if i, depth = s.after(i, depth); depth == 0 {
			return i
		}
	}
}

// after goes from the end of a value to the next one, and closes levels on the way.
func (s *scanner) after(i, depth int) (next, left int) {
	for depth > 0 {
		i = s.space(i)
		switch s.data[i] {
		case s.stack[depth-1]:
			depth--
			i++
		case ',':
			i = s.space(i + 1)
			if s.stack[depth-1] == '}' {
				i = s.key(i)
			}
			if i < 0 {
				return -1, 0
			}
			return i, depth
		default:
			return s.fail(i, "a comma or a closing bracket"), 0
		}
	}
	return i, 0
}

// key scans a key and its colon, up to the value.
func (s *scanner) key(i int) int {
	if s.data[i] != '"' {
		return s.fail(i, "a key in double quotes")
	}
	end, _ := s.str(i + 1)
	if end < 0 {
		return -1
	}
	return s.colon(end + 1)
}

// colon goes from the end of a key to its value.
func (s *scanner) colon(i int) int {
	if i = s.space(i); s.data[i] != ':' {
		return s.fail(i, "a colon")
	}
	return s.space(i + 1)
}

// scalar checks a value that is no composite.
func (s *scanner) scalar(i int) int {
	switch c := s.data[i]; {
	case c == '"':
		end, _ := s.str(i + 1)
		if end < 0 {
			return -1
		}
		return end + 1
	case c == '-' || c-'0' <= 9:
		return s.number(i)
	}
	_, i = s.word(i)
	return i
}
