package toolcmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/clitest"
	"github.com/headgate/headgate/vault/auditlog"
)

func TestCompletionTakesAShell(t *testing.T) {
	p := clitest.New(t)
	var got string
	runF := func(_ context.Context, o *CompletionOptions) error { got = o.Shell; return nil }
	if err := clitest.Parse(NewCompletion(p.Env, runF), "zsh"); err != nil || got != "zsh" {
		t.Error(got, err)
	}
	var usage *cli.UsageError
	if err := clitest.Parse(NewCompletion(p.Env, runF), "zhs"); !errors.As(err, &usage) || !strings.Contains(usage.Hint, "`zsh`") {
		t.Error(err)
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		p := clitest.New(t)
		if err := clitest.Parse(NewCompletion(p.Env, nil), shell); err != nil || !strings.Contains(p.Out.String(), "completion") {
			t.Errorf("%s: %v\n%s", shell, err, p.Out)
		}
	}
}

func TestSchemaTakesAKind(t *testing.T) {
	p := clitest.New(t)
	var got string
	runF := func(_ context.Context, o *SchemaOptions) error { got = o.What; return nil }
	if err := clitest.Parse(NewSchema(p.Env, runF), "flow"); err != nil || got != "flow" {
		t.Error(got, err)
	}
	if err := clitest.Parse(NewSchema(p.Env, runF), "flows"); err == nil {
		t.Error("took flows")
	}
}

func TestSchema(t *testing.T) {
	for what, wants := range map[string][]string{"flow": {"\"dedupe\"", "\"csv\"", "\"upsert\""}, "connections": {"\"sqlite\"", "\"profiles\""}} {
		p := clitest.New(t)
		if err := runSchema(context.Background(), &SchemaOptions{Env: p.Env, What: what}); err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(p.Out.String(), want) {
				t.Errorf("%s: no %s", what, want)
			}
		}
	}
}

func TestExplainTakesAName(t *testing.T) {
	p := clitest.New(t)
	var got string
	if err := clitest.Parse(NewExplain(p.Env, func(_ context.Context, o *ExplainOptions) error { got = o.Name; return nil }), "lower"); err != nil || got != "lower" {
		t.Error(got, err)
	}
}

func TestExplain(t *testing.T) {
	for name, want := range map[string]string{"yaml.unknown_key": "yaml.unknown_key (code)", "dedupe": "dedupe (step)", "lower": "lower(", "codes": "row.ragged", "": "function", "12": "refused"} {
		p := clitest.New(t)
		if err := runExplain(context.Background(), &ExplainOptions{Env: p.Env, Name: name}); err != nil || !strings.Contains(p.Out.String(), want) {
			t.Errorf("%s: %v\n%s", name, err, p.Out)
		}
	}
	var usage *cli.UsageError
	p := clitest.New(t)
	if err := runExplain(context.Background(), &ExplainOptions{Env: p.Env, Name: "yaml.unknown_kye"}); !errors.As(err, &usage) || !strings.Contains(usage.Hint, "yaml.unknown_key") {
		t.Error(err)
	}
}

// TestEveryCodeIsExplained looks for codes in the sources, and for explanations that nothing needs.
func TestEveryCodeIsExplained(t *testing.T) {
	explained := map[string]bool{}
	for _, x := range topics() {
		explained[x.Name] = true
	}
	code := regexp.MustCompile(`"((?:yaml|expr|flow|conn|step|row|plan)\.[a-z_0-9]+)"`)
	used := map[string]bool{}
	for _, root := range []string{"../../flow", "../../connector", "../internal/settings"} {
		err := filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
				return err
			}
			text, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			for _, m := range code.FindAllStringSubmatch(string(text), -1) {
				used[m[1]] = true
				if !explained[m[1]] {
					t.Errorf("%s: code %s has no line in codes.txt", p, m[1])
					explained[m[1]] = true
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range topics() {
		if x.Kind == "code" && strings.Contains(x.Name, ".") && !used[x.Name] {
			t.Errorf("nothing uses code %s", x.Name)
		}
		if x.Text == "" {
			t.Errorf("%s has no text", x.Name)
		}
	}
}

// TestEveryEventIsExplained is TestEveryCodeIsExplained for the audit log.
func TestEveryEventIsExplained(t *testing.T) {
	want := map[string]bool{}
	for _, c := range auditlog.Codes() {
		want[fmt.Sprintf("HG%04d", c)] = true
	}
	for _, x := range topics() {
		if strings.HasPrefix(x.Name, "HG") && !want[x.Name] {
			t.Errorf("there is no event %s", x.Name)
		}
		delete(want, x.Name)
	}
	for c := range want {
		t.Errorf("event %s has no line in codes.txt", c)
	}
}

func TestDoctorTakesNoArguments(t *testing.T) {
	p, ran := clitest.New(t), false
	runF := func(_ context.Context, o *DoctorOptions) error { ran = o.Temp != ""; return nil }
	if err := clitest.Parse(NewDoctor(p.Env, runF)); err != nil || !ran {
		t.Error(ran, err)
	}
	if err := clitest.Parse(NewDoctor(p.Env, runF), "x"); err == nil {
		t.Error("took an argument")
	}
}

func TestDoctor(t *testing.T) {
	p := clitest.New(t, "headgate.yaml", "version: 1\n")
	if err := runDoctor(context.Background(), &DoctorOptions{Env: p.Env, Temp: p.Dir}); err != nil {
		t.Errorf("%v\n%s", err, p.Out)
	}
	sick := clitest.New(t, "headgate.yaml", "nonsense: 1\n", "connections.yaml", "connections: 7\n")
	err := runDoctor(context.Background(), &DoctorOptions{Env: sick.Env, Temp: sick.Path("missing")})
	if err == nil || !strings.Contains(err.Error(), "3 things") {
		t.Errorf("%v\n%s", err, sick.Out)
	}
}
