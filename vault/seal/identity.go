package seal

import (
	"crypto/ed25519"
	"encoding/hex"
	"fmt"

	"github.com/headgate/headgate/rbac"
)

// Identity is a person's or a service account's keys. All come from one seed.
type Identity struct {
	seed  []byte
	Sign  ed25519.PrivateKey
	Box   *Box
	Audit []byte // encrypts the person's entries of the audit log
}

// NewIdentity makes the keys of a seed of Size bytes.
func NewIdentity(seed []byte) (*Identity, error) {
	if len(seed) != Size {
		return nil, fmt.Errorf("seed of %d bytes, want %d", len(seed), Size)
	}
	id := &Identity{seed: append([]byte(nil), seed...)}
	id.Sign = ed25519.NewKeyFromSeed(id.derive("sign"))
	id.Audit = id.derive("audit")
	box, err := NewBox(id.derive("hpke"))
	id.Box = box
	return id, err
}

func (id *Identity) derive(purpose string) []byte {
	return Derive(id.seed, rbac.Context("headgate/v1/identity", purpose))
}

// Pin is the key under which the person's own memory of the store is authenticated.
func (id *Identity) Pin() []byte { return id.derive("pin") }

// Seed is what slots wrap.
func (id *Identity) Seed() []byte { return append([]byte(nil), id.seed...) }

// Keys are the public halves, as the policy states them.
func (id *Identity) Keys() rbac.Keys {
	return rbac.Keys{
		Sign:  hex.EncodeToString(id.Sign.Public().(ed25519.PublicKey)),
		Seal:  rbac.DigestOf(id.Box.Public()),
		Audit: AuditCommitment(id.Audit),
	}
}

// AuditCommitment is what the policy states of an audit key.
func AuditCommitment(key []byte) rbac.Digest {
	return Commit(key, rbac.Context("headgate/v1/audit-key"))
}

// Clear overwrites the seed and the audit key in memory. Copies that the runtime or
// the library made are out of its reach.
func (id *Identity) Clear() {
	clear(id.seed)
	clear(id.Audit)
	clear(id.Sign)
}
