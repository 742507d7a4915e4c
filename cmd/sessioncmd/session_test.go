package sessioncmd

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/clitest"
	"github.com/headgate/headgate/cmd/internal/password"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
	"github.com/headgate/headgate/vault/keyring"
)

func TestFlags(t *testing.T) {
	p := clitest.New(t)
	var login LoginOptions
	in := NewLogin(p.Env, func(_ context.Context, o *LoginOptions) error { login = *o; return nil })
	if err := clitest.Parse(in, "--ttl", "30m", "--recovery"); err != nil || login.TTL != 30*time.Minute || !login.Recovery {
		t.Errorf("%+v %v", login, err)
	}
	for _, ttl := range []string{"0s", "59s", "169h", "-1h"} {
		if err := clitest.Parse(in, "--ttl", ttl); err == nil {
			t.Error("took", ttl)
		}
	}
	var passwd PasswdOptions
	pw := NewPasswd(p.Env, func(_ context.Context, o *PasswdOptions) error { passwd = *o; return nil })
	if err := clitest.Parse(pw, "--generate"); err != nil || !passwd.Password.Generate {
		t.Errorf("%+v %v", passwd, err)
	}
	explain, out := false, false
	if err := clitest.Parse(NewWhoami(p.Env, func(_ context.Context, o *WhoamiOptions) error { explain = o.Explain; return nil }), "--explain"); err != nil || !explain {
		t.Error(err)
	}
	if err := clitest.Parse(NewLogout(p.Env, func(context.Context, *LogoutOptions) error { out = true; return nil })); err != nil || !out {
		t.Error(err)
	}
}

func TestWhoami(t *testing.T) {
	ctx := context.Background()
	p := clitest.New(t)
	owner := p.Found(t)
	ann := p.Invite(t, owner, "ann@example.com", rbac.Operator, rbac.Grant{Flows: "paid-*", Level: rbac.Run})
	p.Become(ann)
	p.UI.JSON = true
	if err := runWhoami(ctx, &WhoamiOptions{Env: p.Env, Explain: true}); err != nil {
		t.Fatal(err)
	}
	p.UI.Finish("whoami", nil)
	var got struct{ Result me }
	if err := json.Unmarshal(p.Out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	r := got.Result
	if r.User != "ann@example.com" || r.Role != rbac.Operator || r.Owner || !r.Narrowed || len(r.Grants) != 1 || len(r.Rules) != len(rbac.Matrix()) {
		t.Errorf("%+v", r)
	}
	for _, rule := range r.Rules {
		row, _ := rbac.RowOf(rule.Verb)
		if rule.Scope != row.Cell(rbac.Operator, false) {
			t.Errorf("%s: %s", rule.Verb, rule.Scope)
		}
		if rule.Scope == rbac.None && len(rule.Enforced) == 0 {
			t.Errorf("%s: nothing enforces it", rule.Verb)
		}
	}
	p.Out.Reset()
	p.UI.JSON = false
	if err := runWhoami(ctx, &WhoamiOptions{Env: p.Env}); err != nil || !strings.HasPrefix(p.Out.String(), "ann@example.com: operator\n  flows paid-*: run\n") {
		t.Error(err, p.Out)
	}
}

func TestPasswd(t *testing.T) {
	ctx := context.Background()
	p := clitest.New(t)
	p.Found(t)
	p.UI.In = strings.NewReader("Correct-horse-7-battery\n")
	if err := runPasswd(ctx, &PasswdOptions{Env: p.Env, Password: password.Source{Stdin: true}}); err != nil {
		t.Fatal(err)
	}
	v, err := p.Vault()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Unlock(ctx, vault.Credential{User: clitest.Owner, Password: []byte("Correct-horse-7-battery")}); err != nil {
		t.Error("the new password does not work:", err)
	}
	p.UI.In = strings.NewReader("short\n")
	if err := runPasswd(ctx, &PasswdOptions{Env: p.Env, Password: password.Source{Stdin: true}}); err == nil {
		t.Error("took a weak password")
	}
	var missing *cli.InputError
	if err := runPasswd(ctx, &PasswdOptions{Env: p.Env}); !errors.As(err, &missing) {
		t.Error(err)
	}
	if err := runPasswd(ctx, &PasswdOptions{Env: p.Env, Recovery: true, Password: password.Source{Stdin: true}}); err == nil {
		t.Error("took two things from one input")
	}
}

func TestLoginAndLogout(t *testing.T) {
	if _, ok := keyring.NewKernel("headgate:"); !ok {
		return // sessioncmd says so; the other tests need no session
	}
	ctx := context.Background()
	p := clitest.New(t)
	folder := t.TempDir()
	p.Getenv = func(name string) string {
		if name == "XDG_RUNTIME_DIR" {
			return folder
		}
		return ""
	}
	p.Found(t)
	if err := runLogin(ctx, &LoginOptions{Env: p.Env, TTL: time.Hour}); err != nil {
		t.Fatal(err)
	}
	later := p.In(p.Dir)
	if m, err := later.Member(ctx); err != nil {
		t.Error("the session does not count:", err)
	} else {
		m.Close()
	}
	p.Out.Reset()
	for _, want := range []string{"logged out\n", "nobody was logged in\n"} {
		p.Out.Reset()
		if err := runLogout(ctx, &LogoutOptions{Env: p.Env}); err != nil || p.Out.String() != want {
			t.Error(err, p.Out)
		}
	}
	if _, err := p.In(p.Dir).Member(ctx); !errors.Is(err, vault.ErrLogin) {
		t.Error("logged out, and yet:", err)
	}
}
