// Package cli is what every command is handed: the terminal, the settings, the
// project, the registry, and the errors that a command may end with. Services are
// opened when they are asked for, so that `version` opens nothing.
package cli

import (
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"github.com/headgate/headgate/cmd/internal/redact"
	"github.com/headgate/headgate/cmd/internal/settings"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/vault/keyring"
)

// Env is what the program lends its commands.
type Env struct {
	UI       *ui.Terminal
	Global   Global
	Flags    *pflag.FlagSet // the global flags, to tell what was given
	Getenv   func(string) string
	Unsetenv func(string) // removes a variable that held a key; nil: it stays
	Signals  *Signals
	Now      func() time.Time
	Registry func() *connector.Registry
	// Failure explains an error: its exit code, and what may help. nil for nil.
	Failure func(error) *ui.Failure
	Version string // as the build was told; "" = not told
	// Secrets are those in use, which everything that is said leaves out; nil: none.
	Secrets *redact.Set

	once     sync.Once
	settings *settings.Settings
	failed   error
	store    storeState
	ring     *keyring.Guarded // the system's, once it is asked for
}

// Global is the values of the global flags.
type Global struct {
	Project        string
	NonInteractive bool
	JSON           bool
	Quiet          bool
	LogFormat      string
	LockTimeout    time.Duration

	Store   string // the store's file
	User    string // who logs in
	KeyFile string
	KeyFD   *int // nil: none; 0 is standard input
}

// Dir is the project's folder as given, "." when it was not.
func (e *Env) Dir() string {
	if e.Global.Project != "" {
		return filepath.Clean(e.Global.Project)
	}
	if dir := e.Getenv("HEADGATE_PROJECT"); dir != "" {
		return filepath.Clean(dir)
	}
	return "."
}

// Settings reads headgate.yaml of the project, once, and puts flags and the
// environment above it. What is wrong with the file is a *FindingsError.
func (e *Env) Settings() (*settings.Settings, error) {
	e.once.Do(func() {
		s, diags, err := settings.Load(e.Dir(), e.Flags, e.Getenv)
		switch {
		case err != nil:
			e.failed = err
		case len(diags) > 0:
			e.failed = &FindingsError{Diags: diags}
		default:
			e.settings = s
			e.UI.LogJSON = s.LogFormat == "json"
			e.UI.Quiet = s.Quiet
		}
	})
	return e.settings, e.failed
}

// In is the same environment for another project, whose folder is dir.
func (e *Env) In(dir string) *Env {
	in := &Env{UI: e.UI, Global: e.Global, Flags: e.Flags, Getenv: e.Getenv, Unsetenv: e.Unsetenv, Signals: e.Signals, Now: e.Now, Registry: e.Registry, Failure: e.Failure, Version: e.Version, Secrets: e.Secrets}
	in.Global.Project = dir
	return in
}
