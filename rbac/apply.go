package rbac

import (
	"maps"
	"slices"
)

// Apply changes s by op, which Allowed has let pass. Everything that follows from the
// operation alone follows here: whose keys stop to count, which boxes and secrets
// somebody could open who no longer should.
func Apply(s *State, op *Op) {
	id, reached := op.ID, op.ID
	if _, ok := op.Body.(*OwnerTransfer); ok {
		reached = "" // nobody loses anything
	}
	before := s.reach(reached)
	switch b := op.Body.(type) {
	case *Genesis:
		*s = newState(op, b)
	case *ServiceAdd:
		u := User{Role: APIUser, Keys: b.Keys, Name: b.Name, Profile: b.Profile, Narrowed: true, Until: b.Until}
		for _, f := range b.Flows {
			u.Grants = append(u.Grants, Grant{f, Run})
		}
		s.join(op, id, u)
	case *UserEnroll:
		i := s.Invites[op.By]
		delete(s.Invites, op.By)
		s.join(op, id, User{Role: i.Role, Keys: b.Keys, Name: i.Name, Profile: i.Profile,
			Narrowed: len(i.Grants) > 0, Grants: i.Grants, Pending: i.TwoStep})
	case *UserRekey:
		u, i := s.Users[id], s.Invites[op.By]
		delete(s.Invites, op.By)
		u.Keys, u.Pending = b.Keys, i.TwoStep
		s.endKey(id, op.Seq)
		s.join(op, id, u)
	case *UserSet:
		u := s.Users[id]
		u.Role, u.Disabled, u.Pending, u.Until = b.Role, b.Disabled, b.Pending, b.Until
		if u.Role.AtLeast(Administrator) {
			u.Narrowed, u.Grants = false, nil
		}
		s.Users[id] = u
	case *UserDel:
		delete(s.Users, id)
		s.endKey(id, op.Seq)
		for inv, i := range s.Invites {
			if i.By == id || i.User == id {
				s.withdraw(inv)
			}
		}
	default:
		s.applyRest(op)
	}
	s.lose(reached, before)
	s.Seq, s.Time = op.Seq, op.Time
}

func (s *State) applyRest(op *Op) {
	id := op.ID
	switch b := op.Body.(type) {
	case *Invite:
		s.Invites[id] = Invitation{*b, op.By}
	case *InviteDel:
		s.withdraw(id)
	case *OwnerTransfer:
		u := s.Users[id]
		u.Role, u.Narrowed, u.Grants = Superadmin, false, nil
		s.Users[id], s.Owner = u, id
	case *GrantSet:
		u := s.Users[id]
		u.Narrowed, u.Grants = true, withGrant(u.Grants, b.Grant)
		s.Users[id] = u
	case *GrantDel:
		u := s.Users[id]
		u.Grants = slices.DeleteFunc(slices.Clone(u.Grants), func(g Grant) bool { return g.Flows == b.Flows })
		s.Users[id] = u
	case *BoxSet:
		for name, k := range b.Boxes {
			s.Boxes[name] = BoxState{BoxKey: k}
		}
	case *SecretSet:
		for secret, d := range b.Secrets {
			s.Secrets[secret] = Secret{Digest: d, By: op.By, Time: op.Time}
		}
	case *SecretDel:
		delete(s.Secrets, id)
	case *FlowApprove:
		a := Approvals{b.Env: {b.Digest, b.Secrets, op.By, op.Time}}
		for env, other := range s.Flows[id] {
			if env != b.Env {
				a[env] = other
			}
		}
		s.Flows[id] = a
	case *FlowRevoke:
		a := maps.Clone(s.Flows[id])
		maps.DeleteFunc(a, func(env string, _ Approval) bool { return len(b.Envs) == 0 || slices.Contains(b.Envs, env) })
		if s.Flows[id] = a; len(a) == 0 {
			delete(s.Flows, id)
		}
	case *PolicySet:
		delete(s.Policy, id)
		if b.Value != "" {
			s.Policy[id] = b.Value
		}
	case *Format:
		s.Format = b.Format
	}
}

func newState(op *Op, b *Genesis) State {
	s := State{Store: b.Store, Format: b.Format, Owner: op.By,
		Users: map[string]User{}, Signers: map[string][]Signer{}, Invites: map[string]Invitation{}, Boxes: map[Box]BoxState{},
		Secrets: map[string]Secret{}, Flows: map[string]Approvals{}, Policy: map[string]string{}}
	for name, k := range b.Boxes {
		s.Boxes[name] = BoxState{BoxKey: BoxKey{Epoch: 1, Key: k}}
	}
	s.join(op, op.By, User{Role: Superadmin, Keys: b.Keys, Name: b.Name, Profile: b.Profile})
	return s
}

func (s *State) join(op *Op, id string, u User) {
	u.Since = op.Seq
	s.Users[id] = u
	s.Signers[id] = append(slices.Clone(s.Signers[id]), Signer{Key: u.Keys.Sign, From: op.Seq})
}

func (s *State) endKey(id string, seq uint64) {
	list := slices.Clone(s.Signers[id])
	if n := len(list); n > 0 && list[n-1].To == 0 {
		list[n-1].To = seq
	}
	s.Signers[id] = list
}

func withGrant(list []Grant, g Grant) []Grant {
	list = slices.DeleteFunc(slices.Clone(list), func(o Grant) bool { return o.Flows == g.Flows })
	list = append(list, g)
	slices.SortFunc(list, func(a, b Grant) int {
		if a.Flows < b.Flows {
			return -1
		}
		return 1
	})
	return list
}

// reach is what a person can open.
type reach struct {
	keys    Keys
	boxes   []Box
	secrets []string
}

func (s *State) reach(user string) reach {
	u, ok := s.Users[user]
	if !ok {
		return reach{}
	}
	r := reach{keys: u.Keys, secrets: s.Exposure(user)}
	for _, b := range Boxes() {
		if s.Holds(user, b) {
			r.boxes = append(r.boxes, b)
		}
	}
	return r
}

// lose marks what a person, or the person's former keys, could open and no longer
// should. A secret that is gone is not marked.
func (s *State) lose(user string, before reach) {
	after := s.reach(user)
	rekeyed := after.keys != before.keys
	s.expose(reach{
		boxes:   slices.DeleteFunc(before.boxes, func(b Box) bool { return !rekeyed && slices.Contains(after.boxes, b) }),
		secrets: slices.DeleteFunc(before.secrets, func(id string) bool { return !rekeyed && slices.Contains(after.secrets, id) }),
	})
}

// expose marks what somebody could open who no longer should.
func (s *State) expose(r reach) {
	for _, b := range r.boxes {
		k := s.Boxes[b]
		k.Due = true
		s.Boxes[b] = k
	}
	for _, id := range r.secrets {
		if x, ok := s.Secrets[id]; ok {
			x.Due = true
			s.Secrets[id] = x
		}
	}
}

// withdraw ends an invitation that was not used. Whoever saw its code could open the
// keys that lay ready for it, also without enrolling.
func (s *State) withdraw(id string) {
	i := s.Invites[id]
	delete(s.Invites, id)
	if i.Bundle == "" {
		return
	}
	if _, member := s.Users[i.User]; member {
		s.expose(s.reach(i.User))
		return
	}
	s.Users[i.User] = User{Role: i.Role, Narrowed: len(i.Grants) > 0, Grants: i.Grants}
	r := s.reach(i.User)
	delete(s.Users, i.User)
	s.expose(r)
}
