// Package slotcmd holds the commands about a person's ways in.
package slotcmd

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/vault/slot"
)

const slotHelp = `Each of your ways in is a slot: a password, a password together with this device, the system's
keyring, a key file, a recovery code. Any one opens your keys.`

// New is `headgate slot`.
func New(env *cli.Env) *cobra.Command {
	c := &cobra.Command{Use: "slot", Short: "Your ways in: passwords, key files, recovery codes", Long: slotHelp}
	c.AddCommand(NewList(env, nil), NewAdd(env, nil), NewRemove(env, nil), NewTest(env, nil))
	return c
}

// ListOptions is what `slot list` works from.
type ListOptions struct{ Env *cli.Env }

// NewList is `headgate slot list`.
func NewList(env *cli.Env, runF func(context.Context, *ListOptions) error) *cobra.Command {
	o := &ListOptions{Env: env}
	return guard.Needs(&cobra.Command{
		Use:   "list",
		Short: "List your ways in",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runList(c.Context(), o)
		},
	}, guard.LoggedIn)
}

type listed struct {
	Slots []entry `json:"slots"`
}

type entry struct {
	Name string    `json:"name"`
	Type slot.Type `json:"type"`
	Made time.Time `json:"made"`
}

func runList(ctx context.Context, o *ListOptions) error {
	m, err := o.Env.Member(ctx)
	if err != nil {
		return err
	}
	slots, err := m.Slots(ctx)
	if err != nil {
		return err
	}
	t := ui.Table{Head: []string{"SLOT", "TYPE", "MADE"}}
	list := listed{Slots: []entry{}}
	for _, s := range slots {
		list.Slots = append(list.Slots, entry{s.Name, s.Type, s.Made.UTC()})
		t.Rows = append(t.Rows, []string{s.Name, string(s.Type), s.Made.Local().Format("2006-01-02 15:04")})
	}
	return o.Env.UI.List(list, t, "")
}

// RemoveOptions is what `slot remove` works from.
type RemoveOptions struct {
	Env  *cli.Env
	Name string
}

// NewRemove is `headgate slot remove`.
func NewRemove(env *cli.Env, runF func(context.Context, *RemoveOptions) error) *cobra.Command {
	o := &RemoveOptions{Env: env}
	return guard.Needs(&cobra.Command{
		Use:   "remove NAME",
		Short: "Take a way in away",
		Long:  "Take a way in away, by its name in `headgate slot list`. The last one stays.",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.Name = args[0]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runRemove(c.Context(), o)
		},
	}, guard.LoggedIn)
}

type removed struct {
	Removed string `json:"removed"`
}

func runRemove(ctx context.Context, o *RemoveOptions) error {
	m, err := o.Env.Member(ctx)
	if err != nil {
		return err
	}
	slots, err := m.Slots(ctx)
	if err != nil {
		return err
	}
	found := false
	for _, s := range slots {
		found = found || s.Name == o.Name
	}
	switch {
	case !found:
		return &cli.UsageError{Message: "you have no slot " + ui.Safe(o.Name), Hint: "`headgate slot list` lists yours"}
	case len(slots) == 1:
		return &cli.UsageError{Message: "slot " + o.Name + " is your only way in", Hint: "`headgate slot add` makes another first"}
	}
	if err := m.RemoveSlot(ctx, o.Name); err != nil {
		return err
	}
	return o.Env.UI.Result(removed{o.Name}, func(w io.Writer) { fmt.Fprintf(w, "removed slot %s\n", o.Name) })
}

// TestOptions is what `slot test` works from.
type TestOptions struct {
	Env      *cli.Env
	Recovery bool
}

const testHelp = `Try a way in: a password (--user), a key file (--key-file), or with --recovery the recovery code,
from the terminal or standard input. A session does not count. Nothing is changed.`

// NewTest is `headgate slot test`.
func NewTest(env *cli.Env, runF func(context.Context, *TestOptions) error) *cobra.Command {
	o := &TestOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:   "test",
		Short: "Try whether a way in works",
		Long:  testHelp,
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runTest(c.Context(), o)
		},
	}, guard.LogIn)
	c.Flags().BoolVar(&o.Recovery, "recovery", false, "try the recovery code")
	return c
}

type tested struct {
	User  string `json:"user"`
	Works bool   `json:"works"`
}

func runTest(ctx context.Context, o *TestOptions) error {
	login := o.Env.LogIn
	if o.Recovery {
		login = o.Env.Recover
	}
	m, err := login(ctx)
	if err != nil {
		return err
	}
	me, _, err := m.Myself(ctx)
	if err != nil {
		return err
	}
	return o.Env.UI.Result(tested{me.Name, true}, func(w io.Writer) { fmt.Fprintf(w, "it works: you are %s\n", ui.Safe(me.Name)) })
}
