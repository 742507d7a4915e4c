package secretcmd

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/clitest"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
)

var ctx = context.Background()

const connections = `version: 1
connections:
  warehouse: {type: box, host: db.example, tls_ca: ca.pem, password: secret:dwh}
  mirror: {type: box, host: db2.example, password: secret:dwh}
  shop: {type: box, host: shop.example, password: "secret:shop/ssh#key"}
keys:
  pepper: {bytes: secret:pepper}
profiles:
  dev: {connections: {warehouse: {host: localhost}}}
`

func place(t *testing.T) (*clitest.Place, *vault.Member) {
	p := clitest.New(t, "connections.yaml", connections, "ca.pem", "CA", "flows/x.yaml", "version: 1\nflow: x\n")
	p.Boxes()
	return p, p.Found(t)
}

func TestParse(t *testing.T) {
	p := clitest.New(t)
	var set *SetOptions
	if err := clitest.Parse(NewSet(p.Env, func(_ context.Context, o *SetOptions) error { set = o; return nil }), "dwh", "--connection", "warehouse", "--env", "dev", "--stdin"); err != nil ||
		set.Name != "dwh" || set.Connection != "warehouse" || set.Profile != "dev" || !set.Stdin {
		t.Errorf("%+v %v", set, err)
	}
	if err := clitest.Parse(NewSet(p.Env, func(context.Context, *SetOptions) error { return nil }), "dwh", "hunter2"); err == nil {
		t.Error("took a value as an argument")
	}
	var rotate *RotateOptions
	if err := clitest.Parse(NewRotate(p.Env, func(_ context.Context, o *RotateOptions) error { rotate = o; return nil }), "dwh", "--file", "f"); err != nil || rotate.File != "f" {
		t.Errorf("%+v %v", rotate, err)
	}
	var remove *RemoveOptions
	if err := clitest.Parse(NewRemove(p.Env, func(_ context.Context, o *RemoveOptions) error { remove = o; return nil }), "dwh", "--key", "k", "--yes"); err != nil || remove.Key != "k" || !remove.Yes {
		t.Errorf("%+v %v", remove, err)
	}
	var due []bool
	list := func(_ context.Context, o *ListOptions) error { due = append(due, o.Due); return nil }
	if err := errors.Join(clitest.Parse(NewList(p.Env, list)), clitest.Parse(NewDue(p.Env, list))); err != nil || len(due) != 2 || due[0] || !due[1] {
		t.Error(due, err)
	}
}

func set(p *clitest.Place, w Which, value string) error {
	p.UI.In = strings.NewReader(value)
	return runSet(ctx, &SetOptions{p.Env, w, Value{Stdin: true}})
}

// read is what a run gets of a secret.
func read(t *testing.T, m *vault.Member, ref vault.Ref, b vault.Binding) (string, error) {
	t.Helper()
	run, err := m.StartRun(ctx, vault.RunRequest{Flow: "x", Digest: rbac.DigestOf(nil), Secrets: []vault.Ref{ref}})
	if err != nil {
		t.Fatal(err)
	}
	v, err := run.Secret(ref, b)
	return string(v), err
}

var boundTo = vault.Binding{{Name: "type", Value: "box"}, {Name: "host", Value: "db.example"},
	{Name: "tls_ca", Value: "sha256:" + string(rbac.DigestOf([]byte("CA")))}}

func TestSetBindsToTheConnection(t *testing.T) {
	p, m := place(t)
	if err := set(p, Which{Name: "secret:dwh", Connection: "warehouse"}, "hunter22\r\n"); err != nil {
		t.Fatal(err)
	}
	ref := vault.Ref{Name: "dwh", Connection: "warehouse"}
	if v, err := read(t, m, ref, boundTo); err != nil || v != "hunter22" {
		t.Errorf("%q, %v", v, err)
	}
	other := append(vault.Binding{}, boundTo...)
	other[1].Value = "evil.example"
	if _, err := read(t, m, ref, other); vault.ReasonOf(err) != vault.ReasonPolicy {
		t.Errorf("%v", err)
	}
	if strings.Contains(p.Err.String()+p.Out.String(), "hunter22") || p.Err.String() != "secret dwh@connection:warehouse is set\n" {
		t.Errorf("%s%s", p.Err, p.Out)
	}
	if err := set(p, Which{Name: "dwh", Connection: "warehouse", Profile: "dev"}, "other-value"); err != nil {
		t.Fatal(err)
	}
	if v, err := read(t, m, ref, boundTo); err != nil || v != "hunter22" {
		t.Errorf("the profile's value changed the other one: %q, %v", v, err)
	}
}

func TestSetKeepsWhatIsNotText(t *testing.T) {
	p, m := place(t)
	if err := set(p, Which{Name: "pepper", Key: "pepper"}, "\xff\xfe\x00random\n"); err != nil {
		t.Fatal(err)
	}
	if v, err := read(t, m, vault.Ref{Name: "pepper", Key: "pepper"}, vault.Binding{{Name: "key", Value: "pepper"}, {Name: "use", Value: "bytes"}}); err != nil || v != "\xff\xfe\x00random\n" {
		t.Errorf("%q, %v", v, err)
	}
}

