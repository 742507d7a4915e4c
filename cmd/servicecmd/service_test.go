package servicecmd

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/clitest"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
)

var ctx = context.Background()

func TestParse(t *testing.T) {
	p := clitest.New(t)
	var got *AddOptions
	runF := func(_ context.Context, o *AddOptions) error { got = o; return nil }
	err := clitest.Parse(NewAdd(p.Env, runF), "nightly", "--flow", "a", "--flow", "b,c", "--key-out", "k", "--ttl", "90d")
	if err != nil || got.Name != "nightly" || !slices.Equal(got.Flows, []string{"a", "b", "c"}) || got.KeyOut != "k" || got.TTL.Hours() != 90*24 {
		t.Errorf("%+v %v", got, err)
	}
	if err := clitest.Parse(NewAdd(p.Env, runF), "nightly", "--ttl", "soon"); err == nil {
		t.Error("took a ttl that is none")
	}
	var rm *RemoveOptions
	if err := clitest.Parse(NewRemove(p.Env, func(_ context.Context, o *RemoveOptions) error { rm = o; return nil }), "nightly", "--yes"); err != nil || !rm.Yes {
		t.Error(rm, err)
	}
	ran := false
	if err := clitest.Parse(NewList(p.Env, func(context.Context, *ListOptions) error { ran = true; return nil })); err != nil || !ran {
		t.Error(err)
	}
}

func TestService(t *testing.T) {
	p := clitest.New(t)
	owner := p.Found(t)
	ref := vault.Ref{Name: "dwh", Connection: "warehouse"}
	if _, err := owner.SetSecret(ctx, ref, nil, []byte("hunter2")); err != nil {
		t.Fatal(err)
	}
	if _, err := owner.ApproveFlow(ctx, "paid", "", rbac.DigestOf(nil), []vault.Ref{ref}); err != nil {
		t.Fatal(err)
	}
	o := &AddOptions{Env: p.Env, Name: "nightly", Flows: []string{"paid", "draft"}, KeyOut: p.Path("nightly.key")}
	o.TTL.Duration = 24 * 3600e9
	if err := runAdd(ctx, o); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"`nightly` gains `dwh@connection:warehouse`", "flow draft is not approved", "--key-file " + o.KeyOut} {
		if !strings.Contains(p.Err.String(), want) {
			t.Errorf("no %q in\n%s", want, p.Err)
		}
	}
	in := p.In(p.Dir)
	in.Global.KeyFile = o.KeyOut
	m, err := in.Member(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := owner.RotateBoxes(ctx, rbac.Meta); err != nil {
		t.Fatal(err)
	}
	if me, _, err := m.Myself(ctx); err != nil || me.Name != "nightly" {
		t.Errorf("the account is called %q for itself, %v", me.Name, err)
	}
	m.Close()
	if err := runList(ctx, &ListOptions{p.Env}); err != nil || !strings.Contains(p.Out.String(), "draft:run paid:run") || !strings.Contains(p.Out.String(), "2024-06-02T12:00:00Z") {
		t.Errorf("%v\n%s", err, p.Out)
	}
	if err := runRemove(ctx, &RemoveOptions{Env: p.Env, Name: "nightly"}); err == nil {
		t.Error("removed without --yes")
	}
	p.Err.Reset()
	if err := runRemove(ctx, &RemoveOptions{Env: p.Env, Name: "nightly", Yes: true}); err != nil || !strings.Contains(p.Err.String(), "secret dwh@connection:warehouse was readable") {
		t.Errorf("%v\n%s", err, p.Err)
	}
	var usage *cli.UsageError
	if err := runRemove(ctx, &RemoveOptions{Env: p.Env, Name: clitest.Owner, Yes: true}); !errors.As(err, &usage) {
		t.Errorf("removed a person: %v", err)
	}
}

func TestAddRefuses(t *testing.T) {
	p := clitest.New(t)
	p.Found(t)
	var usage *cli.UsageError
	for name, o := range map[string]AddOptions{
		"no flow": {Name: "x", KeyOut: p.Path("k")}, "no key": {Name: "x", Flows: []string{"f"}}, "a person's name": {Name: "x@example.com", Flows: []string{"f"}, KeyOut: p.Path("k")},
	} {
		o.Env = p.Env
		if err := runAdd(ctx, &o); !errors.As(err, &usage) {
			t.Errorf("%s: %v", name, err)
		}
	}
	o := AddOptions{Env: p.Env, Name: "x", Flows: []string{"a*"}, KeyOut: p.Path("k")}
	if err := runAdd(ctx, &o); err == nil {
		t.Error("took a pattern")
	}
	if _, err := os.Lstat(p.Path("k")); err == nil {
		t.Error("a key file without a key stays")
	}
}
