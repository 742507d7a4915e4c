package rbac

// doing says what an operation of a kind does, and to what: of is that in the words of
// whoever asked, "" where nobody said.
func doing(k Kind, of string) string {
	words := map[Kind][2]string{ // with what stands there if of is empty
		KindGenesis:       {"make a store", ""},
		KindServiceAdd:    {"add service account", ""},
		KindUserSet:       {"alter", "a member"},
		KindUserDel:       {"remove", "a member"},
		KindUserRekey:     {"enrol again", ""},
		KindInvite:        {"invite", "somebody"},
		KindInviteDel:     {"withdraw invitation", ""},
		KindUserEnroll:    {"enrol", ""},
		KindOwnerTransfer: {"make the owner", "another member"},
		KindGrantSet:      {"give a grant to", "a member"},
		KindGrantDel:      {"take a grant from", "a member"},
		KindBoxSet:        {"replace the keys of boxes", ""},
		KindSecretSet:     {"set", "a secret"},
		KindSecretDel:     {"remove secret", ""},
		KindFlowApprove:   {"approve flow", ""},
		KindFlowRevoke:    {"revoke the approval of flow", ""},
		KindPolicySet:     {"set policy", ""},
		KindRestore:       {"sign that the store was restored", ""},
		KindFormat:        {"raise the store's format", ""},
	}[k]
	switch {
	case words[0] == "":
		words[0] = string(k) // a verb, or nothing
	case of == "":
		of = words[1]
	}
	if words[0] == "" || of == "" {
		return words[0] + of
	}
	return words[0] + " " + of
}

// named is what of an operation its asker knows by that name: people and invitations
// for them have random ids.
func (op *Op) named() string {
	switch op.Kind {
	case KindInviteDel, KindSecretDel, KindFlowApprove, KindFlowRevoke, KindPolicySet:
		return op.ID
	}
	return ""
}

// About says in the words of whoever asked what a *DeniedError or an *InvalidError is
// about, if the error does not know. It returns err.
func About(err error, of string) error {
	switch e := err.(type) {
	case *DeniedError:
		if e.Of == "" {
			e.Of = of
		}
	case *InvalidError:
		if e.Of == "" {
			e.Of = of
		}
	}
	return err
}
