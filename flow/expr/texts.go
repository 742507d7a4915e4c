package expr

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"regexp"
	"unicode"
	"unicode/utf8"

	"github.com/headgate/headgate/connector/record"
)

func concatText(x *arena, a []val) val {
	n := 0
	for i := range a {
		n += len(a[i].s)
	}
	if !x.room(n) {
		return tooLong()
	}
	start := len(x.buf)
	for i := range a {
		x.buf = append(x.buf, a[i].s...)
	}
	return textVal(x.since(start))
}

// asciiCase reports whether s is ASCII, and whether it has a letter from..to.
func asciiCase(s []byte, from, to byte) (ascii, hit bool) {
	var or byte
	for _, c := range s {
		or |= c
		hit = hit || c >= from && c <= to
	}
	return or < utf8.RuneSelf, hit
}

func lowerText(x *arena, a []val) val {
	s := a[0].s
	ascii, change := asciiCase(s, 'A', 'Z')
	if !ascii {
		return mapRunes(x, s, unicode.ToLower)
	}
	if !change {
		return a[0]
	}
	start := len(x.buf)
	for _, c := range s {
		if c-'A' < 26 {
			c += 'a' - 'A'
		}
		x.buf = append(x.buf, c)
	}
	return textVal(x.since(start))
}

func upperText(x *arena, a []val) val {
	s := a[0].s
	ascii, change := asciiCase(s, 'a', 'z')
	if !ascii {
		return mapRunes(x, s, unicode.ToUpper)
	}
	if !change {
		return a[0]
	}
	start := len(x.buf)
	for _, c := range s {
		if c-'a' < 26 {
			c -= 'a' - 'A'
		}
		x.buf = append(x.buf, c)
	}
	return textVal(x.since(start))
}

func mapRunes(x *arena, s []byte, f func(rune) rune) val {
	if !x.room(2 * len(s)) {
		return tooLong()
	}
	start := len(x.buf)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRune(s[i:])
		if r == utf8.RuneError && n == 1 {
			x.buf = append(x.buf, s[i])
		} else {
			x.buf = utf8.AppendRune(x.buf, f(r))
		}
		i += n
	}
	return textVal(x.since(start))
}

// trimText trims white space from the left, the right or both.
func trimText(left, right bool) rowFunc {
	return func(_ *arena, a []val) val { return textVal(trim(a[0].s, left, right)) }
}

func trim(s []byte, left, right bool) []byte {
	if left {
		s = bytes.TrimLeftFunc(s, unicode.IsSpace)
	}
	if right {
		s = bytes.TrimRightFunc(s, unicode.IsSpace)
	}
	return s
}

func lengthText(_ *arena, a []val) val { return intVal(int64(runeCount(a[0].s))) }

// runeCount counts the characters of UTF-8, which is every byte that does not
// continue one.
func runeCount(s []byte) int {
	n := len(s)
	for len(s) >= 8 {
		w := binary.LittleEndian.Uint64(s)
		n -= bits.OnesCount64(w & (^w << 1) & highs)
		s = s[8:]
	}
	for _, c := range s {
		n -= one(c&0xc0 == 0x80)
	}
	return n
}

func lengthBytes(_ *arena, a []val) val { return intVal(int64(len(a[0].s))) }

// substring cuts from a 0-based character on, at most count characters.
func substring(_ *arena, a []val) val {
	count := int64(-1)
	if len(a) == 3 {
		count = a[2].i
		if count < 0 {
			return bad(record.BadArgument, "substring: the length is negative")
		}
	}
	if a[1].i < 0 {
		return bad(record.BadArgument, "substring: the start is negative; it counts from 0")
	}
	s := skipRunes(a[0].s, a[1].i)
	if count >= 0 {
		s = s[:len(s)-len(skipRunes(s, count))]
	}
	return textVal(s)
}

// skipRunes is s without its first n characters.
func skipRunes(s []byte, n int64) []byte {
	if n >= int64(len(s)) {
		return s[len(s):]
	}
	for ; n > 0 && len(s) > 0; n-- {
		if s[0] < utf8.RuneSelf {
			s = s[1:]
			continue
		}
		_, size := utf8.DecodeRune(s)
		s = s[size:]
	}
	return s
}

func replaceText(x *arena, a []val) val {
	s, from, to := a[0].s, a[1].s, a[2].s
	if len(from) == 0 {
		return bad(record.BadArgument, "replace: the text to replace is empty")
	}
	i := bytes.Index(s, from)
	if i < 0 {
		return a[0]
	}
	start := len(x.buf)
	for i >= 0 {
		if !x.room(len(x.buf) - start + i + len(to) + len(s)) {
			return tooLong()
		}
		x.buf = append(append(x.buf, s[:i]...), to...)
		s = s[i+len(from):]
		i = bytes.Index(s, from)
	}
	x.buf = append(x.buf, s...)
	return textVal(x.since(start))
}

// splitText is part i, from 0, of s cut at sep; NULL when there is no such part.
func splitText(_ *arena, a []val) val {
	s, sep, i := a[0].s, a[1].s, a[2].i
	if len(sep) == 0 {
		return bad(record.BadArgument, "split: the separator is empty")
	}
	if i < 0 {
		return bad(record.BadArgument, "split: the index is negative; it counts from 0")
	}
	for ; i > 0; i-- {
		at := bytes.Index(s, sep)
		if at < 0 {
			return null
		}
		s = s[at+len(sep):]
	}
	if at := bytes.Index(s, sep); at >= 0 {
		s = s[:at]
	}
	return textVal(s)
}

// splitList is s cut at sep.
func splitList(_ *arena, a []val) val {
	s, sep := a[0].s, a[1].s
	if len(sep) == 0 {
		return bad(record.BadArgument, "split: the separator is empty")
	}
	var out []val
	for {
		at := bytes.Index(s, sep)
		if at < 0 {
			return val{list: append(out, textVal(s))}
		}
		out = append(out, textVal(s[:at]))
		s = s[at+len(sep):]
	}
}

func containsText(_ *arena, a []val) val { return boolVal(bytes.Contains(a[0].s, a[1].s)) }

func startsWith(_ *arena, a []val) val { return boolVal(bytes.HasPrefix(a[0].s, a[1].s)) }

func endsWith(_ *arena, a []val) val { return boolVal(bytes.HasSuffix(a[0].s, a[1].s)) }

func matchesFunc(re *regexp.Regexp) rowFunc {
	return func(_ *arena, a []val) val { return boolVal(re.Match(a[0].s)) }
}

// extractFunc is the first group of the first match, the match itself when the
// pattern has no group, and NULL when nothing matches.
func extractFunc(re *regexp.Regexp) rowFunc {
	group := min(re.NumSubexp(), 1)
	return func(_ *arena, a []val) val {
		m := re.FindSubmatchIndex(a[0].s)
		if m == nil || m[2*group] < 0 {
			return null
		}
		return textVal(a[0].s[m[2*group]:m[2*group+1]])
	}
}

// indexOfText is where sub first stands in s, in characters from 0, or -1.
func indexOfText(_ *arena, a []val) val {
	i := bytes.Index(a[0].s, a[1].s)
	if i < 0 {
		return intVal(-1)
	}
	return intVal(int64(utf8.RuneCount(a[0].s[:i])))
}

func sha256Text(x *arena, a []val) val {
	sum := sha256.Sum256(a[0].s)
	start := len(x.buf)
	x.buf = hex.AppendEncode(x.buf, sum[:])
	return textVal(x.since(start))
}
