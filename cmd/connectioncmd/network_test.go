package connectioncmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/clitest"
	"github.com/headgate/headgate/cmd/internal/target"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest/servers"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
	"github.com/headgate/headgate/vault/auditlog"
)

// marks stands in for the table of exit codes.
func marks(err error) *ui.Failure {
	f := &ui.Failure{Code: "failed", Exit: 1}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, connector.ErrRefused):
		f.Exit, f.Code = 12, "refused"
	case errors.Is(err, connector.ErrUnreachable):
		f.Exit, f.Code = 3, "unreachable"
	}
	f.Message = err.Error()
	return f
}

// shop is a project with a connection to a real sshd, whose key is in the store.
func shop(t *testing.T, hostKeys string) (*clitest.Place, *servers.SSHD) {
	t.Helper()
	d := servers.OpenSSH(t, servers.SSHOptions{})
	p := clitest.New(t, "headgate.yaml", "version: 1\n", "connections.yaml", fmt.Sprintf(`version: 1
connections:
  shop:   # the partner
    type: sftp
    host: %s
    port: %d
    user: %s
    private_key: secret:shop
    path: %s
    host_keys: [%s]
`, d.Host, d.Port, d.User, t.TempDir(), hostKeys))
	p.Env.Now, p.Env.Failure = time.Now, marks
	return p, d
}

// setKey gives the connection its secret as it is now.
func setKey(t *testing.T, p *clitest.Place, m *vault.Member, d *servers.SSHD) {
	t.Helper()
	ref := vault.Ref{Name: "shop", Connection: "shop"}
	at, err := target.Of(p.Env, ref)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.SetSecret(context.Background(), ref, at.Binding, append([]byte{}, d.Key...)); err != nil {
		t.Fatal(err)
	}
}

// TestTrustThenTest is how a connection over SSH comes to be: trust, secret, test.
func TestTrustThenTest(t *testing.T) {
	ctx := context.Background()
	p, d := shop(t, "")
	m := p.Found(t)
	before := p.Read(t, "connections.yaml")
	refusedWith := func(err error, words ...string) {
		t.Helper()
		var o *cli.Outcome
		if !errors.As(err, &o) || o.Exit != 12 {
			t.Errorf("%v, not exit 12", err)
			return
		}
		for _, w := range words {
			if !strings.Contains(o.Message+o.Hint, w) {
				t.Errorf("%q lacks %q", o.Message+o.Hint, w)
			}
		}
		if p.Read(t, "connections.yaml") != before {
			t.Error("the file was changed")
		}
	}
	refusedWith(runTrust(ctx, &TrustOptions{Env: p.Env, Name: "shop"}), d.HostKeys[0], "--fingerprint")
	other := "SHA256:" + strings.Repeat("A", 43)
	refusedWith(runTrust(ctx, &TrustOptions{Env: p.Env, Name: "shop", Fingerprints: []string{other}}), "does not present", d.HostKeys[1])
	if err := runTrust(ctx, &TrustOptions{Env: p.Env, Name: "shop", Fingerprints: d.HostKeys[:1]}); err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(before, "host_keys: []", `host_keys: ["`+d.HostKeys[0]+`"]`, 1)
	if got := p.Read(t, "connections.yaml"); got != want {
		t.Errorf("written:\n%s\nwant\n%s", got, want)
	}
	if said := d.Output(); strings.Contains(said, "Accepted") || strings.Contains(said, "Failed") {
		t.Errorf("a login was tried:\n%s", said)
	}
	setKey(t, p, m, d)
	p.Out.Reset()
	if err := runTest(ctx, &TestOptions{Env: p.Env, Names: []string{"shop"}, Timeout: time.Minute}); err != nil {
		t.Fatal(err)
	}
	for _, w := range []string{"ok", "OpenSSH", "SSH 2.0", "read write", d.HostKeys[0]} {
		if !strings.Contains(p.Out.String(), w) {
			t.Errorf("no %q in\n%s", w, p.Out)
		}
	}
	if err := runTrust(ctx, &TrustOptions{Env: p.Env, Name: "shop", Fingerprints: d.HostKeys[:1]}); err != nil || !strings.Contains(p.Err.String(), "already") {
		t.Errorf("%v\n%s", err, p.Err)
	}
	audited(t, m, auditlog.HostKeyChange, d.HostKeys[0])
}

