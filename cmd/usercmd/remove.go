package usercmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/people"
)

// RemoveOptions is what `user remove` works from.
type RemoveOptions struct {
	Env *cli.Env
	Who string
	Yes bool
}

const removeHelp = `Take somebody out of the store for ever. Boxes that the person could open get new keys, and what
the person signs no longer counts. What was readable before may have been copied: the command lists
the secrets to replace at their sources, and headgate secret due does until they were set again.`

// NewRemove is `headgate user remove`.
func NewRemove(env *cli.Env, runF func(context.Context, *RemoveOptions) error) *cobra.Command {
	o := &RemoveOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:               "remove WHO",
		Short:             "Take somebody out of the store for ever",
		Long:              removeHelp,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			o.Who = args[0]
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
	m, b, p, err := whom(ctx, o.Env, o.Who)
	if err != nil {
		return err
	}
	if err := people.Sure(ctx, o.Env.UI, o.Yes, "remove "+people.Called(p)+" for ever"); err != nil {
		return err
	}
	r, err := people.Remove(ctx, o.Env.UI, m, b, p)
	if err != nil {
		return err
	}
	return o.Env.UI.Result(r, nothing)
}
