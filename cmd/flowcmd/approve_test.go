package flowcmd

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/clitest"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
)

const boxed = `version: 1
connections:
  warehouse: {type: box, host: db.example, password: secret:dwh}
profiles:
  dev: {connections: {warehouse: {host: localhost}}}
`

const paid = "version: 1\nflow: paid\nsource: {connection: warehouse, files: a.csv}\nsink: {file: b.csv}\n"

func boxPlace(t *testing.T) (*clitest.Place, *vault.Member) {
	p := clitest.New(t, "connections.yaml", boxed, "flows/paid.yaml", paid, "flows/faulty.yaml", faulty)
	p.Boxes()
	return p, p.Found(t)
}

// again is the same project as another command finds it.
func again(p *clitest.Place, m *vault.Member) *cli.Env {
	in := p.In(p.Dir)
	in.Become(m)
	return in
}

func TestParseApprovals(t *testing.T) {
	p := clitest.New(t)
	var a *ApproveOptions
	if err := clitest.Parse(NewApprove(p.Env, func(_ context.Context, o *ApproveOptions) error { a = o; return nil }), "paid", "--env", "dev"); err != nil || a.Name != "paid" || a.Profile != "dev" {
		t.Error(a, err)
	}
	var r *RevokeOptions
	if err := clitest.Parse(NewRevoke(p.Env, func(_ context.Context, o *RevokeOptions) error { r = o; return nil }), "paid"); err != nil || r.Name != "paid" {
		t.Error(r, err)
	}
	var d *DiffOptions
	if err := clitest.Parse(NewDiff(p.Env, func(_ context.Context, o *DiffOptions) error { d = o; return nil })); err != nil || d.Name != "" {
		t.Error(d, err)
	}
}

func TestApprove(t *testing.T) {
	ctx := context.Background()
	p, owner := boxPlace(t)
	key, _, err := owner.AddService(ctx, "nightly", []string{"paid"}, time.Time{})
	if err != nil || key == "" {
		t.Fatal(err)
	}
	o := &ApproveOptions{Env: p.Env, Name: "paid"}
	if err := runApprove(ctx, o); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(p.Err.String(), "secret dwh@connection:warehouse is not set") {
		t.Errorf("%s", p.Err)
	}
	ref := vault.Ref{Name: "dwh", Connection: "warehouse"}
	if _, err := owner.SetSecret(ctx, ref, nil, []byte("hunter22")); err != nil {
		t.Fatal(err)
	}
	s, _, err := owner.State(ctx)
	if err != nil {
		t.Fatal(err)
	}
	a := s.Flows["paid"][""]
	if string(a.Digest) != strings.TrimSpace(p.Out.String()) || len(a.Secrets) != 1 || a.Secrets[0] != ref.ID() {
		t.Errorf("%+v, printed %s", a, p.Out)
	}
	diff := func(want string) {
		t.Helper()
		p.Out.Reset()
		if err := runDiff(ctx, &DiffOptions{Env: again(p, owner)}); err != nil || !strings.Contains(p.Out.String(), want) {
			t.Errorf("no %q: %v\n%s", want, err, p.Out)
		}
	}
	diff("paid    approved ")
	diff("faulty  invalid")
	p.Write(t, "connections.yaml", strings.Replace(boxed, "db.example", "evil.example", 1))
	diff("paid    changed ")
	p.Write(t, "connections.yaml", strings.Replace(boxed, "secret:dwh", "secret:dwh2", 1))
	diff("+dwh2@connection:warehouse -dwh@connection:warehouse")
	p.Out.Reset()
	if err := runDiff(ctx, &DiffOptions{Env: again(p, owner), Name: "paid"}); err != nil || !strings.Contains(p.Out.String(), "\napproved "+string(a.Digest)) {
		t.Errorf("%v\n%s", err, p.Out)
	}
	p.Err.Reset()
	if err := runRevoke(ctx, &RevokeOptions{Env: p.Env, Name: "paid"}); err != nil {
		t.Fatal(err)
	}
	diff("paid    not approved")
	var usage *cli.UsageError
	if err := runRevoke(ctx, &RevokeOptions{Env: p.Env, Name: "paid"}); !errors.As(err, &usage) {
		t.Error("revoked twice", err)
	}
}

func TestApproveTellsWhoGains(t *testing.T) {
	ctx := context.Background()
	p, owner := boxPlace(t)
	if _, err := owner.SetSecret(ctx, vault.Ref{Name: "dwh", Connection: "warehouse"}, nil, []byte("hunter22")); err != nil {
		t.Fatal(err)
	}
	p.Invite(t, owner, "op@example.com", rbac.Operator)
	if err := runApprove(ctx, &ApproveOptions{Env: p.Env, Name: "paid"}); err != nil || !strings.Contains(p.Err.String(), "`op@example.com` gains `dwh@connection:warehouse`") {
		t.Errorf("%v\n%s", err, p.Err)
	}
}

func TestApproveRefuses(t *testing.T) {
	ctx := context.Background()
	p, owner := boxPlace(t)
	narrow := p.Invite(t, owner, "ann@example.com", rbac.Editor, rbac.Grant{Flows: "hr-*", Level: rbac.Manage})
	var denied *rbac.DeniedError
	if err := runApprove(ctx, &ApproveOptions{Env: again(p, narrow), Name: "paid"}); !errors.As(err, &denied) {
		t.Errorf("outside the grant: %v", err)
	}
	var findings *cli.FindingsError
	if err := runApprove(ctx, &ApproveOptions{Env: p.Env, Name: "faulty"}); !errors.As(err, &findings) {
		t.Errorf("a flow with findings: %v", err)
	}
	var usage *cli.UsageError
	if err := runApprove(ctx, &ApproveOptions{Env: p.Env, Name: "nowhere"}); !errors.As(err, &usage) {
		t.Errorf("no flow: %v", err)
	}
}

// TestDiffKeepsWhatIsGone: an approval outlives the flow's file, and its list says what it gives.
func TestDiffKeepsWhatIsGone(t *testing.T) {
	ctx := context.Background()
	p, owner := boxPlace(t)
	ref := vault.Ref{Name: "dwh", Connection: "warehouse"}
	if _, err := owner.ApproveFlow(ctx, "former", "prod", rbac.DigestOf(nil), []vault.Ref{ref}); err != nil {
		t.Fatal(err)
	}
	want := "former (profile prod)  gone"
	if err := runDiff(ctx, &DiffOptions{Env: p.Env}); err != nil || !strings.Contains(p.Out.String(), want) || !strings.Contains(p.Out.String(), "-"+ref.ID()) {
		t.Errorf("no %q: %v\n%s", want, err, p.Out)
	}
}
