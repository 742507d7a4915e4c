package auditlog

import (
	"crypto/ed25519"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/seal"
)

// Head is what of an entry everybody can read.
type Head struct {
	Seq    uint64
	Prev   [32]byte // the hash of the entry before; zero in the first
	Time   int64    // milliseconds since 1970
	User   string   // the author's id
	Code   Code
	Run    [16]byte // ties the end of a run to its start; zero elsewhere
	Policy uint64   // the last policy operation that the author knew
}

const (
	version   = 1
	headSize  = 1 + 8 + 32 + 8 + 16 + 2 + 16 + 8
	maxEntry  = 64 << 10
	minCipher = 12 + 16
)

func (h Head) append(b []byte) ([]byte, error) {
	user, err := hex.DecodeString(h.User)
	if err != nil || len(user) != 16 {
		return nil, fmt.Errorf("audit entry: author %q: not a person's id", h.User)
	}
	b = append(b, version)
	b = binary.BigEndian.AppendUint64(b, h.Seq)
	b = append(b, h.Prev[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(h.Time))
	b = append(b, user...)
	b = binary.BigEndian.AppendUint16(b, uint16(h.Code))
	b = append(b, h.Run[:]...)
	return binary.BigEndian.AppendUint64(b, h.Policy), nil
}

func parseHead(b []byte) (h Head, err error) {
	if len(b) < headSize || b[0] != version {
		return h, errors.New("audit entry: too short, or of an unknown version")
	}
	be := binary.BigEndian
	h.Seq = be.Uint64(b[1:])
	copy(h.Prev[:], b[9:])
	h.Time = int64(be.Uint64(b[41:]))
	h.User = hex.EncodeToString(b[49:65])
	h.Code = Code(be.Uint16(b[65:]))
	copy(h.Run[:], b[67:])
	h.Policy = be.Uint64(b[83:])
	return h, nil
}

// Entry is a stored entry: signature, head, encrypted body.
type Entry struct {
	Head
	raw []byte
}

// Author is who writes an entry.
type Author struct {
	Store string
	Sign  ed25519.PrivateKey
	Audit []byte
}

// Write makes the stored form of an entry.
func (a Author) Write(h Head, body []byte) ([]byte, error) {
	head, err := h.append(nil)
	if err != nil {
		return nil, err
	}
	sealed, err := seal.Encrypt(a.Audit, bodyContext(a.Store, head), body)
	if err != nil {
		return nil, err
	}
	signed := append(head, sealed...)
	if len(signed)+ed25519.SignatureSize > maxEntry {
		return nil, fmt.Errorf("audit entry: %d bytes, at most %d", len(signed), maxEntry)
	}
	sig := ed25519.Sign(a.Sign, signContext(a.Store, signed))
	return append(sig, signed...), nil
}

// Parse reads a stored entry; whose it is remains to be verified.
func Parse(raw []byte) (Entry, error) {
	if len(raw) < ed25519.SignatureSize+headSize+minCipher || len(raw) > maxEntry {
		return Entry{}, errors.New("audit entry: of the wrong length")
	}
	h, err := parseHead(raw[ed25519.SignatureSize:])
	return Entry{h, raw}, err
}

// Verify reports whether the entry was signed with the key, in hexadecimal digits.
func (e Entry) Verify(store, key string) bool {
	pk, err := hex.DecodeString(key)
	return err == nil && len(pk) == ed25519.PublicKeySize &&
		ed25519.Verify(pk, signContext(store, e.raw[ed25519.SignatureSize:]), e.raw[:ed25519.SignatureSize])
}

// Open decrypts the body with the author's audit key.
func (e Entry) Open(store string, audit []byte) ([]byte, error) {
	at := ed25519.SignatureSize
	return seal.Decrypt(audit, bodyContext(store, e.raw[at:at+headSize]), e.raw[at+headSize:])
}

// Hash is what the next entry names and what a pin remembers.
func (e Entry) Hash() [32]byte { return LeafHash(e.raw) }

func bodyContext(store string, head []byte) []byte {
	return rbac.Context("headgate/v1/audit", store, string(head))
}

func signContext(store string, signed []byte) []byte {
	return rbac.Context("headgate/v1/audit-entry", store, string(signed))
}
