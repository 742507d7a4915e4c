package secretcmd

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/people"
	"github.com/headgate/headgate/vault"
)

// RemoveOptions is what `secret remove` works from.
type RemoveOptions struct {
	Env *cli.Env
	Which
	Yes bool
}

// NewRemove is `headgate secret remove`.
func NewRemove(env *cli.Env, runF func(context.Context, *RemoveOptions) error) *cobra.Command {
	o := &RemoveOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:               "remove NAME (--connection CONNECTION | --key KEY)",
		Short:             "Remove the value of a secret",
		Long:              "Remove the value of a secret from the store, its copies too. Runs that need it fail from now on.",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			o.Name = args[0]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runRemove(c.Context(), o)
		},
	}, guard.SetSecrets)
	o.flags(c.Flags())
	c.Flags().BoolVar(&o.Yes, "yes", false, "do not ask")
	return c
}

// removed is the result of `secret remove`.
type removed struct {
	Secret string `json:"secret"`
	people.Effects
}

func runRemove(ctx context.Context, o *RemoveOptions) error {
	ref, err := o.ref(o.Env)
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
	if _, set := b.State.Secrets[ref.ID()]; !set {
		return notSet(ref)
	}
	if err := people.Sure(ctx, o.Env.UI, o.Yes, "remove the value of secret "+ref.ID()); err != nil {
		return err
	}
	outcome, err := m.RemoveSecret(ctx, ref)
	if err = people.Done(o.Env.UI, err); err != nil {
		return err
	}
	o.Env.UI.Note("secret " + ref.ID() + " is removed")
	after, err := people.Open(ctx, m)
	if err != nil {
		return err
	}
	r := removed{ref.ID(), people.EffectsOf(outcome, b, after)}
	r.Tell(o.Env.UI)
	return o.Env.UI.Result(r, func(io.Writer) {})
}

func notSet(ref vault.Ref) error {
	return &cli.UsageError{Message: "secret " + ref.ID() + " is not set", Hint: "`headgate secret list` lists those that are"}
}
