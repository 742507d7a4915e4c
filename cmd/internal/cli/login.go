package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/headgate/headgate/vault"
	"github.com/headgate/headgate/vault/keyring"
	"github.com/headgate/headgate/vault/slot"
)

// ringName is what keyrings show people next to an item.
const ringName = "headgate"

// unlock finds the person's credential and opens the keys with it; e.store.mu is held.
func (e *Env) unlock(ctx context.Context, sessions bool) (*vault.Member, error) {
	v, err := e.openVault()
	if err != nil {
		return nil, err
	}
	w := vault.Ways{
		KeyFile: e.Global.KeyFile, KeyFD: e.Global.KeyFD, Env: environment{e},
		User: e.Global.User, NonInteractive: !e.UI.Interactive, Warn: e.UI.Warn, Now: e.Now(),
		Prompt: func(prompt string) ([]byte, error) { return e.UI.AskSecret(ctx, prompt) },
	}
	if s, ok := e.Sessions(); ok && sessions && !e.KeyGiven() {
		if w.Fingerprint, err = v.Fingerprint(ctx); err != nil {
			return nil, err
		}
		w.Sessions = &s
	}
	if w.User != "" && e.UI.Interactive {
		types, err := v.WaysOf(ctx, w.User)
		if err != nil {
			return nil, err
		}
		w.Keyring = slices.Contains(types, slot.Keyring)
	}
	credential, err := w.Find()
	if err != nil {
		return nil, err
	}
	return v.Unlock(ctx, credential)
}

// KeyGiven reports whether a key file is configured, so that no session is looked for.
func (e *Env) KeyGiven() bool {
	return e.Global.KeyFile != "" || e.Global.KeyFD != nil || e.Getenv("HEADGATE_KEY_FILE") != "" || e.Getenv("HEADGATE_KEY") != ""
}

// Sessions is where logins are kept, false where there is no place for them. Without a
// terminal that is the kernel's keyring, since the system's may ask somebody.
func (e *Env) Sessions() (vault.Sessions, bool) {
	s := vault.Sessions{Folder: e.sessionFolder()}
	kernel, _ := keyring.NewKernel(ringName + ":")
	switch {
	case s.Folder == "":
		return s, false
	case e.UI.Interactive && e.system().Present() == nil:
		s.Ring = twoRings{e.system(), kernel}
	case kernel != nil:
		s.Ring = kernel
	default:
		return s, false
	}
	return s, true
}

func (e *Env) sessionFolder() string {
	if dir := e.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return filepath.Join(dir, ringName)
		}
	}
	if dir := e.StateDir(); dir != "" {
		return filepath.Join(dir, "sessions")
	}
	return ""
}

// systemRing is the system's keyring where a person is there to unlock it; nil else.
func (e *Env) systemRing() keyring.Ring {
	if !e.UI.Interactive {
		return nil
	}
	return e.system()
}

// system is one for the whole program, so that a keyring that does not answer is waited
// for once.
func (e *Env) system() *keyring.Guarded {
	if e.ring == nil {
		e.ring = keyring.System(ringName)
	}
	return e.ring
}

// twoRings keeps sessions in the system's keyring, and also finds those that a
// program without a terminal left in the kernel's.
type twoRings struct {
	system keyring.Ring
	kernel *keyring.Kernel // nil: none
}

// Get implements keyring.Ring.
func (r twoRings) Get(name string) (string, error) {
	if r.kernel != nil {
		if v, err := r.kernel.Get(name); err == nil {
			return v, nil
		}
	}
	return r.system.Get(name)
}

// Set implements keyring.Ring. An item of the same name elsewhere would win over it.
func (r twoRings) Set(name, value string) error {
	if r.kernel != nil {
		if err := present(r.kernel.Delete(name)); err != nil {
			return err
		}
	}
	return r.system.Set(name, value)
}

// Delete implements keyring.Ring.
func (r twoRings) Delete(name string) error {
	err := r.system.Delete(name)
	if r.kernel != nil {
		err = errors.Join(err, present(r.kernel.Delete(name)))
	}
	return err
}

// present is err unless that says that there was nothing.
func present(err error) error {
	if errors.Is(err, keyring.ErrMissing) {
		return nil
	}
	return err
}

// environment is what the vault may know of the environment.
type environment struct{ env *Env }

// Lookup implements vault.Environment.
func (v environment) Lookup(name string) (string, bool) {
	value := v.env.Getenv(name)
	return strings.TrimSpace(value), value != ""
}

// Unset implements vault.Environment.
func (v environment) Unset(name string) {
	if v.env.Unsetenv != nil {
		v.env.Unsetenv(name)
	}
}

// Recover is LogIn with the recovery code, typed by a person or read from standard
// input.
func (e *Env) Recover(ctx context.Context) (*vault.Member, error) {
	v, err := e.Vault()
	if err != nil {
		return nil, err
	}
	if e.Global.User == "" {
		return nil, &InputError{Message: "whose recovery code is it?", Hint: "--user ADDRESS says so"}
	}
	var text []byte
	if e.UI.Interactive {
		text, err = e.UI.AskSecret(ctx, "Recovery code of "+e.Global.User)
	} else {
		text, err = io.ReadAll(io.LimitReader(e.UI.In, longestCode))
	}
	if err != nil {
		return nil, err
	}
	key, err := slot.ParseRecoveryCode(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", vault.ErrLogin, err)
	}
	m, err := v.Unlock(ctx, vault.Credential{User: e.Global.User, Recovery: key})
	if err != nil {
		return nil, err
	}
	e.Become(m)
	return m, nil
}

// longestCode is more than a recovery code takes.
const longestCode = 200
