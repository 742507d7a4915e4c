package servicecmd

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/people"
	"github.com/headgate/headgate/rbac"
)

// RemoveOptions is what `service remove` works from.
type RemoveOptions struct {
	Env  *cli.Env
	Name string
	Yes  bool
}

// NewRemove is `headgate service remove`.
func NewRemove(env *cli.Env, runF func(context.Context, *RemoveOptions) error) *cobra.Command {
	o := &RemoveOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:               "remove NAME",
		Short:             "Remove a service account for ever",
		Long:              "Remove a service account for ever, and list the secrets that it could read.",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			o.Name = args[0]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runRemove(c.Context(), o)
		},
	}, guard.ManagePeople)
	c.Flags().BoolVar(&o.Yes, "yes", false, "do not ask")
	return c
}

func runRemove(ctx context.Context, o *RemoveOptions) error {
	m, err := o.Env.Member(ctx)
	if err != nil {
		return err
	}
	b, err := people.Open(ctx, m)
	if err != nil {
		return err
	}
	p, err := b.Find(o.Name)
	if err != nil {
		return err
	}
	if p.Role != rbac.APIUser {
		return &cli.UsageError{Message: people.Called(p) + " is a person", Hint: "`headgate user remove` removes people"}
	}
	if err := people.Sure(ctx, o.Env.UI, o.Yes, "remove service account "+people.Called(p)+" for ever"); err != nil {
		return err
	}
	r, err := people.Remove(ctx, o.Env.UI, m, b, p)
	if err != nil {
		return err
	}
	return o.Env.UI.Result(r, func(io.Writer) {})
}
