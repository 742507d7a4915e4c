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
	"github.com/headgate/headgate/cmd/internal/password"
	"github.com/headgate/headgate/cmd/internal/settings"
)

// InitOptions is what `init` works from.
type InitOptions struct {
	Env *cli.Env
	Dir string

	Email       string
	KeyOut      string
	Password    password.Source
	NoKeyring   bool
	Group       string // of the system, whose members share the store
	Admin       string // e-mail address of a named administrator
	AdminKeyOut string
	Offline     bool // the owner's key is for emergencies only

	// ForStore names the flags given that concern the store.
	ForStore []string
}

const initHelp = `Make a folder a project, and a store for secrets, people and the audit log.

In the project it writes headgate.yaml, the tool's settings, and a .gitignore; no flow and no
connection, ` + "`headgate flow new`" + ` does. What is there already stays as it is.

The store is one file, and whoever makes it becomes its owner. --email says who that is; a way
in is a key file (--key-out), a password, or both. Without a terminal and without --email only
the project's files are written. A recovery code is printed once: keep it on paper.

The owner should not be the one who works every day. --admin names an administrator: with
--admin-key-out the key file is written here and now, else a code for ` + "`headgate accept`" + ` is
printed. --owner-offline insists on that. --group makes a store that the members of a group of
the system share.`

// NewInit is `headgate init`.
func NewInit(env *cli.Env, runF func(context.Context, *InitOptions) error) *cobra.Command {
	o := &InitOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:   "init [--email ADDRESS] [flags]",
		Short: "Make a folder a project, and a store",
		Long:  initHelp,
		Example: `  headgate -C shop init
  headgate init --email owner@example.com --key-out owner.key --no-keyring
  headgate init --email owner@example.com --generate-password --admin ann@example.com --owner-offline`,
		Args: cobra.NoArgs,
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
	f.StringVar(&o.Email, "email", "", "the owner's e-mail `address`")
	f.StringVar(&o.KeyOut, "key-out", "", "write the owner's key to this `file`, which must not exist")
	o.Password.Flags(f, "generate-password")
	f.BoolVar(&o.NoKeyring, "no-keyring", false, "do not use the system's keyring")
	f.StringVar(&o.Group, "group", "", "share the store with this `group` of the system")
	f.StringVar(&o.Admin, "admin", "", "also make an administrator with this e-mail `address`")
	f.StringVar(&o.AdminKeyOut, "admin-key-out", "", "write the administrator's key to this `file`")
	f.BoolVar(&o.Offline, "owner-offline", false, "the owner's key is for emergencies; an administrator does the work")
	return c
}

// initialised is the result of `init`.
type initialised struct {
	Project string   `json:"project"`
	Files   []string `json:"files"` // written
	Store   *string  `json:"store"` // nil: there is none
	*Founded
}

const settingsText = `# Settings of headgate for this project. A flag wins over the environment
# (HEADGATE_...), that wins over this file, and that over what is built in.
version: 1

log:
  format: text            # text or json: messages on standard error

# store: /srv/headgate/store.db   # default: the person's own

# defaults:
#   env: dev              # profile of connections.yaml for runs without --env
#   lock_timeout: 30s     # how long a run waits for another run of the same flow
#   quiet: false          # print results and errors only
`

// What a run leaves in a project belongs to the machine, and keys to nobody else.
const ignoreText = "/.headgate/\n/rejects/\n*.key\n"

func runInit(ctx context.Context, o *InitOptions) error {
	abs, err := filepath.Abs(o.Dir)
	if err != nil {
		return err
	}
	path, exists, err := o.storePath()
	if err != nil {
		return err
	}
	isProject, err := there(filepath.Join(o.Dir, settings.FileName))
	if err != nil {
		return err
	}
	found := !exists && (o.Env.UI.Interactive || len(o.ForStore) > 0)
	if found {
		if found, err = o.ask(ctx); err != nil {
			return err
		}
	}
	if isProject && !found {
		return &cli.UsageError{Message: abs + " is a project already: " + settings.FileName + " exists", Hint: "`headgate flow new NAME` writes a first flow"}
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return err
	}
	done := initialised{Project: abs}
	if found {
		if done.Founded, err = o.found(ctx); err != nil {
			return err
		}
	}
	if exists || found {
		done.Store = &path
	}
	if done.Files, err = writeProject(o.Dir); err != nil {
		return err
	}
	o.advise(path, exists, found)
	return o.Env.UI.Result(done, done.print)
}

// storePath is where the store is, or would be.
func (o *InitOptions) storePath() (path string, exists bool, err error) {
	if path, err = o.Env.StorePath(); err != nil || path == "" {
		return path, false, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return path, false, err
	}
	exists, err = there(path)
	return path, exists, err
}

func there(name string) (bool, error) {
	_, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// advise says what else there is to do.
func (o *InitOptions) advise(path string, exists, found bool) {
	t := o.Env.UI
	switch {
	case exists && len(o.ForStore) > 0:
		t.Warn("the store " + path + " exists already: nothing was done about " + strings.Join(o.ForStore, ", "))
	case exists:
		t.Note("the store " + path + " exists already")
	case !found:
		t.Note("no store yet, which flows with secrets need: headgate init --email you@example.com --key-out owner.key")
	}
	t.Note("next: headgate flow new my-flow")
}

// writeProject writes those of the project's files that are missing.
func writeProject(dir string) (written []string, err error) {
	written = []string{}
	for _, f := range []struct{ name, text string }{{settings.FileName, settingsText}, {".gitignore", ignoreText}} {
		switch err := writeNew(filepath.Join(dir, f.name), f.text); {
		case err == nil:
			written = append(written, f.name)
		case !errors.Is(err, fs.ErrExist):
			return written, err
		}
	}
	return written, nil
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

func (d initialised) print(w io.Writer) {
	if len(d.Files) > 0 {
		fmt.Fprintf(w, "%s is a project now: wrote %s\n", d.Project, strings.Join(d.Files, " and "))
	}
	if d.Founded != nil {
		fmt.Fprintf(w, "the store is %s\n", *d.Store)
		d.Founded.print(w)
	}
}
