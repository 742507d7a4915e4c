// Package seal is the cryptography of a store: identities, sealing to public keys,
// encryption under keys. Algorithms are fixed for a format: Ed25519; HPKE in base mode
// with X-Wing (ML-KEM-768 and X25519), HKDF-SHA256 and AES-256-GCM; HKDF-SHA256.
// Nothing is negotiated.
//
// Everything is tied to a context, made with rbac.Context, that says what it is and
// where it belongs, so that nothing can be moved to another place.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/headgate/headgate/rbac"
)

// Size is the length of seeds and keys in bytes.
const Size = 32

// ErrOpen says that a key does not open something: it is another key, another place,
// or the bytes were changed.
var ErrOpen = errors.New("the key does not open it")

// Random is n random bytes.
func Random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: it ends the program instead
	return b
}

// Derive makes a key of Size bytes from a secret of high entropy, for one purpose.
func Derive(secret []byte, context []byte) []byte {
	k, err := hkdf.Key(sha256.New, secret, nil, string(context), Size)
	if err != nil {
		panic(err) // only for lengths that HKDF can't give
	}
	return k
}

// Commit is a digest that only one key has. AES-GCM can be made to open under two
// keys; where a key comes out of an envelope it is compared with its commitment.
func Commit(key []byte, context []byte) rbac.Digest {
	return rbac.DigestOf(rbac.Context("headgate/v1/commit", string(context), string(key)))
}

// Encrypt is a random nonce and the ciphertext of plain under key.
func Encrypt(key, context, plain []byte) ([]byte, error) {
	a, err := gcm(key)
	if err != nil {
		return nil, err
	}
	return a.Seal(nil, nil, plain, context), nil
}

// Decrypt reads what Encrypt made; the error is ErrOpen.
func Decrypt(key, context, data []byte) ([]byte, error) {
	a, err := gcm(key)
	if err != nil {
		return nil, err
	}
	plain, err := a.Open(nil, nil, data, context)
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

func gcm(key []byte) (cipher.AEAD, error) {
	if len(key) != Size {
		return nil, fmt.Errorf("key of %d bytes, want %d", len(key), Size)
	}
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(b)
}

// Box is a private key that opens what was sealed to its public key.
type Box struct{ key hpke.PrivateKey }

// NewBox makes the key of a seed of Size bytes.
func NewBox(seed []byte) (*Box, error) {
	k, err := hpke.MLKEM768X25519().NewPrivateKey(seed)
	if err != nil {
		return nil, fmt.Errorf("box key: %w", err)
	}
	return &Box{k}, nil
}

// Public is the public key; its digest is what a store's policy states.
func (b *Box) Public() []byte { return b.key.PublicKey().Bytes() }

// Open reads what was sealed to b; the error is ErrOpen.
func (b *Box) Open(context, data []byte) ([]byte, error) {
	plain, err := hpke.Open(b.key, hpke.HKDFSHA256(), hpke.AES256GCM(), context, data)
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// To seals plain so that only the holder of the private key of public can open it.
func To(public, context, plain []byte) ([]byte, error) {
	k, err := hpke.MLKEM768X25519().NewPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("public key: %w", err)
	}
	return hpke.Seal(k, hpke.HKDFSHA256(), hpke.AES256GCM(), context, plain)
}
