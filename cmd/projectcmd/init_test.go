package projectcmd

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/clitest"
	"github.com/headgate/headgate/cmd/internal/settings"
	"github.com/headgate/headgate/rbac"
)

func TestInitTakesTheFlagsOfTheStore(t *testing.T) {
	p := clitest.New(t)
	var got *InitOptions
	err := clitest.Parse(NewInit(p.Env, func(_ context.Context, o *InitOptions) error { got = o; return nil }),
		"--email", "owner@example.com", "--key-out", "owner.key", "--no-keyring", "--group", "etl", "--admin", "ann@example.com", "--admin-key-out", "ann.key", "--owner-offline", "--generate-password")
	if err != nil || got.Dir != p.Dir || got.Email != "owner@example.com" || got.KeyOut != "owner.key" || !got.NoKeyring || got.Group != "etl" ||
		got.Admin != "ann@example.com" || got.AdminKeyOut != "ann.key" || !got.Offline || !got.Password.Generate || len(got.ForStore) != 8 {
		t.Errorf("%+v %v", got, err)
	}
}

func TestInitOfAProjectAlone(t *testing.T) {
	p := clitest.New(t, ".gitignore", "mine\n")
	o := &InitOptions{Env: p.Env, Dir: p.Dir}
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

func TestInitMakesAStore(t *testing.T) {
	p := clitest.New(t, "headgate.yaml", "version: 1\n")
	p.Global.Store = p.Path("store/store.db")
	p.UI.JSON = true
	o := &InitOptions{Env: p.Env, Dir: p.Dir, Email: "Owner@Example.com", KeyOut: p.Path("owner.key"), Admin: "ann@example.com", AdminKeyOut: p.Path("ann.key"),
		Offline: true, ForStore: []string{"--email"}}
	if err := runInit(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	p.UI.Finish("init", nil)
	var got struct{ Result initialised }
	if err := json.Unmarshal(p.Out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	r := got.Result
	if *r.Store != p.Path("store/store.db") || r.Owner != "owner@example.com" || r.RecoveryCode == "" || r.Password != "" || len(r.Ways) != 2 {
		t.Errorf("%+v %+v", r, r.Founded)
	}
	for key, role := range map[string]rbac.Role{"owner.key": rbac.Superadmin, "ann.key": rbac.Administrator} {
		in := p.In(p.Dir)
		in.Global.KeyFile = p.Path(key)
		m, err := in.Member(context.Background())
		if err != nil {
			t.Fatal(key, err)
		}
		if me, _, err := m.Myself(context.Background()); err != nil || me.Role != role || me.Pending || me.Owner != (key == "owner.key") {
			t.Errorf("%s: %+v %v", key, me, err)
		}
		in.Close()
	}
	if err := runInit(context.Background(), o); err == nil {
		t.Error("made it twice")
	}
}

func TestInitRefuses(t *testing.T) {
	for name, o := range map[string]InitOptions{
		"no owner":             {KeyOut: "k"},
		"no way in":            {Email: "a@example.com"},
		"bad address":          {Email: "a b@example.com", KeyOut: "k"},
		"offline without help": {Email: "a@example.com", KeyOut: "k", Offline: true},
		"nobody to write for":  {Email: "a@example.com", KeyOut: "k", AdminKeyOut: "l"},
		"the same twice":       {Email: "a@example.com", KeyOut: "k", Admin: "A@EXAMPLE.com"},
		"unknown group":        {Email: "a@example.com", KeyOut: "k", Group: "no-such-group"},
	} {
		p := clitest.New(t)
		p.Global.Store = p.Path("s.db")
		o.Env, o.Dir, o.ForStore = p.Env, p.Path("project"), []string{"--x"}
		if err := runInit(context.Background(), &o); err == nil {
			t.Error(name, "is fine")
		}
		if _, err := os.Stat(p.Path("s.db")); err == nil {
			t.Error(name, "made a store")
		}
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
