package step

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow/expr"
)

// castStep turns columns into other types. A row with a value that the type does not
// take is rejected.
type castStep struct{ columns []casting }

type casting struct {
	column name
	to     record.Type
	node   *yaml.Node // of the type
}

func castKind() Kind {
	return Kind{
		Name:    "cast",
		Summary: "turn columns into other types; a value that does not fit rejects its row",
		Decode:  decodeCast,
		Schema: func() map[string]any {
			return mapSchema("Column: type.", map[string]any{"type": "string", "pattern": typePattern})
		},
	}
}

const typePattern = `^(bool|int|float|string|bytes|date|time|timestamp|json|uuid|decimal\(\s*[0-9]+\s*(,\s*[0-9]+\s*)?\))$`

func decodeCast(n *yaml.Node, d *spec.Decoder) Step {
	s := &castStep{}
	for _, p := range pairs(n, "a map of columns to types", d) {
		d.In(p.Key.Value, func() {
			c := casting{column: name{p.Key.Value, p.Key}, node: p.Value}
			text, ok := d.Text(p.Value)
			if !ok {
				s.columns = append(s.columns, c)
				return
			}
			var err error
			if c.to, err = record.ParseType(text); err != nil {
				d.Report(p.Value, "yaml.value", err.Error(), suggestType(text))
			}
			s.columns = append(s.columns, c)
		})
	}
	return s
}

func suggestType(text string) string {
	if near := spec.Nearest(text, record.TypeNames()); near != "" {
		return "did you mean `" + near + "`?"
	}
	return ""
}

func (s *castStep) Check(in expr.Scope, d *spec.Decoder) expr.Scope {
	out := &record.Schema{Fields: slices.Clone(schemaOf(in).Fields)}
	for _, c := range s.columns {
		c.column.in(in, d)
		from := c.column.field(in)
		if from.Type != (record.Type{}) && c.to != (record.Type{}) {
			if _, findings := expr.Compile(c.source(), in); len(findings) > 0 {
				d.Report(c.node, "expr.type", fmt.Sprintf("%s cannot be turned into %s", from.Type, c.to), "")
			}
		}
		if in.Open || out.Index(c.column.text) >= 0 {
			put(out, c.result(from))
		}
	}
	in.Schema = out
	return in
}

// source is the cast as an expression.
func (c casting) source() string { return fmt.Sprintf("cast(col(%q), %q)", c.column.text, c.to) }

// result is the column after the cast.
func (c casting) result(from record.Field) record.Field {
	from.Type, from.Declared, from.Required = c.to, true, false
	return from
}

func (s *castStep) Compile(in *record.Schema, env Env) (*Op, error) {
	out := &record.Schema{Fields: slices.Clone(in.Fields)}
	var plan []computation
	var lines []string
	for _, c := range s.columns {
		i := in.Index(c.column.text)
		if i < 0 {
			return nil, absent("cast", c.column.text)
		}
		from := in.Fields[i]
		out.Fields[i] = c.result(from)
		if from.Type == c.to {
			lines = append(lines, fmt.Sprintf("%s is %s already", from.Name, c.to))
			continue
		}
		p, err := compile("cast", c.source(), env.scope(in))
		if err != nil {
			return nil, err
		}
		plan = append(plan, computation{from.Name, p, inputsOf(p, in), i})
		lines = append(lines, fmt.Sprintf("%s from %s to %s", from.Name, from.Type, c.to))
	}
	return compute("cast", out, plan, lines), nil
}
