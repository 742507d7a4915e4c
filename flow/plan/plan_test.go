package plan

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/all"
	"github.com/headgate/headgate/flow"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// project makes a project from files by name.
func project(t *testing.T, files map[string]string) *flow.Project {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := flow.OpenProject(dir)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const connections = `version: 1
connections:
  in: {type: file, path: in, use: [read]}
  db: {type: sqlite, path: out.db}
profiles:
  test: {connections: {db: {path: test.db}}}
`

// TestCheck holds the findings of testdata/*.yaml against testdata/*.txt.
func TestCheck(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no test files", err)
	}
	p := project(t, map[string]string{"connections.yaml": connections})
	for _, file := range files {
		f, diags := flow.Load(file, filepath.Base(file))
		if f == nil {
			t.Fatalf("%s: %v", file, diags)
		}
		var got bytes.Buffer
		flow.WriteText(&got, flow.SortDiags(append(diags, Check(f, p, all.Registry())...)))
		golden := strings.TrimSuffix(file, ".yaml") + ".txt"
		if *update {
			os.WriteFile(golden, got.Bytes(), 0o644)
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != string(want) {
			t.Errorf("%s:\n%s\nwant:\n%s", file, &got, want)
		}
	}
}

// build makes the plan of a project with one flow, to show.
func build(t *testing.T, p *flow.Project, change func(*Request)) (*Plan, []flow.Diag, error) {
	t.Helper()
	l := p.Flows()[0]
	if len(l.Diags) > 0 {
		t.Fatal(l.Diags)
	}
	req := Request{Flow: l.Flow, Project: p, Registry: all.Registry(), Purpose: ToShow,
		Run: Run{ID: "r1", Started: time.Date(2024, 3, 10, 23, 30, 0, 0, time.UTC), Scheduled: time.Date(2024, 3, 10, 23, 30, 0, 0, time.UTC)},
		Env: connector.Env{Project: p.Dir}}
	if change != nil {
		change(&req)
	}
	plan, diags, err := Build(context.Background(), req)
	if plan != nil {
		t.Cleanup(func() { plan.Close() })
	}
	return plan, diags, err
}

const paramFlow = `version: 1
flow: daily
schedule: {cron: "0 2 * * *", timezone: Europe/Berlin}
params:
  day: {type: date, default: "${{ run.scheduled }}"}
  before: {type: date, default: "${{ run.scheduled - duration('24h') }}"}
  hour: {type: string, default: "${{ format(run.scheduled, '%H') }}"}
  top: {type: int, default: 10}
  must: string
source:
  files: in-${{ params.day }}-${{ params.must }}.csv
  columns: {id: int, price: "decimal(8,2)"}
steps:
  - filter: id <= params.top
sink: {file: "out-${{ params.before }}-${{ run.id }}-${{ split.seq }}.csv"}
`

func TestParams(t *testing.T) {
	files := map[string]string{"flows/daily.yaml": paramFlow, "in-2024-03-11-x.csv": "id,price\n1,2.50\n20,3\n"}
	p := project(t, files)
	plan, diags, err := build(t, p, func(r *Request) { r.Params = map[string]string{"must": "x"} })
	if err != nil || len(diags) > 0 {
		t.Fatal(err, diags)
	}
	want := map[string]string{"day": "2024-03-11", "before": "2024-03-10", "hour": "00", "top": "10", "must": "x"} // the day in Berlin
	for name, v := range want {
		if plan.Params[name] != v {
			t.Errorf("param %s = %q, want %q", name, plan.Params[name], v)
		}
	}
	if plan.Source.Object != "in-2024-03-11-x.csv" || len(plan.Splits.Splits) != 1 {
		t.Errorf("source %v, splits %v", plan.Source, plan.Splits)
	}
	for _, c := range []struct {
		params map[string]string
		want   string
	}{
		{nil, "param must: no value given"},
		{map[string]string{"must": "x", "tpo": "1"}, "param tpo: flow daily has no such parameter"},
		{map[string]string{"must": "x", "top": "ten"}, `param top: "ten" is not an int`},
		{map[string]string{"must": "x", "day": "11.3.2024"}, `param day: "11.3.2024" is not a date`},
		{map[string]string{"must": "../x"}, "in-2024-03-11-../x.csv"},
	} {
		_, diags, err := build(t, p, func(r *Request) { r.Params = c.params })
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("params %v: %v, %v; want %q", c.params, err, diags, c.want)
		}
	}
}

// TestTypesKnownOnlyAtPlan: an undeclared column has its type from the file.
func TestTypesKnownOnlyAtPlan(t *testing.T) {
	p := project(t, map[string]string{"flows/f.yaml": `version: 1
flow: f
source: {files: in.csv}
steps:
  - filter: name > 3
sink: {file: out.csv}
`, "in.csv": "name\nann\n"})
	if diags := Check(p.Flows()[0].Flow, p, all.Registry()); len(diags) > 0 {
		t.Fatalf("offline: %v", diags)
	}
	_, diags, err := build(t, p, nil)
	if err != nil || len(diags) != 1 || diags[0].Code != "expr.type" || diags[0].Line != 5 {
		t.Errorf("at plan: %v, %v", diags, err)
	}
}

func TestProfile(t *testing.T) {
	p := project(t, map[string]string{"connections.yaml": connections, "in/a.csv": "id\n1\n", "flows/f.yaml": `version: 1
flow: f
source: {connection: in, files: a.csv}
sink: {connection: db, table: t}
`})
	plan, diags, err := build(t, p, func(r *Request) { r.Profile = "test" })
	if err != nil || len(diags) > 0 {
		t.Fatal(err, diags)
	}
	if _, err := os.Stat(filepath.Join(p.Dir, "test.db")); err == nil {
		t.Error("showing a plan made a database")
	}
	if !strings.Contains(strings.Join(plan.Changes, " "), "t") {
		t.Errorf("changes %v", plan.Changes)
	}
	if _, _, err := build(t, p, func(r *Request) { r.Profile = "tset" }); err == nil || !strings.Contains(err.Error(), "did you mean `test`?") {
		t.Errorf("unknown profile: %v", err)
	}
}

func TestPrint(t *testing.T) {
	p := project(t, map[string]string{"connections.yaml": connections, "in/a.csv": "id,amount\n1,2.50\n", "flows/f.yaml": `version: 1
flow: f
source: {connection: in, files: "*.csv"}
steps:
  - filter: id > 0
sink: {connection: db, table: t, load: {mode: upsert, key: [id]}}
`})
	plan, diags, err := build(t, p, nil)
	if err != nil || len(diags) > 0 {
		t.Fatal(err, diags)
	}
	var out bytes.Buffer
	if err := plan.Print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"flow f", "in (file) *.csv", "split in:a.csv  17 bytes", "amount  decimal(15,2)  (inferred)", "step 1  filter", "db (sqlite) t, upsert"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the plan lacks %q:\n%s", want, &out)
		}
	}
	b, err := plan.JSON()
	if err != nil || !bytes.Contains(b, []byte(`"splits"`)) {
		t.Errorf("JSON: %v\n%s", err, b)
	}
}
