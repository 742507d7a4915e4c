package vault

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/auditlog"
)

// AcceptOwnership is the person's agreement to become the owner, as a text to hand to
// the owner. It serves once, until the policy changes in any way.
func (m *Member) AcceptOwnership(ctx context.Context) (text string, err error) {
	err = m.read(ctx, func(v *view) error {
		sig := ed25519.Sign(m.identity.Sign, rbac.TransferMessage(v.state().Store, v.chain.Head, m.ID))
		text = hex.EncodeToString(sig)
		return nil
	})
	return text, err
}

// TransferOwnership makes somebody the owner who agreed to it. The former owner stays
// a superadmin.
func (m *Member) TransferOwnership(ctx context.Context, who, accepted string) (Outcome, error) {
	return m.on(ctx, who, func(c *change, id string, _ rbac.User) error {
		c.event(auditlog.Object{Kind: auditlog.OwnerTransfer, Object: id})
		return c.op(id, &rbac.OwnerTransfer{Accept: accepted})
	})
}
