package step_test

import (
	"testing"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/flow/expr"
	"github.com/headgate/headgate/flow/step"
	"github.com/headgate/headgate/flow/step/steptest"
)

// FuzzStepDecode feeds YAML to the steps. A step without findings over known columns must compile
// to what Check promised; findings must have a place in the file.
func FuzzStepDecode(f *testing.F) {
	for _, s := range []string{
		"filter: amount > 1 && name == \"x\"", "filter: true", "filter: [1]", "filter: |\n  amount >\n  name",
		"set: {total: amount * 2, name: lower(name)}", "set: {x: 5, y: true, z: '\"q\"'}", "set: {x: null}",
		"select: [name, id]", "select: [id, id, nope]", "select: {a: b}", "drop: [id]", "drop: id",
		"rename: {id: key}", "rename: {id: name, name: id}", "rename: {id: name}",
		"cast: {amount: string, id: decimal(10,2)}", "cast: {id: decimal}", "cast: {id: [int]}",
		"mask: {name: last4, id: {hmac: k}}", "mask: {name: [x]}", "mask: {name: {hmac: }}", "dedupe: [id]", "dedupe:", "dedupe: {key: [id], keep: last}", "limit: 10", "limit: 0x10", "limit: -1",
		"expect: {min_rows: 1, max_rows: 2, that: id > 0}", "expect: {}", "sort: [id]", "? [a]\n: b",
		"select: &a [id]", "select: !!str x", "drop: [\"\", \"\\0\"]",
	} {
		f.Add(s)
	}
	in := &record.Schema{Fields: []record.Field{
		{Name: "id", Type: record.Type{Kind: record.Int}},
		{Name: "name", Type: record.Type{Kind: record.String}},
		{Name: "amount", Type: record.DecimalOf(12, 2)},
	}}
	f.Fuzz(func(t *testing.T, text string) {
		s, d := steptest.Decode(text)
		if s == nil {
			return
		}
		decoded := len(d.Findings)
		s.Check(expr.Scope{Open: true}, d)
		s.Check(expr.Scope{}, d)
		for _, finding := range d.Findings {
			if finding.Line < 1 || finding.Column < 1 || finding.Code == "" || finding.Message == "" {
				t.Errorf("finding %+v", finding)
			}
		}
		if decoded > 0 {
			return
		}
		d.Findings = nil
		after := s.Check(expr.Scope{Schema: in}, d)
		if len(d.Findings) > 0 {
			return
		}
		op, err := s.Compile(in, step.Env{Key: maskKey})
		if err != nil {
			t.Fatalf("no findings, but: %v", err)
		}
		if op.Close != nil {
			defer op.Close()
		}
		if len(after.Schema.Fields) != len(op.Out.Fields) {
			t.Fatalf("check says %v, compile %v", after.Schema.Fields, op.Out.Fields)
		}
		seen := map[string]bool{}
		for i, field := range op.Out.Fields {
			if field != after.Schema.Fields[i] || seen[field.Name] {
				t.Fatalf("check says %v, compile %v", after.Schema.Fields, op.Out.Fields)
			}
			seen[field.Name] = true
		}
		if _, err := steptest.Apply(op, in, []string{"1 | a | 2.50", "NULL | NULL | NULL", "2 | b | x"}, steptest.Shape{Batch: 2, Slots: 1}); err != nil {
			t.Fatal(err)
		}
	})
}
