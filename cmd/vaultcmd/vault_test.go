package vaultcmd

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate/headgate/cmd/internal/clitest"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
	"github.com/headgate/headgate/vault/store"
)

var ctx = context.Background()

// TestMain is the program that fsck starts.
func TestMain(m *testing.M) {
	if len(os.Args) == 5 && os.Args[2] == "fsck-child" {
		if err := store.FsckChild(os.Args[4], os.Stdout); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestParse(t *testing.T) {
	p := clitest.New(t)
	var boxes []string
	rotate := func(_ context.Context, o *RotateOptions) error { boxes = o.Boxes; return nil }
	if err := clitest.Parse(NewRotate(p.Env, rotate), "meta", "audit"); err != nil || len(boxes) != 2 {
		t.Error(boxes, err)
	}
	if err := clitest.Parse(NewRotate(p.Env, rotate), "box"); err == nil {
		t.Error("took an unknown box")
	}
	who := "x"
	if err := clitest.Parse(NewExposure(p.Env, func(_ context.Context, o *ExposureOptions) error { who = o.Who; return nil })); err != nil || who != "" {
		t.Error(who, err)
	}
	n := 0
	if err := clitest.Parse(NewStatus(p.Env, func(context.Context, *StatusOptions) error { n++; return nil })); err != nil {
		t.Error(err)
	}
	if err := clitest.Parse(NewFsck(p.Env, func(context.Context, *FsckOptions) error { n++; return nil })); err != nil {
		t.Error(err)
	}
	if err := clitest.Parse(NewFsckChild(p.Env, func(_ context.Context, o *ChildOptions) error { n += len(o.Path); return nil }), "p"); err != nil {
		t.Error(err)
	}
	if err := clitest.Parse(NewCompact(p.Env, func(context.Context, *CompactOptions) error { n++; return nil })); err != nil || n != 4 {
		t.Error(n, err)
	}
}

func TestStatusAndExposure(t *testing.T) {
	p := clitest.New(t)
	owner := p.Found(t)
	p.Invite(t, owner, "ann@example.com", rbac.Operator)
	ref := vault.Ref{Name: "dwh", Connection: "warehouse"}
	if _, err := owner.SetSecret(ctx, ref, nil, []byte("hunter2")); err != nil {
		t.Fatal(err)
	}
	if _, err := owner.ApproveFlow(ctx, "paid", "", rbac.DigestOf(nil), []vault.Ref{ref}); err != nil {
		t.Fatal(err)
	}
	if err := runExposure(ctx, &ExposureOptions{p.Env, "ann@example.com"}); err != nil || p.Out.String() != "dwh@connection:warehouse\n" {
		t.Errorf("%v\n%s", err, p.Out)
	}
	p.Out.Reset()
	if err := runExposure(ctx, &ExposureOptions{Env: p.Env}); err != nil || !strings.Contains(p.Out.String(), "superadmin  all") {
		t.Errorf("%v\n%s", err, p.Out)
	}
	if _, _, err := owner.Remove(ctx, "ann@example.com"); err != nil {
		t.Fatal(err)
	}
	p.UI.JSON = true
	if err := runStatus(ctx, &StatusOptions{p.Env}); err != nil {
		t.Fatal(err)
	}
	p.Out.Reset()
	p.UI.Finish("vault status", nil)
	var got struct{ Result status }
	if err := json.Unmarshal(p.Out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if r := got.Result; r.People != 1 || r.Secrets != 1 || r.SecretsDue != 1 || r.Flows != 1 || len(r.Boxes) != 4 || r.Fingerprint != string(owner.Fingerprint()) {
		t.Errorf("%+v", r)
	}
	if !strings.Contains(p.Err.String(), "headgate secret due") {
		t.Errorf("%s", p.Err)
	}
}

func TestRotate(t *testing.T) {
	p := clitest.New(t)
	owner := p.Found(t)
	if err := runRotate(ctx, &RotateOptions{p.Env, []string{"meta", "secrets", "meta"}}); err != nil || strings.Count(p.Err.String(), "has new keys") != 2 {
		t.Errorf("%v\n%s", err, p.Err)
	}
	s, _, err := owner.State(ctx)
	if err != nil || s.Boxes[rbac.Meta].Epoch != 2 || s.Boxes[rbac.Audit].Epoch != 1 {
		t.Errorf("%v %v", s.Boxes, err)
	}
	if err := runRotate(ctx, &RotateOptions{Env: p.Env}); err != nil || !strings.Contains(p.Err.String(), "no box waits") {
		t.Errorf("%v\n%s", err, p.Err)
	}
}

func TestCompactAndFsck(t *testing.T) {
	p := clitest.New(t)
	p.Found(t)
	if err := runCompact(ctx, &CompactOptions{p.Env}); err != nil {
		t.Fatal(err)
	}
	if copies, _ := filepath.Glob(p.Global.Store + ".bak.*"); len(copies) != 1 {
		t.Error(copies)
	}
	if err := runFsck(ctx, &FsckOptions{Env: p.Env}); err != nil || !strings.Contains(p.Out.String(), "the file is whole") {
		t.Errorf("%v\n%s", err, p.Out)
	}
	p.Out.Reset()
	if err := runFsckChild(ctx, &ChildOptions{p.Env, p.Global.Store}); err != nil || !strings.Contains(p.Out.String(), `"problems":[]`) {
		t.Errorf("%v\n%s", err, p.Out)
	}
	b, err := os.ReadFile(p.Global.Store)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.Global.Store, bytes.Replace(b, b[4096:8192], make([]byte, 4096), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := runFsck(ctx, &FsckOptions{Env: p.Env}); vault.ReasonOf(err) != vault.ReasonIntegrity {
		t.Errorf("a page of zeros: %v", err)
	}
}
