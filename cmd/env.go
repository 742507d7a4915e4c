package cmd

import (
	"os"
	"time"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/connector/all"
)

// version is what the build says it is (-ldflags "-X ...cmd.version=v1.2.3"); empty
// when nobody said.
var version string

// newEnv is what this process lends its commands.
func newEnv(signals *cli.Signals) *cli.Env {
	return &cli.Env{
		UI:       ui.System(os.Getenv),
		Getenv:   os.Getenv,
		Signals:  signals,
		Now:      time.Now,
		Registry: all.Registry,
		Failure:  failure,
		Version:  version,
	}
}
