package spec

import (
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// findingsOf is each finding of a file as "line:column code".
func findingsOf(text string) (root *yaml.Node, got string) {
	root, findings := Parse([]byte(text))
	var lines []string
	for _, f := range findings {
		lines = append(lines, fmt.Sprintf("%d:%d %s", f.Line, f.Column, f.Code))
	}
	return root, strings.Join(lines, ", ")
}

func TestParse(t *testing.T) {
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 12; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [%s*a%d]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), i-1)
	}
	chain := "- &a0 x\n"
	for i := 1; i < 200; i++ {
		chain += fmt.Sprintf("- &a%d [*a%d]\n", i, i-1)
	}
	tests := []struct {
		name, text, want string
		decodable        bool
	}{
		{"plain", "a: 1\n", "", true},
		{"byte order mark", "\ufeffa: 1\nb: 2\nb: 3\n", "3:1 yaml.duplicate_key", true},
		{"line ends of Windows", "a: 1\r\nb: 2\r\nb: 3\r\n", "3:1 yaml.duplicate_key", true},
		{"empty", "", "0:0 yaml.empty", false},
		{"only a comment", "# x\n", "0:0 yaml.empty", false},
		{"only a marker", "---\n", "0:0 yaml.empty", false},
		{"too large", strings.Repeat("# x\n", MaxFileSize/4+1), "0:0 yaml.too_large", false},
		{"as large as allowed", "a: 1\n" + strings.Repeat("#", MaxFileSize-6) + "\n", "", true},
		{"UTF-16", "\xff\xfea\x00", "0:0 yaml.encoding", false},
		{"invalid UTF-8", "a: 1\nb: x\xffy\n", "2:5 yaml.encoding", false},
		{"NUL", "a: 1\nb: x\x00y\n", "2:5 yaml.encoding", false},
		{"right to left", "a: 1\nb: x\u202ey\n", "2:5 yaml.encoding", false},
		{"Hebrew", "a: שלום\n", "", true},
		{"escape character", "a: 1\nb: é\x1b[31m\n", "2:5 yaml.encoding", false},
		{"two documents", "a: 1\n---\nb: 2\n", "2:1 yaml.documents", true},
		{"tab", "a:\n\tb: 1\n", "2:1 yaml.syntax", false},
		{"unclosed quote", "a: 1\nb: \"x\nc: 2\n", "2:4 yaml.syntax", false},
		{"text behind a quote", "a: 1\nb: \"x\" == y\n", "2:8 yaml.syntax", false},
		{"deep inside a long map", "a: 1\nb:\n" + strings.Repeat("  - x: 1\n    y: 2\n", 50) + "  - x: \"a\" b\n", "103:12 yaml.syntax", false},
		{"two colons", "a: 1\nb: c: d\n", "2:5 yaml.syntax", false},
		{"unknown alias", "a: 1\nb: [*nobody]\n", "2:5 yaml.syntax", false},
		{"bad escape", "a: \"x\\q\"\n", "1:6 yaml.syntax", false},
		{"template in a flow map", "f: {glob: /a/${{ x }}, y: 1}\n", "1:15 yaml.syntax", false},
		{"two duplicates", "a: 1\nb: {c: 1, c: 2}\na: 2\n", "3:1 yaml.duplicate_key, 2:11 yaml.duplicate_key", true},
		{"duplicate in another spelling", "a: 1\n\"a\": 2\n", "2:1 yaml.duplicate_key", true},
		{"merge key", "a: &a {b: 1}\nc: {<<: *a}\n", "2:5 yaml.merge", true},
		{"quoted merge key", "\"<<\": 1\n", "", true},
		{"map as a key", "? {a: 1}\n: 2\n", "1:3 yaml.key", true},
		{"alias", "a: &a [1]\nb: *a\n", "", true},
		{"alias as a key", "a: &a b\n*a : c\n", "", true},
		{"cyclic alias", "a: &a [1, *a]\n", "1:11 yaml.alias_cycle", false},
		{"cyclic alias further up", "a: &a\n  b:\n    c: *a\n", "3:8 yaml.alias_cycle", false},
		{"billion laughs", bomb, "1:1 yaml.too_large", false},
		{"aliases nested", chain, "100:9 yaml.depth", false},
		{"nested", strings.Repeat("[", 101) + strings.Repeat("]", 101), "1:101 yaml.depth", false},
		{"nested for ever", strings.Repeat("[", 20000), "1:10001 yaml.syntax", false},
		{"python", "a: !!python/object x\n", "1:4 yaml.tag", true},
		{"expression taken for a tag", "a: 1\nb: !isNull(x)\n", "2:4 yaml.tag", true},
		{"expression that loses its !", "a: 1\nb: [x, ! isNull(x)]\n", "2:8 yaml.tag", true},
		{"standard tags", "a: !!str 5\nb: !!seq [1]\n", "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root, got := findingsOf(tt.text)
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if (root != nil) != tt.decodable {
				t.Errorf("root = %v, want decodable %v", root, tt.decodable)
			}
		})
	}
}

// TestTagRestored: after the finding about a tag, the text is what was meant.
func TestTagRestored(t *testing.T) {
	root, _ := Parse([]byte("a: !isNull(x) == y\n"))
	if got := root.Content[1].Value; got != "!isNull(x) == y" {
		t.Errorf("value = %q", got)
	}
}

func TestParseLeavesNoAlias(t *testing.T) {
	root, _ := Parse([]byte("a: &a [1, &b {c: 2}]\nd: [*a, {e: *b}]\n"))
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		if n.Kind == yaml.AliasNode {
			t.Errorf("alias *%s is left", n.Value)
		}
		for _, c := range n.Content {
			walk(c)
		}
	}
	walk(root)
}
