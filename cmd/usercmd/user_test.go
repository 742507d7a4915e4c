package usercmd

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/clitest"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
	"github.com/headgate/headgate/vault/slot"
)

var ctx = context.Background()

const ann = "ann@example.com"

// result is what the command handed in with --json.
func result[T any](t *testing.T, p *clitest.Place) (r T) {
	t.Helper()
	p.Out.Reset()
	if err := p.UI.Finish("x", nil); err != nil {
		t.Fatal(err)
	}
	var e struct{ Result T }
	if err := json.Unmarshal(p.Out.Bytes(), &e); err != nil {
		t.Fatal(err)
	}
	return e.Result
}

func TestParse(t *testing.T) {
	p := clitest.New(t)
	var invite *InviteOptions
	if err := clitest.Parse(NewInvite(p.Env, func(_ context.Context, o *InviteOptions) error { invite = o; return nil }),
		ann, "--role", "editor", "--grant", "a:run", "--grant", "b:manage", "--expires", "2d", "--two-step"); err != nil {
		t.Fatal(err)
	}
	if invite.Email != ann || invite.Role != "editor" || !slices.Equal(invite.Grants, []string{"a:run", "b:manage"}) || invite.Expires.Hours() != 48 || !invite.TwoStep {
		t.Errorf("%+v", invite)
	}
	var grant *GrantOptions
	if err := clitest.Parse(NewGrant(p.Env, func(_ context.Context, o *GrantOptions) error { grant = o; return nil }), ann, "a:run", "b:run"); err != nil || len(grant.Grants) != 2 {
		t.Error(grant, err)
	}
	var revoke *RevokeOptions
	if err := clitest.Parse(NewRevoke(p.Env, func(_ context.Context, o *RevokeOptions) error { revoke = o; return nil }), ann, "a"); err != nil || revoke.Who != ann || revoke.Flows[0] != "a" {
		t.Error(revoke, err)
	}
	var role *RoleOptions
	if err := clitest.Parse(NewRole(p.Env, func(_ context.Context, o *RoleOptions) error { role = o; return nil }), ann, "viewer"); err != nil || role.Role != "viewer" {
		t.Error(role, err)
	}
	var remove *RemoveOptions
	if err := clitest.Parse(NewRemove(p.Env, func(_ context.Context, o *RemoveOptions) error { remove = o; return nil }), ann, "--yes"); err != nil || !remove.Yes {
		t.Error(remove, err)
	}
	var reset *ResetOptions
	if err := clitest.Parse(NewReset(p.Env, func(_ context.Context, o *ResetOptions) error { reset = o; return nil }), ann, "--expires", "1h"); err != nil || reset.Expires.Hours() != 1 {
		t.Error(reset, err)
	}
	var show *ShowOptions
	if err := clitest.Parse(NewShow(p.Env, func(_ context.Context, o *ShowOptions) error { show = o; return nil }), ann); err != nil || show.Who != ann {
		t.Error(show, err)
	}
	listed := false
	if err := clitest.Parse(NewList(p.Env, func(context.Context, *ListOptions) error { listed = true; return nil })); err != nil || !listed {
		t.Error(err)
	}
	var acts []string
	runF := func(_ context.Context, o *ActOptions) error { acts = append(acts, o.Who); return nil }
	for _, args := range [][]string{{ann}, {}} {
		err := errors.Join(clitest.Parse(NewConfirm(p.Env, runF), args...), clitest.Parse(NewDisable(p.Env, runF), args...), clitest.Parse(NewEnable(p.Env, runF), args...))
		if (err != nil) != (len(args) == 0) || len(acts) != 3 {
			t.Error(args, acts, err)
		}
	}
}

