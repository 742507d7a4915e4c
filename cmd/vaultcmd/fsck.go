package vaultcmd

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/vault/store"
)

// FsckOptions is what `vault fsck` works from.
type FsckOptions struct {
	Env *cli.Env
	// Program is started for the check; "" = this one.
	Program string
}

const fsckHelp = `Check the store's file, page by page: whether the database is whole. It needs no key and says
nothing of who wrote what, which is headgate vault verify. A damaged file ends with exit code 13;
there are copies beside it, FILE.bak.1 the newest.`

// NewFsck is `headgate vault fsck`.
func NewFsck(env *cli.Env, runF func(context.Context, *FsckOptions) error) *cobra.Command {
	o := &FsckOptions{Env: env}
	return guard.Needs(&cobra.Command{
		Use:   "fsck",
		Short: "Check the store's file page by page",
		Long:  fsckHelp,
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runFsck(c.Context(), o)
		},
	}, guard.None)
}

func runFsck(ctx context.Context, o *FsckOptions) error {
	v, err := o.Env.Vault()
	if err != nil {
		return err
	}
	path, err := o.Env.StorePath()
	if err != nil {
		return err
	}
	program := o.Program
	if program == "" {
		if program, err = os.Executable(); err != nil {
			return fmt.Errorf("check store %s: %w", path, err)
		}
	}
	r, err := v.Fsck(ctx, []string{program, "vault", "fsck-child", "--", path})
	if err != nil {
		return err
	}
	return o.Env.UI.Result(r, func(w io.Writer) { fmt.Fprintf(w, "the file is whole: %d pages\n", r.Pages) })
}

// ChildOptions is what the hidden command of `vault fsck` works from.
type ChildOptions struct {
	Env  *cli.Env
	Path string
}

// NewFsckChild is the process in which `vault fsck` looks at the file: a damaged one
// may end it in ways that nothing can catch.
func NewFsckChild(env *cli.Env, runF func(context.Context, *ChildOptions) error) *cobra.Command {
	o := &ChildOptions{Env: env}
	return guard.Needs(&cobra.Command{
		Use:    "fsck-child PATH",
		Short:  "Look at the pages of a store, for vault fsck",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.Path = args[0]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runFsckChild(c.Context(), o)
		},
	}, guard.None)
}

func runFsckChild(_ context.Context, o *ChildOptions) error {
	return store.FsckChild(o.Path, o.Env.UI.Out)
}
