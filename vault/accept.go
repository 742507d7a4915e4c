package vault

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/auditlog"
	"github.com/headgate/headgate/vault/seal"
	"github.com/headgate/headgate/vault/slot"
	"github.com/headgate/headgate/vault/store"
)

// Accept enrols the person whom a code was made for: the keys are made here, and the
// code is worth nothing afterwards. Until somebody confirms a two-step invitation the
// Member can do nothing. A code that was used, withdrawn or is late is ErrLogin.
func (v *Vault) Accept(ctx context.Context, text string, slots []NewSlot) (m *Member, made []MadeSlot, err error) {
	k, err := parseCode(text)
	if err != nil {
		return nil, nil, err
	}
	if len(slots) == 0 {
		return nil, nil, errors.New("accept: a person needs a way in")
	}
	identity, err := seal.NewIdentity(seal.Random(seal.Size))
	if err != nil {
		return nil, nil, err
	}
	m = &Member{vault: v, identity: identity, fingerprint: k.fingerprint, seen: &memory{}}
	var pin Pin
	err = v.file.Update(ctx, store.Change{Copy: true, Erase: func() bool { return true }}, func(tx *store.Tx) error {
		c, err := m.asGuest(tx)
		if err != nil {
			return err
		}
		made = nil
		if made, err = c.accept(k, slots); err != nil {
			return err
		}
		if err := c.finish(); err != nil {
			return err
		}
		pin = c.pin()
		return nil
	})
	if is[*rbac.InvalidError](err) {
		err = notLoggedIn(err)
	}
	if err != nil && !is[*store.LeftoverError](err) {
		return nil, nil, unwritten(err)
	}
	return m, made, errors.Join(err, m.remember(pin, nil))
}

// asGuest verifies the store by the fingerprint in the code alone.
func (m *Member) asGuest(tx *store.Tx) (*change, error) {
	fp, err := fingerprint(tx)
	if err != nil {
		return nil, err
	}
	if fp != m.fingerprint {
		return nil, tampered("the invitation is for another store")
	}
	v := &view{tx: tx, m: m, boxes: map[rbac.Box]*seal.Box{}}
	if v.chain, err = readPolicy(tx, m.vault.opt.Expect, false); err != nil {
		return nil, err
	}
	if v.log, err = readTail(tx, m.vault.opt.Expect); err != nil {
		return nil, err
	}
	if err := checkCover(tx, v.state(), v.log); err != nil {
		return nil, err
	}
	return &change{view: v, fresh: map[string]secretKeys{}}, nil
}

func (c *change) accept(k code, slots []NewSlot) (made []MadeSlot, err error) {
	i, ok := c.state().Invites[k.id()]
	if !ok {
		return nil, &rbac.InvalidError{Kind: rbac.KindUserEnroll, Why: "the invitation was used, withdrawn or never made"}
	}
	c.m.ID = i.User
	b, err := c.openBundle(k, i)
	if err != nil {
		return nil, err
	}
	var body rbac.Body = &rbac.UserEnroll{Role: i.Role, Keys: c.m.identity.Keys()}
	if i.Rekey {
		body = &rbac.UserRekey{Keys: c.m.identity.Keys()}
		if err := c.forget(i.User); err != nil {
			return nil, err
		}
	}
	raw, sig, err := c.chain.Draft(k.sign(), k.id(), c.m.vault.now().UnixMilli(), i.User, body)
	if err != nil {
		return nil, err
	}
	if err := c.store(raw, sig); err != nil {
		return nil, err
	}
	if err := errors.Join(c.tx.Put(bucketKeys, []byte(c.m.ID), c.m.identity.Box.Public()), c.dropBundles()); err != nil {
		return nil, err
	}
	if err := c.takeOver(b); err != nil {
		return nil, err
	}
	s := c.state()
	name, err := c.name(c.m.ID, i.Profile)
	if err != nil {
		return nil, err
	}
	h := holder{slot.Owner{Store: s.Store, User: c.m.ID}, c.m.fingerprint, c.m.identity, i.Role, []string{name}, s.Setting}
	for _, n := range slots {
		x, err := c.m.vault.putSlot(c.tx, h, n)
		if err != nil {
			return nil, err
		}
		made = append(made, x)
	}
	c.event(auditlog.Object{Kind: auditlog.UserEnroll, Object: c.m.ID, Role: string(i.Role)})
	return made, nil
}

func (c *change) openBundle(k code, i rbac.Invitation) (b bundle, err error) {
	if i.Bundle == "" {
		return b, nil
	}
	sealed := c.tx.Get(bucketBundles, []byte(k.id()))
	if rbac.DigestOf(sealed) != i.Bundle {
		return b, tampered("what the invitation hands over was exchanged")
	}
	raw, err := seal.Decrypt(k.derive("bundle"), k.bundleContext(c.state().Store), sealed)
	if err != nil {
		return b, tampered("what the invitation hands over does not open")
	}
	return b, json.Unmarshal(raw, &b)
}

// takeOver seals the keys of the bundle to the new identity, as far as they are still
// the current ones; an administrator's next change hands over the rest.
func (c *change) takeOver(b bundle) error {
	s := c.state()
	for name, seed := range b.Boxes {
		box, err := seal.NewBox(seed)
		if err != nil {
			return err
		}
		if rbac.DigestOf(box.Public()) != s.Boxes[name].Key || !s.Holds(c.m.ID, name) {
			continue
		}
		if err := c.sealBox(name, s.Boxes[name].Epoch, c.m.ID, seed); err != nil {
			return err
		}
	}
	for id, d := range b.Keys {
		if !slices.Contains(s.Recipients(id), c.m.ID) {
			continue
		}
		r, err := c.record(id)
		if err != nil {
			return err
		}
		if r.Version != d.Version {
			continue
		}
		if err := c.sealToUser(id, secretKeys{d.Version, d.Value, d.Binding}, c.m.ID); err != nil {
			return err
		}
	}
	return nil
}

// forget deletes what was sealed to a person's former keys.
func (c *change) forget(user string) error {
	for _, b := range rbac.Boxes() {
		if err := c.tx.Delete(bucketBoxes, boxKey(b, c.state().Boxes[b].Epoch, user)); err != nil {
			return err
		}
	}
	for id := range c.state().Secrets {
		if err := c.tx.Delete(bucketDeks, dekKey(id, user)); err != nil {
			return err
		}
	}
	return dropSlots(c.tx, user)
}
