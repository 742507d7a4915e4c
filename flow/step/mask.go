package step

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow/expr"
)

// maskStep puts something else in the place of values. What comes out is text, and NULL
// where there was NULL.
type maskStep struct{ columns []masking }

type masking struct {
	column name
	how    string   // of masks; "" = could not be read
	key    *KeyName // of hmac
}

// The masks. Characters are those of Unicode; a value that is too short to hide
// anything of is hidden whole.
const (
	maskRedact = "redact" // ***
	maskLast4  = "last4"  // ************1111
	maskFirst1 = "first1" // A*****
	maskSHA256 = "sha256" // of the text, in hex
	maskHMAC   = "hmac"   // HMAC-SHA-256 of the text under a key, in hex
)

// plainMasks are those without options.
var plainMasks = []string{maskRedact, maskLast4, maskFirst1, maskSHA256}

func maskKind() Kind {
	return Kind{
		Name:    "mask",
		Summary: "put something else in the place of values: redact, last4, first1, sha256, or {hmac: KEY}",
		Decode:  decodeMask,
		Schema: func() map[string]any {
			names := make([]any, len(plainMasks))
			for i, m := range plainMasks {
				names[i] = m
			}
			return mapSchema("Column: mask.", map[string]any{"oneOf": []any{
				map[string]any{"type": "string", "enum": names},
				map[string]any{"type": "object", "properties": map[string]any{maskHMAC: map[string]any{"type": "string", "description": "a key of `keys:`"}},
					"required": []any{maskHMAC}, "additionalProperties": false},
			}})
		},
	}
}

func decodeMask(n *yaml.Node, d *spec.Decoder) Step {
	s := &maskStep{}
	for _, p := range pairs(n, "a map of columns to masks", d) {
		d.In(p.Key.Value, func() {
			m := masking{column: name{p.Key.Value, p.Key}}
			m.decode(p.Value, d)
			s.columns = append(s.columns, m)
		})
	}
	return s
}

func (m *masking) decode(n *yaml.Node, d *spec.Decoder) {
	const hint = "redact, last4, first1, sha256 or {hmac: KEY}"
	switch spec.ShapeOf(n) {
	case spec.String:
		if slices.Contains(plainMasks, n.Value) {
			m.how = n.Value
			return
		}
		suggestion := "one of " + hint
		if near := spec.Nearest(n.Value, append(plainMasks[:len(plainMasks):len(plainMasks)], maskHMAC)); near != "" {
			suggestion = "did you mean `" + strings.Replace(near, maskHMAC, "{hmac: KEY}", 1) + "`?"
		}
		d.Report(n, "yaml.value", "unknown mask "+spec.Quote(n.Value), suggestion)
	case spec.Map:
		var options struct {
			HMAC string `key:"hmac" required:"true" help:"a key of keys:"`
		}
		d.Decode(n, &options)
		if options.HMAC != "" {
			m.how, m.key = maskHMAC, &KeyName{options.HMAC, n.Content[1]}
		}
	default:
		d.Wrong(n, "a mask", hint)
	}
}

// Keys implements KeyUser.
func (s *maskStep) Keys() []KeyName {
	var list []KeyName
	for _, m := range s.columns {
		if m.key != nil {
			list = append(list, *m.key)
		}
	}
	return list
}

func (s *maskStep) Check(in expr.Scope, d *spec.Decoder) expr.Scope {
	out := &record.Schema{Fields: slices.Clone(schemaOf(in).Fields)}
	for _, m := range s.columns {
		m.column.in(in, d)
		if in.Open || out.Index(m.column.text) >= 0 {
			put(out, m.result(m.column.field(in)))
		}
	}
	in.Schema = out
	return in
}

// result is the column after the mask. It has left the data class of its values, but for sha256:
// without a key, who guesses a value can tell whether it is there.
func (m masking) result(from record.Field) record.Field {
	f := record.Field{Name: from.Name, Type: record.Type{Kind: record.String}, Declared: true}
	if m.how == maskSHA256 {
		f.Class = from.Class
	}
	return f
}

func (s *maskStep) Compile(in *record.Schema, env Env) (*Op, error) {
	out := &record.Schema{Fields: slices.Clone(in.Fields)}
	var plan []maskOf
	var lines []string
	for _, m := range s.columns {
		i := in.Index(m.column.text)
		if i < 0 {
			return nil, absent("mask", m.column.text)
		}
		p := maskOf{name: m.column.text, at: i, how: m.how, raw: !in.Fields[i].Declared}
		line := spec.Clip(m.column.text) + " by " + m.how
		if m.key != nil {
			line += " with key " + spec.Clip(m.key.Name)
			if err := p.take(m.key.Name, env); err != nil {
				return nil, fmt.Errorf("mask %s: %w", m.column.text, err)
			}
		}
		out.Fields[i] = m.result(in.Fields[i])
		plan, lines = append(plan, p), append(lines, line)
	}
	return &Op{Name: "mask", Out: out, Explain: strings.Join(lines, "\n"), New: func() Instance { return newMasker(plan) }}, nil
}

// take asks for the key. Without anybody to ask, the step cannot be applied, but shown.
func (p *maskOf) take(name string, env Env) error {
	if env.Key == nil {
		return nil
	}
	key, err := env.Key(name)
	if err == nil && key.Empty() {
		err = errors.New("the key is empty")
	}
	p.key = key
	return err
}

// maskOf is the mask of one column.
type maskOf struct {
	name string
	at   int
	how  string
	raw  bool // take the text as it was read: nobody has said what type it is
	key  connector.Secret
}
