package step_test

import (
	"encoding/json"
	"testing"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/flow/expr"
	"github.com/headgate/headgate/flow/step"
	"github.com/headgate/headgate/flow/step/steptest"
)

func TestKindsAreComplete(t *testing.T) {
	want := []string{"filter", "set", "select", "drop", "rename", "cast", "mask", "dedupe", "limit", "expect"}
	names := step.Names()
	if len(names) != len(want) {
		t.Fatalf("steps %v, want %v", names, want)
	}
	for i, k := range step.Kinds() {
		if k.Name != want[i] || k.Summary == "" || k.Decode == nil || k.Schema == nil {
			t.Errorf("%d: %q, want %q with everything set", i, k.Name, want[i])
		}
		if _, err := json.Marshal(k.Schema()); err != nil {
			t.Errorf("%s: schema: %v", k.Name, err)
		}
	}
}

func TestFindingOfAStepThatIsNotThere(t *testing.T) {
	for _, c := range []struct{ name, code, message, suggestion string }{
		{"sort", "flow.unsupported", "step sort: not supported by this version yet", ""},
		{"lookup", "flow.unsupported", "step lookup: not supported by this version yet", ""},
		{"filtre", "step.unknown", `unknown step "filtre"`, "did you mean `filter`?"},
	} {
		if _, ok := step.Find(c.name); ok {
			t.Errorf("%s is found", c.name)
		}
		f := step.Unknown(c.name)
		if f.Code != c.code || f.Message != c.message || f.Suggestion != c.suggestion {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}

// Names with one value for the whole run reach every expression of every step, and the steps after it.
func TestVars(t *testing.T) {
	day, err := expr.Value(record.Type{Kind: record.Date}, "2024-02-29")
	if err != nil {
		t.Fatal(err)
	}
	vars := expr.Vars{"params.day": day}
	in := steptest.Columns(t, "at date, id int")
	for _, text := range []string{
		"filter: at >= params.day", "set: {day: params.day}", "select: [at]", "drop: [id]", "rename: {id: key}",
		"cast: {id: string}", "mask: {id: redact}", "dedupe: [at]", "limit: 1", "expect: {that: at == params.day}",
	} {
		s, d := steptest.Decode(text)
		after := s.Check(expr.Scope{Schema: in, Vars: vars}, d)
		if len(d.Findings) > 0 {
			t.Errorf("%s: %v", text, d.Findings)
			continue
		}
		if _, ok := after.Vars["params.day"]; !ok {
			t.Errorf("%s: the steps after it do not know params.day", text)
		}
		if _, err := s.Compile(in, step.Env{Vars: vars}); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	s, d := steptest.Decode("filter: at >= params.day")
	s.Check(expr.Scope{Schema: in, Vars: expr.Vars{"params.day": expr.Declare(day.Type)}}, d)
	if len(d.Findings) > 0 {
		t.Errorf("declared without a value: %v", d.Findings)
	}
	if _, err := s.Compile(in, step.Env{Vars: expr.Vars{"params.day": expr.Declare(day.Type)}}); err == nil {
		t.Error("compiled without the value")
	}
}
