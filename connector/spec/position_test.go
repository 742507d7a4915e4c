package spec

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// lineOf is a 1-based line without its line break.
func lineOf(data []byte, line int) []byte {
	start := lineStart(data, line)
	end := start
	for end < len(data) && lineBreak(data[end:]) == 0 {
		end++
	}
	return data[start:end]
}

// runeAt is the character at a position.
func runeAt(file string, line, column int) rune {
	runes := []rune(string(lineOf([]byte(file), line)))
	if column < 1 || column > len(runes) {
		return -1
	}
	return runes[column-1]
}

// TestPosition: every visible character of a value is found where it stands in the file.
func TestPosition(t *testing.T) {
	tests := []struct{ name, file string }{
		{"plain", "a: one two\n"},
		{"plain on lines", "a: one\n  two\n\n  three\nb: x\n"},
		{"wide", "ä: 日本 語x\n"},
		{"single quotes", "a: 'it''s ''x'' y'\n"},
		{"single quotes on lines", "a: 'it''s\n  folded\n\n  here'\n"},
		{"double quotes", `a: "one two"` + "\n"},
		{"literal", "a: |\n  one\n\n    two\n  three\n"},
		{"literal with an indent", "a: |2-\n    one\n  two\n"},
		{"literal with a comment", "a: | # why\n  one\n"},
		{"folded", "a: >-\n  one\n  two\n\n  three\n"},
		{"anchor", "a: &x one two\n"},
		{"anchor on another line", "a: &x\n  one two\n"},
		{"tag", "a: !!str one two\n"},
		{"tag and anchor", "a: &x !!str \"one two\"\n"},
		{"in a flow map", "a: {b: one two, c: 'x y'}\n"},
		{"Windows", "x: 1\r\na: one\r\n  two\r\n"},
		{"byte order mark", "\ufeffa: one\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root, findings := Parse([]byte(tt.file))
			if findings != nil {
				t.Fatal(findings)
			}
			eachScalar(root, func(n *yaml.Node) {
				for i, r := range n.Value {
					if unicode.IsSpace(r) {
						continue
					}
					line, column := Position([]byte(tt.file), n, i)
					if got := runeAt(tt.file, line, column); got != r {
						t.Errorf("%q: offset %d is %q, found %q at %d:%d", n.Value, i, r, got, line, column)
					}
				}
			})
		})
	}
}

func TestPositionOfEscapesAndEnds(t *testing.T) {
	file := "a: \"q\\\"u\\u00e9\\n\\x41 b\\\n   c\"\n" // a: "q\"u\u00e9\n\x41 b\ newline c"
	root, findings := Parse([]byte(file))
	if findings != nil {
		t.Fatal(findings)
	}
	n := root.Content[1]
	if n.Value != "q\"ué\nA bc" {
		t.Fatalf("value = %q", n.Value)
	}
	want := map[string]string{"q": "1:5", "\"": "1:6", "u": "1:8", "é": "1:9", "A": "1:17", "b": "1:22", "c": "2:4"}
	for text, at := range want {
		line, column := Position([]byte(file), n, strings.Index(n.Value, text))
		if got := fmt.Sprintf("%d:%d", line, column); got != at {
			t.Errorf("%q is at %s, want %s", text, got, at)
		}
	}
	if line, column := Position([]byte(file), n, len(n.Value)); line != 2 || column != 5 {
		t.Errorf("the end is at %d:%d, want 2:5", line, column)
	}
	if line, column := Position(nil, n, 2); line != 1 || column != 7 {
		t.Errorf("without the file: %d:%d, want 1:7", line, column)
	}
}

func eachScalar(n *yaml.Node, f func(*yaml.Node)) {
	if n.Kind == yaml.ScalarNode {
		f(n)
	}
	for _, c := range n.Content {
		eachScalar(c, f)
	}
}

// FuzzParse: no panic, positions inside the file, and decoding whatever was parsed ends.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"a: 1", "a: &a [*a]", "a: |\n x\n", "a: \"\\u00e9\\\n x\"", "a: 'x''y'", "- ! a\n- !b c", "{a: [b, {c: d}]}", "a: >2\n   x\n", "\ufeffa: 1\r\n", "? a\n: b", "a: !!str &x y", "a: \u2028b"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<12 {
			return
		}
		root, findings := Parse(data)
		lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + strings.Count(string(data), "\u0085") + strings.Count(string(data), "\u2028") + strings.Count(string(data), "\u2029") + 1
		for _, x := range findings {
			if x.Line < 0 || x.Line > lines || !utf8.ValidString(x.Message) {
				t.Fatalf("finding %+v in %d lines", x, lines)
			}
		}
		if root == nil {
			if len(findings) == 0 {
				t.Fatal("nothing to decode, and no finding")
			}
			return
		}
		budget := 200
		eachScalar(root, func(n *yaml.Node) {
			if budget--; budget < 0 {
				return
			}
			for _, offset := range []int{0, len(n.Value) / 2, len(n.Value)} {
				if line, _ := Position(data, n, offset); line < 1 || line > lines {
					t.Fatalf("offset %d of %q is on line %d of %d", offset, n.Value, line, lines)
				}
			}
		})
		d := &Decoder{Findings: findings, Source: data}
		d.Decode(root, &config{})
	})
}
