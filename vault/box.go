package vault

import (
	"fmt"
	"slices"
	"strings"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/auditlog"
	"github.com/headgate/headgate/vault/seal"
	"github.com/headgate/headgate/vault/store"
)

func boxKey(b rbac.Box, epoch uint64, user string) []byte {
	return fmt.Appendf(nil, "%s/%020d/%s", b, epoch, user)
}

func boxContext(storeID string, b rbac.Box, epoch uint64, user string) []byte {
	return rbac.Context("headgate/v1/box", storeID, string(b), fmt.Sprint(epoch), user)
}

func boxPublicKey(b rbac.Box, epoch uint64) []byte { return fmt.Appendf(nil, "box:%s:%d", b, epoch) }

// public is a stored HPKE public key, after it has shown to be the one that the
// policy states: nothing is ever sealed to a key that was slipped in.
func public(tx *store.Tx, name []byte, want rbac.Digest) ([]byte, error) {
	pk := tx.Get(bucketKeys, name)
	if rbac.DigestOf(pk) != want {
		return nil, tampered("the public key %s was exchanged", name)
	}
	return pk, nil
}

func (v *view) userKey(user string) ([]byte, error) {
	return public(v.tx, []byte(user), v.state().Users[user].Keys.Seal)
}

func (v *view) boxPublic(b rbac.Box) ([]byte, error) {
	k := v.state().Boxes[b]
	return public(v.tx, boxPublicKey(b, k.Epoch), k.Key)
}

// box opens the current epoch of a box, nil for who does not hold it.
func (v *view) box(b rbac.Box) (*seal.Box, error) {
	if k, ok := v.boxes[b]; ok {
		return k, nil
	}
	k := v.state().Boxes[b]
	sealed := v.tx.Get(bucketBoxes, boxKey(b, k.Epoch, v.m.ID))
	if sealed == nil {
		return nil, nil
	}
	seed, err := v.m.identity.Box.Open(boxContext(v.state().Store, b, k.Epoch, v.m.ID), sealed)
	if err != nil {
		return nil, tampered("the key of box %s does not open for its member", b)
	}
	box, err := seal.NewBox(seed)
	if err != nil {
		return nil, err
	}
	if rbac.DigestOf(box.Public()) != k.Key {
		return nil, tampered("the key of box %s is not the one that the policy has", b)
	}
	v.boxes[b] = box
	return box, nil
}

func (v *view) boxSeed(b rbac.Box) ([]byte, error) {
	k := v.state().Boxes[b]
	sealed := v.tx.Get(bucketBoxes, boxKey(b, k.Epoch, v.m.ID))
	return v.m.identity.Box.Open(boxContext(v.state().Store, b, k.Epoch, v.m.ID), sealed)
}

func (v *view) sealBox(b rbac.Box, epoch uint64, user string, seed []byte) error {
	pk, err := v.userKey(user)
	if err != nil {
		return err
	}
	sealed, err := seal.To(pk, boxContext(v.state().Store, b, epoch, user), seed)
	if err != nil {
		return err
	}
	return v.tx.Put(bucketBoxes, boxKey(b, epoch, user), sealed)
}

// settleBox seals a box to members who do not have it yet, and takes it from those
// who no longer should.
func (c *change) settleBox(b rbac.Box) error {
	epoch, members := c.state().Boxes[b].Epoch, c.state().Members(b)
	holders, err := c.holders(b, epoch)
	if err != nil {
		return err
	}
	for _, u := range holders {
		if !slices.Contains(members, u) {
			if err := c.tx.Delete(bucketBoxes, boxKey(b, epoch, u)); err != nil {
				return err
			}
		}
	}
	if c.state().Boxes[b].Due {
		c.outcome.Due = append(c.outcome.Due, b)
	}
	var seed []byte
	for _, u := range members {
		if slices.Contains(holders, u) {
			continue
		}
		if seed == nil {
			if k, err := c.box(b); k == nil || err != nil {
				return err // somebody who holds the box does it
			}
			if seed, err = c.boxSeed(b); err != nil {
				return err
			}
		}
		if err := c.sealBox(b, epoch, u, seed); err != nil {
			return err
		}
	}
	return nil
}

func (v *view) holders(b rbac.Box, epoch uint64) (list []string, err error) {
	prefix := boxKey(b, epoch, "")
	err = v.tx.Each(bucketBoxes, prefix, nil, func(k, _ []byte) error {
		list = append(list, strings.TrimPrefix(string(k), string(prefix)))
		return nil
	})
	return list, err
}

// rotateDue gives new keys to the boxes that somebody lost, as far as the author
// holds them and may.
func (c *change) rotateDue() error {
	var list []rbac.Box
	for _, b := range rbac.Boxes() {
		if !c.state().Boxes[b].Due || !c.state().Users[c.m.ID].Role.AtLeast(rbac.Administrator) {
			continue
		}
		k, err := c.box(b)
		if err != nil {
			return err
		}
		if k != nil {
			list = append(list, b)
		}
	}
	return c.rotate(list)
}

