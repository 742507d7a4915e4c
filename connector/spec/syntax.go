package spec

import (
	"bytes"
	"fmt"
	"sort"
	"strings"
)

// syntaxWords says the parser's messages in the words of someone who writes flows; the
// first that matches counts.
var syntaxWords = []struct{ has, message, suggestion string }{
	{"found character that cannot start any token", "a tab or a character that cannot start a value", "indent with spaces; put a value that starts with @, `, % or a tab in quotes"},
	{"found a tab character", "a tab in the indentation", "indent with spaces"},
	{"mapping values are not allowed in this context", "a second `: ` on this line, or wrong indentation", "put a value that holds `: ` in quotes"},
	{"could not find expected ':'", "a key without `:` after it", "write `key: value`; check the indentation, and quotes that stay open"},
	{"found unexpected end of stream", "a quote is not closed before the end of the file", ""},
	{"did not find expected key", "expected a key here", "check the indentation; a value that starts with a quote must end with it; a plain value in {...} cannot hold }"},
	{"did not find expected '-' indicator", "expected a list item here (`- `)", "check the indentation"},
	{"did not find expected ',' or ']'", "a list [...] is not closed, or a comma is missing", "put values that hold [ ] { } or , in quotes"},
	{"did not find expected ',' or '}'", "a map {...} is not closed, or a comma is missing", "put values that hold [ ] { } or , in quotes, such as \"${{ run.id }}\""},
	{"did not find expected node content", "expected a value here", "put a value that starts with one of [ ] { } , & * ! | > % @ ` in quotes"},
	{"did not find expected alphabetic or numeric character", "a `*` or `&` without a name behind it", "put a value that starts with * or & in quotes"},
	{"did not find expected <document start>", "text after the end of the document", ""},
	{"unknown anchor", "a `*` that no `&` belongs to", "put a value that starts with * in quotes"},
	{"exceeded max depth", "nested too deep", ""},
	{"found unknown escape character", "unknown escape after a backslash", "in \"double quotes\" write \\\\ for a backslash, or use 'single quotes'"},
	{"block sequence entries are not allowed", "a list item (`- `) cannot start here", "start it on a line of its own"},
}

// searchLimit is the size of the largest file in which the place of a syntax error is
// searched for: that parses the file some twenty times.
const searchLimit = 128 << 10

// syntaxFinding makes a finding of the parser's error, which tells a line at best, and
// often only that of the section's start.
func syntaxFinding(data []byte, err error) Finding {
	line, message := splitLine(err)
	f := Finding{Code: "yaml.syntax", Line: max(line, 1), Column: 1, Message: message}
	for _, w := range syntaxWords {
		if strings.Contains(message, w.has) {
			if w.message != "" {
				f.Message = w.message
			}
			f.Suggestion = w.suggestion
			break
		}
	}
	f.Message = "YAML syntax: " + Clip(f.Message)
	if len(data) <= searchLimit {
		f.Line, f.Column = searchError(data, err.Error(), message)
	}
	f.Line = min(f.Line, bytes.Count(data, []byte("\n"))+1)
	return f
}

// splitLine cuts "yaml: line N: message".
func splitLine(err error) (line int, message string) {
	message = strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, ok := strings.CutPrefix(message, "line "); ok {
		if _, err := fmt.Sscanf(rest, "%d:", &line); err == nil {
			_, message, _ = strings.Cut(rest, ": ")
		}
	}
	return line, message
}

// searchError finds the shortest beginning of the file that has the same error. The
// parser reads from the front and stops at the first error, so what follows the place
// does not matter.
func searchError(data []byte, want, message string) (line, column int) {
	end := sort.Search(len(data), func(n int) bool {
		_, _, err := parseYAML(data[:n])
		return err != nil && err.Error() == want
	})
	at := max(end-1, 0)
	if name, ok := strings.CutPrefix(message, "unknown anchor '"); ok {
		name, _, _ = strings.Cut(name, "' referenced")
		at = max(end-len(name)-1, 0)
	}
	for at > 0 && lineBreak(data[at:]) > 0 {
		at--
	}
	return positionOf(data, at)
}
