package step

import (
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow/expr"
)

// expression is a row expression and where it stands in the flow file. 5 and true are
// expressions too.
type expression struct {
	source string
	node   *yaml.Node
}

// DecodeNode takes any scalar.
func (x *expression) DecodeNode(n *yaml.Node, d *spec.Decoder) {
	if n == nil || n.Kind != yaml.ScalarNode || n.Value == "" {
		d.Wrong(n, "an expression", "")
		return
	}
	x.source, x.node = n.Value, n
}

// NodeSchema is a string, a number or a bool.
func (x *expression) NodeSchema() map[string]any {
	return map[string]any{"type": []any{"string", "number", "boolean"}}
}

// check compiles the expression and reports what is wrong with it. It is nil when
// something is.
func (x *expression) check(in expr.Scope, d *spec.Decoder) *expr.Program {
	if x.node == nil {
		return nil // not read; reported by DecodeNode
	}
	p, findings := expr.Compile(x.source, in)
	for _, f := range findings {
		d.ReportAt(x.node, f.Offset, f.Code, f.Message, f.Suggestion)
	}
	if len(findings) > 0 {
		return nil
	}
	return p
}

// checkCondition is check for an expression that must be a bool.
func (x *expression) checkCondition(in expr.Scope, d *spec.Decoder) {
	if p := x.check(in, d); p != nil && p.Type().Kind != record.Bool && p.Type().Kind != record.Invalid {
		d.Report(x.node, "expr.type", fmt.Sprintf("a condition must be bool; this is %s", p.Type()), "")
	}
}

// compile is check for a source that had no findings.
func compile(step, source string, in expr.Scope) (*expr.Program, error) {
	p, findings := expr.Compile(source, in)
	switch {
	case len(findings) > 0:
		return nil, fmt.Errorf("%s: %s: %s", step, spec.Clip(source), findings[0].Message)
	case !p.Ready():
		return nil, fmt.Errorf("%s: %s: a type or a value is not known", step, spec.Clip(source))
	}
	return p, nil
}

// compileCondition is compile for an expression that must be a bool.
func (x *expression) compileCondition(step string, in expr.Scope) (*expr.Program, error) {
	p, err := compile(step, x.source, in)
	if err == nil && p.Type().Kind != record.Bool {
		return nil, fmt.Errorf("%s: %s: not a bool but %s", step, spec.Clip(x.source), p.Type())
	}
	return p, err
}

// explain says in one line what a program computes and how.
func explain(p *expr.Program) string { return spec.Clip(p.String()) + " (" + p.Explain() + ")" }

// scope is what expressions see when a step is compiled.
func (e Env) scope(in *record.Schema) expr.Scope {
	return expr.Scope{Schema: in, Vars: e.Vars}
}
