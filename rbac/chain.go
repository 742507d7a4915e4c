package rbac

import (
	"crypto/ed25519"
	"fmt"
)

// ChainError says that stored operations are not what their authors signed.
type ChainError struct {
	Seq uint64
	Err error
}

func (e *ChainError) Error() string { return fmt.Sprintf("policy operation %d: %v", e.Seq, e.Err) }
func (e *ChainError) Unwrap() error { return e.Err }

// Chain is the state after the operations read so far, and the hash of the last.
// The zero value stands before the first.
type Chain struct {
	State *State
	Head  Digest
	Sum   Digest // of the state, as the last operation names it
	Next  uint64 // the sequence number of the next operation
}

// Append takes a stored operation after checking everything about it: form, place,
// signature, authority and, with states, the digest of the state that it names. The
// last operation of a chain must be read with states. After an error the chain is
// where it was.
func (c *Chain) Append(raw, sig []byte, states bool) error {
	op, err := DecodeOp(raw)
	if err != nil {
		return &ChainError{c.Next, err}
	}
	s := &State{}
	if c.State != nil {
		s = c.State
	}
	if err := c.follows(s, op); err != nil {
		return &ChainError{c.Next, err}
	}
	key, store, err := signer(s, op)
	if err != nil {
		return &ChainError{c.Next, err}
	}
	if !verifyOp(key, store, raw, sig) {
		return &ChainError{c.Next, fmt.Errorf("%s: the signature is not the author's", op.Kind)}
	}
	if err := Allowed(s, op); err != nil {
		return &ChainError{c.Next, err}
	}
	if states {
		s = s.Clone()
	}
	Apply(s, op)
	if states {
		if d, err := s.Digest(); err != nil || d != op.State {
			return &ChainError{c.Next, fmt.Errorf("%s: the state after it is another", op.Kind)}
		}
	}
	c.State, c.Head, c.Sum, c.Next = s, DigestOf(raw), op.State, c.Next+1
	return nil
}

func (c *Chain) follows(s *State, op *Op) error {
	switch {
	case op.Seq != c.Next:
		return fmt.Errorf("stands at the wrong place, it is number %d", op.Seq)
	case op.Prev != c.Head:
		return fmt.Errorf("does not follow the operation before it")
	case op.Time < s.Time:
		return fmt.Errorf("is older than the operation before it")
	case (op.Kind == KindGenesis) != (op.Seq == 0):
		return fmt.Errorf("%s at this place", op.Kind)
	}
	return nil
}

// signer is the key that must have signed op, and the store it must be of.
func signer(s *State, op *Op) (key, store string, err error) {
	switch b := op.Body.(type) {
	case *Genesis:
		return b.Keys.Sign, b.Store, nil
	case *UserEnroll, *UserRekey:
		if i, ok := s.Invites[op.By]; ok {
			return i.Key, s.Store, nil
		}
		return "", "", fmt.Errorf("%s: the invitation was used, withdrawn or never made", op.Kind)
	}
	if u, ok := s.Users[op.By]; ok {
		return u.Keys.Sign, s.Store, nil
	}
	return "", "", fmt.Errorf("%s: its author is not a member here", op.Kind)
}

// Draft makes the next operation of c: it asks Allowed, applies, signs, and moves c
// on. The store writes what it returns. now is in milliseconds; a clock that runs
// behind the chain is taken to stand at its last operation.
func (c *Chain) Draft(key ed25519.PrivateKey, by string, now int64, id string, body Body) (raw, sig []byte, err error) {
	s := &State{}
	if c.State != nil {
		s = c.State.Clone()
	}
	op := &Op{Seq: c.Next, Prev: c.Head, Time: max(now, s.Time), By: by, Kind: body.kind(), ID: id, Body: body}
	if err := Allowed(s, op); err != nil {
		return nil, nil, err
	}
	Apply(s, op)
	if op.State, err = s.Digest(); err != nil {
		return nil, nil, err
	}
	if raw, err = op.Encode(); err != nil {
		return nil, nil, err
	}
	sig = SignOp(key, s.Store, raw)
	// What readers will refuse is not written: it would lock everybody out.
	if err := c.Append(raw, sig, true); err != nil {
		return nil, nil, err
	}
	return raw, sig, nil
}
