package slot

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/seal"
)

// keyPrefix lets scanners for leaked secrets find key files.
const keyPrefix = "hgk1_"

// Key is the content of a key file: who it is for, in which store, and a slot's key.
type Key struct {
	Fingerprint rbac.Digest
	User        string
	Key         []byte
}

// Name is the name of the slot that k opens.
func (k Key) Name() string { return keySlot(k.Key) }

func keySlot(key []byte) string {
	return "keyfile-" + string(rbac.DigestOf(rbac.Context("headgate/v1/keyfile", string(key)))[:12])
}

// Text is the text of the key file, one line. It is a secret.
func (k Key) Text() string {
	fp, _ := hex.DecodeString(string(k.Fingerprint))
	user, _ := hex.DecodeString(k.User)
	body := base64.RawURLEncoding.EncodeToString(append(append(fp, user...), k.Key...))
	return fmt.Sprintf("%s%s_%08x", keyPrefix, body, crc32.ChecksumIEEE([]byte(body)))
}

// ParseKey reads the text of a key file. Errors never repeat it.
func ParseKey(text string) (Key, error) {
	text = strings.TrimSpace(text)
	rest, ok := strings.CutPrefix(text, keyPrefix)
	if !ok {
		return Key{}, errors.New("key file: it does not begin with " + keyPrefix)
	}
	cut := len(rest) - 9
	if cut < 0 || rest[cut] != '_' || fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(rest[:cut]))) != rest[cut+1:] {
		return Key{}, errors.New("key file: it was cut off or mistyped")
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(rest[:cut])
	if err != nil || len(b) != 32+16+seal.Size {
		return Key{}, errors.New("key file: it has the wrong length")
	}
	return Key{rbac.Digest(hex.EncodeToString(b[:32])), hex.EncodeToString(b[32:48]), b[48:]}, nil
}

// RecoverySize is the length of a recovery code's key in bytes.
const RecoverySize = 20

const recoveryPrefix = "hgr1"

var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// RecoveryCode is key in a form to print and type: groups of four characters, the
// last of them a checksum.
func RecoveryCode(key []byte) string {
	text := crockford.EncodeToString(key) + recoverySum(key)
	var groups []string
	for len(text) > 0 {
		groups, text = append(groups, text[:4]), text[4:]
	}
	return recoveryPrefix + "-" + strings.Join(groups, "-")
}

func recoverySum(key []byte) string {
	return strings.ToUpper(string(rbac.DigestOf(rbac.Context("headgate/v1/recovery", string(key)))[:4]))
}

// ParseRecoveryCode reads a code as people type it: in any case, with or without
// dashes, O for 0 and I or L for 1.
func ParseRecoveryCode(text string) ([]byte, error) {
	text = strings.ToUpper(strings.NewReplacer("-", "", " ", "", "\t", "", "\n", "", "\r", "").Replace(text))
	rest, ok := strings.CutPrefix(text, strings.ToUpper(recoveryPrefix))
	if !ok || len(rest) != 36 {
		return nil, errors.New("recovery code: want hgr1 and nine groups of four characters")
	}
	body := strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(rest[:32])
	key, err := crockford.DecodeString(body)
	if err != nil || len(key) != RecoverySize || recoverySum(key) != strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(rest[32:]) {
		return nil, errors.New("recovery code: mistyped")
	}
	return key, nil
}
