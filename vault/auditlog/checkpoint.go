package auditlog

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"crypto/sha256"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint says what a log was at a size.
type Checkpoint struct {
	Origin string // the log's name: headgate/ and the store's fingerprint
	Size   uint64
	Root   tlog.Hash
}

// Origin is the name of a store's log.
func Origin(fingerprint string) string { return "headgate/" + fingerprint }

// Sign is the checkpoint as a signed note, in the form of C2SP tlog-checkpoint.
func (c Checkpoint) Sign(user string, key ed25519.PrivateKey) ([]byte, error) {
	text := fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]))
	return note.Sign(&note.Note{Text: text}, signer{keyName(c.Origin, user), key})
}

// ParseCheckpoint reads a signed checkpoint of the log that has the origin, and
// verifies that the person with the key, in hexadecimal digits, signed it.
func ParseCheckpoint(raw []byte, origin, user, key string) (c Checkpoint, err error) {
	pk, err := hex.DecodeString(key)
	if err != nil || len(pk) != ed25519.PublicKeySize {
		return c, errors.New("checkpoint: no key of its author")
	}
	vkey, err := note.NewEd25519VerifierKey(keyName(origin, user), pk)
	if err != nil {
		return c, fmt.Errorf("checkpoint: %w", err)
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return c, fmt.Errorf("checkpoint: %w", err)
	}
	n, err := note.Open(raw, note.VerifierList(v))
	if err != nil {
		return c, fmt.Errorf("checkpoint: %w", err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != origin {
		return c, errors.New("checkpoint: of another log")
	}
	size, err := strconv.ParseUint(lines[1], 10, 64)
	if err != nil || strconv.FormatUint(size, 10) != lines[1] {
		return c, errors.New("checkpoint: no size")
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return c, errors.New("checkpoint: no root")
	}
	return Checkpoint{origin, size, tlog.Hash(root)}, nil
}

func keyName(origin, user string) string { return origin + "/" + user }

// signer is a person's key in the form that notes want.
type signer struct {
	name string
	key  ed25519.PrivateKey
}

const algEd25519 = 1

func (s signer) Name() string { return s.name }

// KeyHash is the first four bytes of SHA-256(name, newline, algorithm, public key).
func (s signer) KeyHash() uint32 {
	h := sha256.New()
	_, _ = h.Write([]byte(s.name + "\n"))
	_, _ = h.Write(append([]byte{algEd25519}, s.key.Public().(ed25519.PublicKey)...))
	return binary.BigEndian.Uint32(h.Sum(nil))
}

func (s signer) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.key, msg), nil }
