package vault

import (
	"context"
	"slices"
	"time"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/auditlog"
	"github.com/headgate/headgate/vault/seal"
	"github.com/headgate/headgate/vault/slot"
)

// AddService makes a service account for named flows, and returns the text of its key
// file, which is not stored anywhere. until is its end, the zero time for none.
func (m *Member) AddService(ctx context.Context, name string, flows []string, until time.Time) (key string, o Outcome, err error) {
	if name, err = rbac.Service(name); err != nil {
		return "", o, err
	}
	identity, err := seal.NewIdentity(seal.Random(seal.Size))
	if err != nil {
		return "", o, err
	}
	defer identity.Clear()
	flows = slices.Clone(flows)
	slices.Sort(flows)
	o, err = m.change(ctx, func(c *change) error {
		id, storeID := newID(), c.state().Store
		raw, err := newProfile(name)
		if err != nil {
			return err
		}
		body := &rbac.ServiceAdd{Keys: identity.Keys(), Name: rbac.NameDigest(storeID, name), Profile: profileDigest(storeID, id, raw), Flows: slices.Compact(flows)}
		if !until.IsZero() {
			body.Until = until.UnixMilli()
		}
		if err := c.op(id, body); err != nil {
			return rbac.About(err, name)
		}
		if err := c.tx.Put(bucketKeys, []byte(id), identity.Box.Public()); err != nil {
			return err
		}
		if err := c.putProfile(id, raw); err != nil {
			return err
		}
		if err := c.putOwnProfile(id, identity.Box.Public(), raw); err != nil {
			return err
		}
		if err := c.sealAuditKey(id, identity.Audit); err != nil {
			return err
		}
		h := holder{slot.Owner{Store: storeID, User: id}, m.fingerprint, identity, rbac.APIUser, nil, c.state().Setting}
		made, err := m.vault.putSlot(c.tx, h, NewSlot{Type: slot.KeyFile})
		key = made.Secret
		c.event(auditlog.Object{Kind: auditlog.ServiceAdd, Object: id, Note: name})
		return err
	})
	return key, o, err
}
