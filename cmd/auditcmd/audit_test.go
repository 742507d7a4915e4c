package auditcmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/clitest"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
)

var ctx = context.Background()

func TestParse(t *testing.T) {
	p := clitest.New(t)
	var list *ListOptions
	if err := clitest.Parse(NewList(p.Env, func(_ context.Context, o *ListOptions) error { list = o; return nil }), "--flow", "f", "--user", "u", "--code", "HG4", "--since", "7d", "-n", "5"); err != nil ||
		list.Filter != (Filter{"f", "u", "HG4", "7d"}) || list.Most != 5 {
		t.Errorf("%+v %v", list, err)
	}
	var export *ExportOptions
	if err := clitest.Parse(NewExport(p.Env, func(_ context.Context, o *ExportOptions) error { export = o; return nil }), "--format", "jsonl"); err != nil || export.Format != "jsonl" {
		t.Errorf("%+v %v", export, err)
	}
	var verify *VerifyOptions
	if err := clitest.Parse(NewVerify(p.Env, func(_ context.Context, o *VerifyOptions) error { verify = o; return nil }), "--fingerprint", "f"); err != nil || verify.Fingerprint != "f" {
		t.Errorf("%+v %v", verify, err)
	}
}

func TestFilter(t *testing.T) {
	now := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	e := vault.Entry{Time: vault.Stamp{Time: now.Add(-time.Hour)}, Code: "HG4003", Event: "run.start", Actor: "ann@example.com", Object: "paid"}
	for _, c := range []struct {
		f    Filter
		want bool
	}{
		{Filter{}, true}, {Filter{Flow: "paid"}, true}, {Filter{Flow: "pai"}, false}, {Filter{Who: "Ann@example.com"}, true}, {Filter{Who: "bob"}, false},
		{Filter{Code: "HG4003"}, true}, {Filter{Code: "4003"}, true}, {Filter{Code: "hg4"}, true}, {Filter{Code: "run.start"}, true}, {Filter{Code: "HG5"}, false}, {Filter{Code: "run"}, false},
		{Filter{Since: "2h"}, true}, {Filter{Since: "30m"}, false}, {Filter{Since: "2026-01-01"}, true},
		{Filter{Flow: "paid", Code: "HG4009"}, false},
	} {
		wanted, err := c.f.compile(now)
		if err != nil || wanted(e) != c.want {
			t.Errorf("%+v: %v", c.f, err)
		}
	}
	if wanted, _ := (Filter{Flow: "paid"}).compile(now); wanted(vault.Entry{Code: "HG2003", Object: "paid"}) {
		t.Error("somebody called as the flow")
	}
	var usage *cli.UsageError
	if _, err := (Filter{Since: "soon"}).compile(now); !errors.As(err, &usage) {
		t.Error(err)
	}
}

func TestListAndExport(t *testing.T) {
	p := clitest.New(t)
	owner := p.Found(t)
	ann := p.Invite(t, owner, "ann@example.com", rbac.Editor)
	if _, err := ann.Can(ctx, rbac.SetPolicy, ""); err == nil {
		t.Fatal("an editor sets the policy")
	}
	if err := runList(ctx, &ListOptions{Env: p.Env, Most: 1}); err != nil || !strings.Contains(p.Out.String(), "HG4009  denied  ann@example.com") || strings.Contains(p.Out.String(), "store.init") {
		t.Errorf("%v\n%s", err, p.Out)
	}
	p.Out.Reset()
	if err := runExport(ctx, &ExportOptions{Env: p.Env, Format: "jsonl"}); err != nil {
		t.Fatal(err)
	}
	var events []string
	for line := range strings.Lines(p.Out.String()) {
		var e map[string]any
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"seq", "time", "code", "event", "actor", "object", "body", "hash"} {
			if _, has := e[key]; !has {
				t.Errorf("no %s in %s", key, line)
			}
		}
		if e["seq"] != float64(len(events)) {
			t.Errorf("%v after %d entries", e["seq"], len(events))
		}
		events = append(events, e["event"].(string))
	}
	if want := "store.init user.invite user.enroll denied audit.export"; strings.Join(events, " ") != want {
		t.Errorf("%v, want %s", events, want)
	}

	in := p.In(p.Dir)
	in.Become(ann)
	p.Out.Reset()
	if err := runExport(ctx, &ExportOptions{Env: in, Format: "jsonl"}); err != nil || strings.Contains(p.Out.String(), clitest.Owner) || strings.Count(p.Out.String(), "\n") != 3 {
		t.Errorf("an editor sees more than their own: %v\n%s", err, p.Out)
	}
	if err := runExport(ctx, &ExportOptions{Env: p.Env, Format: "xml"}); err == nil {
		t.Error("exported xml")
	}
}

// TestEachReadsInBatches: more entries than are read at a time.
func TestEachReadsInBatches(t *testing.T) {
	p := clitest.New(t)
	owner := p.Found(t)
	for range 3 {
		if err := owner.Refused(ctx, errors.New("x")); err != nil {
			t.Fatal(err)
		}
	}
	var seen []uint64
	if err := each(ctx, owner, func(e vault.Entry) bool { return e.Seq > 0 }, func(e vault.Entry) error { seen = append(seen, e.Seq); return nil }, 2); err != nil || len(seen) != 3 || seen[2] != 3 {
		t.Error(seen, err)
	}
}

func TestVerify(t *testing.T) {
	p := clitest.New(t)
	owner := p.Found(t)
	if _, err := owner.StartRun(ctx, vault.RunRequest{Flow: "paid"}); err != nil {
		t.Fatal(err)
	}
	if err := runVerify(ctx, &VerifyOptions{Env: p.Env}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(p.Out.String(), "the store is whole: 1 policy operation, audit log of 2 events, 1 member") || !strings.Contains(p.Err.String(), "has no end") {
		t.Errorf("%s%s", p.Out, p.Err)
	}
	if err := runVerify(ctx, &VerifyOptions{Env: p.Env, Fingerprint: strings.Repeat("0", 64)}); vault.ReasonOf(err) != vault.ReasonIntegrity {
		t.Errorf("another store: %v", err)
	}
	b, err := os.ReadFile(p.Global.Store)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.Global.Store, bytes.Replace(b, []byte(`"kind":"genesis"`), []byte(`"kind":"genesiz"`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := runVerify(ctx, &VerifyOptions{Env: p.Env}); vault.ReasonOf(err) != vault.ReasonIntegrity {
		t.Errorf("edited: %v", err)
	}
}
