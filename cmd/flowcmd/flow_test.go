package flowcmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/clitest"
)

const good = "version: 1\nflow: good\ndescription: Fine.\nsource: {files: a.csv, columns: {id: int}}\nsink: {file: b.csv}\n"

const faulty = `version: 1
flow: faulty
source: {files: a.csv, columns: {id: int, status: string}}
steps:
  - filter: statsu == "paid"
sink: {file: b.csv}
colour: red
`

func TestListTakesNoArguments(t *testing.T) {
	p, ran := clitest.New(t), false
	runF := func(context.Context, *ListOptions) error { ran = true; return nil }
	if err := clitest.Parse(NewList(p.Env, runF)); err != nil || !ran {
		t.Error(ran, err)
	}
	if err := clitest.Parse(NewList(p.Env, runF), "x"); err == nil {
		t.Error("took an argument")
	}
}

func TestList(t *testing.T) {
	p := clitest.New(t, "flows/good.yaml", good, "flows/broken.yaml", "flow: [")
	if err := runList(context.Background(), &ListOptions{p.Env}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"good ", "Fine.", "broken ", "(has findings)"} {
		if !strings.Contains(p.Out.String(), want) {
			t.Errorf("no %q in\n%s", want, p.Out)
		}
	}
}

func TestNewTakesAName(t *testing.T) {
	p := clitest.New(t)
	var got string
	runF := func(_ context.Context, o *NewOptions) error { got = o.Name; return nil }
	if err := clitest.Parse(NewNew(p.Env, runF), "a-b"); err != nil || got != "a-b" {
		t.Error(got, err)
	}
	if err := clitest.Parse(NewNew(p.Env, runF)); err == nil {
		t.Error("took nothing")
	}
}

