package flow

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/headgate/headgate/connector/spec"
)

// Diag is one finding in a project's files, ready to print. Its texts hold no
// control characters, whatever the file holds.
type Diag struct {
	Code       string `json:"code"` // stable: "yaml.unknown_key", "expr.type"
	File       string `json:"file"`
	Line       int    `json:"line"`   // 1-based; 0 = the whole file
	Column     int    `json:"column"` // 1-based, in characters
	Message    string `json:"message"`
	Suggestion string `json:"suggestion,omitempty"`
	Snippet    string `json:"-"`                 // the line with a caret below, ready to print; may be empty
	Warning    bool   `json:"warning,omitempty"` // does not make the file invalid (unless --strict)
}

// String is the finding on one line: where, what and its code.
func (d Diag) String() string {
	where := visible(d.File)
	if d.Line > 0 {
		where = fmt.Sprintf("%s:%d:%d", where, d.Line, d.Column)
	}
	kind := ""
	if d.Warning {
		kind = "warning: "
	}
	return fmt.Sprintf("%s: %s%s (%s)", where, kind, d.Message, d.Code)
}

// WriteText writes findings for people: each with its line, a caret and what to do.
func WriteText(w io.Writer, diags []Diag) error {
	for _, d := range diags {
		text := d.String() + "\n" + d.Snippet
		if d.Suggestion != "" {
			text += "  " + d.Suggestion + "\n"
		}
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
	}
	return nil
}

// HasErrors reports whether any finding is more than a warning.
func HasErrors(diags []Diag) bool {
	return slices.ContainsFunc(diags, func(d Diag) bool { return !d.Warning })
}

// SortDiags orders findings by file and position, and drops what is there twice.
func SortDiags(diags []Diag) []Diag {
	slices.SortStableFunc(diags, func(a, b Diag) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.CompactFunc(diags, func(a, b Diag) bool {
		return a.File == b.File && a.Line == b.Line && a.Column == b.Column && a.Code == b.Code && a.Message == b.Message
	})
}

// Diags turns findings about the flow's file into diagnostics, in the order of the file.
func (f *Flow) Diags(findings []spec.Finding) []Diag {
	return file{display: f.File, bytes: f.Bytes}.diags(findings)
}

// Diag is one finding at a position of the flow's file.
func (f *Flow) Diag(pos Pos, code, message, suggestion string) Diag {
	return f.Diags([]spec.Finding{{Code: code, Line: pos.Line, Column: pos.Column, Message: message, Suggestion: suggestion}})[0]
}

// visible replaces what a terminal would act on or not show.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\u00a0' && printable(r) {
			return r
		}
		return '\ufffd'
	}, s)
}
