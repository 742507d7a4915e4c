package vault

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/seal"
	"github.com/headgate/headgate/vault/slot"
	"github.com/headgate/headgate/vault/store"
)

// Credential is what somebody shows to unlock their keys: exactly one of the fields
// besides User is set.
type Credential struct {
	User     string        // e-mail address or service account's name; a Key and a Session know it themselves
	Key      *slot.Key     // of a key file
	Password []byte        // of a password slot, alone or with the device's key
	Recovery []byte        // a recovery code's key
	Keyring  bool          // the operating system's keyring alone
	Content  *slot.Content // of a session, with the person's id in User
}

// Unlock opens the person's keys and verifies the whole store against them. A wrong
// name, password, key or code is ErrLogin and takes as long as a right one; one that
// fails since the store was damaged is not.
func (v *Vault) Unlock(ctx context.Context, cr Credential) (*Member, error) {
	var m *Member
	var pin Pin
	var known *Pin
	err := v.file.View(ctx, func(tx *store.Tx) (err error) {
		if m, err = v.unlock(tx, cr); err != nil {
			return err
		}
		all, err := m.enter(tx)
		if err != nil {
			return err
		}
		pin, known, m.began = all.pin(), all.known, all.state()
		if cr.Keyring { // the role may be another than when the slot was made
			h := holder{Owner: slot.Owner{User: m.ID}, role: all.state().Users[m.ID].Role, settings: all.state().Setting}
			return h.allows(NewSlot{Type: slot.Keyring})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return m, m.remember(pin, known)
}

func (v *Vault) unlock(tx *store.Tx, cr Credential) (*Member, error) {
	g, fp, err := genesis(tx)
	if err != nil {
		return nil, err
	}
	if cr.Key != nil && cr.Key.Fingerprint != fp {
		return nil, tampered("the key file is for another store: is --store or --key-file the wrong one, or did somebody put another store in its place?")
	}
	user, content := "", slot.Content{}
	if cr.Content != nil {
		user, content = cr.User, *cr.Content
	} else if user, content, err = v.openSlot(tx, g.Store, fp, cr); err != nil {
		return nil, err
	}
	if content.Fingerprint != fp {
		return nil, tampered("this is another store than the one that the key is for")
	}
	id, err := seal.NewIdentity(content.Seed)
	if err != nil {
		return nil, notLoggedIn(err)
	}
	return &Member{ID: user, vault: v, identity: id, fingerprint: fp, seen: &memory{}}, nil
}

// WaysOf lists the types of a person's slots, before anybody is logged in: to ask for
// what they take. Of somebody unknown there are none.
func (v *Vault) WaysOf(ctx context.Context, name string) (types []slot.Type, err error) {
	err = v.file.View(ctx, func(tx *store.Tx) error {
		if err := v.sound(tx); err != nil {
			return err
		}
		s, err := unverifiedState(tx)
		if err != nil {
			return err
		}
		user, ok := find(s, name)
		if !ok {
			return nil
		}
		list, err := slotsOf(tx, user)
		for _, x := range list {
			types = append(types, x.Type)
		}
		return err
	})
	return types, err
}

// openSlot tries the person's slots that the credential is for.
func (v *Vault) openSlot(tx *store.Tx, storeID string, fp rbac.Digest, cr Credential) (user string, content slot.Content, err error) {
	if cr.Key != nil {
		user = cr.Key.User
	} else {
		s, err := unverifiedState(tx)
		if err != nil {
			return "", content, err
		}
		user, _ = find(s, cr.User)
	}
	list, err := slotsOf(tx, user)
	if err != nil {
		return "", content, err
	}
	wrong, tried := notLoggedIn(slot.ErrWrong), false
	for _, s := range list {
		m, ok, err := v.fits(s, fp, user, cr)
		if err != nil {
			return "", content, err
		}
		if !ok || user == "" {
			continue
		}
		tried = tried || cr.Password != nil
		if content, err := s.Open(slot.Owner{Store: storeID, User: user}, m); err == nil {
			return user, content, nil
		}
	}
	if cr.Password != nil && !tried {
		slot.Waste(v.opt.Cost, cr.Password)
	}
	if err := v.sound(tx); err != nil {
		return "", content, err
	}
	return "", content, fmt.Errorf("%w", wrong)
}

// fits is what of the credential opens the slot, if it is for such slots.
func (v *Vault) fits(s slot.Slot, fp rbac.Digest, user string, cr Credential) (m slot.Material, ok bool, err error) {
	switch {
	case cr.Key != nil:
		return slot.Material{Key: cr.Key.Key}, s.Type == slot.KeyFile && s.Name == cr.Key.Name(), nil
	case cr.Recovery != nil:
		return slot.Material{Key: cr.Recovery}, s.Type == slot.Recovery, nil
	case cr.Password != nil && s.Type == slot.Password:
		return slot.Material{Password: cr.Password}, true, nil
	case cr.Password != nil && s.Type == slot.Device, cr.Keyring && s.Type == slot.Keyring:
		key, err := v.fromRing(fp, user, s.Name)
		return slot.Material{Password: cr.Password, Key: key}, err == nil, err
	}
	return m, false, nil
}

// fromRing does not fall through: a keyring that is there and fails is an error.
func (v *Vault) fromRing(fp rbac.Digest, user, name string) ([]byte, error) {
	if v.opt.Ring == nil {
		return nil, notLoggedIn(errors.New("there is no keyring here"))
	}
	text, err := v.opt.Ring.Get(ringName(fp, user, name))
	if err != nil {
		return nil, notLoggedIn(err)
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, notLoggedIn(errors.New("the keyring's item is not a key"))
	}
	return key, nil
}
