package projectcmd

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/clitest"
	"github.com/headgate/headgate/cmd/internal/settings"
)

func TestInitTakesTheFlagsOfTheStore(t *testing.T) {
	p := clitest.New(t)
	var got *InitOptions
	err := clitest.Parse(NewInit(p.Env, func(_ context.Context, o *InitOptions) error { got = o; return nil }),
		"--email", "owner@example.com", "--key-out", "owner.key", "--no-keyring", "--group", "etl", "--store", "s.db")
	if err != nil || got.Dir != p.Dir || strings.Join(got.ForStore, " ") != "--email --group --key-out --no-keyring --store" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestInit(t *testing.T) {
	p := clitest.New(t, ".gitignore", "mine\n")
	o := &InitOptions{Env: p.Env, Dir: p.Dir, ForStore: []string{"--email"}}
	if err := runInit(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	if diags := settings.Check("headgate.yaml", []byte(p.Read(t, "headgate.yaml"))); len(diags) > 0 {
		t.Error(diags)
	}
	if p.Read(t, ".gitignore") != "mine\n" || !strings.Contains(p.Err.String(), "no store yet") {
		t.Error(p.Err)
	}
	if entries, err := os.ReadDir(p.Dir); err != nil || len(entries) != 2 {
		t.Error(entries, err)
	}
	var usage *cli.UsageError
	if err := runInit(context.Background(), o); !errors.As(err, &usage) {
		t.Error("wrote over a project:", err)
	}
}

func TestInitMakesTheFolder(t *testing.T) {
	p := clitest.New(t)
	if err := runInit(context.Background(), &InitOptions{Env: p.Env, Dir: p.Path("a/b")}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(p.Read(t, "a/b/.gitignore"), "/rejects/") {
		t.Error("rejected rows may be committed")
	}
}
