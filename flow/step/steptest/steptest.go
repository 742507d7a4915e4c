// Package steptest is the contract of steps, as tests. A Case says what a step makes of
// a few rows; Run checks that it does so
//
//   - in batches of 1, 2, 7 and 1000 rows,
//   - with one worker slot and with three, whose batches are reused,
//   - over lazy columns of an input and over columns computed before,
//   - and that every row is accounted for, nothing stays behind in a batch, and the step's
//     Check and Compile agree on the columns.
//
// Rows are written as text: cells between bars, NULL for NULL, two single quotes for an empty string.
package steptest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow/expr"
	"github.com/headgate/headgate/flow/step"
)

// Case is a step and what it makes of some rows.
type Case struct {
	Name    string
	Step    string   // as in a flow file: "filter: amount > 1"
	Columns string   // of the input: "id int, amount decimal(12,2)"
	Rows    []string // "1 | 10.00"

	Want     []string // the rows after the step, in order
	Out      string   // the columns after the step; "" = the same as before
	Rejects  []string // "2: amount: row.bad_value: message", the first part being the row's number from 1
	Filtered int64
	Deduped  int64
	Finish   string // the error of Finish; "" = none

	Env   step.Env
	Class string // data class of the first input column
}

// Run checks all cases.
func Run(t *testing.T, cases []Case) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			in := Columns(t, c.Columns)
			if c.Class != "" {
				in.Fields[0].Class = c.Class
			}
			for _, size := range []int{1, 2, 7, 1000} {
				for _, slots := range []int{1, 3} {
					for _, computed := range []bool{false, true} {
						shape := Shape{size, slots, computed}
						t.Run(shape.String(), func(t *testing.T) { c.check(t, in, shape) })
					}
				}
			}
		})
	}
}

// Shape is one way to run a step.
type Shape struct {
	Batch    int  // rows
	Slots    int  // worker slots
	Computed bool // the input columns were computed before, not read lazily
}

// String names the shape as a subtest.
func (s Shape) String() string {
	kind := "lazy"
	if s.Computed {
		kind = "computed"
	}
	return fmt.Sprintf("%d rows, %d slots, %s", s.Batch, s.Slots, kind)
}

func (c *Case) check(t *testing.T, in *record.Schema, shape Shape) {
	op := Compile(t, c.Step, in, c.Env)
	got, err := Apply(op, in, c.Rows, shape)
	if err != nil {
		t.Fatal(err)
	}
	out := c.Out
	if out == "" {
		out = c.Columns
	}
	same(t, "columns", []string{describe(op.Out)}, []string{out})
	same(t, "rows", got.Rows, c.Want)
	same(t, "rejects", got.Rejects, c.Rejects)
	if got.Filtered != c.Filtered || got.Deduped != c.Deduped {
		t.Errorf("%d filtered, %d deduped; want %d, %d", got.Filtered, got.Deduped, c.Filtered, c.Deduped)
	}
	if got.Finish != c.Finish {
		t.Errorf("finish: %q, want %q", got.Finish, c.Finish)
	}
	if op.Explain == "" {
		t.Error("no explanation")
	}
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n  %s\nwant:\n  %s", what, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// Decode reads a step as it stands in a flow file.
func Decode(text string) (step.Step, *spec.Decoder) {
	d := &spec.Decoder{Source: []byte(text)}
	root, findings := spec.Parse(d.Source)
	d.Findings = findings
	if root == nil || root.Kind != yaml.MappingNode || len(root.Content) != 2 {
		return nil, d
	}
	kind, ok := step.Find(root.Content[0].Value)
	if !ok {
		d.Findings = append(d.Findings, step.Unknown(root.Content[0].Value))
		return nil, d
	}
	return kind.Decode(root.Content[1], d), d
}

// Compile decodes, checks and compiles a step over columns, and fails the test when there is
// anything wrong with it. The op is closed when the test ends.
func Compile(t testing.TB, text string, in *record.Schema, env step.Env) *step.Op {
	t.Helper()
	s, d := Decode(text)
	if s == nil {
		t.Fatalf("step %q: %v", text, d.Findings)
	}
	after := s.Check(expr.Scope{Schema: in}, d)
	if len(d.Findings) > 0 {
		t.Fatalf("step %q: %v", text, d.Findings)
	}
	op, err := s.Compile(in, env)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeTwice(t, op) })
	if !slices.Equal(after.Schema.Fields, op.Out.Fields) || after.Open {
		t.Errorf("check says %v (open %v), compile %v", after.Schema.Fields, after.Open, op.Out.Fields)
	}
	return op
}

func closeTwice(t testing.TB, op *step.Op) {
	if op.Close == nil {
		return
	}
	for range 2 {
		if err := op.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
}
