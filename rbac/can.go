package rbac

import (
	"fmt"
	"time"
)

// UnapprovedError says that a person may run approved flows only, and this is none.
type UnapprovedError struct {
	Flow     string
	Env      string // the profile; "" for none
	Approved bool   // another digest of it is approved for the profile
}

func (e *UnapprovedError) Error() string {
	if e.Approved {
		return fmt.Sprintf("run flow %s: it, or a connection or key that it names, was changed since it was approved", e.Flow)
	}
	if e.Env != "" {
		return fmt.Sprintf("run flow %s: it is not approved for profile %s", e.Flow, e.Env)
	}
	return fmt.Sprintf("run flow %s: it is not approved", e.Flow)
}

// Can says whether a person may use a verb, and how far it extends. flow is the flow
// it is about; "" asks about no flow in particular, and then a person whose grants
// include the level on some flow passes. now is the time by which service accounts
// end (class binary: it is the clock of whoever asks). The error is a *DeniedError.
func Can(s *State, user string, v Verb, flow string, now time.Time) (Scope, error) {
	row, ok := RowOf(v)
	if !ok {
		return None, fmt.Errorf("verb %q: unknown", v)
	}
	u, ok := s.Users[user]
	deny := func(why string) (Scope, error) {
		action := string(v)
		if flow != "" {
			action += " (" + flow + ")"
		}
		return None, &DeniedError{By: user, Role: u.Role, Action: action, Flow: flow, Why: why}
	}
	switch {
	case !ok:
		return deny("you are not a member of this store")
	case u.Disabled:
		return deny("an administrator disabled you")
	case u.Pending:
		return deny("your enrolment waits for somebody's `headgate user confirm`")
	case u.Until > 0 && now.UnixMilli() > u.Until:
		return deny("the service account ended at " + time.UnixMilli(u.Until).UTC().Format(time.RFC3339))
	}
	scope := row.Cell(u.Role, user == s.Owner)
	if scope == None {
		return deny(fmt.Sprintf("role %s does not allow it", u.Role))
	}
	if scope == Granted && !s.includes(user, flow, row.Level) {
		return deny(fmt.Sprintf("your grants do not include %s here", row.Level))
	}
	return scope, nil
}

func (s *State) includes(user, flow string, l Level) bool {
	if flow != "" {
		return s.Effective(user, flow).Includes(l)
	}
	u := s.Users[user]
	if !u.Narrowed {
		return u.Role.Ceiling().Includes(l)
	}
	for _, g := range u.Grants {
		if lower(u.Role.Ceiling(), g.Level).Includes(l) {
			return true
		}
	}
	return false
}

// MayRun says whether a person may run a flow with this digest in a profile now. Who may run
// drafts may run anything granted; everybody else approved digests only, and gets
// an *UnapprovedError otherwise.
func MayRun(s *State, user, flow, env string, d Digest, now time.Time) error {
	if _, err := Can(s, user, RunApproved, flow, now); err != nil {
		return err
	}
	if _, ok := s.Approved(flow, env, d); ok {
		return nil
	}
	if _, err := Can(s, user, RunDraft, flow, now); err != nil {
		_, other := s.Flows[flow][env]
		return &UnapprovedError{Flow: flow, Env: env, Approved: other}
	}
	return nil
}
