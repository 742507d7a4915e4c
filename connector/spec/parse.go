package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Limits of a file, so that a hostile one costs little.
const (
	MaxFileSize = 1 << 20 // bytes, checked before parsing
	maxDepth    = 100     // levels of nesting, aliases expanded
	maxExpanded = 100_000 // nodes that aliases may add to those in the file
)

// Parse reads one YAML document. Its findings are those of the file as a whole:
// size, encoding, syntax, duplicate keys, aliases, tags. In the tree there are no
// aliases left: their targets stand in their place, shared. The root is nil when there is nothing that
// could be decoded.
func Parse(data []byte) (root *yaml.Node, findings []Finding) {
	if f := checkBytes(data); f != nil {
		return nil, []Finding{*f}
	}
	root, more, err := parseYAML(data)
	switch {
	case err != nil:
		return nil, []Finding{syntaxFinding(data, err)}
	case root == nil:
		return nil, []Finding{{Code: "yaml.empty", Message: "the file is empty"}}
	}
	g := graph{anchored: map[*yaml.Node]extent{}, bangs: newCursor(data)}
	if !g.check(root) {
		return nil, g.findings
	}
	if more != nil {
		g.report(more, "yaml.documents", "a second document starts here; a file holds one", "")
	}
	return root, g.findings
}

func checkBytes(data []byte) *Finding {
	if len(data) > MaxFileSize {
		return TooLarge(int64(len(data)))
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return &Finding{Code: "yaml.encoding", Message: "the file is UTF-16, not UTF-8", Suggestion: "save it as UTF-8"}
	}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		bad := ""
		switch {
		case r == utf8.RuneError && size == 1:
			bad = fmt.Sprintf("byte 0x%02x is not valid UTF-8", data[i])
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r >= 0x7f && r < 0xa0 && r != 0x85:
			bad = fmt.Sprintf("control character U+%04X", r)
		case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069: // a reader would see another file than we do
			bad = fmt.Sprintf("U+%04X, which shows the text after it in another order", r)
		}
		if bad != "" {
			line, column := positionOf(data, i)
			return &Finding{Code: "yaml.encoding", Line: line, Column: column, Message: bad, Suggestion: "save the file as UTF-8 text"}
		}
		i += size
	}
	return nil
}

// TooLarge is the finding for a file of so many bytes.
func TooLarge(size int64) *Finding {
	return &Finding{Code: "yaml.too_large",
		Message: fmt.Sprintf("the file has %d bytes; the limit is %d (1 MiB)", size, MaxFileSize)}
}

// parseYAML returns the content of the first document, and of the second if any.
func parseYAML(data []byte) (root, more *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			root, more, err = nil, nil, fmt.Errorf("yaml: cannot be parsed: %v", r)
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var first, second yaml.Node
	if err := dec.Decode(&first); errors.Is(err, io.EOF) {
		return nil, nil, nil
	} else if err != nil {
		return nil, nil, err
	}
	switch err := dec.Decode(&second); {
	case err == nil:
		more = &second
	case !errors.Is(err, io.EOF):
		return nil, nil, err
	}
	if len(first.Content) == 0 {
		return nil, more, nil
	}
	root = first.Content[0]
	if root.Kind == yaml.ScalarNode && root.Value == "" && root.Style == 0 {
		return nil, more, nil
	}
	return root, more, nil
}
