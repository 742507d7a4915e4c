package expr

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// The functions here read JSON text that CheckJSON has accepted, without building
// a tree: a member is a piece of its parent's text.

func jsonField(x *arena, a []val) val {
	v, ok := jsonMember(x, a[0].s, a[1].s)
	if !ok {
		return null
	}
	return textVal(v)
}

// jsonHas reports whether the object has the member, null or not.
func jsonHas(x *arena, a []val) val {
	_, ok := jsonMember(x, a[0].s, a[1].s)
	return boolVal(ok)
}

// jsonMember is the last member called name, as written.
func jsonMember(x *arena, s, name []byte) (value []byte, ok bool) {
	s = skipSpace(s)
	if len(s) == 0 || s[0] != '{' {
		return nil, false
	}
	s = skipSpace(s[1:])
	for len(s) > 0 && s[0] == '"' {
		key, rest := jsonCut(s)
		rest = skipSpace(rest)
		if len(rest) == 0 { // not reached in valid JSON
			return nil, false
		}
		v, after := jsonCut(skipSpace(rest[1:]))
		if jsonIs(x, key, name) {
			value, ok = v, true
		}
		s = skipComma(after)
	}
	return value, ok
}

// jsonIs compares a JSON string with plain text.
func jsonIs(x *arena, quoted, plain []byte) bool {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return bytes.Equal(inner, plain)
	}
	start := len(x.buf)
	x.buf = appendUnescaped(x.buf, inner)
	same := bytes.Equal(x.buf[start:], plain)
	x.buf = x.buf[:start]
	return same
}

// jsonItem is an element of an array, counted from 0.
func jsonItem(_ *arena, a []val) val {
	s, i := skipSpace(a[0].s), a[1].i
	if i < 0 || len(s) == 0 || s[0] != '[' {
		return null
	}
	s = skipSpace(s[1:])
	for len(s) > 0 && s[0] != ']' {
		v, after := jsonCut(s)
		if i == 0 {
			return textVal(v)
		}
		i--
		s = skipComma(after)
	}
	return null
}

func skipSpace(s []byte) []byte {
	for len(s) > 0 && (s[0] == ' ' || s[0] == '\t' || s[0] == '\n' || s[0] == '\r') {
		s = s[1:]
	}
	return s
}

func skipComma(s []byte) []byte {
	s = skipSpace(s)
	if len(s) > 0 && s[0] == ',' {
		return skipSpace(s[1:])
	}
	return s
}

// jsonCut takes one value off the front of s.
func jsonCut(s []byte) (value, rest []byte) {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			i = stringEnd(s, i)
		case '{', '[':
			depth++
			continue
		case '}', ']':
			if depth == 0 {
				return s[:i], s[i:]
			}
			depth--
		case ',', ' ', '\t', '\n', '\r', ':':
			if depth == 0 {
				return s[:i], s[i:]
			}
			continue
		default:
			continue
		}
		if depth == 0 {
			end := min(i+1, len(s))
			return s[:end], s[end:]
		}
	}
	return s, nil
}

// stringEnd is the index of the quote that closes the string opened at i.
func stringEnd(s []byte, i int) int {
	for i++; i < len(s) && s[i] != '"'; i++ {
		if s[i] == '\\' {
			i++
		}
	}
	return i
}

// jsonText is the text of a JSON value: of a string what it spells, of anything else
// the JSON itself. JSON null is NULL.
func jsonText(x *arena, s []byte) (text []byte, isNull bool) {
	s = bytes.TrimRight(skipSpace(s), " \t\n\r")
	if string(s) == "null" {
		return nil, true
	}
	if len(s) < 2 || s[0] != '"' {
		return s, false
	}
	inner := s[1 : len(s)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner, false
	}
	start := len(x.buf)
	x.buf = appendUnescaped(x.buf, inner)
	return x.since(start), false
}

// appendUnescaped resolves the escapes of a JSON string.
func appendUnescaped(dst, s []byte) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '\\' || i+1 >= len(s) {
			dst = append(dst, c)
			continue
		}
		i++
		switch s[i] {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r := hex4(s[i+1:])
			i += 4
			if utf16.IsSurrogate(r) && i+6 < len(s) && s[i+1] == '\\' && s[i+2] == 'u' {
				if both := utf16.DecodeRune(r, hex4(s[i+3:])); both != utf8.RuneError {
					r = both
					i += 6
				}
			}
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, s[i])
		}
	}
	return dst
}

func hex4(s []byte) rune {
	if len(s) < 4 {
		return utf8.RuneError
	}
	n, err := strconv.ParseUint(text(s[:4]), 16, 32)
	if err != nil {
		return utf8.RuneError
	}
	return rune(n)
}
