// Package ownercmd holds the commands that hand a store to another owner.
package ownercmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/people"
)

// New is `headgate owner` with its commands.
func New(env *cli.Env) *cobra.Command {
	c := &cobra.Command{Use: "owner", Short: "Hand the store to another owner"}
	c.AddCommand(NewAccept(env, nil), NewTransfer(env, nil))
	return c
}

// AcceptOptions is what `owner accept` works from.
type AcceptOptions struct{ Env *cli.Env }

const acceptHelp = `Agree to become the owner of the store, and print the agreement, which the owner hands to
headgate owner transfer. It works once, and only until anything in the store's policy changes.`

// NewAccept is `headgate owner accept`.
func NewAccept(env *cli.Env, runF func(context.Context, *AcceptOptions) error) *cobra.Command {
	o := &AcceptOptions{Env: env}
	return guard.Needs(&cobra.Command{
		Use:     "accept",
		Short:   "Agree to become the owner: print the agreement",
		Long:    acceptHelp,
		Example: "  headgate --key-file bob.key owner accept > agreed.txt",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runAccept(c.Context(), o)
		},
	}, guard.LoggedIn)
}

func runAccept(ctx context.Context, o *AcceptOptions) error {
	m, err := o.Env.Member(ctx)
	if err != nil {
		return err
	}
	text, err := m.AcceptOwnership(ctx)
	if err != nil {
		return err
	}
	me, _, err := m.Myself(ctx)
	if err != nil {
		return err
	}
	o.Env.UI.Note("the owner goes on: headgate owner transfer " + people.Called(me) + " --accepted FILE")
	return o.Env.UI.Result(map[string]string{"accepted": text, "user": people.Called(me)}, func(w io.Writer) { fmt.Fprintln(w, text) })
}

// TransferOptions is what `owner transfer` works from.
type TransferOptions struct {
	Env      *cli.Env
	Who      string
	Accepted string // a file, - for standard input
	Yes      bool
}

const transferHelp = `Make somebody else the owner of the store, for good: only the new owner can give it back. The new
owner has agreed with headgate owner accept. You stay a superadmin.`

// NewTransfer is `headgate owner transfer`.
func NewTransfer(env *cli.Env, runF func(context.Context, *TransferOptions) error) *cobra.Command {
	o := &TransferOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:               "transfer WHO --accepted FILE",
		Short:             "Make somebody else the owner",
		Long:              transferHelp,
		Example:           "  headgate --key-file owner.key owner transfer bob@example.com --accepted agreed.txt",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			o.Who = args[0]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runTransfer(c.Context(), o)
		},
	}, guard.Own)
	c.Flags().StringVar(&o.Accepted, "accepted", "", "the `file` with what owner accept printed; - is standard input")
	c.Flags().BoolVar(&o.Yes, "yes", false, "do not ask")
	return c
}

// longest is more than an agreement has.
const longest = 4096

func runTransfer(ctx context.Context, o *TransferOptions) error {
	text, err := o.read()
	if err != nil {
		return err
	}
	m, err := o.Env.Member(ctx)
	if err != nil {
		return err
	}
	b, err := people.Open(ctx, m)
	if err != nil {
		return err
	}
	p, err := b.Find(o.Who)
	if err != nil {
		return err
	}
	if err := people.Sure(ctx, o.Env.UI, o.Yes, "make "+people.Called(p)+" the owner of this store"); err != nil {
		return err
	}
	outcome, err := m.TransferOwnership(ctx, p.ID, text)
	if err = people.Done(o.Env.UI, err); err != nil {
		return err
	}
	after, err := people.Open(ctx, m)
	if err != nil {
		return err
	}
	r := transferred{people.Called(p), people.EffectsOf(outcome, b, after)}
	o.Env.UI.Note(r.Owner + " is the owner now")
	r.Tell(o.Env.UI)
	return o.Env.UI.Result(r, func(io.Writer) {})
}

// transferred is the result of `owner transfer`.
type transferred struct {
	Owner string `json:"owner"`
	people.Effects
}

func (o *TransferOptions) read() (string, error) {
	var text []byte
	var err error
	switch o.Accepted {
	case "":
		return "", &cli.InputError{Message: "the new owner must agree first", Hint: "`headgate owner accept`, run by the new owner, prints what --accepted FILE takes"}
	case "-":
		text, err = io.ReadAll(io.LimitReader(o.Env.UI.In, longest))
	default:
		var f *os.File
		if f, err = os.Open(o.Accepted); err != nil {
			return "", &cli.UsageError{Message: err.Error()}
		}
		defer f.Close()
		text, err = io.ReadAll(io.LimitReader(f, longest))
	}
	return strings.TrimSpace(string(text)), err
}
