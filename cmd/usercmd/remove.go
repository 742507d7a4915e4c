package usercmd

import (
	"context"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/people"
	"github.com/headgate/headgate/vault"
)

// RemoveOptions is what `user remove` works from.
type RemoveOptions struct {
	Env       *cli.Env
	Who       string
	Yes       bool
	Emergency bool // take back what the person approved, too
}

const removeHelp = `Take somebody out of the store for ever. Boxes that the person could open get new keys, and what
the person signs no longer counts. What was readable before may have been copied: the command lists
the secrets to replace at their sources, and headgate secret due does until they were set again.
With --emergency the flows that the person approved are no longer approved.`

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
	c.Flags().BoolVar(&o.Emergency, "emergency", false, "take back the approvals that the person gave, too")
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
	r := removed{Revoked: []string{}}
	if o.Emergency {
		if r.Revoked, err = revokeAll(ctx, o.Env, m, b, p.ID); err != nil {
			return err
		}
	}
	if r.Removed, err = people.Remove(ctx, o.Env.UI, m, b, p); err != nil {
		return err
	}
	return o.Env.UI.Result(r, nothing)
}

// removed is the result of `user remove`.
type removed struct {
	people.Removed
	Revoked []string `json:"revoked"` // flows that are no longer approved
}

// revokeAll takes back what somebody approved.
func revokeAll(ctx context.Context, env *cli.Env, m *vault.Member, b *people.Book, id string) ([]string, error) {
	flows := []string{}
	for _, f := range slices.Sorted(maps.Keys(b.State.Flows)) {
		var theirs []string
		for profile, a := range b.State.Flows[f] {
			if a.By == id {
				theirs = append(theirs, profile)
			}
		}
		if len(theirs) == 0 {
			continue
		}
		if _, err := m.RevokeFlow(ctx, f, theirs...); people.Done(env.UI, err) != nil {
			return nil, err
		}
		flows = append(flows, f)
		env.UI.Note("flow " + f + " is no longer approved")
	}
	return flows, nil
}
