package rbac

import (
	"maps"
	"slices"
)

// Box is a compartment of the store: anybody can put something in with its public
// key, only its members can open it.
type Box string

// The boxes.
const (
	Meta       Box = "meta"       // e-mail addresses, hosts, statistics
	Secrets    Box = "secrets"    // every secret
	Audit      Box = "audit"      // everybody's audit entries
	Quarantine Box = "quarantine" // rejected records
)

// Boxes lists the boxes.
func Boxes() []Box { return []Box{Meta, Secrets, Audit, Quarantine} }

func (b Box) valid() bool { return slices.Contains(Boxes(), b) }

// Holds reports whether a person is a member of a box. Class of the rule: key, since
// the box's key is sealed to its members only.
func (s *State) Holds(user string, b Box) bool {
	u, ok := s.Users[user]
	if !ok || u.Disabled || u.Pending {
		return false
	}
	switch b {
	case Meta:
		return u.Role.AtLeast(Viewer)
	case Secrets, Quarantine:
		return u.Role.AtLeast(Administrator) || u.Role == Editor && u.Wide()
	case Audit:
		return u.Role.AtLeast(Administrator)
	}
	return false
}

// Members lists who holds a box, sorted.
func (s *State) Members(b Box) []string {
	var list []string
	for id := range s.Users {
		if s.Holds(id, b) {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	return list
}

// Reaches reports whether a person can decrypt a secret: as a member of the box, or
// because an approved flow takes it which the person may run. Class: key.
func (s *State) Reaches(user, secret string) bool {
	if _, ok := s.Secrets[secret]; !ok {
		return false
	}
	return s.Holds(user, Secrets) || s.receives(user, secret)
}

func (s *State) receives(user, secret string) bool {
	for flow, a := range s.Flows {
		if a.takes(secret) && s.Effective(user, flow).Includes(Run) {
			return true
		}
	}
	return false
}

// Recipients lists who gets the key of a secret besides the members of the box
// secrets, sorted. It follows from the signed state alone.
func (s *State) Recipients(secret string) []string {
	var list []string
	if _, ok := s.Secrets[secret]; !ok {
		return nil
	}
	for id := range s.Users {
		if !s.Holds(id, Secrets) && s.receives(id, secret) {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	return list
}

// Exposure lists the secrets that a person can decrypt, sorted: what should be
// replaced at its source when the person leaves.
func (s *State) Exposure(user string) []string {
	var list []string
	for id := range maps.Keys(s.Secrets) {
		if s.Reaches(user, id) {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	return list
}