func TestSetWarnsAndRefuses(t *testing.T) {
	p, _ := place(t)
	for _, c := range []struct {
		name  string
		which Which
		value string
		warns string // "" = refused
		says  string
	}{
		{name: "short", which: Which{Name: "dwh", Connection: "warehouse"}, value: "12345\n", warns: "fewer than 6"},
		{name: "short field", which: Which{Name: "shop/ssh", Connection: "shop"}, value: `{"key": "k"}`, warns: "shop/ssh#key has fewer"},
		{name: "not referred to", which: Which{Name: "other", Connection: "warehouse"}, value: "long enough", warns: "connection warehouse does not refer to secret:other"},
		{name: "empty", which: Which{Name: "dwh", Connection: "warehouse"}, value: "\n", says: "is empty"},
		{name: "large", which: Which{Name: "dwh", Connection: "warehouse"}, value: strings.Repeat("x", vault.MaxSecret+1), says: "larger than"},
		{name: "field missing", which: Which{Name: "shop/ssh", Connection: "shop"}, value: `{"kez": "k"}`, says: "no field"},
		{name: "no fields", which: Which{Name: "shop/ssh", Connection: "shop"}, value: "canary-value", says: "has no fields"},
		{name: "no connection", which: Which{Name: "dwh", Connection: "warehous"}, value: "x", says: "no connection"},
		{name: "no key", which: Which{Name: "dwh", Key: "k"}, value: "x", says: "no key"},
		{name: "no profile", which: Which{Name: "dwh", Connection: "warehouse", Profile: "prod"}, value: "x", says: "no profile"},
		{name: "for nothing", which: Which{Name: "dwh"}, value: "x", says: "one connection or one key"},
		{name: "for two", which: Which{Name: "dwh", Connection: "warehouse", Key: "pepper"}, value: "x", says: "one connection or one key"},
		{name: "bad name", which: Which{Name: "a b", Connection: "warehouse"}, value: "x", says: "cannot name a secret"},
		{name: "value as argument", which: Which{Name: "dwh=canary", Connection: "warehouse"}, value: "x", says: "never on the command line"},
	} {
		p.Err.Reset()
		err := set(p, c.which, c.value)
		var usage *cli.UsageError
		switch {
		case c.warns != "" && (err != nil || !strings.Contains(p.Err.String(), c.warns)):
			t.Errorf("%s: %v, %s", c.name, err, p.Err)
		case c.warns == "" && (!errors.As(err, &usage) || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: %v", c.name, err)
		case err != nil && strings.Contains(err.Error()+usage.Hint, "canary"):
			t.Errorf("%s: the value is in the message: %v", c.name, err)
		}
	}
	var missing *cli.InputError
	if err := runSet(ctx, &SetOptions{Env: p.Env, Which: Which{Name: "dwh", Connection: "warehouse"}}); !errors.As(err, &missing) || !strings.Contains(missing.Hint, "--stdin") {
		t.Error(err)
	}
}

func TestRotateSetsEveryHolder(t *testing.T) {
	p, m := place(t)
	for _, c := range []string{"warehouse", "mirror"} {
		if err := set(p, Which{Name: "dwh", Connection: c}, "old-value"); err != nil {
			t.Fatal(err)
		}
	}
	p.Write(t, "new", "new-value\n")
	if err := runRotate(ctx, &RotateOptions{p.Env, Which{Name: "dwh"}, Value{File: p.Path("new")}}); err != nil {
		t.Fatal(err)
	}
	if v, err := read(t, m, vault.Ref{Name: "dwh", Connection: "warehouse"}, boundTo); err != nil || v != "new-value" {
		t.Errorf("%q, %v", v, err)
	}
	mirror := vault.Binding{{Name: "type", Value: "box"}, {Name: "host", Value: "db2.example"}}
	if v, err := read(t, m, vault.Ref{Name: "dwh", Connection: "mirror"}, mirror); err != nil || v != "new-value" {
		t.Errorf("%q, %v", v, err)
	}
	var usage *cli.UsageError
	if err := runRotate(ctx, &RotateOptions{p.Env, Which{Name: "pepper"}, Value{File: p.Path("new")}}); !errors.As(err, &usage) {
		t.Error(err)
	}
}

func TestListDueAndRemove(t *testing.T) {
	p, m := place(t)
	p.Invite(t, m, "ann@example.com", rbac.Editor)
	if err := set(p, Which{Name: "dwh", Connection: "warehouse"}, "hunter22"); err != nil {
		t.Fatal(err)
	}
	if err := runList(ctx, &ListOptions{p.Env, true}); err != nil || p.Out.Len() > 0 {
		t.Errorf("%v %s", err, p.Out)
	}
	if _, _, err := m.Remove(ctx, "ann@example.com"); err != nil {
		t.Fatal(err)
	}
	if err := runList(ctx, &ListOptions{p.Env, true}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"dwh", "connection warehouse", clitest.Owner, "replace it", "host=db.example", "tls_ca=sha256:"} {
		if !strings.Contains(p.Out.String(), want) {
			t.Errorf("no %q in\n%s", want, p.Out)
		}
	}
	if strings.Contains(p.Out.String(), "hunter22") {
		t.Error("the value is shown")
	}
	o := &RemoveOptions{Env: p.Env, Which: Which{Name: "dwh", Connection: "warehouse"}}
	if err := runRemove(ctx, o); err == nil {
		t.Error("removed without --yes")
	}
	o.Yes = true
	if err := runRemove(ctx, o); err != nil {
		t.Fatal(err)
	}
	var usage *cli.UsageError
	if err := runRemove(ctx, o); !errors.As(err, &usage) {
		t.Error("removed twice", err)
	}
	p.UI.JSON = true
	if err := runList(ctx, &ListOptions{p.Env, false}); err != nil {
		t.Fatal(err)
	}
	p.Out.Reset()
	p.UI.Finish("secret list", nil)
	if !json.Valid(p.Out.Bytes()) || !strings.Contains(p.Out.String(), `"secrets":[]`) {
		t.Errorf("%s", p.Out)
	}
}