// TestOffTheList tests a connection to a host that the policy does not list.
func TestOffTheList(t *testing.T) {
	ctx := context.Background()
	p := clitest.New(t)
	p.Write(t, "connections.yaml", "version: 1\nconnections:\n  web: {type: http, url: \"https://127.0.0.1:1/\"}\n")
	m := p.Found(t)
	if err := m.SetPolicy(ctx, rbac.NetworkHosts, "*.corp.example"); err != nil {
		t.Fatal(err)
	}
	err := runTest(ctx, &TestOptions{Env: p.Env, Names: []string{"web"}, Timeout: time.Minute})
	if err == nil || marks(err).Exit != 12 {
		t.Error(err)
	}
	audited(t, m, auditlog.Denied, "use connection web")
}

// audited wants an entry of a kind with a word in it.
func audited(t *testing.T, m *vault.Member, kind auditlog.Code, word string) {
	t.Helper()
	found := false
	err := m.Audit(context.Background(), 0, func(e vault.Entry) error {
		line, err := json.Marshal(e)
		found = found || strings.Contains(string(line), word) && strings.Contains(string(line), fmt.Sprint(uint16(kind)))
		return err
	})
	if err != nil || !found {
		t.Errorf("no entry %d with %s: %v", kind, word, err)
	}
}

// TestChangedHostKey presents another key than the pinned one: refused, nothing sent, in the
// audit log.
func TestChangedHostKey(t *testing.T) {
	other := "SHA256:" + strings.Repeat("A", 43)
	p, d := shop(t, `"`+other+`"`)
	m := p.Found(t)
	setKey(t, p, m, d)
	err := runTest(context.Background(), &TestOptions{Env: p.Env, Names: []string{"shop"}, Timeout: time.Minute})
	if !errors.Is(err, connector.ErrRefused) || !strings.Contains(err.Error(), "headgate connection trust shop") {
		t.Error(err)
	}
	if said := d.Output(); strings.Contains(said, "Accepted") || strings.Contains(said, "Failed") {
		t.Errorf("a login was tried:\n%s", said)
	}
	audited(t, m, auditlog.HostKeyChange, d.HostKeys[0])
}

// TestAll tests several connections; the gravest failure decides.
func TestAll(t *testing.T) {
	ca := servers.CA(t)
	dir := servers.Dir(t)
	good, wrong := servers.Address(t), servers.Address(t)
	servers.StartNginx(t, dir, good,
		"server { listen "+good+" ssl; root "+dir+"; autoindex on; "+ca.Localhost().TLS("")+" }",
		"server { listen "+wrong+" ssl; "+ca.WrongHost().TLS("")+" }")
	p := clitest.New(t, "headgate.yaml", "version: 1\n", "connections.yaml", fmt.Sprintf(`version: 1
connections:
  good: {type: http, url: "https://%s/", tls_ca: %s}
  wrong: {type: http, url: "https://%s/", tls_ca: %s}
  down: {type: http, url: "https://%s/", tls_ca: %s}
  files: {type: file, path: .}
`, good, ca.File, wrong, ca.File, servers.Address(t), ca.File))
	p.Env.Now, p.Env.Failure = time.Now, marks
	ctx := context.Background()
	for _, c := range []struct {
		names  []string
		all    bool
		failOn []string
		exit   int
	}{
		{names: []string{"good"}}, {names: []string{"good", "files"}}, {all: true, exit: 12},
		{names: []string{"good", "down"}, exit: 3}, {names: []string{"down", "wrong"}, exit: 12},
		{names: []string{"good"}, failOn: []string{"expiring:7d", "old-tls", "clear"}},
		{names: []string{"good"}, failOn: []string{"expiring:30d"}, exit: 1}, {names: []string{"good"}, failOn: []string{"notes"}, exit: 1},
	} {
		p.Out.Reset()
		err := runTest(ctx, &TestOptions{Env: p.Env, Names: c.names, All: c.all, FailOn: c.failOn, Timeout: time.Minute})
		exit := 0
		var o *cli.Outcome
		if errors.As(err, &o) {
			exit = o.Exit
		} else if err != nil {
			exit = marks(err).Exit
		}
		if exit != c.exit {
			t.Errorf("%v %v: exit %d, %v\n%s", c.names, c.failOn, exit, err, p.Out)
		}
	}
	p.Out.Reset()
	p.UI.JSON = true
	if err := runTest(ctx, &TestOptions{Env: p.Env, Names: []string{"good"}, Timeout: time.Minute}); err != nil {
		t.Fatal(err)
	}
	if err := p.UI.Finish("connection test", nil); err != nil {
		t.Fatal(err)
	}
	var got struct{ Result []tested }
	if err := json.Unmarshal(p.Out.Bytes(), &got); err != nil || len(got.Result) != 1 || got.Result[0].Days == nil || *got.Result[0].Days != 19 || got.Result[0].Probe.Protocol != "TLS 1.3" {
		t.Errorf("%v\n%s", err, p.Out)
	}
}

