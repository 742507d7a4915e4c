package rbac

import "slices"

// Approvals is what of a flow may be run: one version of it for each profile of connections.yaml,
// "" for none of them. It is replaced and never changed.
type Approvals map[string]Approval

// Approval is one version of a flow.
type Approval struct {
	Digest  Digest   `json:"digest"`
	Secrets []string `json:"secrets,omitempty"`
	By      string   `json:"by"`
	Time    int64    `json:"t"`
}

// takes reports whether a version that is approved takes a secret.
func (a Approvals) takes(secret string) bool {
	for _, v := range a {
		if slices.Contains(v.Secrets, secret) {
			return true
		}
	}
	return false
}

// Approved is the approval of this version of a flow for a profile.
func (s *State) Approved(flow, env string, d Digest) (Approval, bool) {
	a, ok := s.Flows[flow][env]
	return a, ok && a.Digest == d
}

// Shows reports whether lists show a secret to a person: to whom nothing is taken from the role,
// and else those that flows take which the person may monitor, and the person's own.
func (s *State) Shows(user, secret string) bool {
	if s.Users[user].Wide() || s.Secrets[secret].By == user {
		return true
	}
	for flow, a := range s.Flows {
		if a.takes(secret) && s.Effective(user, flow).Includes(Monitor) {
			return true
		}
	}
	return false
}
