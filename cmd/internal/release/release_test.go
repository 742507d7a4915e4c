package release

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/cmd/internal/clitest"
	"github.com/headgate/headgate/cmd/internal/redact"
	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/flow/plan"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
)

var (
	ctx   = context.Background()
	bound = []flow.Bound{{Name: "type", Value: "sftp"}, {Name: "host", Value: "shop.example"}}
	ssh   = vault.Ref{Name: "ssh", Connection: "shop"}
	use   = plan.SecretUse{Name: "ssh", Connection: "shop", Profile: "dev"}
)

// founded is a store with a secret, and its owner.
func founded(t *testing.T) (*clitest.Place, *vault.Member) {
	t.Helper()
	p := clitest.New(t)
	p.Secrets = new(redact.Set)
	m := p.Found(t)
	set(t, m, ssh, `{"key":"the private key","user":"etl"}`)
	return p, m
}

func set(t *testing.T, m *vault.Member, ref vault.Ref, value string) {
	t.Helper()
	if _, err := m.SetSecret(ctx, ref, vault.Binding{{Name: "type", Value: "sftp"}, {Name: "host", Value: "shop.example"}}, []byte(value)); err != nil {
		t.Fatal(err)
	}
}

// events are the names of the events about an object.
func events(t *testing.T, m *vault.Member, object string) string {
	t.Helper()
	var list []string
	err := m.Audit(ctx, 0, func(e vault.Entry) error {
		if e.Object == object {
			list = append(list, e.Event)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(list, " ")
}

func TestARun(t *testing.T) {
	p, m := founded(t)
	if err := m.SetPolicy(ctx, rbac.NetworkHosts, "shop.example:22, *.corp.example"); err != nil {
		t.Fatal(err)
	}
	a, err := Start(ctx, p.Env, Want{Flow: "orders", Digest: string(rbac.DigestOf([]byte("x"))), Profile: "dev", Run: "run-1", Secrets: []plan.SecretUse{use}})
	if err != nil {
		t.Fatal(err)
	}
	if got := events(t, m, "orders"); got != "run.start" {
		t.Error("before a secret is given out the log has:", got)
	}
	req := plan.Request{Project: &flow.Project{Dir: t.TempDir()}}
	a.Fill(ctx, &req)
	if len(req.Env.Network.Hosts) != 2 || req.Env.Network.TLSFloor != "1.2" {
		t.Errorf("%+v", req.Env.Network)
	}
	s, err := req.Secret(ctx, plan.Ask{Name: "ssh", Field: "key", Connection: "shop", Profile: "dev", Binding: bound})
	if err != nil || s.Text() != "the private key" {
		t.Fatal(s.Text(), err)
	}
	if got := p.Secrets.Text("failed with the private key"); got != "failed with "+redact.Mark {
		t.Error(got)
	}
	if _, err := req.Secret(ctx, plan.Ask{Name: "ssh", Field: "passphrase", Connection: "shop", Binding: bound}); err == nil {
		t.Error("a field that is not there")
	}
	if _, err := req.Secret(ctx, plan.Ask{Name: "ssh", Connection: "other", Binding: bound}); err == nil {
		t.Error("gave it to another connection")
	}
	elsewhere := []flow.Bound{bound[0], {Name: "host", Value: "evil.example"}}
	var other *vault.BindingError
	if _, err := req.Secret(ctx, plan.Ask{Name: "ssh", Connection: "shop", Binding: elsewhere}); !errors.As(err, &other) {
		t.Error("another host:", err)
	}
	for range 2 {
		req.Env.Notice(connector.Notice{Kind: connector.HostKeyChanged, Connection: "shop", Text: "SHA256:x"})
		req.Env.Notice(connector.Notice{Kind: connector.PolicyRefused, Connection: "shop", Text: "h:22 is not on the list"})
	}
	if got := events(t, m, "shop") + ", " + events(t, m, "use connection shop"); got != "hostkey.changed, denied" {
		t.Error(got)
	}
	done, cancel := context.WithCancel(ctx)
	cancel()
	if err := a.End(done, vault.RunResult{Status: "succeeded"}); err != nil {
		t.Fatal("a run that is interrupted has an end too:", err)
	}
	if got := events(t, m, "orders"); got != "run.start run.end" {
		t.Error(got)
	}
}

// TestTheCopyOfTheDay: a run keeps a copy of the store when the newest is from another day, and not else.
func TestTheCopyOfTheDay(t *testing.T) {
	p, _ := founded(t)
	newest := p.Global.Store + ".bak.1"
	moves := func() {
		t.Helper()
		a, err := Start(ctx, p.Env, Want{Flow: "orders", Digest: string(rbac.DigestOf([]byte("x"))), Run: "run-1"})
		if err == nil {
			err = a.End(ctx, vault.RunResult{Status: "succeeded"})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	looks := func() {
		t.Helper()
		a, err := Look(ctx, p.Env, Want{Flow: "orders", Digest: string(rbac.DigestOf(nil)), Secrets: []plan.SecretUse{use}}, "plan")
		if err == nil {
			err = a.End(ctx, vault.RunResult{})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		age  time.Duration
		act  func()
		want bool // a new copy
	}{{25 * time.Hour, moves, true}, {23 * time.Hour, moves, false}, {25 * time.Hour, looks, false}} {
		was := p.Env.Now().Add(-c.age)
		if err := os.Chtimes(newest, was, was); err != nil {
			t.Fatal(err)
		}
		c.act()
		info, err := os.Stat(newest)
		if err != nil {
			t.Fatal(err)
		}
		if got := !info.ModTime().Equal(was); got != c.want {
			t.Errorf("after %s: a new copy %v, want %v", c.age, got, c.want)
		}
	}
}

func TestALook(t *testing.T) {
	p, m := founded(t)
	a, err := Look(ctx, p.Env, Want{Flow: "orders", Digest: string(rbac.DigestOf(nil)), Secrets: []plan.SecretUse{use}}, "plan")
	if err != nil {
		t.Fatal(err)
	}
	if s, err := a.Secret(ctx, plan.Ask{Name: "ssh", Field: "user", Connection: "shop", Binding: bound}); err != nil || s.Text() != "etl" {
		t.Error(s, err)
	}
	if err := a.End(ctx, vault.RunResult{}); err != nil {
		t.Error(err)
	}
	nothing, err := Look(ctx, p.Env, Want{Flow: "orders"}, "plan")
	if err != nil || nothing.End(ctx, vault.RunResult{}) != nil {
		t.Error(err)
	}
	if got := events(t, m, "orders"); got != "secret.use" {
		t.Error(got)
	}
}

func TestWhoMayNot(t *testing.T) {
	p, m := founded(t)
	bob := p.Invite(t, m, "bob@example.com", rbac.Operator)
	p.Become(bob)
	w := Want{Flow: "orders", Digest: string(rbac.DigestOf(nil)), Secrets: []plan.SecretUse{use}}
	for name, begin := range map[string]func() (*Access, error){
		"run":  func() (*Access, error) { return Start(ctx, p.Env, w) },
		"look": func() (*Access, error) { return Look(ctx, p.Env, w, "plan") },
	} {
		var unapproved *rbac.UnapprovedError
		if _, err := begin(); !errors.As(err, &unapproved) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.Flow = "" // a connection alone: the key decides
	if _, err := Look(ctx, p.Env, w, "connection test"); vault.ReasonOf(err) != vault.ReasonDenied {
		t.Error(err)
	}
}

func TestUnset(t *testing.T) {
	p, m := founded(t)
	var unset *vault.UnsetError
	w := Want{Flow: "orders", Secrets: []plan.SecretUse{{Name: "other", Connection: "shop"}}}
	if _, err := Start(ctx, p.Env, w); !errors.As(err, &unset) || unset.Secret != "other@connection:shop" {
		t.Error(err)
	}
	if got := events(t, m, "orders"); got != "" {
		t.Error(got)
	}
}

func TestRefOf(t *testing.T) {
	_, m := founded(t)
	state := func() *rbac.State {
		s, _, err := m.State(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if got := RefsOf(state(), []plan.SecretUse{use})[0]; got != ssh {
		t.Error("the value for no profile serves a profile without its own:", got)
	}
	own := ssh
	own.Env = "dev"
	set(t, m, own, "of dev")
	if got := RefOf(state(), use); got != own {
		t.Error(got)
	}
	if got := RefOf(state(), plan.SecretUse{Name: "new", Key: "k", Profile: "dev"}); got != (vault.Ref{Name: "new", Key: "k", Env: "dev"}) {
		t.Error(got)
	}
}

func TestWithoutAStore(t *testing.T) {
	p := clitest.New(t)
	a, err := Start(ctx, p.Env, Want{Flow: "orders"})
	if err != nil {
		t.Fatal(err)
	}
	req := plan.Request{Project: &flow.Project{Dir: t.TempDir()}}
	if a.Fill(ctx, &req); req.Secret != nil {
		t.Error("gives secrets out")
	}
	req.Env.Notice(connector.Notice{Kind: connector.HostKeyChanged, Connection: "shop", Text: "SHA256:x"})
	req.Env.Notice(connector.Notice{Kind: connector.PolicyRefused, Connection: "shop", Text: "h:22"})
	if !strings.Contains(p.Err.String(), "hostkey.changed") || strings.Contains(p.Err.String(), "denied") || a.End(ctx, vault.RunResult{}) != nil {
		t.Error(p.Err)
	}
	var none *plan.NoStoreError
	if _, err := Start(ctx, p.Env, Want{Flow: "orders", Secrets: []plan.SecretUse{use}}); !errors.As(err, &none) || none.Ask.Name != "ssh" {
		t.Error(err)
	}
}
