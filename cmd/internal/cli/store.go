package cli

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
)

// NoStoreError says that a command needs a store and there is none.
type NoStoreError struct {
	Path string // where it was looked for; "" when no folder for it is known
}

func (e *NoStoreError) Error() string {
	if e.Path == "" {
		return "there is no store: neither --store, HEADGATE_STORE nor a home folder says where"
	}
	return "there is no store at " + e.Path
}

// storeState is the store and the person, as far as a command asked for them.
type storeState struct {
	mu     sync.Mutex
	vault  *vault.Vault
	member *vault.Member
	failed error // why nobody is logged in
}

// StorePath is the store's file, whether it exists or not: --store, HEADGATE_STORE,
// `store:` of headgate.yaml, else $XDG_DATA_HOME/headgate/store.db. It is "" where
// none of these says anything.
func (e *Env) StorePath() (string, error) {
	if e.Global.Store != "" {
		return filepath.Clean(e.Global.Store), nil
	}
	s, err := e.Settings()
	if err != nil {
		return "", err
	}
	if s.Store != "" {
		return filepath.Clean(s.Store), nil
	}
	if dir := e.folder("XDG_DATA_HOME", ".local", "share"); dir != "" {
		return filepath.Join(dir, "store.db"), nil
	}
	return "", nil
}

// folder is the program's folder below one that the environment names, or below the
// home folder; "" without either.
func (e *Env) folder(variable string, below ...string) string {
	if dir := e.Getenv(variable); filepath.IsAbs(dir) {
		return filepath.Join(dir, "headgate")
	}
	if home := cmp.Or(e.Getenv("HOME"), e.Getenv("USERPROFILE")); filepath.IsAbs(home) {
		return filepath.Join(append(append([]string{home}, below...), "headgate")...)
	}
	return ""
}

// StateDir is where this person's memory of stores is kept; "" where there is no home.
func (e *Env) StateDir() string { return e.folder("XDG_STATE_HOME", ".local", "state") }

// HasStore reports whether there is a store. What --store names must exist.
func (e *Env) HasStore() (bool, error) {
	path, err := e.StorePath()
	if err != nil || path == "" {
		return false, err
	}
	_, err = os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if e.Global.Store != "" {
			return false, &NoStoreError{path}
		}
		return false, nil
	}
	// What can't be looked at is there: opening it says what is wrong.
	return true, nil
}

// Vault is the store, unopened. Without one the error is a *NoStoreError.
func (e *Env) Vault() (*vault.Vault, error) {
	e.store.mu.Lock()
	defer e.store.mu.Unlock()
	return e.openVault()
}

func (e *Env) openVault() (*vault.Vault, error) {
	if e.store.vault != nil {
		return e.store.vault, nil
	}
	path, err := e.StorePath()
	if err != nil {
		return nil, err
	}
	if there, err := e.HasStore(); !there {
		return nil, cmp.Or(err, error(&NoStoreError{path}))
	}
	o, err := e.VaultOptions()
	if err != nil {
		return nil, err
	}
	e.store.vault = vault.At(o)
	return e.store.vault, nil
}

// VaultOptions is how the store is opened: for commands that make one.
func (e *Env) VaultOptions() (vault.Options, error) {
	path, err := e.StorePath()
	if err != nil {
		return vault.Options{}, err
	}
	if path == "" {
		return vault.Options{}, &NoStoreError{}
	}
	o := vault.Options{Path: path, LockTimeout: e.Global.LockTimeout, Pins: e.StateDir(), Now: e.Now, Ring: e.systemRing()}
	if e.Global.LockTimeout == 0 {
		set, err := e.Settings()
		if err != nil {
			return o, err
		}
		o.LockTimeout = set.LockTimeout
	}
	if pin := e.Getenv("HEADGATE_PIN"); pin != "" {
		if o.Expect, err = vault.ParsePin(pin); err != nil {
			return o, &UsageError{Message: "HEADGATE_PIN: " + err.Error(), Hint: "`headgate vault verify` prints one"}
		}
	}
	return o, nil
}

// Member is who is logged in, with unlocked keys, the same at every call. It asks for
// a password where a person is there and nothing else is configured. Without a store
// the error is a *NoStoreError, without a log-in it is vault.ErrLogin.
func (e *Env) Member(ctx context.Context) (*vault.Member, error) {
	e.store.mu.Lock()
	defer e.store.mu.Unlock()
	if e.store.member == nil && e.store.failed == nil {
		e.store.member, e.store.failed = e.unlock(ctx, true)
	}
	return e.store.member, e.store.failed
}

// LogIn is Member without the session: whoever logs in shows the credential itself.
func (e *Env) LogIn(ctx context.Context) (*vault.Member, error) {
	e.store.mu.Lock()
	defer e.store.mu.Unlock()
	if e.store.member == nil {
		e.store.member, e.store.failed = e.unlock(ctx, false)
	}
	return e.store.member, e.store.failed
}

// Become makes m the one who is logged in: the founder of a store, or somebody who
// just enrolled. Close closes it.
func (e *Env) Become(m *vault.Member) {
	e.store.mu.Lock()
	defer e.store.mu.Unlock()
	if e.store.member != nil && e.store.member != m {
		e.store.member.Close()
	}
	e.store.member, e.store.failed = m, nil
}

// Can says whether the person may use a verb on a flow, "" for none in particular.
// A refusal is written to the audit log. Where there is no store there is nobody to
// ask and everything is allowed.
func (e *Env) Can(ctx context.Context, verb rbac.Verb, flow string) error {
	if there, err := e.HasStore(); !there {
		return err
	}
	m, err := e.Member(ctx)
	if err != nil {
		return err
	}
	_, err = m.Can(ctx, verb, flow)
	return err
}

// Sees says which flows a list may show to the person: all where there is no store.
// What is left out of a list is not a refusal, and is not written down.
func (e *Env) Sees(ctx context.Context) (func(flow string) bool, error) {
	if there, err := e.HasStore(); !there {
		return func(string) bool { return true }, err
	}
	m, err := e.Member(ctx)
	if err != nil {
		return nil, err
	}
	s, _, err := m.State(ctx)
	if err != nil {
		return nil, err
	}
	return func(flow string) bool { return s.Effective(m.ID, flow).Includes(rbac.Monitor) }, nil
}

// Close overwrites the person's keys. It may be called twice.
func (e *Env) Close() {
	e.store.mu.Lock()
	defer e.store.mu.Unlock()
	if e.store.member != nil {
		e.store.member.Close()
	}
}
