package flow

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// connectionsFile declares a project's connections.
const connectionsFile = "connections.yaml"

// hostKeys is the key under which connections over SSH keep whom they trust.
const hostKeys = "host_keys"

// SetHostKeys writes the host keys of a connection into connections.yaml, where profile
// has it changed, or else where it is declared. The rest of the file stays as it is,
// comments included. A connection that is written in a way that cannot be edited so is an
// error that says what to write.
func (p *Project) SetHostKeys(name, profile string, keys []string) error {
	path := filepath.Join(p.Dir, connectionsFile)
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	edited, err := withHostKeys(data, name, profile, keys)
	if err != nil {
		return fmt.Errorf("edit %s: connection %s: %w; write it yourself: %s: %s", connectionsFile, name, err, hostKeys, flowList(keys))
	}
	return replaceFile(path, edited)
}

// flowList is keys as a YAML list in one line.
func flowList(keys []string) string {
	quoted := make([]string, len(keys))
	for i, k := range keys {
		quoted[i] = `"` + k + `"`
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// withHostKeys edits the text, and then reads it again to see that the edit did what it was to do
// and nothing else.
func withHostKeys(data []byte, name, profile string, keys []string) ([]byte, error) {
	root, err := document(data)
	if err != nil {
		return nil, err
	}
	n := declared(root, name, profile)
	if n == nil {
		return nil, errors.New("it is not declared as a map")
	}
	edited, err := spliceKey(data, n, hostKeys, flowList(keys))
	if err != nil {
		return nil, err
	}
	after, err := document(edited)
	if err != nil {
		return nil, errNotEditable
	}
	setKey(n, hostKeys, keys)
	if !sameYAML(root, after) {
		return nil, errNotEditable
	}
	return edited, nil
}

var errNotEditable = errors.New("the file is written in a way that this program does not edit")

func document(data []byte) (*yaml.Node, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, err
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return nil, errNotEditable
	}
	return doc.Content[0], nil
}

// declared finds the map that has a connection's keys: that of the profile when it has one.
func declared(root *yaml.Node, name, profile string) *yaml.Node {
	at := func(path ...string) *yaml.Node {
		n := root
		for _, key := range path {
			if _, n = keyOf(n, key); n == nil {
				return nil
			}
		}
		if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
			return nil
		}
		return n
	}
	if profile != "" {
		if n := at("profiles", profile, "connections", name); n != nil {
			return n
		}
	}
	return at("connections", name)
}

// spliceKey gives the map n in text a key with a value in one line.
func spliceKey(text []byte, n *yaml.Node, key, value string) ([]byte, error) {
	if k, v := keyOf(n, key); k != nil {
		return spliceValue(text, k, v, value)
	}
	first, firstValue := n.Content[0], n.Content[1]
	begin, err := offsetOf(text, first)
	if err != nil {
		return nil, err
	}
	if n.Style&yaml.FlowStyle != 0 {
		return insert(text, begin, begin, key+": "+value+", "), nil
	}
	if firstValue.Kind != yaml.ScalarNode || firstValue.Line != first.Line || firstValue.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		// In front of the first key there is always room.
		return insert(text, begin, begin, key+": "+value+lineBreak(text)+indent(first)), nil
	}
	end := lineEnd(text, begin)
	return insert(text, end, end, lineBreak(text)+indent(first)+key+": "+value), nil
}

// spliceValue replaces the value v of the key k.
func spliceValue(text []byte, k, v *yaml.Node, value string) ([]byte, error) {
	from, err := offsetOf(text, v)
	if err != nil {
		return nil, err
	}
	switch {
	case v.Kind == yaml.SequenceNode && v.Style&yaml.FlowStyle != 0:
		to := closing(text, from)
		if to < 0 {
			return nil, errNotEditable
		}
		return insert(text, from, to, value), nil
	case v.Kind == yaml.SequenceNode && len(v.Content) > 0 && v.Line > k.Line:
		last, err := offsetOf(text, v.Content[len(v.Content)-1])
		if err != nil {
			return nil, err
		}
		begin, err := offsetOf(text, k)
		if err != nil {
			return nil, err
		}
		colon := begin + bytes.IndexByte(text[begin:], ':') + 1
		return insert(text, colon, lineEnd(text, last), " "+value), nil
	}
	return nil, errNotEditable
}

// offsetOf is where a node starts in text.
func offsetOf(text []byte, n *yaml.Node) (int, error) {
	at := 0
	for range n.Line - 1 {
		end := bytes.IndexByte(text[at:], '\n')
		if end < 0 {
			return 0, errNotEditable
		}
		at += end + 1
	}
	column := 1
	for i := range string(text[at:]) {
		if column == n.Column {
			return at + i, nil
		}
		column++
	}
	return 0, errNotEditable
}

// closing is behind the bracket that closes the list at from; -1 when it is not found.
func closing(text []byte, from int) int {
	quote := byte(0)
	for i := from; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == '\\' && quote == '"' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '#':
			return -1
		case c == ']':
			return i + 1
		}
	}
	return -1
}

func indent(first *yaml.Node) string { return strings.Repeat(" ", first.Column-1) }

// lineEnd is where the line of at ends, before its line break.
func lineEnd(text []byte, at int) int {
	end := bytes.IndexByte(text[at:], '\n')
	if end < 0 {
		return len(text)
	}
	if end += at; end > 0 && text[end-1] == '\r' {
		end--
	}
	return end
}

func lineBreak(text []byte) string {
	if bytes.Contains(text, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

func insert(text []byte, from, to int, what string) []byte {
	return bytes.Join([][]byte{text[:from], []byte(what), text[to:]}, nil)
}

// setKey is what the edit is to do.
func setKey(n *yaml.Node, key string, values []string) {
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for _, v := range values {
		list.Content = append(list.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: v})
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content[i+1] = list
			return
		}
	}
	n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, list)
}

// sameYAML compares values; the order of keys does not count.
func sameYAML(a, b *yaml.Node) bool { return bytes.Equal(appendNode(nil, a), appendNode(nil, b)) }

// replaceFile puts contents in the place of a file at once.
func replaceFile(path string, contents []byte) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".connections-*.yaml")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(contents)
	if err == nil {
		err = f.Chmod(info.Mode().Perm())
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
