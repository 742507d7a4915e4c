package vault

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/auditlog"
	"github.com/headgate/headgate/vault/keyring"
	"github.com/headgate/headgate/vault/seal"
	"github.com/headgate/headgate/vault/slot"
	"github.com/headgate/headgate/vault/store"
)

// Sessions keep people logged in: a file has the seed under a random key, and a
// keyring has the key. Neither is of use alone, and nothing lies in clear on a disk.
type Sessions struct {
	Folder string       // $XDG_RUNTIME_DIR/headgate, or another that ends with the login
	Ring   keyring.Ring // the system's, or the kernel's
}

// forgetful is a keyring that drops items by itself.
type forgetful interface {
	SetFor(name, value string, d time.Duration) error
}

// sessionKey is what the keyring has.
type sessionKey struct {
	Key  []byte `json:"key"`
	User string `json:"user"`
	Ends int64  `json:"ends"`
}

func (s Sessions) file(fp rbac.Digest) string { return filepath.Join(s.Folder, string(fp)+".sess") }

func sessionName(fp rbac.Digest) string { return "session/" + string(fp[:16]) }

func sessionContext(fp rbac.Digest, user string, ends int64) []byte {
	return rbac.Context("headgate/v1/session", string(fp), user, fmt.Sprint(ends))
}

// Login keeps the person logged in for a time, and writes that to the audit log.
func (m *Member) Login(ctx context.Context, s Sessions, ttl time.Duration) (ends time.Time, err error) {
	ends = m.vault.now().Add(ttl)
	k := sessionKey{seal.Random(seal.Size), m.ID, ends.UnixMilli()}
	text, err := json.Marshal(k)
	if err != nil {
		return ends, err
	}
	if err := m.Record(ctx, auditlog.Object{Kind: auditlog.Login, Object: m.ID}); err != nil {
		return ends, err
	}
	seed := m.identity.Seed()
	defer clear(seed)
	sealed, err := seal.Encrypt(k.Key, sessionContext(m.fingerprint, k.User, k.Ends), seed)
	if err != nil {
		return ends, err
	}
	if err := s.write(m.fingerprint, sealed); err != nil {
		return ends, err
	}
	value := base64.StdEncoding.EncodeToString(text)
	if f, ok := s.Ring.(forgetful); ok {
		return ends, f.SetFor(sessionName(m.fingerprint), value, ttl)
	}
	return ends, s.Ring.Set(sessionName(m.fingerprint), value)
}

func (s Sessions) write(fp rbac.Digest, sealed []byte) error {
	if err := os.MkdirAll(s.Folder, 0o700); err != nil {
		return fmt.Errorf("write session: %w", err)
	}
	f, err := os.CreateTemp(s.Folder, ".sess-*") // 0600
	if err != nil {
		return fmt.Errorf("write session: %w", err)
	}
	_, err = f.Write(sealed)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), s.file(fp))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write session: %w", err), os.Remove(f.Name()))
	}
	return nil
}

// Resume is the credential of the session for the store with the fingerprint, nil
// without one. A session that ended is removed.
func (s Sessions) Resume(fp rbac.Digest, now time.Time) (*Credential, error) {
	sealed, err := os.ReadFile(s.file(fp))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read session: %w", err)
	}
	text, err := s.Ring.Get(sessionName(fp))
	if errors.Is(err, keyring.ErrMissing) {
		return nil, s.End(fp)
	}
	if err != nil {
		return nil, notLoggedIn(err)
	}
	var k sessionKey
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || json.Unmarshal(raw, &k) != nil {
		return nil, notLoggedIn(errors.New("the session can't be read; log in again"))
	}
	if now.UnixMilli() >= k.Ends {
		return nil, s.End(fp)
	}
	seed, err := seal.Decrypt(k.Key, sessionContext(fp, k.User, k.Ends), sealed)
	if err != nil {
		return nil, notLoggedIn(errors.New("the session does not open; log in again"))
	}
	return &Credential{User: k.User, Content: &slot.Content{Seed: seed, Fingerprint: fp}}, nil
}

// local reports whether the keyring answers without a bus or a prompt.
func (s Sessions) local() bool {
	_, ok := s.Ring.(forgetful)
	return ok
}

// End logs out; it is no error when nobody is logged in.
func (s Sessions) End(fp rbac.Digest) error {
	err := os.Remove(s.file(fp))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if e := s.Ring.Delete(sessionName(fp)); !errors.Is(e, keyring.ErrMissing) {
		err = errors.Join(err, e)
	}
	return err
}

// Fingerprint is the store's, as it says itself: to find a session or a pin by, not
// to trust.
func (v *Vault) Fingerprint(ctx context.Context) (fp rbac.Digest, err error) {
	err = v.file.View(ctx, func(tx *store.Tx) error {
		fp, err = fingerprint(tx)
		return err
	})
	return fp, err
}
