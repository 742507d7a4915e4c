package usercmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/people"
)

// RoleOptions is what `user role` works from.
type RoleOptions struct {
	Env       *cli.Env
	Who, Role string
}

// NewRole is `headgate user role`.
func NewRole(env *cli.Env, runF func(context.Context, *RoleOptions) error) *cobra.Command {
	o := &RoleOptions{Env: env}
	return guard.Needs(&cobra.Command{
		Use:               "role WHO ROLE",
		Short:             "Give somebody another role",
		Long:              "Give somebody another role; everybody has exactly one. Keys follow: boxes and secrets that the\nnew role does not reach get new keys. `headgate role explain` shows what roles may do.",
		Example:           "  headgate user role ann@example.com operator",
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			o.Who, o.Role = args[0], args[1]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runRole(c.Context(), o)
		},
	}, guard.ManagePeople)
}

func runRole(ctx context.Context, o *RoleOptions) error {
	r, err := parseRole(o.Role)
	if err != nil {
		return err
	}
	m, before, p, err := whom(ctx, o.Env, o.Who)
	if err != nil {
		return err
	}
	outcome, err := m.SetRole(ctx, p.ID, r)
	if err = people.Done(o.Env.UI, err); err != nil {
		return err
	}
	return report(ctx, o.Env, m, before, p.ID, "now has role "+string(r), outcome)
}