func TestTestUsage(t *testing.T) {
	p := clitest.New(t, "headgate.yaml", "version: 1\n", "connections.yaml", "version: 1\nconnections:\n  files: {type: file, path: .}\n")
	for _, o := range []TestOptions{{}, {Names: []string{"file"}}, {Names: []string{"files"}, All: true}, {Names: []string{"files"}, FailOn: []string{"expired"}},
		{Names: []string{"files"}, FailOn: []string{"expiring:soon"}}, {All: true, Profile: "dev"}} {
		o.Env = p.Env
		var usage *cli.UsageError
		if err := runTest(context.Background(), &o); !errors.As(err, &usage) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	var usage *cli.UsageError
	if err := runTrust(context.Background(), &TrustOptions{Env: p.Env, Name: "files"}); !errors.As(err, &usage) || !strings.Contains(err.Error(), "no host keys") {
		t.Error(err)
	}
}

const several = `version: 1
connections:
  shop: {type: sftp, host: sftp.example, user: etl, private_key: "secret:shop/ssh#key", tunnel: {ssh: jump}, use: [read], description: the partner}
  jump: {type: ssh, host: jump.example, port: 2222, user: etl, password: "secret:jump"}
  files: {type: file, path: data}
profiles:
  dev: {connections: {shop: {host: localhost}}}
`

func TestListAndShow(t *testing.T) {
	p := clitest.New(t, "headgate.yaml", "version: 1\n", "connections.yaml", several)
	ctx := context.Background()
	if err := runList(ctx, &ListOptions{Env: p.Env}); err != nil {
		t.Fatal(err)
	}
	for _, w := range []string{"shop", "sftp.example", "jump", "read", "the partner", "read write", "jump.example:2222"} {
		if !strings.Contains(p.Out.String(), w) {
			t.Errorf("no %q in\n%s", w, p.Out)
		}
	}
	p.Out.Reset()
	if err := runShow(ctx, &ShowOptions{Env: p.Env, Name: "shop", Profile: "dev"}); err != nil {
		t.Fatal(err)
	}
	for _, w := range []string{"localhost", "through jump", "secret:shop/ssh#key", "secrets are bound to it", "shop/ssh"} {
		if !strings.Contains(p.Out.String(), w) {
			t.Errorf("no %q in\n%s", w, p.Out)
		}
	}
	m := p.Found(t)
	ref := vault.Ref{Name: "jump", Connection: "jump"}
	at, err := target.Of(p.Env, ref)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.SetSecret(ctx, ref, at.Binding, []byte("topsecret")); err != nil {
		t.Fatal(err)
	}
	p.Out.Reset()
	if err := runShow(ctx, &ShowOptions{Env: p.Env, Name: "shop"}); err != nil {
		t.Fatal(err)
	}
	if out := p.Out.String(); !strings.Contains(out, "not set") || strings.Count(out, "set") < 2 || strings.Contains(out, "topsecret") {
		t.Errorf("secrets:\n%s", out)
	}
	var usage *cli.UsageError
	if err := runShow(ctx, &ShowOptions{Env: p.Env, Name: "shp"}); !errors.As(err, &usage) || usage.Hint != "did you mean `shop`?" {
		t.Error(err)
	}
}

func TestParse(t *testing.T) {
	p := clitest.New(t)
	var list ListOptions
	if err := clitest.Parse(NewList(p.Env, func(_ context.Context, o *ListOptions) error { list = *o; return nil }), "--env", "dev"); err != nil || list.Profile != "dev" {
		t.Error(list, err)
	}
	var show ShowOptions
	if err := clitest.Parse(NewShow(p.Env, func(_ context.Context, o *ShowOptions) error { show = *o; return nil }), "shop"); err != nil || show.Name != "shop" {
		t.Error(show, err)
	}
	var test TestOptions
	runTest := func(_ context.Context, o *TestOptions) error { test = *o; return nil }
	if err := clitest.Parse(NewTest(p.Env, runTest), "a", "b", "--fail-on", "expiring:14d,clear", "--timeout", "5s"); err != nil || len(test.Names) != 2 || len(test.FailOn) != 2 || test.Timeout != 5*time.Second {
		t.Error(test, err)
	}
	var trust TrustOptions
	runTrust := func(_ context.Context, o *TrustOptions) error { trust = *o; return nil }
	if err := clitest.Parse(NewTrust(p.Env, runTrust), "shop", "--fingerprint", "SHA256:x"); err != nil || trust.Name != "shop" || len(trust.Fingerprints) != 1 {
		t.Error(trust, err)
	}
	if err := clitest.Parse(NewTrust(p.Env, runTrust)); err == nil {
		t.Error("trusts nobody in particular")
	}
}
