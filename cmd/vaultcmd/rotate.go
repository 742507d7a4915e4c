package vaultcmd

import (
	"context"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/people"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
)

// RotateOptions is what `vault rotate` works from.
type RotateOptions struct {
	Env   *cli.Env
	Boxes []string // empty: those that wait for new keys
}

const rotateHelp = `Give boxes new keys, and seal what is in them anew. Without a name, those that wait for it since
somebody who held them should no longer, and then everything that earlier changes left to do.
The boxes are meta, secrets, audit and quarantine.`

// NewRotate is `headgate vault rotate`.
func NewRotate(env *cli.Env, runF func(context.Context, *RotateOptions) error) *cobra.Command {
	o := &RotateOptions{Env: env}
	var names []string
	for _, b := range rbac.Boxes() {
		names = append(names, string(b))
	}
	return guard.Needs(&cobra.Command{
		Use:       "rotate [BOX...]",
		Short:     "Give boxes of the store new keys",
		Long:      rotateHelp,
		ValidArgs: names,
		Args: func(_ *cobra.Command, args []string) error {
			for _, a := range args {
				if !slices.Contains(names, a) {
					return &cli.UsageError{Message: "unknown box " + spec.Quote(a), Hint: spec.DidYouMean(a, names)}
				}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			o.Boxes = args
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runRotate(c.Context(), o)
		},
	}, guard.RotateKeys)
}

func runRotate(ctx context.Context, o *RotateOptions) error {
	m, err := o.Env.Member(ctx)
	if err != nil {
		return err
	}
	before, err := people.Open(ctx, m)
	if err != nil {
		return err
	}
	var outcome vault.Outcome
	if len(o.Boxes) == 0 {
		outcome, err = m.Settle(ctx)
	} else {
		list := make([]rbac.Box, 0, len(o.Boxes))
		for _, b := range slices.Compact(slices.Sorted(slices.Values(o.Boxes))) {
			list = append(list, rbac.Box(b))
		}
		outcome, err = m.RotateBoxes(ctx, list...)
	}
	if err = people.Done(o.Env.UI, err); err != nil {
		return err
	}
	b, err := people.Open(ctx, m)
	if err != nil {
		return err
	}
	e := people.EffectsOf(outcome, before, b)
	for _, name := range e.Rotated {
		o.Env.UI.Note("box " + name + " has new keys")
	}
	if len(e.Rotated) == 0 {
		o.Env.UI.Note("no box waits for new keys")
	}
	rest := e
	rest.Rotated = nil
	rest.Tell(o.Env.UI)
	return o.Env.UI.Result(e, func(io.Writer) {})
}
