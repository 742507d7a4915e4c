package keyring

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Kernel is the kernel's keyring of the user: it needs no daemon, forgets by itself,
// and is empty after a restart. In some containers the calls are forbidden.
type Kernel struct{ Prefix string }

// NewKernel is the kernel's keyring for items with the prefix, and false where the
// system has none.
func NewKernel(prefix string) (*Kernel, bool) {
	if _, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_USER_KEYRING, true); err != nil {
		return nil, false
	}
	return &Kernel{prefix}, true
}

// Possession of a key depends on how the process was started; the user's own rights
// (view, read, write, search, link, setattr) make it readable from every session.
const userMayAll = 0x3f3f0000

func (k *Kernel) find(name string) (int, error) {
	id, err := unix.KeyctlSearch(unix.KEY_SPEC_USER_KEYRING, "user", k.Prefix+name, 0)
	switch {
	case errors.Is(err, unix.ENOKEY), errors.Is(err, unix.EKEYEXPIRED), errors.Is(err, unix.EKEYREVOKED):
		return 0, ErrMissing
	case err != nil:
		return 0, fmt.Errorf("kernel keyring: %w", err)
	}
	return id, nil
}

// Get implements Ring.
func (k *Kernel) Get(name string) (string, error) {
	id, err := k.find(name)
	if err != nil {
		return "", err
	}
	b := make([]byte, maxValue)
	n, err := unix.KeyctlBuffer(unix.KEYCTL_READ, id, b, 0)
	if err != nil || n > len(b) {
		return "", fmt.Errorf("kernel keyring: read: %w", err)
	}
	return string(b[:n]), nil
}

// Set implements Ring.
func (k *Kernel) Set(name, value string) error { return k.SetFor(name, value, 0) }

// SetFor stores a value that the kernel forgets after the duration; 0 is never.
func (k *Kernel) SetFor(name, value string, d time.Duration) error {
	id, err := unix.AddKey("user", k.Prefix+name, []byte(value), unix.KEY_SPEC_USER_KEYRING)
	if err != nil {
		return fmt.Errorf("kernel keyring: %w", err)
	}
	if d > 0 {
		if _, err := unix.KeyctlInt(unix.KEYCTL_SET_TIMEOUT, id, int(d.Seconds()), 0, 0); err != nil {
			return fmt.Errorf("kernel keyring: %w", err)
		}
	}
	if err := unix.KeyctlSetperm(id, userMayAll); err != nil {
		return fmt.Errorf("kernel keyring: %w", err)
	}
	return nil
}

// Delete implements Ring.
func (k *Kernel) Delete(name string) error {
	id, err := k.find(name)
	if err != nil {
		return err
	}
	if _, err := unix.KeyctlInt(unix.KEYCTL_UNLINK, id, unix.KEY_SPEC_USER_KEYRING, 0, 0); err != nil {
		return fmt.Errorf("kernel keyring: %w", err)
	}
	return nil
}
