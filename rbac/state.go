package rbac

import (
	"encoding/json"
	"maps"
	"slices"
)

// State is what the chain says up to an operation. It holds no personal data and no
// host. Its JSON form is what operations take the digest of.
type State struct {
	Store   string                `json:"store"`
	Format  int                   `json:"format"`
	Seq     uint64                `json:"seq"`
	Time    int64                 `json:"t"`
	Owner   string                `json:"owner"`
	Users   map[string]User       `json:"users"`
	Signers map[string][]Signer   `json:"signers"`
	Invites map[string]Invitation `json:"invites"`
	Boxes   map[Box]BoxState      `json:"boxes"`
	Secrets map[string]Secret     `json:"secrets"`
	Flows   map[string]Approvals  `json:"flows"`
	Policy  map[string]string     `json:"policy"`
}

// User is a person or a service account.
type User struct {
	Role     Role    `json:"role"`
	Keys     Keys    `json:"keys"`
	Name     Digest  `json:"name"`
	Profile  Digest  `json:"profile"`
	Narrowed bool    `json:"narrowed,omitempty"` // Grants count, not the role's ceiling
	Grants   []Grant `json:"grants,omitempty"`
	Disabled bool    `json:"disabled,omitempty"`
	Pending  bool    `json:"pending,omitempty"` // enrolled and waiting for confirmation
	Until    int64   `json:"until,omitempty"`
	Since    uint64  `json:"since"`
}

// Signer is a key of a person, with the operations between which it counted. Signers
// outlive people, since what they signed is still verified.
type Signer struct {
	Key  string `json:"key"`
	From uint64 `json:"from"`
	To   uint64 `json:"to,omitempty"` // the operation that ended it; 0 while it counts
}

// Invitation is an Invite that waits, and who made it.
type Invitation struct {
	Invite
	By string `json:"by"`
}

// BoxState is the current key of a box. Due says that somebody who holds this epoch
// should no longer.
type BoxState struct {
	BoxKey
	Due bool `json:"due,omitempty"`
}

// Secret is a stored value. Due says that somebody who lost access since could have
// read it, so that it should be replaced where it is used.
type Secret struct {
	Digest Digest `json:"digest"`
	By     string `json:"by"`
	Time   int64  `json:"t"`
	Due    bool   `json:"due,omitempty"`
}

// Digest is the digest of the state's JSON form.
func (s *State) Digest() (Digest, error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return "", err
	}
	return DigestOf(raw), nil
}

// Clone is a copy of s that Apply may change.
func (s *State) Clone() *State {
	c := *s
	c.Users = maps.Clone(s.Users)
	for id, u := range c.Users {
		u.Grants = slices.Clone(u.Grants)
		c.Users[id] = u
	}
	c.Signers = maps.Clone(s.Signers)
	for id, list := range c.Signers {
		c.Signers[id] = slices.Clone(list)
	}
	c.Invites, c.Boxes, c.Secrets = maps.Clone(s.Invites), maps.Clone(s.Boxes), maps.Clone(s.Secrets)
	c.Flows, c.Policy = maps.Clone(s.Flows), maps.Clone(s.Policy)
	return &c
}

// Signer is the signing key that counted for a person at operation seq.
func (s *State) Signer(user string, seq uint64) (string, bool) {
	for _, k := range s.Signers[user] {
		if k.From <= seq && (k.To == 0 || seq < k.To) {
			return k.Key, true
		}
	}
	return "", false
}

// Effective is a person's level on a flow: the role's ceiling, or the grant if that
// is lower. People who are disabled or wait for confirmation have none.
func (s *State) Effective(user, flow string) Level {
	u, ok := s.Users[user]
	if !ok || u.Disabled || u.Pending {
		return NoLevel
	}
	if !u.Narrowed {
		return u.Role.Ceiling()
	}
	return lower(u.Role.Ceiling(), granted(u.Grants, flow))
}

// Wide reports whether no grant takes anything from the person's role.
func (u User) Wide() bool {
	return !u.Narrowed || len(u.Grants) == 1 && u.Grants[0].Flows == "*" && u.Grants[0].Level.Includes(u.Role.Ceiling())
}

func (s *State) rank(user string) int {
	u, ok := s.Users[user]
	switch {
	case !ok:
		return rankNobody
	case user == s.Owner:
		return rankOwner
	}
	return u.Role.rank()
}

// named reports whether a person or an open invitation has the name. The person
// besides is left out.
func (s *State) named(name Digest, besides string) bool {
	for id, u := range s.Users {
		if id != besides && u.Name == name {
			return true
		}
	}
	for _, i := range s.Invites {
		if i.User != besides && i.Name == name {
			return true
		}
	}
	return false
}
