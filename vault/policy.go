package vault

import (
	"encoding/binary"
	"encoding/json"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/store"
)

const sigSize = 64

// fingerprint is the hash of a store's first operation. It is only as good as what it
// is compared with.
func fingerprint(tx *store.Tx) (rbac.Digest, error) {
	raw, _, err := operation(tx, 0)
	return rbac.DigestOf(raw), err
}

// genesis is the first operation, and its hash.
func genesis(tx *store.Tx) (g *rbac.Genesis, fp rbac.Digest, err error) {
	raw, _, err := operation(tx, 0)
	if err != nil {
		return nil, "", err
	}
	op, err := rbac.DecodeOp(raw)
	if err != nil {
		return nil, "", &TamperedError{"the store's first operation", err}
	}
	g, ok := op.Body.(*rbac.Genesis)
	if !ok {
		return nil, "", tampered("the store does not begin with a genesis")
	}
	return g, rbac.DigestOf(raw), nil
}

func operation(tx *store.Tx, seq uint64) (raw, sig []byte, err error) {
	v := tx.Get(bucketOps, seqKey(seq))
	if len(v) <= sigSize {
		return nil, nil, tampered("policy operation %d is missing", seq)
	}
	return v[sigSize:], v[:sigSize], nil
}

func lastOp(tx *store.Tx) (uint64, error) {
	k, _ := tx.Last(bucketOps)
	if len(k) != 8 {
		return 0, tampered("the store has no policy")
	}
	return binary.BigEndian.Uint64(k), nil
}

// readPolicy is the verified policy: from the pin on where there is one, otherwise
// from the first operation. With every, the state after each operation is compared
// with what the operation says, not only the last.
func readPolicy(tx *store.Tx, pin *Pin, every bool) (rbac.Chain, error) {
	var c rbac.Chain
	last, err := lastOp(tx)
	if err != nil {
		return c, err
	}
	state := tx.Get(bucketState, []byte("cur"))
	sum := rbac.DigestOf(state)
	if pin != nil {
		if err := pin.holds(tx, last, sum); err != nil {
			return c, err
		}
		if c, err = pin.resume(last, state); err != nil {
			return c, err
		}
	}
	for c.Next <= last {
		raw, sig, err := operation(tx, c.Next)
		if err != nil {
			return c, err
		}
		if err := c.Append(raw, sig, every || c.Next == last); err != nil {
			return c, &TamperedError{"the policy does not hold", err}
		}
	}
	if sum != c.Sum {
		return c, tampered("the stored state of the policy was edited")
	}
	return c, nil
}

// resume is the chain at the pin, in a store whose last operation and state are these
// and which holds what the pin remembers.
func (p *Pin) resume(last uint64, state []byte) (rbac.Chain, error) {
	s := p.policy
	switch {
	case s != nil && last != p.Seq:
		s = s.Clone() // what follows is applied to it
	case s == nil:
		if last != p.Seq {
			state = p.written()
		}
		if state == nil || p.Sum == "" {
			return rbac.Chain{}, nil // from the first operation on
		}
		s = &rbac.State{}
		if err := json.Unmarshal(state, s); err != nil {
			return rbac.Chain{}, tampered("the stored state of the policy can't be read")
		}
	}
	return rbac.Chain{State: s, Head: p.Head, Sum: p.Sum, Next: p.Seq + 1}, nil
}

// holds is nil when a store whose last operation and state are these still has what
// the pin remembers of the policy.
func (p *Pin) holds(tx *store.Tx, last uint64, sum rbac.Digest) error {
	if err := p.seenIn(tx); err != nil {
		return err
	}
	if last == p.Seq && p.Sum != "" && sum != p.Sum {
		return tampered("the stored state of the policy was edited")
	}
	return nil
}

// seenIn is nil when the store still has the policy operation of the pin.
func (p *Pin) seenIn(tx *store.Tx) error {
	last, err := lastOp(tx)
	if err != nil {
		return err
	}
	if last < p.Seq {
		return tampered("the store was put back: its policy ends at %d and was at %d", last, p.Seq)
	}
	raw, _, err := operation(tx, p.Seq)
	if err != nil {
		return err
	}
	if rbac.DigestOf(raw) != p.Head {
		return tampered("the store has another history: policy operation %d is not the one seen before", p.Seq)
	}
	return nil
}

// unverifiedState serves to find a person's slots before anybody has a key to verify
// with. A wrong answer opens nothing.
func unverifiedState(tx *store.Tx) (*rbac.State, error) {
	var s rbac.State
	if err := json.Unmarshal(tx.Get(bucketState, []byte("cur")), &s); err != nil {
		return nil, tampered("the stored state of the policy can't be read")
	}
	return &s, nil
}
