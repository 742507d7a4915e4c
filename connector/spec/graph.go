package spec

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// graph walks a document once, whatever its aliases expand to.
type graph struct {
	findings []Finding
	anchored map[*yaml.Node]extent
	nodes    int // in the file
	bangs    *cursor
}

// extent is what a node stands for with its aliases expanded. The zero extent is that of
// a node which is still being walked: an alias to it closes a circle.
type extent struct {
	size   int // nodes, itself included; saturated
	height int // levels, its own included
}

func (g *graph) report(n *yaml.Node, code, message, suggestion string) {
	g.findings = append(g.findings, Finding{Code: code, Line: n.Line, Column: n.Column, Message: message, Suggestion: suggestion})
}

// check reports whether the document can be decoded. Afterwards it has no aliases.
func (g *graph) check(root *yaml.Node) bool {
	e, ok := g.node(root, 1)
	if ok && e.size-g.nodes > maxExpanded {
		g.report(root, "yaml.too_large", fmt.Sprintf("aliases expand the file by more than %d values", maxExpanded), "write out what the aliases stand for, or use fewer")
		return false
	}
	return ok
}

func (g *graph) node(n *yaml.Node, depth int) (extent, bool) {
	g.nodes++
	e := extent{size: 1, height: 1}
	if depth > maxDepth {
		g.report(n, "yaml.depth", fmt.Sprintf("nested more than %d levels deep", maxDepth), "")
		return e, false
	}
	if n.Anchor != "" {
		g.anchored[n] = extent{}
	}
	g.tag(n)
	if n.Kind == yaml.MappingNode {
		g.keys(n)
	}
	for i, child := range n.Content {
		c, ok := g.child(n, i, child, depth+1)
		if !ok {
			return e, false
		}
		e.size, e.height = min(e.size+c.size, 1<<30), max(e.height, c.height+1)
	}
	if n.Anchor != "" {
		g.anchored[n] = e
	}
	return e, true
}

// child walks n.Content[i], and puts the target of an alias in its place.
func (g *graph) child(n *yaml.Node, i int, child *yaml.Node, depth int) (extent, bool) {
	if child.Kind != yaml.AliasNode {
		return g.node(child, depth)
	}
	e := g.anchored[child.Alias]
	switch {
	case e.height == 0:
		g.report(child, "yaml.alias_cycle", "the alias *"+Clip(child.Value)+" is inside what it stands for", "")
		return e, false
	case depth+e.height-1 > maxDepth:
		g.report(child, "yaml.depth", fmt.Sprintf("nested more than %d levels deep", maxDepth), "")
		return e, false
	}
	g.nodes++
	n.Content[i] = child.Alias
	return e, true
}

// keys checks the keys of a map: each a scalar, each once. Merge keys are taken out.
func (g *graph) keys(n *yaml.Node) {
	seen := make(map[string]*yaml.Node, len(n.Content)/2)
	kept := n.Content[:0]
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		switch first := seen[key.Value]; {
		case key.Tag == "!!merge":
			g.report(n.Content[i], "yaml.merge", "merge keys are not part of YAML 1.2", "write the keys out")
			continue
		case key.Kind != yaml.ScalarNode:
			g.report(n.Content[i], "yaml.key", "a key must be a string", "")
			continue
		case first != nil:
			g.report(n.Content[i], "yaml.duplicate_key", fmt.Sprintf("duplicate key %s, first on line %d", Quote(key.Value), first.Line), "")
		default:
			seen[key.Value] = n.Content[i]
		}
		kept = append(kept, n.Content[i], n.Content[i+1])
	}
	n.Content = kept
}

// tag reports tags outside YAML's core. They are most often an expression that starts with "!".
func (g *graph) tag(n *yaml.Node) {
	if n.Style&yaml.TaggedStyle == 0 {
		if g.bangs != nil && n.Kind == yaml.ScalarNode && g.bangs.at(n) == '!' {
			g.report(n, "yaml.tag", "a `!` followed by a space is a YAML tag and would be dropped", quoteBang)
		}
		return
	}
	switch n.Tag {
	case "!!str", "!!int", "!!float", "!!bool", "!!null", "!!seq", "!!map":
		return
	}
	local := len(n.Tag) > 1 && n.Tag[0] == '!' && n.Tag[1] != '!'
	if !local || n.Kind != yaml.ScalarNode {
		g.report(n, "yaml.tag", "unknown YAML tag "+Quote(n.Tag), "")
		return
	}
	// The text is not repeated: it may be a password.
	g.report(n, "yaml.tag", "text that starts with `!` is a YAML tag", quoteBang)
	// Later checks see the text as it was meant.
	n.Value = strings.TrimSpace(n.Tag + " " + n.Value)
	n.Tag, n.Style = "!!str", yaml.DoubleQuotedStyle
}

const quoteBang = "put it in quotes"

// cursor finds bytes by their position, from the start of a file to its end.
type cursor struct {
	file         []byte
	offset       int
	line, column int
}

// at is the byte where n starts; 0 when the cursor is past it.
func (c *cursor) at(n *yaml.Node) byte {
	for c.offset < len(c.file) && (c.line < n.Line || c.line == n.Line && c.column < n.Column) {
		if b := lineBreak(c.file[c.offset:]); b > 0 {
			c.offset, c.line, c.column = c.offset+b, c.line+1, 1
			continue
		}
		_, size := utf8.DecodeRune(c.file[c.offset:])
		c.offset, c.column = c.offset+size, c.column+1
	}
	if c.offset < len(c.file) && c.line == n.Line && c.column == n.Column {
		return c.file[c.offset]
	}
	return 0
}

// newCursor is a cursor for a file in which some scalar may start with a lone "!", else nil.
func newCursor(file []byte) *cursor {
	file = bytes.TrimPrefix(file, []byte("\ufeff"))
	if !loneBang.Match(file) {
		return nil
	}
	return &cursor{file: file, line: 1, column: 1}
}

var loneBang = regexp.MustCompile(`[\s\[{,:]!\s`)
