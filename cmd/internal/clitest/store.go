package clitest

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
	"github.com/headgate/headgate/vault/slot"
)

// Owner is the owner of the stores that Found makes.
const Owner = "owner@example.com"

// Found makes a store in a folder of its own and logs its owner in.
func (p *Place) Found(t *testing.T) *vault.Member {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	p.Global.Store = filepath.Join(dir, "store.db")
	o, err := p.VaultOptions()
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := vault.At(o).Init(context.Background(), vault.Founding{Email: Owner, Slots: []vault.NewSlot{{Type: slot.KeyFile}}})
	if err != nil {
		t.Fatal(err)
	}
	p.Become(m)
	t.Cleanup(p.Close)
	return m
}

// Invite enrols somebody, confirmed where that is needed. host must be the owner.
func (p *Place) Invite(t *testing.T, host *vault.Member, email string, r rbac.Role, grants ...rbac.Grant) *vault.Member {
	t.Helper()
	ctx := context.Background()
	code, err := host.Invite(ctx, vault.Invitation{Email: email, Role: r, Grants: grants})
	if err != nil {
		t.Fatal(err)
	}
	v, err := p.Vault()
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := v.Accept(ctx, code, []vault.NewSlot{{Type: slot.KeyFile}})
	if err != nil {
		t.Fatal(err)
	}
	if r.AtLeast(rbac.Administrator) {
		if _, err := host.Confirm(ctx, email); err != nil {
			t.Fatal(err)
		}
	}
	return m
}
