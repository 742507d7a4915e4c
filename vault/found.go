package vault

import (
	"context"
	"encoding/hex"
	"errors"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/auditlog"
	"github.com/headgate/headgate/vault/seal"
	"github.com/headgate/headgate/vault/slot"
	"github.com/headgate/headgate/vault/store"
)

// Founding says who makes a store, and the owner's ways in.
type Founding struct {
	Email string
	Slots []NewSlot
}

// Init makes the store with its owner. It is all there when Init returns, or not at
// all. The Member is the owner, unlocked.
func (v *Vault) Init(ctx context.Context, f Founding) (m *Member, made []MadeSlot, err error) {
	email, err := rbac.Email(f.Email)
	if err != nil {
		return nil, nil, err
	}
	if len(f.Slots) == 0 {
		return nil, nil, errors.New("a store needs a way in for its owner")
	}
	identity, err := seal.NewIdentity(seal.Random(seal.Size))
	if err != nil {
		return nil, nil, err
	}
	m = &Member{ID: newID(), vault: v, identity: identity, seen: &memory{}}
	var pin Pin
	err = v.file.Create(ctx, func(tx *store.Tx) error {
		made = nil
		c := &change{view: &view{tx: tx, m: m, boxes: map[rbac.Box]*seal.Box{}}, fresh: map[string]secretKeys{}}
		if err := c.found(email); err != nil {
			return err
		}
		h := holder{slot.Owner{Store: c.state().Store, User: m.ID}, m.fingerprint, identity, rbac.Superadmin, []string{email}, c.state().Setting}
		for _, n := range f.Slots {
			s, err := v.putSlot(tx, h, n)
			if err != nil {
				return err
			}
			made = append(made, s)
		}
		c.event(auditlog.Object{Kind: auditlog.StoreInit, Object: m.ID})
		err := c.finish()
		pin = c.pin()
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return m, made, m.remember(pin, nil)
}

func newID() string { return hex.EncodeToString(seal.Random(16)) }

// found writes the first operation, the boxes and the owner's profile.
func (c *change) found(email string) error {
	storeID := newID()
	raw, err := newProfile(email)
	if err != nil {
		return err
	}
	g := &rbac.Genesis{Store: storeID, Format: store.Format, Keys: c.m.identity.Keys(), Name: rbac.NameDigest(storeID, email),
		Profile: profileDigest(storeID, c.m.ID, raw), Boxes: map[rbac.Box]rbac.Digest{}}
	seeds := map[rbac.Box][]byte{}
	for _, b := range rbac.Boxes() {
		seeds[b] = seal.Random(seal.Size)
		box, err := seal.NewBox(seeds[b])
		if err != nil {
			return err
		}
		g.Boxes[b] = rbac.DigestOf(box.Public())
		if err := c.tx.Put(bucketKeys, boxPublicKey(b, 1), box.Public()); err != nil {
			return err
		}
	}
	signed, sig, err := c.chain.Draft(c.m.identity.Sign, c.m.ID, c.m.vault.now().UnixMilli(), c.m.ID, g)
	if err != nil {
		return err
	}
	if err := c.store(signed, sig); err != nil {
		return err
	}
	c.m.fingerprint = rbac.DigestOf(signed)
	if err := c.tx.Put(bucketKeys, []byte(c.m.ID), c.m.identity.Box.Public()); err != nil {
		return err
	}
	for _, b := range rbac.Boxes() {
		if err := c.sealBox(b, 1, c.m.ID, seeds[b]); err != nil {
			return err
		}
	}
	return c.putProfile(c.m.ID, raw)
}
