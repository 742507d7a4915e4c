package rbac

import (
	"fmt"
)

// DeniedError says that a role or grant does not allow something.
type DeniedError struct {
	By     string // the person's id
	Role   Role   // "" if By is nobody here
	Action string // what was tried, such as "grant.set" or "run flow x"
	Flow   string // the flow that it was about; "" for none in particular
	Of     string // whom or what else it was about; "" where Action says it
	Why    string
}

func (e *DeniedError) Error() string { return doing(Kind(e.Action), e.Of) + ": " + e.Why }

// InvalidError says that an operation does not fit the state, whoever signed it: it
// names somebody who is not there, or repeats what is done.
type InvalidError struct {
	Kind Kind   // "" where it is not known yet
	Of   string // whom or what it was about; "" where Kind says it
	Why  string
}

func (e *InvalidError) Error() string { return doing(e.Kind, e.Of) + ": " + e.Why }

// judge decides about one operation.
type judge struct {
	s    *State
	op   *Op
	by   User
	rank int
}

// Allowed says whether the author of op may do it at this point of the chain. Writers
// ask it before they sign and readers for every stored operation; it is the only
// place that decides. It presumes that op's signature is the author's. The error is a
// *DeniedError or an *InvalidError. It changes nothing.
func Allowed(s *State, op *Op) error {
	j := judge{s: s, op: op, by: s.Users[op.By], rank: s.rank(op.By)}
	if op.Body == nil || op.Body.kind() != op.Kind {
		return j.invalid("the body is of another kind")
	}
	if err := op.Body.check(); err != nil {
		return j.invalid(err.Error())
	}
	switch b := op.Body.(type) {
	case *Genesis:
		return j.genesis(b)
	case *UserEnroll:
		return j.enroll(b)
	case *UserRekey:
		return j.rekey()
	}
	switch {
	case j.rank == rankNobody:
		return j.denied("the author is not a member of this store")
	case j.by.Disabled:
		return j.denied("the author is disabled")
	case j.by.Pending:
		return j.denied("the author still waits for `headgate user confirm`")
	case j.rank < rankEditor:
		return j.denied(fmt.Sprintf("role %s signs nothing", j.by.Role))
	}
	return j.member()
}

func (j *judge) member() error {
	switch b := j.op.Body.(type) {
	case *ServiceAdd:
		return j.serviceAdd(b)
	case *UserSet:
		return j.userSet(b)
	case *UserDel:
		return j.userDel()
	case *Invite:
		return j.invite(b)
	case *InviteDel:
		return j.inviteDel()
	case *OwnerTransfer:
		return j.transfer(b)
	case *GrantSet:
		return j.grant(b.Grant)
	case *GrantDel:
		return j.grantDel(b)
	case *BoxSet:
		return j.boxSet(b)
	case *SecretSet:
		return j.secretSet(b)
	case *SecretDel:
		return j.secretDel()
	case *FlowApprove:
		return j.approve(b)
	case *FlowRevoke:
		return j.revoke(b)
	case *PolicySet:
		return j.policySet(b)
	case *Restore:
		return j.needs(rankSuperadmin)
	case *Format:
		if b.Format != j.s.Format+1 {
			return j.invalid(fmt.Sprintf("format %d does not follow %d", b.Format, j.s.Format))
		}
		return j.needs(rankSuperadmin)
	}
	return j.invalid("unknown kind")
}

func (j *judge) denied(why string) error {
	e := &DeniedError{By: j.op.By, Role: j.by.Role, Action: string(j.op.Kind), Of: j.op.named(), Why: why}
	if j.op.Kind == KindFlowApprove || j.op.Kind == KindFlowRevoke {
		e.Flow = j.op.ID
	}
	return e
}

func (j *judge) invalid(why string) error {
	return &InvalidError{j.op.Kind, j.op.named(), why}
}

func (j *judge) needs(rank int) error {
	if j.rank >= rank {
		return nil
	}
	names := map[int]string{rankEditor: "an editor", rankAdministrator: "an administrator", rankSuperadmin: "a superadmin", rankOwner: "the owner"}
	return j.denied(fmt.Sprintf("role %s does not allow it, it takes %s", j.by.Role, names[rank]))
}

// mayAlter says whether a member of rank by may make, alter or remove somebody of
// rank target: administrators everybody but superadmins, superadmins everybody but
// the owner. So nobody grants above the own role.
func mayAlter(by, target int) bool {
	if by < rankAdministrator || target >= rankOwner {
		return false
	}
	return target < rankSuperadmin || by >= rankSuperadmin
}

