package cli_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/clitest"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
	"github.com/headgate/headgate/vault/slot"
)

func environment(p *clitest.Place, vars map[string]string) {
	p.Getenv = func(name string) string { return vars[name] }
	p.Unsetenv = func(name string) { delete(vars, name) }
}

func TestStorePath(t *testing.T) {
	for _, c := range []struct {
		name, flag, settings string
		env                  map[string]string
		want                 string // below the project's folder when it is relative
	}{
		{name: "nothing says anything"},
		{name: "home", env: map[string]string{"HOME": "/home/ann"}, want: "/home/ann/.local/share/headgate/store.db"},
		{name: "data home", env: map[string]string{"HOME": "/home/ann", "XDG_DATA_HOME": "/data"}, want: "/data/headgate/store.db"},
		{name: "a relative data home is none", env: map[string]string{"HOME": "/home/ann", "XDG_DATA_HOME": "data"}, want: "/home/ann/.local/share/headgate/store.db"},
		{name: "settings", settings: "version: 1\nstore: s/x.db\n", env: map[string]string{"HOME": "/home/ann"}, want: "s/x.db"},
		{name: "environment", settings: "version: 1\nstore: s/x.db\n", env: map[string]string{"HEADGATE_STORE": "/e.db"}, want: "/e.db"},
		{name: "flag", flag: "/f.db", env: map[string]string{"HEADGATE_STORE": "/e.db"}, want: "/f.db"},
	} {
		p := clitest.New(t)
		if c.settings != "" {
			p.Write(t, "headgate.yaml", c.settings)
		}
		environment(p, c.env)
		p.Global.Store = c.flag
		want := c.want
		if want != "" && !filepath.IsAbs(want) {
			want = p.Path(want)
		}
		if got, err := p.StorePath(); err != nil || got != want {
			t.Errorf("%s: %q %v, want %q", c.name, got, err, want)
		}
	}
}

func TestWithoutAStore(t *testing.T) {
	ctx := context.Background()
	p := clitest.New(t)
	environment(p, map[string]string{"HOME": t.TempDir()})
	if there, err := p.HasStore(); there || err != nil {
		t.Error(there, err)
	}
	var none *cli.NoStoreError
	if _, err := p.Vault(); !errors.As(err, &none) || none.Path == "" {
		t.Error(err)
	}
	if _, err := p.Member(ctx); !errors.As(err, &none) {
		t.Error(err)
	}
	if err := p.Can(ctx, rbac.RunDraft, "x"); err != nil {
		t.Error("nobody to ask, and yet:", err)
	}
	p.Global.Store = p.Path("named.db")
	if _, err := p.HasStore(); !errors.As(err, &none) {
		t.Error("a store that is named must be there:", err)
	}
	nowhere := clitest.New(t)
	if _, err := nowhere.Vault(); !errors.As(err, &none) || none.Path != "" {
		t.Error(err)
	}
}

func TestMember(t *testing.T) {
	ctx := context.Background()
	p := clitest.New(t)
	owner := p.Found(t)
	made, err := owner.AddSlot(ctx, vault.NewSlot{Type: slot.KeyFile})
	if err != nil {
		t.Fatal(err)
	}
	if err := vault.WriteKeyFile(p.Path("k.key"), made.Secret); err != nil {
		t.Fatal(err)
	}
	again := p.In(p.Dir)
	if _, err := again.Member(ctx); !errors.Is(err, vault.ErrLogin) {
		t.Error("without a key:", err)
	}
	if _, err := again.Member(ctx); !errors.Is(err, vault.ErrLogin) {
		t.Error("asked twice:", err)
	}
	vars := map[string]string{"HEADGATE_KEY": made.Secret}
	again = p.In(p.Dir)
	again.Getenv, again.Unsetenv = func(name string) string { return vars[name] }, func(name string) { delete(vars, name) }
	defer again.Close()
	m, err := again.Member(ctx)
	if err != nil || m.ID != owner.ID || len(vars) != 0 {
		t.Fatal(m, err, vars)
	}
	if same, err := again.Member(ctx); err != nil || same != m {
		t.Error("another member at the second call", err)
	}
	if err := again.Can(ctx, rbac.SetPolicy, ""); err != nil {
		t.Error(err)
	}
	if err := again.Can(ctx, rbac.RevealSecret, ""); vault.ReasonOf(err) != vault.ReasonDenied {
		t.Error(err)
	}
}

func TestRecover(t *testing.T) {
	ctx := context.Background()
	p := clitest.New(t)
	made, err := p.Found(t).AddSlot(ctx, vault.NewSlot{Type: slot.Recovery})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ user, code string }{{clitest.Owner, "nonsense"}, {"nobody@example.com", made.Secret}} {
		in := p.In(p.Dir)
		in.Global.User = c.user
		typed(t, in, c.code)
		if _, err := in.Recover(ctx); !errors.Is(err, vault.ErrLogin) {
			t.Errorf("%s: %v", c.user, err)
		}
	}
	in := p.In(p.Dir)
	defer in.Close()
	in.Global.User = clitest.Owner
	typed(t, in, made.Secret+"\n")
	if m, err := in.Recover(ctx); err != nil || m == nil {
		t.Fatal(err)
	}
	if m, err := in.Member(ctx); err != nil || m == nil {
		t.Error("recovered and not logged in:", err)
	}
}

func typed(t *testing.T, e *cli.Env, text string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "typed")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	e.UI.In = f
}

func TestVaultOptions(t *testing.T) {
	p := clitest.New(t, "headgate.yaml", "version: 1\ndefaults: {lock_timeout: 7s}\n")
	vars := map[string]string{"HOME": "/home/ann", "HEADGATE_PIN": "nonsense"}
	environment(p, vars)
	var usage *cli.UsageError
	if _, err := p.VaultOptions(); !errors.As(err, &usage) {
		t.Error(err)
	}
	delete(vars, "HEADGATE_PIN")
	o, err := p.VaultOptions()
	if err != nil || o.Pins != "/home/ann/.local/state/headgate" || o.LockTimeout.Seconds() != 7 || o.Ring != nil {
		t.Errorf("%+v %v", o, err)
	}
}
