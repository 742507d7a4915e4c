package rbac

import (
	"crypto/ed25519"
	"encoding/binary"
	"encoding/hex"
)

// Context joins parts so that no two lists of parts give the same bytes: each part
// is preceded by its length. Everything that is signed, sealed or encrypted in a
// store is tied to such a context, whose first part says what it is for.
func Context(parts ...string) []byte {
	n := 0
	for _, p := range parts {
		n += 4 + len(p)
	}
	b := make([]byte, 0, n)
	for _, p := range parts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
		b = append(b, p...)
	}
	return b
}

// SignOp is the signature over the stored bytes of an operation of the store.
func SignOp(key ed25519.PrivateKey, store string, raw []byte) []byte {
	return ed25519.Sign(key, Context("headgate/v1/op", store, string(raw)))
}

func verifyOp(key, store string, raw, sig []byte) bool {
	return verify(key, Context("headgate/v1/op", store, string(raw)), sig)
}

// TransferMessage is what the new owner signs to accept the store. It names the
// operation before the transfer, so that an acceptance serves once.
func TransferMessage(store string, prev Digest, to string) []byte {
	return Context("headgate/v1/owner", store, string(prev), to)
}

func verify(key string, message, sig []byte) bool {
	pk, err := hex.DecodeString(key)
	return err == nil && len(pk) == ed25519.PublicKeySize && len(sig) == ed25519.SignatureSize &&
		ed25519.Verify(pk, message, sig)
}

// NameDigest is the form in which the chain knows an e-mail address or a service
// account's name: enough to keep it unique, and no personal data in clear. name must
// come from Email or Service. Whoever guesses a name can confirm the guess.
func NameDigest(store, name string) Digest {
	return DigestOf(Context("headgate/v1/name", store, name))
}
