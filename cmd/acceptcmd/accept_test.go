package acceptcmd

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/clitest"
	"github.com/headgate/headgate/cmd/internal/password"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
	"github.com/headgate/headgate/vault/slot"
)

var ctx = context.Background()

func TestParse(t *testing.T) {
	p := clitest.New(t)
	var got *Options
	runF := func(_ context.Context, o *Options) error { got = o; return nil }
	if err := clitest.Parse(NewAccept(p.Env, runF), "hgi1-x", "--key-out", "k", "--generate", "--device"); err != nil {
		t.Fatal(err)
	}
	if got.Code != "hgi1-x" || got.KeyOut != "k" || !got.Password.Generate || !got.Device {
		t.Errorf("%+v", got)
	}
	if err := clitest.Parse(NewAccept(p.Env, runF)); err == nil {
		t.Error("took no code")
	}
}

func TestAcceptWithAKeyFile(t *testing.T) {
	p := clitest.New(t)
	code, err := p.Found(t).Invite(ctx, vault.Invitation{Email: "ann@example.com", Role: rbac.Editor})
	if err != nil {
		t.Fatal(err)
	}
	p.UI.In = strings.NewReader(code + "\n")
	o := &Options{Env: p.Env, Code: "-", KeyOut: p.Path("ann.key")}
	if err := runAccept(ctx, o); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(p.Err.String(), "you are ann@example.com, editor") || p.Out.Len() > 0 {
		t.Errorf("%s%s", p.Err, p.Out)
	}
	in := p.In(p.Dir)
	in.Global.KeyFile = o.KeyOut
	m, err := in.Member(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()

	o.Code, o.KeyOut = code, p.Path("again.key")
	if err := runAccept(ctx, o); !errors.Is(err, vault.ErrLogin) || !strings.Contains(err.Error(), "was used") {
		t.Errorf("used twice: %v", err)
	}
	if _, err := os.Lstat(o.KeyOut); err == nil {
		t.Error("a key file without a key stays")
	}
}

func TestAcceptWithAPassword(t *testing.T) {
	p := clitest.New(t)
	owner := p.Found(t)
	code, err := owner.Invite(ctx, vault.Invitation{Email: "ann@example.com", Role: rbac.Viewer})
	if err != nil {
		t.Fatal(err)
	}
	var missing *cli.InputError
	if err := runAccept(ctx, &Options{Env: p.Env, Code: code}); !errors.As(err, &missing) || !strings.Contains(missing.Hint, "--key-out") {
		t.Errorf("nobody to ask: %v", err)
	}
	p.UI.In = strings.NewReader("short\n")
	var weak *slot.WeakError
	if err := runAccept(ctx, &Options{Env: p.Env, Code: code, Password: password.Source{Stdin: true}}); !errors.As(err, &weak) {
		t.Errorf("a weak password: %v", err)
	}
	if err := runAccept(ctx, &Options{Env: p.Env, Code: code, Password: password.Source{Generate: true}}); err != nil {
		t.Fatal(err)
	}
	v, err := p.Vault()
	if err != nil {
		t.Fatal(err)
	}
	pw := strings.TrimSuffix(p.Out.String(), "\n")
	m, err := v.Unlock(ctx, vault.Credential{User: "ann@example.com", Password: []byte(pw)})
	if err != nil {
		t.Fatalf("stdout is not the password alone: %q, %v", p.Out, err)
	}
	m.Close()
}

func TestAcceptRefuses(t *testing.T) {
	p := clitest.New(t)
	p.Found(t)
	for _, code := range []string{"x", "hgi1-abc", ""} {
		if err := runAccept(ctx, &Options{Env: p.Env, Code: code, KeyOut: p.Path("k")}); !errors.Is(err, vault.ErrLogin) || !strings.Contains(err.Error(), "cut off or mistyped") {
			t.Errorf("%q: %v", code, err)
		}
	}
	if err := runAccept(ctx, &Options{Env: p.Env, Code: "-", Password: password.Source{Stdin: true}}); err == nil {
		t.Error("standard input twice")
	}
	p.Write(t, "k", "mine")
	var usage *cli.UsageError
	if err := runAccept(ctx, &Options{Env: p.Env, Code: "x", KeyOut: p.Path("k")}); !errors.As(err, &usage) {
		t.Error(err)
	}
	if p.Read(t, "k") != "mine" {
		t.Error("overwritten")
	}
}

func TestTooLate(t *testing.T) {
	p := clitest.New(t)
	code, err := p.Found(t).Invite(ctx, vault.Invitation{Email: "ann@example.com", Role: rbac.Viewer, Expires: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	now := p.Now()
	p.Now = func() time.Time { return now.Add(61 * time.Minute) }
	in := p.In(p.Dir)
	if err := runAccept(ctx, &Options{Env: in, Code: code, KeyOut: p.Path("k")}); !errors.Is(err, vault.ErrLogin) || !strings.Contains(err.Error(), "the invitation ended at 2024-06-01T13:00:00Z") {
		t.Errorf("%v", err)
	}
}

func TestTwoStep(t *testing.T) {
	p := clitest.New(t)
	code, err := p.Found(t).Invite(ctx, vault.Invitation{Email: "ann@example.com", Role: rbac.Administrator})
	if err != nil {
		t.Fatal(err)
	}
	if err := runAccept(ctx, &Options{Env: p.Env, Code: code, KeyOut: p.Path("k")}); err != nil || !strings.Contains(p.Err.String(), "user confirm") {
		t.Errorf("%v: %s", err, p.Err)
	}
}
