package flow

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/spec"
)

// Segment is a piece of a template: literal text, or the source of an expression.
type Segment struct {
	Text   string
	Expr   bool
	Offset int // of Text in the template, in bytes
}

// Template is a string with ${{ }} cut into segments. $${{ stands for a literal ${{.
type Template []Segment

// TemplateError says where a template is wrong.
type TemplateError struct {
	Offset  int
	Message string
}

func (e *TemplateError) Error() string { return e.Message }

// HasTemplate reports whether s holds ${{.
func HasTemplate(s string) bool { return strings.Contains(s, "${{") }

// ParseTemplate cuts s. An error is a *TemplateError.
func ParseTemplate(s string) (Template, error) {
	var t Template
	text, from := "", 0
	literal := func(upTo int) {
		if text += s[from:upTo]; text != "" {
			t = append(t, Segment{Text: text, Offset: from})
		}
		text = ""
	}
	for at := 0; ; {
		i := strings.Index(s[at:], "${{")
		if i < 0 {
			literal(len(s))
			return t, nil
		}
		open := at + i
		if open > from && s[open-1] == '$' {
			text += s[from : open-1]
			from, at = open, open+3
			continue
		}
		literal(open)
		end := endOfExpr(s, open+3)
		if end < 0 {
			return nil, &TemplateError{open, "`${{` without `}}`"}
		}
		inner := s[open+3 : end]
		source := strings.TrimSpace(inner)
		if source == "" {
			return nil, &TemplateError{open, "nothing between `${{` and `}}`"}
		}
		t = append(t, Segment{Text: source, Expr: true, Offset: open + 3 + strings.Index(inner, source)})
		from, at = end+2, end+2
	}
}

// endOfExpr is the offset of the }} that closes an expression: not one inside a string, nor one
// that closes a map. -1 when there is none.
func endOfExpr(s string, at int) int {
	depth := 0
	for at < len(s) {
		switch c := s[at]; {
		case c == '"' || c == '\'':
			at = endOfString(s, at)
			continue
		case c == '{':
			depth++
		case c == '}' && depth > 0:
			depth--
		case c == '}' && strings.HasPrefix(s[at:], "}}"):
			return at
		}
		at++
	}
	return -1
}

// endOfString is the offset behind a CEL string that starts at s[at].
func endOfString(s string, at int) int {
	raw := at > 0 && (s[at-1] == 'r' || s[at-1] == 'R')
	quote := s[at : at+1]
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(s[at:], triple) {
		quote = triple
	}
	for at += len(quote); at < len(s); at++ {
		if strings.HasPrefix(s[at:], quote) {
			return at + len(quote)
		}
		if s[at] == '\\' && !raw {
			at++
		}
	}
	return len(s)
}

// Expand puts a template together; eval gives the text of an expression.
func (t Template) Expand(eval func(Segment) (string, error)) (string, error) {
	var b strings.Builder
	for _, s := range t {
		text := s.Text
		if s.Expr {
			var err error
			if text, err = eval(s); err != nil {
				return "", err
			}
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// Templates lists the texts of f in which ${{ }} is evaluated, those without any included.
func (f *Flow) Templates() []Text {
	var all []Text
	for _, p := range f.Params {
		if p.Default != nil {
			all = append(all, *p.Default)
		}
	}
	if f.Source.Files != nil {
		all = append(all, f.Source.Files.Glob)
	}
	for _, a := range f.Source.Args {
		all = append(all, a.Value)
	}
	all = append(all, f.Source.Table)
	if f.Source.Incremental != nil {
		all = append(all, f.Source.Incremental.Start)
	}
	return append(all, f.Sink.File, f.Sink.Table, f.Errors.Into)
}

// noTemplates are the sections in which ${{ }} is not looked for: expressions, and what
// later versions read.
var noTemplates = []string{"steps", "tests", "notify", "defaults", "streams", "description"}

// checkTemplates reports templates that cannot be cut, and those where there is no interpolation.
func checkTemplates(root *yaml.Node, f *Flow, d *spec.Decoder) {
	allowed := map[*yaml.Node]bool{}
	for _, t := range f.Templates() {
		if t.node == nil || !HasTemplate(t.Value) {
			continue
		}
		allowed[t.node] = true
		if _, err := ParseTemplate(t.Value); err != nil {
			e := err.(*TemplateError)
			d.ReportAt(t.node, e.Offset, "yaml.interpolation", e.Message, "write ${{ params.NAME }}, or $${{ for the characters themselves")
		}
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		if !contains(noTemplates, root.Content[i].Value) {
			strayTemplates(root.Content[i+1], allowed, d)
		}
	}
}

func contains(list []string, s string) bool { return overlap(list, []string{s}) }

func strayTemplates(n *yaml.Node, allowed map[*yaml.Node]bool, d *spec.Decoder) {
	if i := strings.Index(n.Value, "${{"); n.Kind == yaml.ScalarNode && i >= 0 && !allowed[n] {
		d.ReportAt(n, i, "yaml.interpolation", "${{ }} is not evaluated here", "it is in the names of files and tables, args, start and the defaults of params")
	}
	for _, c := range n.Content {
		strayTemplates(c, allowed, d)
	}
}
