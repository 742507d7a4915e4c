package policycmd

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/clitest"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
)

func value(t *testing.T, m *vault.Member, key string) string {
	t.Helper()
	s, _, err := m.State(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return s.Setting(key)
}

func TestSet(t *testing.T) {
	ctx := context.Background()
	p := clitest.New(t)
	m := p.Found(t)
	for _, c := range []struct {
		o    SetOptions
		want string // of network.hosts; "!" and words of the error
	}{
		{SetOptions{Key: rbac.NetworkHosts, Values: []string{"*.corp.example:5432", "api.example:443"}}, "*.corp.example:5432,api.example:443"},
		{SetOptions{Key: rbac.NetworkHosts, Values: []string{"*.corp.example:5432,api.example:443"}}, "*.corp.example:5432,api.example:443"},
		{SetOptions{Key: rbac.NetworkHosts, Values: []string{"http://x"}}, "!network.hosts"},
		{SetOptions{Key: "network.host", Values: []string{"x"}}, "!unknown setting"},
		{SetOptions{Key: rbac.NetworkHosts}, "!give a value"},
		{SetOptions{Key: rbac.NetworkHosts, Values: []string{"x"}, Unset: true}, "!give a value"},
		{SetOptions{Key: rbac.NetworkHosts, Unset: true}, ""},
	} {
		before := value(t, m, rbac.NetworkHosts)
		c.o.Env = p.Env
		err := runSet(ctx, &c.o)
		if want, bad := strings.CutPrefix(c.want, "!"); bad {
			var usage *cli.UsageError
			if !errors.As(err, &usage) || !strings.Contains(err.Error(), want) || value(t, m, rbac.NetworkHosts) != before {
				t.Errorf("%v: %v", c.o.Values, err)
			}
		} else if got := value(t, m, rbac.NetworkHosts); err != nil || got != want {
			t.Errorf("%v: %q, %v", c.o.Values, got, err)
		}
	}
	if !strings.Contains(p.Err.String(), "is that already") {
		t.Errorf("said %s", p.Err)
	}
}

// TestOnlySuperadminsSet asks the store itself, whatever the command asks before.
func TestOnlySuperadminsSet(t *testing.T) {
	p := clitest.New(t)
	owner := p.Found(t)
	admin := p.Invite(t, owner, "admin@example.com", rbac.Administrator)
	p.Become(admin)
	err := runSet(context.Background(), &SetOptions{Env: p.Env, Key: rbac.NetworkTLSFloor, Values: []string{"1.3"}})
	var denied *rbac.DeniedError
	if !errors.As(err, &denied) {
		t.Error(err)
	}
	for _, c := range New(p.Env).Commands() {
		want := map[string]guard.Permission{"show": guard.LoggedIn, "test": guard.ViewConnections, "set": guard.SetPolicy, "import": guard.SetPolicy}[c.Name()]
		if got := guard.Of(c); got != want {
			t.Errorf("%s needs %q, not %q", c.Name(), got, want)
		}
	}
}

func TestImport(t *testing.T) {
	ctx := context.Background()
	p := clitest.New(t)
	m := p.Found(t)
	p.Write(t, "good.yaml", "network.tls_floor: \"1.3\"\nnetwork.hosts: [\"*.corp:5432\", api.example]\nnetwork.rsa_2048: true\n")
	if err := runImport(ctx, &ImportOptions{p.Env, p.Path("good.yaml")}); err != nil {
		t.Fatal(err)
	}
	if a, b, c := value(t, m, rbac.NetworkTLSFloor), value(t, m, rbac.NetworkHosts), value(t, m, rbac.NetworkRSA2048); a != "1.3" || b != "*.corp:5432,api.example" || c != "true" {
		t.Error(a, b, c)
	}
	for _, bad := range []string{"network.tls_floor: \"1.2\"\nnetwork.hosts: http://x\n", "network.tls_floor: \"1.2\"\nother: x\n", "[a]", "network.tls_floor: {a: b}", "network.hosts: [[a]]", "a: [", "",
		"network.tls_floor: \"1.2\"\nnetwork.tls_floor: \"1.3\"\n"} {
		p.Write(t, "bad.yaml", bad)
		var usage *cli.UsageError
		if err := runImport(ctx, &ImportOptions{p.Env, p.Path("bad.yaml")}); !errors.As(err, &usage) || value(t, m, rbac.NetworkTLSFloor) != "1.3" {
			t.Errorf("%q: %v", bad, err)
		}
	}
	p.Write(t, "null.yaml", "network.tls_floor: null\n")
	if err := runImport(ctx, &ImportOptions{p.Env, p.Path("null.yaml")}); err != nil || value(t, m, rbac.NetworkTLSFloor) != "1.2" {
		t.Error(err)
	}
}

func TestShow(t *testing.T) {
	p := clitest.New(t)
	m := p.Found(t)
	if err := m.SetPolicy(context.Background(), rbac.NetworkTLSFloor, "1.3"); err != nil {
		t.Fatal(err)
	}
	if err := runShow(context.Background(), &ShowOptions{p.Env}); err != nil {
		t.Fatal(err)
	}
	for _, w := range []string{"network.tls_floor", "1.3", "signed", "password.profile", "default"} {
		if !strings.Contains(p.Out.String(), w) {
			t.Errorf("no %q in\n%s", w, p.Out)
		}
	}
}

func TestTest(t *testing.T) {
	ctx := context.Background()
	p := clitest.New(t)
	run := func(host string, words ...string) error {
		t.Helper()
		p.Out.Reset()
		err := runTest(ctx, &TestOptions{p.Env, host})
		for _, w := range words {
			if !strings.Contains(p.Out.String(), w) {
				t.Errorf("%s: no %q in\n%s", host, w, p.Out)
			}
		}
		return err
	}
	refused := func(err error) bool {
		var o *cli.Outcome
		return errors.As(err, &o) && o.Exit == 12
	}
	if err := run("10.0.0.1:22", "is empty", "private", "TLS 1.2", "never"); err != nil {
		t.Error(err)
	}
	if err := run("169.254.169.254:80", "link-local"); !refused(err) {
		t.Error(err)
	}
	var usage *cli.UsageError
	if err := run("*.corp"); !errors.As(err, &usage) {
		t.Error(err)
	}
	m := p.Found(t)
	for key, v := range map[string]string{rbac.NetworkHosts: "10.0.0.1:22", rbac.NetworkPlaintext: "10.0.0.1:21", rbac.NetworkTLSFloor: "1.3"} {
		if err := m.SetPolicy(ctx, key, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := run("10.0.0.1:22", "lists it as 10.0.0.1:22", "TLS 1.3"); err != nil {
		t.Error(err)
	}
	if err := run("10.0.0.1:21", "does not list it", "when the connection says why"); !refused(err) {
		t.Error(err)
	}
}

func TestParse(t *testing.T) {
	p := clitest.New(t)
	var set SetOptions
	if err := clitest.Parse(NewSet(p.Env, func(_ context.Context, o *SetOptions) error { set = *o; return nil }), "a", "b", "c"); err != nil || set.Key != "a" || len(set.Values) != 2 {
		t.Error(set, err)
	}
	var file ImportOptions
	if err := clitest.Parse(NewImport(p.Env, func(_ context.Context, o *ImportOptions) error { file = *o; return nil }), "f"); err != nil || file.File != "f" {
		t.Error(file, err)
	}
	var test TestOptions
	if err := clitest.Parse(NewTest(p.Env, func(_ context.Context, o *TestOptions) error { test = *o; return nil }), "h:1"); err != nil || test.Host != "h:1" {
		t.Error(test, err)
	}
	shown := false
	if err := clitest.Parse(NewShow(p.Env, func(context.Context, *ShowOptions) error { shown = true; return nil })); err != nil || !shown {
		t.Error(err)
	}
}
