package rbac

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Kind names what an operation does.
type Kind string

// The kinds are a closed list: a chain with another kind is refused.
const (
	KindGenesis       Kind = "genesis"        // the first operation: the store and its owner
	KindServiceAdd    Kind = "service.add"    // an API user with its keys and named flows
	KindUserSet       Kind = "user.set"       // role, disabled, waiting for confirmation
	KindUserDel       Kind = "user.del"       //
	KindUserRekey     Kind = "user.rekey"     // new keys for the same person, by an invitation
	KindInvite        Kind = "invite"         //
	KindInviteDel     Kind = "invite.del"     //
	KindUserEnroll    Kind = "user.enroll"    // signed with the invitation's key
	KindOwnerTransfer Kind = "owner.transfer" // signed by both
	KindGrantSet      Kind = "grant.set"      //
	KindGrantDel      Kind = "grant.del"      //
	KindBoxSet        Kind = "box.set"        // new epochs of box keys
	KindSecretSet     Kind = "secret.set"     // what values of secrets hash to
	KindSecretDel     Kind = "secret.del"     //
	KindFlowApprove   Kind = "flow.approve"   // this digest may be run
	KindFlowRevoke    Kind = "flow.revoke"    //
	KindPolicySet     Kind = "policy.set"     // one setting
	KindRestore       Kind = "restore"        // the store was put back to an older copy
	KindFormat        Kind = "format"         // the file's format was raised
)

// Kinds lists the kinds.
func Kinds() []Kind {
	return []Kind{KindGenesis, KindServiceAdd, KindUserSet, KindUserDel, KindUserRekey, KindInvite, KindInviteDel,
		KindUserEnroll, KindOwnerTransfer, KindGrantSet, KindGrantDel, KindBoxSet, KindSecretSet, KindSecretDel,
		KindFlowApprove, KindFlowRevoke, KindPolicySet, KindRestore, KindFormat}
}

// Digest is a SHA-256 in lower-case hexadecimal digits.
type Digest string

// DigestOf is the digest of b.
func DigestOf(b []byte) Digest {
	s := sha256.Sum256(b)
	return Digest(hex.EncodeToString(s[:]))
}

func (d Digest) valid() bool { return isHex(string(d), 64) }

// Op is one operation. ID names what it is about: a person's id, an invitation's, a
// flow, a setting; it is empty where Body names several things.
type Op struct {
	Seq   uint64 // from 0, without gaps
	Prev  Digest // of the stored bytes of the operation before; of the first one empty
	Time  int64  // milliseconds since 1970, never before the operation before
	By    string // the author's id; an invitation's for user.enroll and user.rekey
	Kind  Kind
	ID    string
	Body  Body
	State Digest // of the state after this operation
}

// Body is what an operation of one kind says.
type Body interface {
	kind() Kind
	check() error
}

type wire struct {
	Seq   uint64          `json:"seq"`
	Prev  Digest          `json:"prev"`
	Time  int64           `json:"t"`
	By    string          `json:"by"`
	Kind  Kind            `json:"kind"`
	ID    string          `json:"id"`
	Body  json.RawMessage `json:"body"`
	State Digest          `json:"state"`
}

// Encode is the form of op that is signed and stored.
func (op *Op) Encode() ([]byte, error) {
	body, err := json.Marshal(op.Body)
	if err != nil {
		return nil, err
	}
	return json.Marshal(wire{op.Seq, op.Prev, op.Time, op.By, op.Kind, op.ID, body, op.State})
}

// DecodeOp reads what Encode wrote and nothing else. That the result is well formed
// says nothing about who wrote it.
func DecodeOp(raw []byte) (*Op, error) {
	var w wire
	if err := DecodeStrict(raw, &w); err != nil {
		return nil, fmt.Errorf("operation: %w", err)
	}
	body := newBody(w.Kind)
	if body == nil {
		return nil, fmt.Errorf("operation %d: unknown kind %q", w.Seq, w.Kind)
	}
	if err := DecodeStrict(w.Body, body); err != nil {
		return nil, fmt.Errorf("operation %d, %s: %w", w.Seq, w.Kind, err)
	}
	return &Op{w.Seq, w.Prev, w.Time, w.By, w.Kind, w.ID, body, w.State}, nil
}

func newBody(k Kind) Body {
	switch k {
	case KindGenesis:
		return &Genesis{}
	case KindServiceAdd:
		return &ServiceAdd{}
	case KindUserSet:
		return &UserSet{}
	case KindUserDel:
		return &UserDel{}
	case KindUserRekey:
		return &UserRekey{}
	case KindInvite:
		return &Invite{}
	case KindInviteDel:
		return &InviteDel{}
	case KindUserEnroll:
		return &UserEnroll{}
	case KindOwnerTransfer:
		return &OwnerTransfer{}
	case KindGrantSet:
		return &GrantSet{}
	case KindGrantDel:
		return &GrantDel{}
	case KindBoxSet:
		return &BoxSet{}
	case KindSecretSet:
		return &SecretSet{}
	case KindSecretDel:
		return &SecretDel{}
	case KindFlowApprove:
		return &FlowApprove{}
	case KindFlowRevoke:
		return &FlowRevoke{}
	case KindPolicySet:
		return &PolicySet{}
	case KindRestore:
		return &Restore{}
	case KindFormat:
		return &Format{}
	}
	return nil
}
