package vault

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/slot"
)

// Ways are where a credential can come from. The first one that is configured
// decides; when it fails nothing else is tried, so that nobody acts in another's name
// by accident.
type Ways struct {
	KeyFile string      // --key-file
	KeyFD   *int        // --key-fd; nil is none
	Env     Environment // HEADGATE_KEY_FILE, HEADGATE_KEY, CREDENTIALS_DIRECTORY, CI

	Fingerprint rbac.Digest // of the store, to find the session
	Sessions    *Sessions   // nil: none

	User           string                              // --user
	Keyring        bool                                // the person has a keyring slot, and the policy lets it count
	NonInteractive bool                                // --non-interactive, or no terminal
	Prompt         func(prompt string) ([]byte, error) // asks on the terminal
	Warn           func(text string)
	Now            time.Time
}

// Environment looks variables up and removes them.
type Environment interface {
	Lookup(name string) (string, bool)
	Unset(name string)
}

// systemdKey is the name of the credential that systemd hands over.
const systemdKey = "headgate.key"

// Find is the credential that is configured: --key-file, --key-fd, systemd's
// credential, HEADGATE_KEY_FILE, HEADGATE_KEY, the session, the keyring, the password
// at the prompt. Without any the error is ErrLogin and says what would do.
func (w Ways) Find() (Credential, error) {
	if c, ok, err := w.key(); ok || err != nil {
		return c, err
	}
	quiet := w.NonInteractive
	if v, ok := w.Env.Lookup("CI"); ok && v == "true" {
		quiet = true
	}
	if w.Sessions != nil && w.Fingerprint != "" && (!quiet || w.Sessions.local()) {
		c, err := w.Sessions.Resume(w.Fingerprint, w.Now)
		if err != nil {
			return Credential{}, err
		}
		if c != nil {
			return *c, nil
		}
	}
	switch {
	case quiet || w.Prompt == nil:
		return Credential{}, fmt.Errorf("%w; without a terminal give --key-file FILE or HEADGATE_KEY_FILE", ErrLogin)
	case w.User == "":
		return Credential{}, fmt.Errorf("%w; headgate login, or say who you are with --user", ErrLogin)
	case w.Keyring:
		return Credential{User: w.User, Keyring: true}, nil
	}
	password, err := w.Prompt("Password for " + w.User)
	if err != nil {
		return Credential{}, notLoggedIn(err)
	}
	return Credential{User: w.User, Password: password}, nil
}

// key looks for a key file in its five places.
func (w Ways) key() (c Credential, ok bool, err error) {
	dir, systemd := w.Env.Lookup("CREDENTIALS_DIRECTORY")
	systemdFile := filepath.Join(dir, systemdKey)
	if systemd {
		_, err := os.Stat(systemdFile)
		systemd = err == nil
	}
	file, fromEnv := w.Env.Lookup("HEADGATE_KEY_FILE")
	text, inEnv := w.Env.Lookup("HEADGATE_KEY")
	switch {
	case w.KeyFile != "":
		text, err = ReadKeyFile(w.KeyFile)
	case w.KeyFD != nil:
		text, err = readKey(os.NewFile(uintptr(*w.KeyFD), "key"))
	case systemd:
		text, err = readSystemdKey(systemdFile)
	case fromEnv && file != "":
		text, err = ReadKeyFile(file)
	case inEnv && text != "":
		w.Env.Unset("HEADGATE_KEY")
		if w.Warn != nil {
			w.Warn("HEADGATE_KEY can be read by whoever may look at this process; a key file can't")
		}
	default:
		return c, false, nil
	}
	if err != nil {
		return c, true, notLoggedIn(err)
	}
	k, err := slot.ParseKey(text)
	if err != nil {
		return c, true, notLoggedIn(err)
	}
	return Credential{Key: &k}, true, nil
}

const maxKeyFile = 4096

// ReadKeyFile reads a key file that nobody but its owner can reach: a plain file, no
// link, of this user, without rights for others.
func ReadKeyFile(name string) (string, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return "", fmt.Errorf("key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("key file %s: not a plain file", name)
	}
	if err := closedToOthers(name, info); err != nil {
		return "", err
	}
	f, err := os.OpenFile(name, os.O_RDONLY|noFollow|noWait, 0)
	if err != nil {
		return "", fmt.Errorf("key file: %w", err)
	}
	if opened, err := f.Stat(); err != nil || !os.SameFile(info, opened) {
		return "", errors.Join(fmt.Errorf("key file %s: another file came in its place", name), err, f.Close())
	}
	return readKey(f)
}

// readSystemdKey trusts the folder: systemd mounts it for the service alone, and
// gives its files modes of its own.
func readSystemdKey(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", fmt.Errorf("key file: %w", err)
	}
	return readKey(f)
}

func readKey(f *os.File) (string, error) {
	if f == nil {
		return "", errors.New("key file: not an open file descriptor")
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return "", fmt.Errorf("key file: %w", err)
	}
	return string(b), nil
}

// WriteKeyFile writes a key file that did not exist, for its owner alone.
func WriteKeyFile(name, text string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL|noFollow, 0o600)
	if err != nil {
		return fmt.Errorf("write key file: %w", err)
	}
	_, err = f.WriteString(text + "\n")
	return errors.Join(err, f.Sync(), f.Close())
}
