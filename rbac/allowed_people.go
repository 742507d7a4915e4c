package rbac

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (j *judge) serviceAdd(b *ServiceAdd) error {
	if err := j.newPerson(j.op.ID, b.Name); err != nil {
		return err
	}
	return j.mayBe(APIUser)
}

// newPerson refuses ids and names that were used before. An id is never used again,
// since what its first holder signed is still there.
func (j *judge) newPerson(id string, name Digest) error {
	if !ValidUserID(id) {
		return j.invalid("want a new person's id")
	}
	if _, used := j.s.Signers[id]; used {
		return j.invalid("the id belongs to somebody")
	}
	if j.s.named(name, id) {
		return j.invalid("somebody has this name already, or an invitation for it waits")
	}
	return nil
}

func (j *judge) userSet(b *UserSet) error {
	u, err := j.alters(j.op.ID)
	if err != nil {
		return err
	}
	switch {
	case (u.Role == APIUser) != (b.Role == APIUser):
		return j.invalid("people and service accounts do not turn into one another")
	case u.Role != APIUser && b.Until != 0:
		return j.invalid("only service accounts end by themselves")
	case b.Pending && !u.Pending:
		return j.invalid("a confirmation is not taken back; disable the person instead")
	case u.Pending && !b.Pending && j.op.ID == j.op.By:
		return j.denied("nobody confirms themselves")
	}
	return j.mayBe(b.Role)
}

// userDel leaves somebody who signs what follows from the removal.
func (j *judge) userDel() error {
	if j.op.ID == j.op.By {
		return j.denied("nobody removes themselves")
	}
	_, err := j.alters(j.op.ID)
	return err
}

func (j *judge) invite(b *Invite) error {
	if !validInvitationID(j.op.ID) {
		return j.invalid("want a new invitation's id")
	}
	if _, used := j.s.Invites[j.op.ID]; used {
		return j.invalid("the invitation exists")
	}
	if err := j.whom(b); err != nil {
		return err
	}
	most, _ := strconv.Atoi(j.s.Setting(InviteHours))
	if b.Expires <= j.op.Time || b.Expires > j.op.Time+(time.Duration(most)*time.Hour).Milliseconds() {
		return j.invalid(fmt.Sprintf("an invitation lasts at most %d hours", most))
	}
	if from := Role(j.s.Setting(TwoStepFrom)); b.Role.AtLeast(from) && !b.TwoStep {
		return j.denied(fmt.Sprintf("an invitation for a %s takes two steps; --two-step", b.Role))
	}
	if len(b.Grants) > 0 && b.Role.AtLeast(Administrator) {
		return j.invalid("grants narrow editors, operators and viewers")
	}
	for _, g := range b.Grants {
		if !b.Role.Ceiling().Includes(g.Level) {
			return j.invalid(fmt.Sprintf("a grant never widens: role %s ends at %s", b.Role, b.Role.Ceiling()))
		}
	}
	return nil
}

// whom checks the person of an invitation. For one who exists and lost the keys it
// takes what altering that person takes; the owner's only the owner makes.
func (j *judge) whom(b *Invite) error {
	if !b.Rekey {
		if err := j.newPerson(b.User, b.Name); err != nil {
			return err
		}
		return j.mayBe(b.Role)
	}
	u, ok := j.s.Users[b.User]
	switch {
	case !ok:
		return j.invalid("there is no such person")
	case u.Role == APIUser || u.Role != b.Role || u.Name != b.Name || u.Profile != b.Profile || len(b.Grants) > 0:
		return j.invalid("new keys come without another role, name or grant")
	case b.User == j.s.Owner && j.op.By == j.s.Owner:
		return nil
	}
	_, err := j.alters(b.User)
	return err
}

func (j *judge) inviteDel() error {
	i, ok := j.s.Invites[j.op.ID]
	if !ok {
		return j.invalid("it was used, withdrawn or never made; `headgate invite list` lists those that wait")
	}
	if i.User == j.s.Owner {
		return j.needs(rankOwner)
	}
	return j.mayBe(i.Role)
}

// invitation is the open invitation that signed op, if it still holds: once, for one
// person, in time, and made by somebody who still may make it. The time is the
// author's word; the chain only keeps it from running backwards.
func (j *judge) invitation(rekey bool) (Invitation, error) {
	i, ok := j.s.Invites[j.op.By]
	switch {
	case !ok:
		return i, j.invalid("the invitation was used, withdrawn or never made")
	case i.Rekey != rekey || i.User != j.op.ID:
		return i, j.invalid("the invitation is for another person")
	case j.op.Time > i.Expires:
		return i, j.invalid("the invitation ended at " + time.UnixMilli(i.Expires).UTC().Format(time.RFC3339))
	}
	host, ok := j.s.Users[i.By]
	if !ok || host.Disabled || i.User != j.s.Owner && !mayAlter(j.s.rank(i.By), i.Role.rank()) {
		return i, j.denied("who made the invitation may no longer do so")
	}
	return i, nil
}

func (j *judge) enroll(b *UserEnroll) error {
	i, err := j.invitation(false)
	if err != nil {
		return err
	}
	if b.Role != i.Role {
		return j.denied(fmt.Sprintf("the invitation is for role %s", i.Role))
	}
	return nil
}

func (j *judge) rekey() error {
	i, err := j.invitation(true)
	if err != nil {
		return err
	}
	if u, ok := j.s.Users[i.User]; !ok || u.Role != i.Role {
		return j.invalid("the person was removed or has another role")
	}
	return nil
}

func (j *judge) transfer(b *OwnerTransfer) error {
	if err := j.needs(rankOwner); err != nil {
		return err
	}
	to, ok := j.s.Users[j.op.ID]
	if !ok || to.Role == APIUser || to.Disabled || to.Pending || j.op.ID == j.s.Owner {
		return j.invalid("the new owner is an active member, and another person")
	}
	sig, _ := hex.DecodeString(b.Accept)
	if !verify(to.Keys.Sign, TransferMessage(j.s.Store, j.op.Prev, j.op.ID), sig) {
		return j.denied("the new owner did not accept, or the policy changed since; `headgate owner accept` gives another text")
	}
	return nil
}

func (j *judge) grant(g Grant) error {
	u, err := j.alters(j.op.ID)
	switch {
	case err != nil:
		return err
	case u.Role.AtLeast(Administrator):
		return j.invalid("grants narrow editors, operators, viewers and service accounts")
	case !u.Role.Ceiling().Includes(g.Level):
		return j.invalid(fmt.Sprintf("a grant never widens: role %s ends at %s", u.Role, u.Role.Ceiling()))
	case u.Role == APIUser && strings.Contains(g.Flows, "*"):
		return j.invalid("a service account is for named flows, not for patterns")
	}
	return nil
}

func (j *judge) grantDel(b *GrantDel) error {
	u, err := j.alters(j.op.ID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(u.Grants, func(g Grant) bool { return g.Flows == b.Flows }) {
		return j.invalid(fmt.Sprintf("there is no grant on %s", b.Flows))
	}
	return nil
}