func TestInvite(t *testing.T) {
	p := clitest.New(t)
	p.Found(t)
	if err := runInvite(ctx, &InviteOptions{Env: p.Env, Email: "Ann@Example.com", Role: "editor", Grants: []string{"sales-*:run"}}); err != nil {
		t.Fatal(err)
	}
	code := strings.TrimSuffix(p.Out.String(), "\n")
	if !strings.HasPrefix(code, "hgi1-") || strings.ContainsAny(code, " \n") {
		t.Fatalf("stdout is not the code alone: %q", p.Out)
	}
	v, err := p.Vault()
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := v.Accept(ctx, code, []vault.NewSlot{{Type: slot.KeyFile}})
	if err != nil {
		t.Fatal(err)
	}
	me, _, err := m.Myself(ctx)
	if err != nil || me.Name != ann || me.Role != rbac.Editor || len(me.Grants) != 1 {
		t.Errorf("%+v %v", me, err)
	}
	if err := runInvite(ctx, &InviteOptions{Env: p.Env, Email: ann, Role: "viewer"}); !isA[*rbac.InvalidError](err) {
		t.Errorf("invited twice: %v", err)
	}
	p.Err.Reset()
	if err := runInvite(ctx, &InviteOptions{Env: p.Env, Email: "boss@example.com", Role: "administrator"}); err != nil || !strings.Contains(p.Err.String(), "user confirm boss@example.com") {
		t.Errorf("%v: %s", err, p.Err)
	}
}

