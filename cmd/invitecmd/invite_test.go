package invitecmd

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
	"github.com/headgate/headgate/vault/slot"
)

var ctx = context.Background()

func TestParse(t *testing.T) {
	p := clitest.New(t)
	id, listed := "", false
	if err := clitest.Parse(NewRevoke(p.Env, func(_ context.Context, o *RevokeOptions) error { id = o.ID; return nil }), "i1"); err != nil || id != "i1" {
		t.Error(id, err)
	}
	if err := clitest.Parse(NewList(p.Env, func(context.Context, *ListOptions) error { listed = true; return nil })); err != nil || !listed {
		t.Error(err)
	}
	if err := clitest.Parse(NewList(p.Env, nil), "x"); err == nil {
		t.Error("list took an argument")
	}
}

func TestListAndRevoke(t *testing.T) {
	p := clitest.New(t)
	owner := p.Found(t)
	var codes []string
	for _, who := range []string{"ann@example.com", "bob@example.com"} {
		code, err := owner.Invite(ctx, vault.Invitation{Email: who, Role: rbac.Viewer, Grants: []rbac.Grant{{Flows: "sales-*", Level: rbac.Monitor}}})
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, code)
	}
	if err := runList(ctx, &ListOptions{p.Env}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"ann@example.com", "bob@example.com", "viewer", "sales-*:monitor", clitest.Owner, "2024-06-04T12:00:00Z"} {
		if !strings.Contains(p.Out.String(), want) {
			t.Errorf("no %s in\n%s", want, p.Out)
		}
	}
	if err := runRevoke(ctx, &RevokeOptions{p.Env, "Ann@example.com"}); err != nil {
		t.Fatal(err)
	}
	v, err := p.Vault()
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := v.Accept(ctx, codes[0], []vault.NewSlot{{Type: slot.KeyFile}}); !errors.Is(err, vault.ErrLogin) {
		t.Errorf("a withdrawn code: %v", err)
	}
	if _, _, err := v.Accept(ctx, codes[1], []vault.NewSlot{{Type: slot.KeyFile}}); err != nil {
		t.Error(err)
	}
	var usage *cli.UsageError
	if err := runRevoke(ctx, &RevokeOptions{p.Env, "ann@example.com"}); !errors.As(err, &usage) {
		t.Error(err)
	}
}

func TestExpired(t *testing.T) {
	now := time.Now()
	if i := describe(vault.OpenInvitation{Expires: now.Add(-time.Hour)}, nil, now); !i.Expired {
		t.Errorf("%+v", i)
	}
}
