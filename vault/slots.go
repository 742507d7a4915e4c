package vault

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/auditlog"
	"github.com/headgate/headgate/vault/seal"
	"github.com/headgate/headgate/vault/slot"
	"github.com/headgate/headgate/vault/store"
)

// NewSlot asks for a way in. Password counts for slot.Password and slot.Device.
type NewSlot struct {
	Type     slot.Type
	Password []byte
}

// MadeSlot is a way in that was made. Secret is what only now can be shown: the text
// of a key file, or a recovery code; empty for the other types.
type MadeSlot struct {
	Name   string
	Type   slot.Type
	Secret string
}

// holder is whose slots are made: the identity need not be a member yet.
type holder struct {
	slot.Owner
	fingerprint rbac.Digest
	identity    *seal.Identity
	role        rbac.Role
	names       []string // not to be part of a password
	settings    func(string) string
}

func slotKey(user, name string) []byte { return []byte(user + "/" + name) }

// putSlot makes a slot. What goes into the keyring is there before the slot is
// stored: an item without a slot is harmless.
func (v *Vault) putSlot(tx *store.Tx, h holder, n NewSlot) (MadeSlot, error) {
	if err := h.allows(n); err != nil {
		return MadeSlot{}, err
	}
	m, made, err := v.material(h, n)
	if err != nil {
		return made, err
	}
	s, err := slot.New(h.Owner, made.Name, n.Type, v.opt.Cost, m, slot.Content{Seed: h.identity.Seed(), Fingerprint: h.fingerprint}, v.now())
	if err != nil {
		return made, err
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return made, err
	}
	return made, tx.Put(bucketSlots, slotKey(h.User, made.Name), raw)
}

// allows keeps the rules of the store for slots. Class: binary.
func (h holder) allows(n NewSlot) error {
	switch n.Type {
	case slot.Password, slot.Device:
		return slot.Rules{Profile: h.settings(rbac.PasswordProfile), Second: n.Type == slot.Device, Avoid: h.names}.Check(n.Password)
	case slot.Keyring:
		rule := h.settings(rbac.KeyringRoles)
		if rule == "none" || rule == "below-administrator" && h.role.AtLeast(rbac.Administrator) {
			return &rbac.DeniedError{By: h.User, Role: h.role, Action: "use the keyring",
				Why: fmt.Sprintf("the policy does not let a %s keep the key in the keyring alone, where every program of the person can read it", h.role)}
		}
	case slot.KeyFile, slot.Recovery:
	default:
		return &SlotError{string(n.Type), "an unknown type"}
	}
	return nil
}

func (v *Vault) material(h holder, n NewSlot) (m slot.Material, made MadeSlot, err error) {
	made.Name, made.Type, m.Password = string(n.Type), n.Type, n.Password
	switch n.Type {
	case slot.Device, slot.Keyring:
		if v.opt.Ring == nil {
			return m, made, &SlotError{string(n.Type), "there is no keyring here"}
		}
		m.Key = seal.Random(seal.Size)
		err = v.opt.Ring.Set(ringName(h.fingerprint, h.User, made.Name), base64.StdEncoding.EncodeToString(m.Key))
	case slot.KeyFile:
		m.Key = seal.Random(seal.Size)
		k := slot.Key{Fingerprint: h.fingerprint, User: h.User, Key: m.Key}
		made.Name, made.Secret = k.Name(), k.Text()
	case slot.Recovery:
		m.Key = seal.Random(slot.RecoverySize)
		made.Secret = slot.RecoveryCode(m.Key)
	}
	return m, made, err
}

func ringName(fingerprint rbac.Digest, user, name string) string {
	return string(fingerprint[:16]) + "/" + user + "/" + name
}

func (c *change) holder() (holder, error) {
	s := c.state()
	u := s.Users[c.m.ID]
	name, err := c.name(c.m.ID, u.Profile)
	return holder{slot.Owner{Store: s.Store, User: c.m.ID}, c.m.fingerprint, c.m.identity, u.Role, []string{name}, s.Setting}, err
}

// AddSlot gives the person another way in; one of the same name is replaced, except
// that every key file is a slot of its own.
func (m *Member) AddSlot(ctx context.Context, n NewSlot) (made MadeSlot, err error) {
	_, err = m.change(ctx, func(c *change) error {
		h, err := c.holder()
		if err != nil {
			return err
		}
		if made, err = m.vault.putSlot(c.tx, h, n); err != nil {
			return err
		}
		c.erase = true // of the slot that was replaced
		c.event(auditlog.Object{Kind: auditlog.SlotAdd, Object: made.Name})
		return nil
	})
	return made, err
}

// RemoveSlot takes a way in away, never the last.
func (m *Member) RemoveSlot(ctx context.Context, name string) error {
	_, err := m.change(ctx, func(c *change) error {
		list, err := slotsOf(c.tx, m.ID)
		if err != nil {
			return err
		}
		found := false
		for _, s := range list {
			found = found || s.Name == name
		}
		switch {
		case !found:
			return &SlotError{name, "you have none of this name"}
		case len(list) == 1:
			return &SlotError{name, "it is the only way in; add another first"}
		}
		c.erase = true
		c.event(auditlog.Object{Kind: auditlog.SlotRemove, Object: name})
		return c.tx.Delete(bucketSlots, slotKey(m.ID, name))
	})
	return err
}

// SlotInfo is what a list of slots shows.
type SlotInfo struct {
	Name string
	Type slot.Type
	Made time.Time
}

// Slots lists the person's ways in.
func (m *Member) Slots(ctx context.Context) (list []SlotInfo, err error) {
	err = m.read(ctx, func(v *view) error {
		slots, err := slotsOf(v.tx, m.ID)
		for _, s := range slots {
			list = append(list, SlotInfo{s.Name, s.Type, time.UnixMilli(s.Made)})
		}
		return err
	})
	return list, err
}

func slotsOf(tx *store.Tx, user string) (list []slot.Slot, err error) {
	err = tx.Each(bucketSlots, slotKey(user, ""), nil, func(k, raw []byte) error {
		s, err := parseSlot(raw)
		if err == nil && s.Name != strings.TrimPrefix(string(k), user+"/") {
			err = tampered("slot %s lies in the place of another", s.Name)
		}
		list = append(list, s)
		return err
	})
	return list, err
}

func parseSlot(raw []byte) (s slot.Slot, err error) {
	if err := rbac.DecodeStrict(raw, &s); err != nil {
		return s, &TamperedError{"a slot", err}
	}
	return s, nil
}

func dropSlots(tx *store.Tx, user string) error {
	var keys [][]byte
	if err := tx.Each(bucketSlots, slotKey(user, ""), nil, func(k, _ []byte) error { keys = append(keys, k); return nil }); err != nil {
		return err
	}
	for _, k := range keys {
		if err := tx.Delete(bucketSlots, k); err != nil {
			return err
		}
	}
	return nil
}
