package rbac

import (
	"errors"
	"fmt"
)

// BoxKey is a new epoch of a box.
type BoxKey struct {
	Epoch uint64 `json:"epoch"`
	Key   Digest `json:"key"` // of the public key
}

// BoxSet replaces keys of boxes: each epoch follows the one before.
type BoxSet struct {
	Boxes map[Box]BoxKey `json:"boxes"`
}

func (*BoxSet) kind() Kind { return KindBoxSet }

func (b *BoxSet) check() error {
	if len(b.Boxes) == 0 {
		return errors.New("box: none named")
	}
	for name, k := range b.Boxes {
		if !name.valid() || !k.Key.valid() {
			return fmt.Errorf("box %q: unknown, or no key", name)
		}
	}
	return nil
}

// SecretSet states the digests of stored values of secrets, by their ids.
type SecretSet struct {
	Secrets map[string]Digest `json:"secrets"`
}

func (*SecretSet) kind() Kind { return KindSecretSet }

func (b *SecretSet) check() error {
	if len(b.Secrets) == 0 {
		return errors.New("secret: none named")
	}
	for id, d := range b.Secrets {
		if !ValidSecretID(id) || !d.valid() {
			return fmt.Errorf("secret %q: want NAME@connection:C or NAME@key:K, and a digest", id)
		}
	}
	return nil
}

// SecretDel removes the secret that the operation names.
type SecretDel struct{}

func (*SecretDel) kind() Kind   { return KindSecretDel }
func (*SecretDel) check() error { return nil }

// FlowApprove allows this digest of the flow that the operation names to be run in a
// profile, and states which secrets its connections and keys take. What is approved for
// other profiles stays.
type FlowApprove struct {
	Digest  Digest   `json:"digest"`
	Secrets []string `json:"secrets"`       // ids, sorted
	Env     string   `json:"env,omitempty"` // the profile; "" for none
}

func (*FlowApprove) kind() Kind { return KindFlowApprove }

func (b *FlowApprove) check() error {
	if !b.Digest.valid() {
		return errors.New("approval: want the flow's digest")
	}
	if !validProfile(b.Env) {
		return fmt.Errorf("approval: %q is not the name of a profile", b.Env)
	}
	for _, id := range b.Secrets {
		if !ValidSecretID(id) {
			return fmt.Errorf("approval: %q does not name a secret", id)
		}
	}
	if !sortedUnique(b.Secrets) {
		return errors.New("approval: secrets are sorted and named once")
	}
	return nil
}

// FlowRevoke takes approvals of the flow that the operation names back.
type FlowRevoke struct {
	Envs []string `json:"envs,omitempty"` // for these profiles, sorted; none: for all
}

func (*FlowRevoke) kind() Kind { return KindFlowRevoke }

func (b *FlowRevoke) check() error {
	if !sortedUnique(b.Envs) {
		return errors.New("revocation: profiles are sorted and named once")
	}
	return nil
}

// PolicySet gives the setting that the operation names a value; empty restores the
// setting's own.
type PolicySet struct {
	Value string `json:"value"`
}

func (*PolicySet) kind() Kind   { return KindPolicySet }
func (*PolicySet) check() error { return nil }

// Restore says that the store was put back to an older copy, so that clients which
// saw the abandoned head can decide to accept that.
type Restore struct {
	Head Digest `json:"head"` // of the abandoned chain
	Seq  uint64 `json:"seq"`  // of the abandoned head
}

func (*Restore) kind() Kind { return KindRestore }

func (b *Restore) check() error {
	if !b.Head.valid() {
		return errors.New("restore: want the abandoned head")
	}
	return nil
}

// Format raises the file's format by one.
type Format struct {
	Format int `json:"format"`
}

func (*Format) kind() Kind   { return KindFormat }
func (*Format) check() error { return nil }
