package cmd

import (
	"os"
	"time"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/redact"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/connector/all"
)

// version is what the build says it is (-ldflags "-X ...cmd.version=v1.2.3"); empty
// when nobody said.
var version string

// newEnv is what this process lends its commands.
func newEnv(signals *cli.Signals) *cli.Env {
	secrets := new(redact.Set)
	terminal := ui.System(os.Getenv)
	terminal.Redact = secrets.Bytes
	return &cli.Env{
		UI:       terminal,
		Getenv:   os.Getenv,
		Unsetenv: func(name string) { _ = os.Unsetenv(name) },
		Signals:  signals,
		Now:      time.Now,
		Registry: all.Registry,
		Failure:  failure,
		Version:  version,
		Secrets:  secrets,
	}
}
