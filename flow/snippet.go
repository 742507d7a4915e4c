package flow

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"

	"github.com/headgate/headgate/connector/spec"
)

// maxFindings is how many findings of a file are shown; a file with more is hostile, or
// not what it is taken for.
const maxFindings = 1000

// file is a YAML file as its findings need it.
type file struct {
	display string
	bytes   []byte
	// guarded files may hold secrets by mistake: their snippets stop behind the key.
	guarded bool
}

func (f file) diags(findings []spec.Finding) []Diag {
	if len(findings) == 0 {
		return nil
	}
	private := map[int]bool{}
	for _, x := range findings {
		private[x.Line] = private[x.Line] || x.Private
	}
	more := len(findings) - maxFindings
	lines := f.lines()
	diags := make([]Diag, 0, min(len(findings), maxFindings+1))
	for _, x := range findings[:min(len(findings), maxFindings)] {
		d := Diag{Code: x.Code, File: f.display, Line: x.Line, Column: x.Column, Warning: x.Warning,
			Message: visible(x.Message), Suggestion: visible(x.Suggestion)}
		if x.Line > 0 && x.Line <= len(lines) && !private[x.Line] {
			d.Snippet = f.snippet(lines[x.Line-1], x)
		}
		diags = append(diags, d)
	}
	if more > 0 {
		diags = append(diags, Diag{Code: "yaml.too_many", File: f.display, Message: fmt.Sprintf("%d more findings are not shown", more)})
	}
	return SortDiags(diags)
}

// lines cuts the file as positions count them.
func (f file) lines() []string {
	var lines []string
	rest := strings.TrimPrefix(string(f.bytes), "\ufeff")
	for {
		end, next := spec.NextLine(rest)
		lines = append(lines, rest[:end])
		if next < 0 {
			return lines
		}
		rest = rest[next:]
	}
}

const (
	tabWidth = 4
	showMax  = 100 // characters of a line that are shown
	showLead = 60  // of them before the caret, in a longer line
)

// snippet is a line with a caret below the column.
func (f file) snippet(line string, x spec.Finding) string {
	column := x.Column
	if f.guarded {
		if line = guard(line, column, slices.Contains(aboutValues, x.Code)); line == "" {
			return ""
		}
	}
	runes := cutAround(line, column-1)
	gutter := fmt.Sprintf("%5d", x.Line)
	var text, pad strings.Builder
	for _, c := range runes {
		shown, w := display(c.r)
		text.WriteString(shown)
		if c.column < column-1 {
			pad.WriteString(strings.Repeat(" ", w))
		}
	}
	return gutter + " | " + strings.TrimRight(text.String(), " ") + "\n" + strings.Repeat(" ", len(gutter)) + " | " + pad.String() + "^\n"
}

type char struct {
	r      rune
	column int // from 0
}

// cutAround is the part of a line that is shown, with an ellipsis where some is left out.
func cutAround(line string, caret int) []char {
	var chars []char
	first := 0
	if caret > showLead && utf8.RuneCountInString(line) > showMax {
		first = caret - showLead
		chars = append(chars, char{'…', first - 1})
	}
	column := -1
	for _, r := range line {
		if column++; column < first {
			continue
		}
		if column-first >= showMax {
			return append(chars, char{'…', column})
		}
		chars = append(chars, char{r, column})
	}
	return chars
}

// display is how a character is shown and how many columns of a terminal it takes.
func display(r rune) (string, int) {
	switch {
	case r == '\t':
		return strings.Repeat(" ", tabWidth), tabWidth
	case r == '\u00a0':
		return " ", 1
	case !printable(r):
		return "\ufffd", 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return string(r), 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return string(r), 2
	}
	return string(r), 1
}

// printable reports whether a terminal shows r as itself: no control, no change of direction,
// nothing invisible.
func printable(r rune) bool { return unicode.IsPrint(r) || r == '\u00a0' }

// aboutValues are findings about the value of a known key that takes no secret.
var aboutValues = []string{"conn.type", "flow.unsupported", "yaml.range", "yaml.type", "yaml.value"}

// guard is what of a line of connections.yaml is shown: a key without its value when the
// column is at the key; the whole line when the finding is about the value of the line's only key; nothing
// of other lines.
func guard(line string, column int, aboutValue bool) string {
	text := strings.TrimLeft(line, " -")
	key, value, ok := strings.Cut(text, ":")
	if !ok {
		return ""
	}
	at := column - 1 - utf8.RuneCountInString(line[:len(line)-len(text)])
	single := !strings.ContainsAny(value, ":{#")
	switch {
	case at == 0 && strings.TrimSpace(value) != "":
		return line[:len(line)-len(value)] + " …"
	case at == 0 || aboutValue && at > utf8.RuneCountInString(key) && single:
		return line
	}
	return ""
}
