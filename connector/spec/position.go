package spec

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// lineBreak is the length of the line break at the start of s, 0 when there is none. It
// is what the YAML parser counts lines by.
func lineBreak(s []byte) int {
	switch {
	case len(s) == 0:
		return 0
	case s[0] == '\n':
		return 1
	case s[0] == '\r':
		if len(s) > 1 && s[1] == '\n' {
			return 2
		}
		return 1
	case bytes.HasPrefix(s, []byte("\u0085")):
		return 2
	case bytes.HasPrefix(s, []byte("\u2028")), bytes.HasPrefix(s, []byte("\u2029")):
		return 3
	}
	return 0
}

// lineStart is the offset of a 1-based line, or len(data) when there is none.
func lineStart(data []byte, line int) int {
	at := len(data) - len(bytes.TrimPrefix(data, []byte("\ufeff")))
	for i := at; line > 1; {
		if i >= len(data) {
			return len(data)
		}
		n := lineBreak(data[i:])
		if n > 0 {
			line--
			at = i + n
		}
		i += max(n, 1)
	}
	return at
}

// positionOf is the line and column (in characters) of a byte offset.
func positionOf(data []byte, offset int) (line, column int) {
	line = 1
	start := len(data) - len(bytes.TrimPrefix(data, []byte("\ufeff")))
	for i := start; i < offset; {
		n := lineBreak(data[i:])
		if n > 0 {
			line++
			start = i + n
		}
		i += max(n, 1)
	}
	return line, utf8.RuneCount(data[min(start, offset):offset]) + 1
}

// Position is the line and column of a byte offset of the value of the scalar n in the file
// that n comes from. Without the file it is as if the scalar stood on one line.
//
// It pairs what is not white space in the value with the same in the file, since
// folding and indentation change only white space.
func Position(file []byte, n *yaml.Node, offset int) (line, column int) {
	if n == nil {
		return 0, 0
	}
	offset = min(max(offset, 0), len(n.Value))
	quoted := n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0
	if file == nil || n.Kind != yaml.ScalarNode {
		column = n.Column + utf8.RuneCountInString(n.Value[:offset])
		if quoted {
			column++
		}
		return n.Line, column
	}
	s := scan{file: file, at: lineStart(file, n.Line), style: n.Style}
	for c := 1; c < n.Column && s.at < len(file); c++ {
		_, size := utf8.DecodeRune(file[s.at:])
		s.at += size
	}
	s.enter(n)
	return s.find(n.Value, offset)
}

// scan reads a scalar as it is written.
type scan struct {
	file  []byte
	at    int
	style yaml.Style
}

// enter moves past the anchor, the tag and the opening quote or block header.
func (s *scan) enter(n *yaml.Node) {
	for s.at < len(s.file) && (n.Anchor != "" && s.file[s.at] == '&' || n.Style&yaml.TaggedStyle != 0 && s.file[s.at] == '!') {
		for s.at < len(s.file) && !isSpace(s.file[s.at]) {
			s.at++
		}
		for s.at < len(s.file) && isSpace(s.file[s.at]) {
			s.at++
		}
	}
	switch {
	case s.style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		s.at++
	case s.style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		for s.at < len(s.file) && lineBreak(s.file[s.at:]) == 0 {
			s.at++
		}
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// find gives the position of value[offset]: that of the visible character there, or
// just behind the visible character before it.
func (s *scan) find(value string, offset int) (line, column int) {
	visible := 0
	for _, r := range value[:offset] {
		if !unicode.IsSpace(r) {
			visible++
		}
	}
	r, _ := utf8.DecodeRuneInString(value[offset:])
	onVisible := offset < len(value) && !unicode.IsSpace(r)
	end := s.at
	for s.at < len(s.file) {
		start := s.at
		if s.next() {
			if visible == 0 {
				if onVisible {
					return positionOf(s.file, start)
				}
				break
			}
			visible--
			end = s.at
			if visible == 0 && !onVisible {
				break
			}
		}
	}
	return positionOf(s.file, min(end, len(s.file)))
}

// next reads one character as the value has it and reports whether it is visible.
func (s *scan) next() bool {
	c := s.file[s.at]
	switch {
	case c == '\'' && s.style&yaml.SingleQuotedStyle != 0:
		s.at += 2
		return true
	case c == '\\' && s.style&yaml.DoubleQuotedStyle != 0 && s.at+1 < len(s.file):
		return s.escape(s.file[s.at+1])
	}
	r, size := utf8.DecodeRune(s.file[s.at:])
	s.at += size
	return !unicode.IsSpace(r)
}

// escape moves past a backslash escape of a double-quoted scalar.
func (s *scan) escape(c byte) bool {
	s.at += 2 + map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
	switch c {
	case 'n', 't', 'r', 'v', 'f', ' ', '\t', '\n', '\r', 'N', '_', 'L', 'P':
		return false
	}
	return true
}

// NextLine is where the first line of s ends and where the next one starts, -1 when
// it is the last. Positions count lines this way.
func NextLine(s string) (end, next int) {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= ' ' && c < 0x80 {
			continue
		}
		if n := lineBreak([]byte(s[i:min(i+3, len(s))])); n > 0 {
			return i, i + n
		}
	}
	return len(s), -1
}
