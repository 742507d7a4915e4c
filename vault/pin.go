package vault

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/store"
)

// Pin is what somebody remembers of a store: it never goes back behind that. It is a
// lower bound, so an older pin is still right.
type Pin struct {
	Seq   uint64      `json:"seq"`   // of the last policy operation
	Head  rbac.Digest `json:"head"`  // its hash
	Sum   rbac.Digest `json:"sum"`   // of the state after it
	Size  uint64      `json:"size"`  // of the audit log
	Entry string      `json:"entry"` // the hash of its newest entry

	state  []byte      // whose digest is Sum, to be written with the pin
	file   string      // where that was written; "" if nowhere
	policy *rbac.State // that, verified and read by this process; not to be changed
	kept   bool        // it was read from the person's own file
}

// keptAs reports whether the person's own file says the same already.
func (p Pin) keptAs(known *Pin) bool {
	return known != nil && known.kept && p.Seq == known.Seq && p.Head == known.Head && p.Sum == known.Sum && p.Size == known.Size && p.Entry == known.Entry
}

// String is the pin in the form SEQ:HASH, for where no file can be kept.
func (p Pin) String() string { return fmt.Sprintf("%d:%s", p.Seq, p.Head) }

// ParsePin reads SEQ:HASH.
func ParsePin(s string) (*Pin, error) {
	seq, head, ok := strings.Cut(s, ":")
	n, err := strconv.ParseUint(seq, 10, 64)
	if raw, herr := hex.DecodeString(head); !ok || err != nil || herr != nil || len(raw) != sha256.Size {
		return nil, fmt.Errorf("pin %q: want SEQ:HASH", s)
	}
	return &Pin{Seq: n, Head: rbac.Digest(head)}, nil
}

// readPin is the person's pin, nil at the first contact. A pin that the person's key
// did not authenticate is an error: somebody edited it.
func readPin(file string, key []byte) (*Pin, error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read pin: %w", err)
	}
	mac, body, ok := strings.Cut(string(b), "\n")
	if !ok || !hmac.Equal([]byte(mac), []byte(pinMAC(key, []byte(body)))) {
		return nil, tampered("the pin %s was edited", file)
	}
	var p Pin
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		return nil, tampered("the pin %s can't be read", file)
	}
	p.kept, p.file = true, stateFile(file)
	return &p, nil
}

// written is the state that was written with the pin. One that is missing or another
// one only costs time.
func (p *Pin) written() []byte {
	if p.file == "" || p.Sum == "" {
		return nil
	}
	b, err := os.ReadFile(p.file)
	if err != nil || rbac.DigestOf(b) != p.Sum {
		return nil
	}
	return b
}

func stateFile(pin string) string { return strings.TrimSuffix(pin, ".pin") + ".state" }

func pinMAC(key, body []byte) string {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

// writePin replaces the pin, and the state that goes with it when that is another. It
// is not synced: after a crash the older one counts.
func writePin(file string, key []byte, p Pin) error {
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return fmt.Errorf("write pin: %w", err)
	}
	if p.state != nil {
		if err := replace(stateFile(file), p.state); err != nil {
			return err
		}
	}
	return replace(file, []byte(pinMAC(key, body)+"\n"+string(body)))
}

func replace(file string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".pin-*")
	if err != nil {
		return fmt.Errorf("write pin: %w", err)
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write pin: %w", err), os.Remove(f.Name()))
	}
	return nil
}

// memory is what this process saw of the store last. It saves reading again what was
// read, and remembers for who keeps no pins.
type memory struct {
	mu   sync.Mutex
	last *Pin
}

func (m *memory) keep(p Pin) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p.state, p.kept = nil, false
	m.last = &p
}

// help is the pin with the policy that this process read already, or, for who keeps no
// pins, what this process remembers.
func (m *memory) help(p *Pin, forgets bool) *Pin {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.last == nil:
	case forgets:
		return m.last
	case p != nil && p.Seq == m.last.Seq && p.Head == m.last.Head && p.Sum == m.last.Sum:
		known := *p
		known.policy = m.last.policy
		return &known
	}
	return p
}

// pinned is the pin that counts, or nil: the person's own, the caller's, and none
// after a restore that the caller accepts.
func (m *Member) pinned(tx *store.Tx) (*Pin, error) {
	p := m.vault.opt.Expect
	if m.vault.opt.Pins != "" {
		own, err := readPin(m.vault.pinFile(m.fingerprint, m.ID), m.identity.Pin())
		if err != nil {
			return nil, err
		}
		if own != nil && p != nil && (p.Head != m.vault.opt.Accept || !restored(tx, p.Head)) {
			if err := p.seenIn(tx); err != nil {
				return nil, err
			}
		}
		if own != nil {
			p = own
		}
	}
	p = m.seen.help(p, m.vault.opt.Pins == "")
	if p != nil && p.Head == m.vault.opt.Accept && restored(tx, p.Head) {
		return nil, nil
	}
	return p, nil
}

// restored reports whether the chain has an operation that names the abandoned head.
// Whether a superadmin signed it is seen when the chain is verified.
func restored(tx *store.Tx, head rbac.Digest) bool {
	found := false
	_ = tx.Each(bucketOps, nil, nil, func(_, v []byte) error { // the callback never fails
		if len(v) > sigSize {
			if op, err := rbac.DecodeOp(v[sigSize:]); err == nil {
				r, ok := op.Body.(*rbac.Restore)
				found = found || ok && r.Head == head
			}
		}
		return nil
	})
	return found
}