// rotate is one operation for all boxes. What lies in a box is sealed anew, so that
// nothing current opens with the old key; records in quarantine keep their epoch.
func (c *change) rotate(list []rbac.Box) error {
	if len(list) == 0 {
		return nil
	}
	old, seeds, body := map[rbac.Box]*seal.Box{}, map[rbac.Box][]byte{}, &rbac.BoxSet{Boxes: map[rbac.Box]rbac.BoxKey{}}
	for _, b := range list {
		k, err := c.box(b)
		if err != nil {
			return err
		}
		if k == nil {
			return &rbac.DeniedError{By: c.m.ID, Role: c.state().Users[c.m.ID].Role, Action: "rotate box " + string(b), Why: "you do not hold it"}
		}
		seed := seal.Random(seal.Size)
		fresh, err := seal.NewBox(seed)
		if err != nil {
			return err
		}
		epoch := c.state().Boxes[b].Epoch + 1
		old[b], seeds[b], body.Boxes[b] = k, seed, rbac.BoxKey{Epoch: epoch, Key: rbac.DigestOf(fresh.Public())}
		if err := c.tx.Put(bucketKeys, boxPublicKey(b, epoch), fresh.Public()); err != nil {
			return err
		}
	}
	if err := c.op("", body); err != nil {
		return err
	}
	for _, b := range list {
		if err := c.turn(b, old[b], seeds[b]); err != nil {
			return err
		}
		c.event(auditlog.Object{Kind: auditlog.BoxRotate, Object: string(b)})
	}
	c.outcome.Rotated = append(c.outcome.Rotated, list...)
	return nil
}

// turn hands the new key to the members and moves what is in the box.
func (c *change) turn(b rbac.Box, old *seal.Box, seed []byte) error {
	epoch := c.state().Boxes[b].Epoch
	delete(c.boxes, b)
	for _, u := range c.state().Members(b) {
		if err := c.sealBox(b, epoch, u, seed); err != nil {
			return err
		}
	}
	if b != rbac.Quarantine {
		gone, err := c.holders(b, epoch-1)
		if err != nil {
			return err
		}
		for _, u := range gone {
			if err := c.tx.Delete(bucketBoxes, boxKey(b, epoch-1, u)); err != nil {
				return err
			}
		}
		if err := c.tx.Delete(bucketKeys, boxPublicKey(b, epoch-1)); err != nil {
			return err
		}
	}
	switch b {
	case rbac.Meta:
		if err := c.moveProfiles(old); err != nil {
			return err
		}
		return c.moveSecretKeys(old, rbac.Meta)
	case rbac.Secrets:
		return c.moveSecretKeys(old, rbac.Secrets)
	case rbac.Audit:
		return c.moveAuditKeys(old)
	}
	return nil
}

func auditKeyContext(storeID, name string, epoch uint64) []byte {
	return rbac.Context("headgate/v1/audit-key", storeID, name, fmt.Sprint(epoch))
}

// auditKeyName tells the keys of one person apart: who got new keys has entries under
// both.
func auditKeyName(user string, commitment rbac.Digest) string {
	return user + "/" + string(commitment[:16])
}

// sealAuditKey lets the auditors read what a person writes into the log.
func (v *view) sealAuditKey(user string, key []byte) error {
	pk, err := v.boxPublic(rbac.Audit)
	if err != nil {
		return err
	}
	name := auditKeyName(user, seal.AuditCommitment(key))
	sealed, err := seal.To(pk, auditKeyContext(v.state().Store, name, v.state().Boxes[rbac.Audit].Epoch), key)
	if err != nil {
		return err
	}
	return v.tx.Put(bucketAudit, []byte(name), sealed)
}

// auditKeys are the keys of a person's entries, for who holds the box audit.
func (v *view) auditKeys(user string) (list [][]byte, err error) {
	box, err := v.box(rbac.Audit)
	if box == nil || err != nil {
		return nil, err
	}
	err = v.tx.Each(bucketAudit, []byte(user+"/"), nil, func(name, sealed []byte) error {
		key, err := box.Open(auditKeyContext(v.state().Store, string(name), v.state().Boxes[rbac.Audit].Epoch), sealed)
		if err != nil || auditKeyName(user, seal.AuditCommitment(key)) != string(name) {
			return tampered("the audit key of %s does not open", user)
		}
		list = append(list, key)
		return nil
	})
	return list, err
}

func (c *change) moveAuditKeys(old *seal.Box) error {
	epoch := c.state().Boxes[rbac.Audit].Epoch
	var names []string
	if err := c.tx.Each(bucketAudit, nil, nil, func(k, _ []byte) error { names = append(names, string(k)); return nil }); err != nil {
		return err
	}
	for _, name := range names {
		key, err := old.Open(auditKeyContext(c.state().Store, name, epoch-1), c.tx.Get(bucketAudit, []byte(name)))
		if err != nil {
			return tampered("the audit key %s does not open", name)
		}
		user, _, _ := strings.Cut(name, "/")
		if err := c.sealAuditKey(user, key); err != nil {
			return err
		}
	}
	return nil
}

// settleAuditKeys hands the author's own audit key to the auditors, once.
func (c *change) settleAuditKeys() error {
	u, member := c.state().Users[c.m.ID]
	if !member || c.tx.Get(bucketAudit, []byte(auditKeyName(c.m.ID, u.Keys.Audit))) != nil {
		return nil
	}
	return c.sealAuditKey(c.m.ID, c.m.identity.Audit)
}
