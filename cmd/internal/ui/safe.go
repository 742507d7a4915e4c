package ui

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Safe makes text that came from outside harmless on a terminal: control
// characters, bytes that are not UTF-8 and characters that turn the direction of
// writing are shown as escapes. The result is one line.
func Safe(s string) string { return escape(s, false) }

// SafeLines is Safe for text of several lines: line ends stay, tabs become spaces.
func SafeLines(s string) string { return escape(s, true) }

func escape(s string, lines bool) string {
	if clean(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case lines && r == '\n':
			b.WriteByte('\n')
		case lines && r == '\t':
			b.WriteString("    ")
		case hostile(r):
			b.WriteString(escaped(r))
		default:
			b.WriteRune(r)
		}
		i += n
	}
	return b.String()
}

// clean reports that s is printable ASCII, the usual case.
func clean(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// hostile reports characters that may move the cursor, hide text or reorder it.
func hostile(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

func escaped(r rune) string {
	switch r {
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case '\t':
		return `\t`
	}
	if r < 0x100 {
		return fmt.Sprintf(`\x%02x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}