func (j *judge) alters(id string) (User, error) {
	u, ok := j.s.Users[id]
	if !ok {
		return u, j.invalid("there is no such person")
	}
	if id == j.s.Owner {
		return u, j.denied("the owner is altered by `headgate owner transfer` only")
	}
	return u, j.mayBe(u.Role)
}

func (j *judge) mayBe(r Role) error {
	if mayAlter(j.rank, r.rank()) {
		return nil
	}
	if j.rank < rankAdministrator {
		return j.needs(rankAdministrator)
	}
	return j.denied(fmt.Sprintf("role %s does not allow to make or alter a %s", j.by.Role, r))
}

func (j *judge) genesis(b *Genesis) error {
	if j.s.Store != "" || j.op.Seq != 0 {
		return j.invalid("a store begins once")
	}
	if !ValidUserID(j.op.By) || j.op.ID != j.op.By {
		return j.invalid("want the owner's id")
	}
	return nil
}

func (j *judge) boxSet(b *BoxSet) error {
	for name, k := range b.Boxes {
		if k.Epoch != j.s.Boxes[name].Epoch+1 {
			return j.invalid(fmt.Sprintf("epoch %d of box %s does not follow %d", k.Epoch, name, j.s.Boxes[name].Epoch))
		}
	}
	return j.needs(rankAdministrator)
}

func (j *judge) policySet(b *PolicySet) error {
	d, ok := setting(j.op.ID)
	if !ok {
		return j.invalid("there is no such setting; `headgate policy show` lists them")
	}
	if b.Value != "" {
		if err := d.check(b.Value); err != nil {
			return j.invalid(err.Error())
		}
	}
	return j.needs(rankSuperadmin)
}

// secretSet lets an editor whose grants narrow the role write new secrets, and those
// that only flows take which the editor manages.
func (j *judge) secretSet(b *SecretSet) error {
	if err := j.needs(rankEditor); err != nil || j.by.Wide() {
		return err
	}
	for id := range b.Secrets {
		if _, exists := j.s.Secrets[id]; exists && !j.managesUsersOf(id) {
			return j.denied(fmt.Sprintf("secret %s is taken by flows outside the grant", id))
		}
	}
	return nil
}

func (j *judge) secretDel() error {
	if _, ok := j.s.Secrets[j.op.ID]; !ok {
		return j.invalid("there is no such secret")
	}
	if err := j.needs(rankEditor); err != nil || j.by.Wide() || j.managesUsersOf(j.op.ID) {
		return err
	}
	return j.denied("it is taken by flows outside the grant")
}

// managesUsersOf reports whether the author manages every approved flow that takes
// the secret, and set it if no flow does.
func (j *judge) managesUsersOf(id string) bool {
	used := false
	for flow, a := range j.s.Flows {
		if a.takes(id) {
			used = true
			if !j.s.Effective(j.op.By, flow).Includes(Manage) {
				return false
			}
		}
	}
	return used || j.s.Secrets[id].By == j.op.By
}

// approve keeps a narrowed editor from naming a secret out of reach: who approves a
// flow decides who gets the secrets it names.
func (j *judge) approve(b *FlowApprove) error {
	if err := j.manages(); err != nil || j.by.Wide() {
		return err
	}
	for _, id := range b.Secrets {
		if j.s.Secrets[id].By != j.op.By && !j.s.Reaches(j.op.By, id) {
			return j.denied(fmt.Sprintf("secret %s is out of reach of the grant", id))
		}
	}
	return nil
}

func (j *judge) revoke(b *FlowRevoke) error {
	if _, ok := j.s.Flows[j.op.ID]; !ok {
		return j.invalid("the flow is not approved")
	}
	for _, env := range b.Envs {
		if _, ok := j.s.Flows[j.op.ID][env]; !ok {
			return j.invalid(fmt.Sprintf("the flow is not approved for profile %q", env))
		}
	}
	return j.manages()
}

func (j *judge) manages() error {
	if !flowName().MatchString(j.op.ID) {
		return j.invalid(fmt.Sprintf("%q is not the name of a flow", j.op.ID))
	}
	if err := j.needs(rankEditor); err != nil {
		return err
	}
	if !j.s.Effective(j.op.By, j.op.ID).Includes(Manage) {
		return j.denied(fmt.Sprintf("the grant does not include manage on flow %s", j.op.ID))
	}
	return nil
}
