package rbac

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
)

// Keys are the public halves of a person's keys.
type Keys struct {
	Sign  string `json:"sign"`  // Ed25519 public key, 64 hexadecimal digits
	Seal  Digest `json:"seal"`  // of the HPKE public key
	Audit Digest `json:"audit"` // commitment to the audit key
}

func (k Keys) check() error {
	if !isHex(k.Sign, 64) {
		return errors.New("signing key: want 64 hexadecimal digits")
	}
	if !k.Seal.valid() || !k.Audit.valid() {
		return errors.New("keys: want digests")
	}
	return nil
}

// Genesis makes the store: its id, its owner and the keys of the boxes' first epoch.
type Genesis struct {
	Store   string         `json:"store"` // 32 hexadecimal digits
	Format  int            `json:"format"`
	Keys    Keys           `json:"keys"`
	Name    Digest         `json:"name"`    // see NameDigest
	Profile Digest         `json:"profile"` // of the sealed e-mail address and name
	Boxes   map[Box]Digest `json:"boxes"`   // of the public keys
}

func (*Genesis) kind() Kind { return KindGenesis }

func (b *Genesis) check() error {
	if !ValidUserID(b.Store) || b.Format < 1 || !b.Name.valid() || !b.Profile.valid() || len(b.Boxes) != len(Boxes()) {
		return errors.New("genesis: incomplete")
	}
	for _, box := range Boxes() {
		if !b.Boxes[box].valid() {
			return fmt.Errorf("genesis: no key of box %s", box)
		}
	}
	return b.Keys.check()
}

// ServiceAdd makes a service account. Its grants name flows, without patterns.
type ServiceAdd struct {
	Keys    Keys     `json:"keys"`
	Name    Digest   `json:"name"`
	Profile Digest   `json:"profile"`
	Flows   []string `json:"flows"`
	Until   int64    `json:"until"` // milliseconds since 1970; 0 is no end
}

func (*ServiceAdd) kind() Kind { return KindServiceAdd }

func (b *ServiceAdd) check() error {
	if !b.Name.valid() || !b.Profile.valid() || b.Until < 0 {
		return errors.New("service account: incomplete")
	}
	if len(b.Flows) == 0 {
		return errors.New("service account: name at least one flow")
	}
	for _, f := range b.Flows {
		if !flowName().MatchString(f) {
			return fmt.Errorf("service account: %q is not the name of a flow", f)
		}
	}
	if !sortedUnique(b.Flows) {
		return errors.New("service account: flows are sorted and named once")
	}
	return b.Keys.check()
}

// UserSet states a person's role and standing, all of it.
type UserSet struct {
	Role     Role  `json:"role"`
	Disabled bool  `json:"disabled"`
	Pending  bool  `json:"pending"`
	Until    int64 `json:"until"`
}

func (*UserSet) kind() Kind { return KindUserSet }

func (b *UserSet) check() error {
	if b.Role.rank() == rankNobody || b.Until < 0 {
		return fmt.Errorf("role %q: unknown", b.Role)
	}
	return nil
}

// UserDel removes the person that the operation names.
type UserDel struct{}

func (*UserDel) kind() Kind   { return KindUserDel }
func (*UserDel) check() error { return nil }

// UserRekey gives an existing person new keys, by an invitation made for that.
type UserRekey struct {
	Keys Keys `json:"keys"`
}

func (*UserRekey) kind() Kind     { return KindUserRekey }
func (b *UserRekey) check() error { return b.Keys.check() }

// Invite allows the holder of a one-time key to enrol one person with one role.
type Invite struct {
	Key     string  `json:"key"` // Ed25519 public key of the code
	User    string  `json:"user"`
	Rekey   bool    `json:"rekey"` // for a person who exists and lost the keys
	Role    Role    `json:"role"`
	Grants  []Grant `json:"grants"` // empty: the role's ceiling on every flow
	Name    Digest  `json:"name"`
	Expires int64   `json:"expires"`
	TwoStep bool    `json:"two_step"` // waits for user confirm
	Bundle  Digest  `json:"bundle"`   // of what the code opens; empty without
	Profile Digest  `json:"profile"`
}

func (*Invite) kind() Kind { return KindInvite }

func (b *Invite) check() error {
	if !isHex(b.Key, 64) || !ValidUserID(b.User) || !b.Name.valid() || !b.Profile.valid() {
		return errors.New("invitation: incomplete")
	}
	if b.Bundle != "" && !b.Bundle.valid() {
		return errors.New("invitation: bundle: want a digest")
	}
	if b.TwoStep && b.Bundle != "" {
		return errors.New("invitation: keys are handed over at the confirmation, not before")
	}
	if b.Role.rank() < rankViewer {
		return fmt.Errorf("invitation: role %q is not a person's", b.Role)
	}
	return checkGrants(b.Grants)
}

// InviteDel withdraws the invitation that the operation names.
type InviteDel struct{}

func (*InviteDel) kind() Kind   { return KindInviteDel }
func (*InviteDel) check() error { return nil }

// UserEnroll is the invited person's acceptance, signed with the invitation's key.
type UserEnroll struct {
	Role Role `json:"role"`
	Keys Keys `json:"keys"`
}

func (*UserEnroll) kind() Kind     { return KindUserEnroll }
func (b *UserEnroll) check() error { return b.Keys.check() }

// OwnerTransfer hands the store to the person that the operation names. Accept is
// that person's signature over TransferMessage.
type OwnerTransfer struct {
	Accept string `json:"accept"` // 128 hexadecimal digits
}

func (*OwnerTransfer) kind() Kind { return KindOwnerTransfer }

func (b *OwnerTransfer) check() error {
	if raw, err := hex.DecodeString(b.Accept); err != nil || len(raw) != 64 {
		return errors.New("owner transfer: want the new owner's signature")
	}
	return nil
}

// GrantSet gives the person that the operation names a level on flows.
type GrantSet struct {
	Grant Grant `json:"grant"`
}

func (*GrantSet) kind() Kind     { return KindGrantSet }
func (b *GrantSet) check() error { return b.Grant.check() }

// GrantDel takes the grant on exactly this pattern away.
type GrantDel struct {
	Flows string `json:"flows"`
}

func (*GrantDel) kind() Kind { return KindGrantDel }

func (b *GrantDel) check() error {
	if !validPattern(b.Flows) {
		return fmt.Errorf("grant on %q: not a flow pattern", b.Flows)
	}
	return nil
}

func checkGrants(list []Grant) error {
	for i, g := range list {
		if err := g.check(); err != nil {
			return err
		}
		if slices.ContainsFunc(list[:i], func(o Grant) bool { return o.Flows == g.Flows }) {
			return fmt.Errorf("grant on %q: given twice", g.Flows)
		}
	}
	return nil
}

func sortedUnique(list []string) bool {
	for i := 1; i < len(list); i++ {
		if list[i-1] >= list[i] {
			return false
		}
	}
	return true
}
