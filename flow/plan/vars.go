package plan

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/blob"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/flow/expr"
)

var (
	textType = record.Type{Kind: record.String}
	intType  = record.Type{Kind: record.Int}
	timeType = record.Type{Kind: record.Timestamp}
)

// declare is what ${{ }} and row expressions may name, without values: what Check
// knows.
func (c *checker) declare() {
	c.vars = expr.Vars{"run.id": expr.Declare(textType), "run.started": expr.Declare(timeType), "run.scheduled": expr.Declare(timeType)}
	for _, p := range c.flow.Params {
		c.vars["params."+p.Name.Value] = expr.Declare(p.Type)
	}
	if c.flow.Stream != nil {
		for _, name := range []string{"name", "schema", "table"} {
			c.vars["stream."+name] = expr.Declare(textType)
		}
	}
}

// withStream has the values that ${{ stream }} yields, each written by write; nil = as they are.
// What a stream does not have stays without a value.
func withStream(v expr.Vars, of flow.StreamOf, write func(string) string) expr.Vars {
	v = maps.Clone(v)
	for name, text := range map[string]string{"name": of.Name, "schema": of.Schema, "table": of.Table} {
		if write != nil && name != "name" {
			text = write(text)
		}
		if v["stream."+name] = expr.Declare(textType); text != "" {
			v["stream."+name], _ = expr.Value(textType, text)
		}
	}
	return v
}

// splitVars are the names that only the file name of a sink may use.
func splitVars(v expr.Vars) expr.Vars {
	v = maps.Clone(v)
	v["split.id"], v["split.seq"] = expr.Declare(textType), expr.Declare(intType)
	v["file.path"], v["file.name"] = expr.Declare(textType), expr.Declare(textType)
	return v
}

func withSplit(v expr.Vars, s connector.Split, seq int) expr.Vars {
	v = maps.Clone(v)
	v["split.id"], _ = expr.Value(textType, string(s.ID))
	v["split.seq"], _ = expr.Value(intType, strconv.Itoa(seq))
	path, name := blob.FileOf(s)
	v["file.path"], _ = expr.Value(textType, path)
	v["file.name"], _ = expr.Value(textType, name)
	return v
}

// usesSplit reports whether a name depends on the split.
func usesSplit(t flow.Text) bool {
	tmpl, err := flow.ParseTemplate(t.Value)
	if err != nil {
		return false
	}
	for _, s := range tmpl {
		if s.Expr && (strings.Contains(s.Text, "split.") || strings.Contains(s.Text, "file.")) {
			return true
		}
	}
	return false
}

// templates checks every ${{ }} of the flow.
func (c *checker) templates() {
	c.declare()
	for _, p := range c.flow.Params {
		if p.Default != nil {
			c.paramDefault(p)
		}
	}
	for _, t := range c.flow.Templates()[c.defaults():] {
		vars := c.vars
		if t.Pos == c.flow.Sink.File.Pos {
			vars = splitVars(vars)
		}
		c.template(t, vars)
	}
}

// defaults counts the parameters with a default: their templates come first.
func (c *checker) defaults() (n int) {
	for _, p := range c.flow.Params {
		if p.Default != nil {
			n++
		}
	}
	return n
}

// paramDefault checks a default. It may name the run and nothing else: parameters do not
// depend on each other, so their order does not matter.
func (c *checker) paramDefault(p flow.Param) {
	vars := maps.Clone(c.vars)
	for name := range vars {
		if strings.HasPrefix(name, "params.") || strings.HasPrefix(name, "stream.") {
			delete(vars, name)
		}
	}
	if flow.HasTemplate(p.Default.Value) {
		c.template(*p.Default, vars)
		return
	}
	if _, err := expr.Value(p.Type, p.Default.Value); err != nil {
		c.report(*p.Default, "flow.param", "default of "+p.Name.Value+": "+err.Error(), "")
	}
}

// template checks the expressions of one text.
func (c *checker) template(t flow.Text, vars expr.Vars) {
	tmpl, err := flow.ParseTemplate(t.Value)
	if err != nil {
		return // package flow has said so
	}
	for _, s := range tmpl {
		if !s.Expr {
			continue
		}
		_, findings := expr.Compile(s.Text, expr.Scope{Vars: vars, Zone: location(c.flow)})
		c.exprFindings(t, s, findings)
	}
}

func (c *checker) exprFindings(t flow.Text, s flow.Segment, findings []expr.Finding) {
	for _, f := range findings {
		pos := c.flow.At(t, s.Offset+f.Offset)
		c.d.Findings = append(c.d.Findings, spec.Finding{Code: f.Code, Line: pos.Line, Column: pos.Column,
			Message: "in ${{ }}: " + f.Message, Suggestion: f.Suggestion})
	}
}

// ParamError is a parameter that was given wrongly, or not at all.
type ParamError struct {
	Name, Problem string
	Hint          string
}

