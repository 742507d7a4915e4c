// Package projectcmd holds the commands that set up a project.
package projectcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/settings"
)

// InitOptions is what `init` works from.
type InitOptions struct {
	Env *cli.Env
	Dir string
	// ForStore names the flags given that concern the store, which this version
	// does not have.
	ForStore []string
}

const initHelp = `Make a folder a project: write headgate.yaml, the tool's settings, and a .gitignore.
It writes no flow and no connection; ` + "`headgate flow new`" + ` does.

This version has no store yet. The flags that concern it (--email, --key-out, --no-keyring,
--group, --store) are accepted, so that scripts can be written now, and have no effect.`

// NewInit is `headgate init`.
func NewInit(env *cli.Env, runF func(context.Context, *InitOptions) error) *cobra.Command {
	o := &InitOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:     "init [--project DIR]",
		Short:   "Make a folder a project",
		Long:    initHelp,
		Example: "  headgate -C shop init",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o.Dir = env.Dir()
			c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
				if f.Changed {
					o.ForStore = append(o.ForStore, "--"+f.Name)
				}
			})
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runInit(c.Context(), o)
		},
	}, guard.SetUp)
	f := c.Flags()
	f.String("email", "", "the owner's address (no effect yet)")
	f.String("key-out", "", "write the owner's key to this file (no effect yet)")
	f.Bool("no-keyring", false, "do not use the system's keyring (no effect yet)")
	f.String("group", "", "share the store with this group of the system (no effect yet)")
	f.String("store", "", "the store's file (no effect yet)")
	return c
}

// initialised is the result of `init`.
type initialised struct {
	Project string   `json:"project"`
	Files   []string `json:"files"`
	Store   *string  `json:"store"` // nil: there is none
}

const settingsText = `# Settings of headgate for this project. A flag wins over the environment
# (HEADGATE_...), that wins over this file, and that over what is built in.
version: 1

log:
  format: text            # text or json: messages on standard error

# defaults:
#   env: dev              # profile of connections.yaml for runs without --env
#   lock_timeout: 30s     # how long a run waits for another run of the same flow
#   quiet: false          # print results and errors only
`

// What a run leaves in a project belongs to the machine, not into version control.
const ignoreText = "/.headgate/\n/rejects/\n"

func runInit(_ context.Context, o *InitOptions) error {
	abs, err := filepath.Abs(o.Dir)
	if err != nil {
		return err
	}
	name := filepath.Join(o.Dir, settings.FileName)
	if _, err := os.Lstat(name); err == nil {
		return &cli.UsageError{Message: abs + " is a project already: " + settings.FileName + " exists", Hint: "`headgate flow new NAME` writes a first flow"}
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return err
	}
	done := initialised{Project: abs}
	for _, f := range []struct{ name, text string }{{settings.FileName, settingsText}, {".gitignore", ignoreText}} {
		switch err := writeNew(filepath.Join(o.Dir, f.name), f.text); {
		case err == nil:
			done.Files = append(done.Files, f.name)
		case !errors.Is(err, fs.ErrExist):
			return err
		}
	}
	if len(o.ForStore) > 0 {
		o.Env.UI.Warn("this version has no store yet: nothing was done about " + strings.Join(o.ForStore, ", "))
	}
	o.Env.UI.Note("next: headgate flow new my-flow")
	return o.Env.UI.Result(done, func(w io.Writer) {
		fmt.Fprintf(w, "%s is a project now: wrote %s\n", done.Project, strings.Join(done.Files, " and "))
	})
}

// writeNew writes a file that must not exist.
func writeNew(name, text string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
