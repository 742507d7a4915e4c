package vault

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/seal"
)

// profile is what the store knows of a person in words. It lies in the box meta; the
// policy has its digest, which the salt keeps from being guessed.
type profile struct {
	Name string `json:"name"` // e-mail address, or a service account's name
	Salt []byte `json:"salt"`
}

func newProfile(name string) ([]byte, error) {
	return json.Marshal(profile{name, seal.Random(16)})
}

func profileDigest(storeID, user string, raw []byte) rbac.Digest {
	return rbac.DigestOf(rbac.Context("headgate/v1/profile", storeID, user, string(raw)))
}

func profileContext(storeID, user string, epoch uint64) []byte {
	return rbac.Context("headgate/v1/profile-seal", storeID, user, fmt.Sprint(epoch))
}

func (v *view) putProfile(user string, raw []byte) error {
	pk, err := v.boxPublic(rbac.Meta)
	if err != nil {
		return err
	}
	sealed, err := seal.To(pk, profileContext(v.state().Store, user, v.state().Boxes[rbac.Meta].Epoch), raw)
	if err != nil {
		return err
	}
	return v.tx.Put(bucketProfiles, []byte(user), sealed)
}

// ownProfile is where a service account, which does not hold the box meta, has what it is called.
func ownProfile(user string) []byte { return []byte(user + ownSuffix) }

const ownSuffix = "/own"

func ownContext(storeID, user string) []byte {
	return rbac.Context("headgate/v1/own-profile", storeID, user)
}

// putOwnProfile seals the profile for the account itself.
func (v *view) putOwnProfile(user string, public, raw []byte) error {
	sealed, err := seal.To(public, ownContext(v.state().Store, user), raw)
	if err != nil {
		return err
	}
	return v.tx.Put(bucketProfiles, ownProfile(user), sealed)
}

// openProfile is the sealed profile of a person, nil for who may not see it.
func (v *view) openProfile(user string) (raw []byte, err error) {
	box, err := v.box(rbac.Meta)
	if err != nil {
		return nil, err
	}
	own := v.tx.Get(bucketProfiles, ownProfile(user))
	switch {
	case box != nil:
		raw, err = box.Open(profileContext(v.state().Store, user, v.state().Boxes[rbac.Meta].Epoch), v.tx.Get(bucketProfiles, []byte(user)))
	case own != nil && user == v.m.ID:
		raw, err = v.m.identity.Box.Open(ownContext(v.state().Store, user), own)
	}
	if err != nil {
		return nil, tampered("the profile of %s does not open", user)
	}
	return raw, nil
}

// name is what a person is called, "" for who may not see it: who does not hold the box meta sees
// the own name at most.
func (v *view) name(user string, want rbac.Digest) (string, error) {
	raw, err := v.openProfile(user)
	if raw == nil || err != nil {
		return "", err
	}
	if profileDigest(v.state().Store, user, raw) != want {
		return "", tampered("the profile of %s is not the one that the policy has", user)
	}
	var p profile
	if err := json.Unmarshal(raw, &p); err != nil {
		return "", tampered("the profile of %s can't be read", user)
	}
	return p.Name, nil
}

func (c *change) moveProfiles(old *seal.Box) error {
	s := c.state()
	var users []string
	if err := c.tx.Each(bucketProfiles, nil, nil, func(k, _ []byte) error {
		if user := string(k); !strings.HasSuffix(user, ownSuffix) {
			users = append(users, user)
		}
		return nil
	}); err != nil {
		return err
	}
	for _, u := range users {
		if !c.belongs(u) {
			if err := c.tx.Delete(bucketProfiles, []byte(u)); err != nil {
				return err
			}
			continue
		}
		raw, err := old.Open(profileContext(s.Store, u, s.Boxes[rbac.Meta].Epoch-1), c.tx.Get(bucketProfiles, []byte(u)))
		if err != nil {
			return tampered("the profile of %s does not open", u)
		}
		if err := c.putProfile(u, raw); err != nil {
			return err
		}
	}
	return nil
}

// belongs reports whether somebody is a member or invited.
func (v *view) belongs(user string) bool {
	if _, ok := v.state().Users[user]; ok {
		return true
	}
	for _, i := range v.state().Invites {
		if i.User == user {
			return true
		}
	}
	return false
}

// find is the id of the member with a name.
func find(s *rbac.State, name string) (string, bool) {
	for _, form := range []func(string) (string, error){rbac.Email, rbac.Service} {
		n, err := form(name)
		if err != nil {
			continue
		}
		d := rbac.NameDigest(s.Store, n)
		for id, u := range s.Users {
			if u.Name == d {
				return id, true
			}
		}
	}
	return "", false
}