func TestNew(t *testing.T) {
	p := clitest.New(t)
	if err := runNew(context.Background(), &NewOptions{Env: p.Env, Name: "my-flow"}); err != nil {
		t.Fatal(err)
	}
	v := place{p}.validate(t)
	if !v.Valid || v.Flows != 1 || len(v.Findings) != 0 {
		t.Errorf("%+v", v)
	}
	var usage *cli.UsageError
	if err := runNew(context.Background(), &NewOptions{Env: p.Env, Name: "outside", From: "/etc/hostname"}); !errors.As(err, &usage) {
		t.Error(err)
	}
	for _, name := range []string{"my-flow", "My Flow", "../up", ""} {
		if err := runNew(context.Background(), &NewOptions{Env: p.Env, Name: name}); !errors.As(err, &usage) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestNewFromAFile(t *testing.T) {
	p := clitest.New(t, "data/o.csv", "id,No,code,the price,at\n1,yes,007,1.50,2024-01-01\n2,no,010,2.00,2024-01-02\n")
	if err := runNew(context.Background(), &NewOptions{Env: p.Env, Name: "o", From: p.Path("data/o.csv")}); err != nil {
		t.Fatal(err)
	}
	text := p.Read(t, "flows/o.yaml")
	for _, want := range []string{"files: data/o.csv ", "    id: int\n", "    \"No\": ", "    code: string\n", "    \"the price\": decimal(", "    at: date\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if v := (place{p}).validate(t); !v.Valid || len(v.Findings) > 0 {
		t.Errorf("%+v", v)
	}
	if err := runNew(context.Background(), &NewOptions{Env: p.Env, Name: "p", From: p.Path("data/missing.csv")}); err == nil {
		t.Error("made a flow for a file that is not there")
	}
}

func TestValidateTakesPaths(t *testing.T) {
	p := clitest.New(t)
	var got ValidateOptions
	runF := func(_ context.Context, o *ValidateOptions) error { got = *o; return nil }
	if err := clitest.Parse(NewValidate(p.Env, runF), "a", "b", "--format", "json", "--strict"); err != nil || len(got.Paths) != 2 || got.Format != "json" || !got.Strict {
		t.Error(got, err)
	}
	if err := clitest.Parse(NewValidate(p.Env, runF), "--format", "xml"); err == nil {
		t.Error("took a format that does not exist")
	}
}

// place adds what these tests need.
type place struct{ *clitest.Place }

func (p place) validate(t *testing.T, paths ...string) validated {
	t.Helper()
	p.Out.Reset()
	err := runValidate(context.Background(), &ValidateOptions{Env: p.Env, Paths: paths, Format: "json"})
	var findings *cli.FindingsError
	if err != nil && !errors.As(err, &findings) {
		t.Fatal(err)
	}
	p.UI.Finish("validate", nil)
	var got struct{ Result validated }
	if err := json.Unmarshal(p.Out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	return got.Result
}

func TestValidateTellsEverything(t *testing.T) {
	p := place{clitest.New(t, "flows/good.yaml", good, "flows/faulty.yaml", faulty, "connections.yaml", "version: 1\nconnections: {db: {type: sqlit}}\n", "headgate.yaml", "logg: 1\n")}
	v := p.validate(t)
	var got []string
	for _, f := range v.Findings {
		got = append(got, fmt.Sprintf("%s:%d %s", strings.TrimPrefix(f.File, p.Dir+"/"), f.Line, f.Code))
	}
	want := "connections.yaml:2 conn.type, flows/faulty.yaml:5 expr.unknown_column, flows/faulty.yaml:7 yaml.unknown_key, headgate.yaml:1 yaml.unknown_key"
	if strings.Join(got, ", ") != want || v.Valid || v.Flows != 2 || v.Connections != 1 {
		t.Errorf("%s\nwant %s\n%+v", strings.Join(got, ", "), want, v)
	}
}

func TestValidatePaths(t *testing.T) {
	p := place{clitest.New(t, "flows/good.yaml", good, "elsewhere/good.yaml", good, "elsewhere/deep/faulty.yaml", faulty)}
	for _, c := range []struct {
		path         string
		flows, finds int
	}{
		{"good", 1, 0}, {p.Path("flows/good.yaml"), 1, 0}, {p.Path("elsewhere/good.yaml"), 1, 0}, {p.Path("elsewhere"), 2, 2}, {p.Dir, 1, 0},
	} {
		if v := p.validate(t, c.path); v.Flows != c.flows || len(v.Findings) != c.finds {
			t.Errorf("%s: %+v", c.path, v)
		}
	}
	var usage *cli.UsageError
	if err := runValidate(context.Background(), &ValidateOptions{Env: p.Env, Paths: []string{"goood"}, Format: "json"}); !errors.As(err, &usage) || usage.Hint != "did you mean `good`?" {
		t.Error(err)
	}
}

// TestValidateOneFlow finds what no run would be allowed to do, of the flow's connections alone.
func TestValidateOneFlow(t *testing.T) {
	p := clitest.New(t, "connections.yaml", `version: 1
connections:
  web: {type: http, url: "http://a.example/"}
  other: {type: http, url: "http://b.example/"}
profiles:
  test:
    connections:
      web: {url: "https://169.254.169.254/"}
`, "flows/good.yaml", strings.Replace(good, "{files: a.csv", "{connection: web, files: a.csv", 1))
	var found *cli.FindingsError
	err := runValidate(context.Background(), &ValidateOptions{Env: p.Env, Paths: []string{p.Path("flows/good.yaml")}})
	if !errors.As(err, &found) || len(found.Diags) != 2 || found.Diags[0].Code != "conn.refused" || found.Diags[0].Line != 3 || !strings.Contains(found.Diags[1].Message, "link-local") {
		t.Errorf("%v\n%s", err, p.Out)
	}
}

// TestValidateMissingFiles warns of files that connections and keys name and the project does not have.
func TestValidateMissingFiles(t *testing.T) {
	p := clitest.New(t, "keys/partner.asc", "x", "connections.yaml", `version: 1
connections:
  web: {type: http, url: "https://a.example/", tls_ca: ca.pem}
  out: {type: http, url: "https://a.example/", tls_ca: /nowhere/ca.pem}
keys:
  there: {pgp_public: keys/partner.asc}
  gone: {pgp_public: keys/partnr.asc}
`)
	if err := runValidate(context.Background(), &ValidateOptions{Env: p.Env}); err != nil {
		t.Errorf("warnings: %v", err)
	}
	for _, want := range []string{"connections.yaml:3:56", `tls_ca: no file "ca.pem" in the project`, "connections.yaml:7:22", `did you mean "keys/partner.asc"?`} {
		if !strings.Contains(p.Out.String(), want) {
			t.Errorf("no %q in\n%s", want, p.Out)
		}
	}
	if n := strings.Count(p.Out.String(), "conn.file"); n != 2 {
		t.Errorf("%d findings:\n%s", n, p.Out)
	}
}

func TestValidateText(t *testing.T) {
	p := clitest.New(t, "flows/good.yaml", good)
	if err := runValidate(context.Background(), &ValidateOptions{Env: p.Env, Format: "text"}); err != nil || p.Out.Len() > 0 || p.Err.String() != "valid: 1 flow\n" {
		t.Errorf("%v %s %s", err, p.Out, p.Err)
	}
	p.Write(t, "flows/faulty.yaml", faulty)
	fresh := clitest.New(t)
	fresh.Global.Project = p.Dir
	if err := runValidate(context.Background(), &ValidateOptions{Env: fresh.Env, Format: "text"}); err == nil || !strings.HasSuffix(fresh.Out.String(), "\n2 findings in 1 file\n") || !strings.Contains(fresh.Out.String(), "did you mean `status`?") {
		t.Errorf("%v\n%s", err, fresh.Out)
	}
}
