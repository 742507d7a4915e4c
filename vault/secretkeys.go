package vault

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/seal"
)

// secretKeys are the two keys of a stored secret: of the value, and of the words that
// say what it is bound to.
type secretKeys struct {
	version string
	value   []byte
	binding []byte
}

func dekKey(id, recipient string) []byte { return []byte(id + "\x00" + recipient) }

func dekContext(storeID, id, version, recipient string, epoch uint64) []byte {
	return rbac.Context("headgate/v1/dek", storeID, id, version, recipient, fmt.Sprint(epoch))
}

func boxRecipient(b rbac.Box) string { return "box:" + string(b) }

// sealToBox puts the key of the value into the box secrets, or that of the binding
// into the box meta.
func (v *view) sealToBox(id string, k secretKeys, b rbac.Box) error {
	pk, err := v.boxPublic(b)
	if err != nil {
		return err
	}
	plain := k.value
	if b == rbac.Meta {
		plain = k.binding
	}
	to := boxRecipient(b)
	sealed, err := seal.To(pk, dekContext(v.state().Store, id, k.version, to, v.state().Boxes[b].Epoch), plain)
	if err != nil {
		return err
	}
	return v.tx.Put(bucketDeks, dekKey(id, to), sealed)
}

func (v *view) sealToUser(id string, k secretKeys, user string) error {
	pk, err := v.userKey(user)
	if err != nil {
		return err
	}
	sealed, err := seal.To(pk, dekContext(v.state().Store, id, k.version, user, 0), slices.Concat(k.value, k.binding))
	if err != nil {
		return err
	}
	return v.tx.Put(bucketDeks, dekKey(id, user), sealed)
}

// keysOf are the keys of a secret as far as the member has them: from the boxes, or
// as a recipient. Without the value's key, ok is false.
func (v *view) keysOf(id string, r *record) (k secretKeys, ok bool, err error) {
	k.version = r.Version
	own := v.tx.Get(bucketDeks, dekKey(id, v.m.ID))
	if own != nil {
		plain, err := v.m.identity.Box.Open(dekContext(v.state().Store, id, r.Version, v.m.ID, 0), own)
		if err != nil || len(plain) != 2*seal.Size {
			return k, false, tampered("the key of secret %s does not open for its recipient", id)
		}
		k.value, k.binding = plain[:seal.Size], plain[seal.Size:]
	} else {
		if k.value, err = v.fromBox(id, r.Version, rbac.Secrets); err != nil {
			return k, false, err
		}
		if k.binding, err = v.fromBox(id, r.Version, rbac.Meta); err != nil {
			return k, false, err
		}
	}
	if k.value == nil {
		return k, false, nil
	}
	if seal.Commit(k.value, r.commitContext(v.state().Store, id)) != r.Commit {
		return k, false, tampered("the key of secret %s is another secret's", id)
	}
	return k, true, nil
}

func (v *view) fromBox(id, version string, b rbac.Box) ([]byte, error) {
	box, err := v.box(b)
	if box == nil || err != nil {
		return nil, err
	}
	to := boxRecipient(b)
	key, err := box.Open(dekContext(v.state().Store, id, version, to, v.state().Boxes[b].Epoch), v.tx.Get(bucketDeks, dekKey(id, to)))
	if err != nil {
		return nil, tampered("the key of secret %s does not open with box %s", id, b)
	}
	return key, nil
}

// settleSecrets hands the keys of secrets to those whom the policy names, and takes
// them from all others.
func (c *change) settleSecrets() error {
	held := map[string][]string{}
	if err := c.tx.Each(bucketDeks, nil, nil, func(k, _ []byte) error {
		id, to, _ := bytes.Cut(k, []byte{0})
		held[string(id)] = append(held[string(id)], string(to))
		return nil
	}); err != nil {
		return err
	}
	for id, list := range held {
		want := c.state().Recipients(id)
		_, exists := c.state().Secrets[id]
		for _, to := range list {
			if exists && (strings.HasPrefix(to, "box:") || slices.Contains(want, to)) {
				continue
			}
			if err := c.tx.Delete(bucketDeks, dekKey(id, to)); err != nil {
				return err
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.state().Secrets)) {
		if err := c.handOver(id, held[id]); err != nil {
			return err
		}
	}
	return nil
}

func (c *change) handOver(id string, held []string) error {
	var keys secretKeys
	for _, to := range c.state().Recipients(id) {
		if slices.Contains(held, to) {
			continue
		}
		if keys.value == nil {
			k, ok := c.fresh[id]
			if !ok {
				r, err := c.record(id)
				if err != nil {
					return err
				}
				if k, ok, err = c.keysOf(id, r); err != nil {
					return err
				}
			}
			if !ok || k.binding == nil {
				c.outcome.Waiting = append(c.outcome.Waiting, Gain{to, id})
				continue
			}
			keys = k
		}
		if err := c.sealToUser(id, keys, to); err != nil {
			return err
		}
		if !slices.Contains(c.former[id], to) {
			c.outcome.Gained = append(c.outcome.Gained, Gain{to, id})
		}
	}
	return nil
}

// moveSecretKeys seals the keys in a box to its new epoch.
func (c *change) moveSecretKeys(old *seal.Box, b rbac.Box) error {
	s, to := c.state(), boxRecipient(b)
	for id := range s.Secrets {
		r, err := c.record(id)
		if err != nil {
			return err
		}
		plain, err := old.Open(dekContext(s.Store, id, r.Version, to, s.Boxes[b].Epoch-1), c.tx.Get(bucketDeks, dekKey(id, to)))
		if err != nil {
			return tampered("the key of secret %s does not open with box %s", id, b)
		}
		if err := c.sealToBox(id, secretKeys{r.Version, plain, plain}, b); err != nil {
			return err
		}
	}
	return nil
}

func newVersion() string { return hex.EncodeToString(seal.Random(16)) }