func isA[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

func TestInviteRefuses(t *testing.T) {
	p := clitest.New(t)
	p.Found(t)
	for name, o := range map[string]InviteOptions{
		"no role":        {Email: ann},
		"unknown role":   {Email: ann, Role: "editr"},
		"a program":      {Email: ann, Role: "api-user"},
		"no address":     {Email: "ann", Role: "editor"},
		"address of two": {Email: "a@x.com,b@x.com", Role: "editor"},
		"bad grant":      {Email: ann, Role: "editor", Grants: []string{"x"}},
	} {
		o.Env = p.Env
		if err := runInvite(ctx, &o); !isA[*cli.UsageError](err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	o := InviteOptions{Env: p.Env, Email: ann, Role: "viewer", Grants: []string{"x:manage"}}
	if err := runInvite(ctx, &o); !isA[*rbac.InvalidError](err) {
		t.Errorf("a grant above the role: %v", err)
	}
	if p.Out.Len() > 0 {
		t.Errorf("printed %s", p.Out)
	}
}

func TestLifeOfAMember(t *testing.T) {
	p := clitest.New(t)
	owner := p.Found(t)
	p.Invite(t, owner, ann, rbac.Editor)
	p.UI.JSON = true
	if _, err := owner.SetSecret(ctx, vault.Ref{Name: "dwh", Connection: "warehouse"}, vault.Binding{{Name: "type", Value: "x"}}, []byte("hunter2")); err != nil {
		t.Fatal(err)
	}
	step := func(name string, err error, want func(changed) bool) {
		t.Helper()
		if err != nil {
			t.Fatal(name, err)
		}
		if r := result[changed](t, p); r.Name != ann || !want(r) {
			t.Errorf("%s: %+v", name, r)
		}
	}
	step("grant", runGrant(ctx, &GrantOptions{p.Env, ann, []string{"sales-*:run", "hr:monitor"}}), func(c changed) bool {
		return c.Narrowed && slices.Equal(c.Grants, []string{"hr:monitor", "sales-*:run"}) && slices.Contains(c.Rotated, "secrets") && slices.Equal(c.Exposed, []string{"dwh@connection:warehouse"})
	})
	step("revoke", runRevoke(ctx, &RevokeOptions{p.Env, ann, []string{"hr"}}), func(c changed) bool { return len(c.Grants) == 1 })
	if err := runRevoke(ctx, &RevokeOptions{p.Env, ann, []string{"hr"}}); !isA[*cli.UsageError](err) {
		t.Error("revoked twice", err)
	}
	disable := deed{what: "is disabled", do: (*vault.Member).Disable}
	step("disable", runAct(ctx, &ActOptions{p.Env, ann}, disable), func(c changed) bool { return c.Standing == "disabled" })
	enable := deed{what: "is enabled", do: (*vault.Member).Enable}
	step("enable", runAct(ctx, &ActOptions{p.Env, ann}, enable), func(c changed) bool { return c.Standing == "active" })
	step("role", runRole(ctx, &RoleOptions{p.Env, ann, "operator"}), func(c changed) bool { return c.Role == "operator" })

	if err := runReset(ctx, &ResetOptions{Env: p.Env, Who: ann}); err != nil || !strings.HasPrefix(result[invited](t, p).Code, "hgi1-") {
		t.Error("reset", err)
	}
	if err := runShow(ctx, &ShowOptions{p.Env, ann}); err != nil || result[shown](t, p).Role != "operator" {
		t.Error("show", err)
	}
	if err := runRemove(ctx, &RemoveOptions{Env: p.Env, Who: ann}); !isA[*cli.UsageError](err) {
		t.Error("removed without --yes", err)
	}
	if err := runRemove(ctx, &RemoveOptions{Env: p.Env, Who: ann, Yes: true}); err != nil {
		t.Error(err)
	}
	if r := result[removed](t, p); r.User != ann {
		t.Errorf("%+v", r)
	}
	p.UI.JSON = false
	p.Out.Reset()
	if err := runList(ctx, &ListOptions{p.Env}); err != nil || strings.Contains(p.Out.String(), ann) || !strings.Contains(p.Out.String(), "superadmin (owner)") {
		t.Errorf("%v\n%s", err, p.Out)
	}
	for what, err := range map[string]error{"nobody": runShow(ctx, &ShowOptions{p.Env, ann}), "role": runRole(ctx, &RoleOptions{p.Env, ann, "x"})} {
		if !isA[*cli.UsageError](err) {
			t.Error(what, err)
		}
	}
}

func TestRemovedEditorExposesSecrets(t *testing.T) {
	p := clitest.New(t)
	owner := p.Found(t)
	p.Invite(t, owner, ann, rbac.Editor)
	if _, err := owner.SetSecret(ctx, vault.Ref{Name: "dwh", Connection: "warehouse"}, nil, []byte("hunter2")); err != nil {
		t.Fatal(err)
	}
	if err := runRemove(ctx, &RemoveOptions{Env: p.Env, Who: ann, Yes: true}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(p.Err.String(), "secret dwh@connection:warehouse was readable and may have been copied: replace it") || !strings.Contains(p.Err.String(), "box secrets has new keys") {
		t.Errorf("%s", p.Err)
	}
}

func TestEmergencyRevokesApprovals(t *testing.T) {
	p := clitest.New(t)
	owner := p.Found(t)
	m := p.Invite(t, owner, ann, rbac.Editor)
	for who, flow := range map[*vault.Member]string{m: "hers", owner: "ours"} {
		if _, err := who.ApproveFlow(ctx, flow, "", rbac.DigestOf(nil), nil); err != nil {
			t.Fatal(err)
		}
	}
	p.UI.JSON = true
	if err := runRemove(ctx, &RemoveOptions{Env: p.Env, Who: ann, Yes: true, Emergency: true}); err != nil {
		t.Fatal(err)
	}
	if r := result[removed](t, p); !slices.Equal(r.Revoked, []string{"hers"}) {
		t.Errorf("%+v", r)
	}
	if s, _, err := owner.State(ctx); err != nil || len(s.Flows) != 1 {
		t.Error(s.Flows, err)
	}
}

func TestConfirm(t *testing.T) {
	p := clitest.New(t)
	owner := p.Found(t)
	code, err := owner.Invite(ctx, vault.Invitation{Email: ann, Role: rbac.Viewer, TwoStep: true})
	if err != nil {
		t.Fatal(err)
	}
	v, err := p.Vault()
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := v.Accept(ctx, code, []vault.NewSlot{{Type: slot.KeyFile}}); err != nil {
		t.Fatal(err)
	}
	confirm := deed{what: "is confirmed", do: (*vault.Member).Confirm}
	if err := runAct(ctx, &ActOptions{p.Env, ann}, confirm); err != nil || !strings.Contains(p.Err.String(), ann+" is confirmed") {
		t.Errorf("%v: %s", err, p.Err)
	}
	if err := runAct(ctx, &ActOptions{p.Env, ann}, confirm); !isA[*rbac.InvalidError](err) {
		t.Errorf("confirmed twice: %v", err)
	}
}