func (e *ParamError) Error() string { return "param " + e.Name + ": " + e.Problem }

// parameters gives every name its value: the run's, then the parameters'.
func (b *builder) parameters() error {
	loc := location(b.flow)
	run := b.req.Run
	id, err := expr.Value(textType, run.ID)
	if err != nil {
		return err
	}
	b.vars = expr.Vars{"run.id": id, "run.started": expr.Moment(run.Started), "run.scheduled": expr.Moment(run.Scheduled)}
	if of := b.flow.Stream; of != nil {
		b.vars = withStream(b.vars, *of, nil)
	}
	given := expr.Vars{}
	b.params = map[string]string{}
	known := map[string]bool{}
	for _, p := range b.flow.Params {
		name := p.Name.Value
		known[name] = true
		text, ok := b.req.Params[name]
		switch {
		case !ok && p.Default == nil:
			return &ParamError{name, "no value given, and it has no default", "give it with --param " + name + "=VALUE"}
		case !ok:
			if text, err = b.defaultOf(p, loc); err != nil {
				return err
			}
		}
		v, err := expr.Value(p.Type, text)
		if err != nil {
			return &ParamError{name, err.Error(), ""}
		}
		given["params."+name], b.params[name] = v, text
	}
	for _, name := range sortedKeys(b.req.Params) {
		if !known[name] {
			return &ParamError{name, "flow " + b.flow.Name.Value + " has no such parameter", spec.DidYouMean(name, sortedKeys(known))}
		}
	}
	maps.Copy(b.vars, given)
	return nil
}

// location is the schedule's time zone: the days of a run are counted there.
func location(f *flow.Flow) *time.Location {
	if s := f.Schedule; s != nil && s.Timezone.Value != "" {
		if loc, err := time.LoadLocation(s.Timezone.Value); err == nil {
			return loc
		}
	}
	return time.UTC
}

// defaultOf is the text of a default. A moment becomes a day where a day is wanted.
func (b *builder) defaultOf(p flow.Param, loc *time.Location) (string, error) {
	tmpl, err := flow.ParseTemplate(p.Default.Value)
	if err != nil {
		return "", err
	}
	if p.Type.Kind == record.Date && len(tmpl) == 1 && tmpl[0].Expr {
		v, err := evaluate(tmpl[0].Text, b.vars, loc)
		if err != nil {
			return "", &ParamError{p.Name.Value, err.Error(), ""}
		}
		if v.vec.Type.Kind == record.Timestamp {
			return time.UnixMicro(v.vec.I64[0]).In(loc).Format(time.DateOnly), nil
		}
	}
	return b.expand(*p.Default, b.vars)
}

// text is the value of a text whose template Check has accepted.
func (b *builder) text(t flow.Text) string {
	s, err := b.expand(t, b.vars)
	if err != nil {
		b.report(t, "flow.interpolation", err.Error(), "")
	}
	return s
}

func (b *builder) expand(t flow.Text, vars expr.Vars) (string, error) {
	tmpl, err := flow.ParseTemplate(t.Value)
	if err != nil {
		return "", err
	}
	return tmpl.Expand(func(s flow.Segment) (string, error) {
		v, err := evaluate(s.Text, vars, location(b.flow))
		if err != nil {
			return "", err
		}
		return v.text(), nil
	})
}

// arg is the value that a query's parameter is bound to: numbers, truth values and
// null as they are written, everything else as text.
func (b *builder) arg(t flow.Text) any {
	switch t.Shape() {
	case spec.Null:
		return nil
	case spec.Bool:
		return strings.EqualFold(t.Value, "true")
	case spec.Int:
		if n, err := strconv.ParseInt(t.Value, 10, 64); err == nil {
			return n
		}
	case spec.Float:
		if x, err := strconv.ParseFloat(t.Value, 64); err == nil {
			return x
		}
	}
	return b.text(t)
}

// value is what an expression without columns comes to.
type value struct {
	batch record.Batch
	vec   record.Vector
}

func (v *value) text() string { return string(v.vec.AppendText(nil, &v.batch, 0)) }

// evaluate computes an expression over one row that has no columns.
func evaluate(src string, vars expr.Vars, zone *time.Location) (*value, error) {
	p, findings := expr.Compile(src, expr.Scope{Vars: vars, Zone: zone})
	if len(findings) > 0 {
		return nil, fmt.Errorf("%s: %s", src, findings[0].Message)
	}
	if !p.Ready() {
		return nil, fmt.Errorf("%s: its value is not known yet", src)
	}
	v := &value{}
	v.batch.Reset(1)
	v.vec.Reset(p.Type(), 1)
	p.New().Into(&v.batch, v.batch.Sel, &v.vec)
	switch v.vec.Cells[0] {
	case record.Bad:
		return nil, fmt.Errorf("%s: %s", src, v.vec.Fault(0).Message)
	case record.Null:
		return nil, fmt.Errorf("%s is NULL", src)
	}
	return v, nil
}
