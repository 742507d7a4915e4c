package usercmd

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/people"
	"github.com/headgate/headgate/cmd/internal/period"
	"github.com/headgate/headgate/rbac"
)

// ResetOptions is what `user reset` works from.
type ResetOptions struct {
	Env     *cli.Env
	Who     string
	Expires period.Flag
}

const resetHelp = `Make an invitation for somebody who lost password and keys, and print its code. The person keeps
role and name and gets new keys with headgate accept; nobody can give the old ones back. Until the
code is used the old keys still work.`

// NewReset is `headgate user reset`.
func NewReset(env *cli.Env, runF func(context.Context, *ResetOptions) error) *cobra.Command {
	o := &ResetOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:               "reset WHO",
		Short:             "Let somebody make new keys: print a code for headgate accept",
		Long:              resetHelp,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			o.Who = args[0]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runReset(c.Context(), o)
		},
	}, guard.ManagePeople)
	c.Flags().Var(&o.Expires, "expires", "how long the code works, such as 24h or 2d (default 72h)")
	return c
}

func runReset(ctx context.Context, o *ResetOptions) error {
	m, b, p, err := whom(ctx, o.Env, o.Who)
	if err != nil {
		return err
	}
	if p.Role == rbac.APIUser {
		return &cli.UsageError{Message: people.Called(p) + " is a service account", Hint: "remove it and add it again: `headgate service add`"}
	}
	code, err := m.Reset(ctx, p.ID, o.Expires.Duration)
	if err = people.Done(o.Env.UI, err); err != nil {
		return err
	}
	if p.Role.AtLeast(rbac.Role(b.State.Setting(rbac.TwoStepFrom))) {
		o.Env.UI.Note("after " + people.Called(p) + " has accepted: headgate user confirm " + people.Called(p))
	}
	return o.Env.UI.Result(invited{code, people.Called(p), string(p.Role)}, func(w io.Writer) { fmt.Fprintln(w, code) })
}
