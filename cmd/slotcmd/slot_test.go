package slotcmd

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/clitest"
	"github.com/headgate/headgate/vault/slot"
)

func TestFlags(t *testing.T) {
	p := clitest.New(t)
	var add AddOptions
	parse := func(args ...string) error {
		add = AddOptions{}
		return clitest.Parse(NewAdd(p.Env, func(_ context.Context, o *AddOptions) error { add = *o; return nil }), args...)
	}
	if err := parse("keyfile", "--key-out", "k"); err != nil || add.Type != slot.KeyFile || add.KeyOut != "k" {
		t.Errorf("%+v %v", add, err)
	}
	if err := parse("device", "--generate"); err != nil || add.Type != slot.Device || !add.Password.Generate {
		t.Errorf("%+v %v", add, err)
	}
	for _, args := range [][]string{{}, {"finger"}, {"keyfile"}, {"password", "--key-out", "k"}, {"recovery", "--generate"}, {"keyring", "x"}} {
		if err := parse(args...); err == nil {
			t.Errorf("took %v", args)
		}
	}
	name, recovery, listed := "", false, false
	if err := clitest.Parse(NewRemove(p.Env, func(_ context.Context, o *RemoveOptions) error { name = o.Name; return nil }), "x"); err != nil || name != "x" {
		t.Error(name, err)
	}
	if err := clitest.Parse(NewTest(p.Env, func(_ context.Context, o *TestOptions) error { recovery = o.Recovery; return nil }), "--recovery"); err != nil || !recovery {
		t.Error(err)
	}
	if err := clitest.Parse(NewList(p.Env, func(context.Context, *ListOptions) error { listed = true; return nil })); err != nil || !listed {
		t.Error(err)
	}
}

func TestSlots(t *testing.T) {
	ctx := context.Background()
	p := clitest.New(t)
	p.Found(t)
	var usage *cli.UsageError
	list := func() string {
		p.Out.Reset()
		if err := runList(ctx, &ListOptions{p.Env}); err != nil {
			t.Fatal(err)
		}
		return p.Out.String()
	}
	only := strings.Fields(strings.Split(list(), "\n")[1])[0]
	if err := runRemove(ctx, &RemoveOptions{p.Env, only}); !errors.As(err, &usage) || !strings.Contains(err.Error(), "only way in") {
		t.Error(err)
	}
	if err := runAdd(ctx, &AddOptions{Env: p.Env, Type: slot.KeyFile, KeyOut: p.Path("k.key")}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(p.Path("k.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
	if err := runAdd(ctx, &AddOptions{Env: p.Env, Type: slot.KeyFile, KeyOut: p.Path("k.key")}); !errors.As(err, &usage) {
		t.Error("wrote over a key file:", err)
	}
	if err := runAdd(ctx, &AddOptions{Env: p.Env, Type: slot.Recovery}); err != nil || !strings.Contains(p.Out.String(), "recovery code: hgr1-") {
		t.Error(err, p.Out)
	}
	if got := list(); strings.Count(got, "keyfile-") != 2 || !strings.Contains(got, "recovery") {
		t.Error(got)
	}
	if err := runRemove(ctx, &RemoveOptions{p.Env, only}); err != nil {
		t.Error(err)
	}
	if err := runRemove(ctx, &RemoveOptions{p.Env, only}); !errors.As(err, &usage) {
		t.Error(err)
	}
	in := p.In(p.Dir)
	in.Global.KeyFile = p.Path("k.key")
	if err := runTest(ctx, &TestOptions{Env: in}); err != nil {
		t.Error(err)
	}
	in.Close()
}
