package usercmd

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/people"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
)

// GrantOptions is what `user grant` works from.
type GrantOptions struct {
	Env    *cli.Env
	Who    string
	Grants []string
}

const grantHelp = `Narrow somebody to flows. The first grant replaces the role's level on every flow; a grant never
gives more than the role. FLOW:LEVEL names a flow, or several with *; LEVEL is monitor, run or
manage, where each includes the one before it.`

// NewGrant is `headgate user grant`.
func NewGrant(env *cli.Env, runF func(context.Context, *GrantOptions) error) *cobra.Command {
	o := &GrantOptions{Env: env}
	return guard.Needs(&cobra.Command{
		Use:               "grant WHO FLOW:LEVEL...",
		Short:             "Narrow somebody's role to flows",
		Long:              grantHelp,
		Example:           "  headgate user grant ann@example.com 'sales-*:manage' hr-day:monitor",
		Args:              cobra.MinimumNArgs(2),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			o.Who, o.Grants = args[0], args[1:]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runGrant(c.Context(), o)
		},
	}, guard.ManagePeople)
}

func runGrant(ctx context.Context, o *GrantOptions) error {
	list, err := parseGrants(o.Grants)
	if err != nil {
		return err
	}
	m, before, p, err := whom(ctx, o.Env, o.Who)
	if err != nil {
		return err
	}
	var all vault.Outcome
	for _, g := range list {
		outcome, err := m.Grant(ctx, p.ID, g)
		if err = people.Done(o.Env.UI, err); err != nil {
			return err
		}
		all = together(all, outcome)
	}
	return report(ctx, o.Env, m, before, p.ID, "now has "+strings.Join(people.Grants(list), ", "), all)
}

// RevokeOptions is what `user revoke` works from.
type RevokeOptions struct {
	Env   *cli.Env
	Who   string
	Flows []string // patterns as they were granted
}

// NewRevoke is `headgate user revoke`.
func NewRevoke(env *cli.Env, runF func(context.Context, *RevokeOptions) error) *cobra.Command {
	o := &RevokeOptions{Env: env}
	return guard.Needs(&cobra.Command{
		Use:               "revoke WHO FLOW...",
		Short:             "Take grants back",
		Long:              "Take grants back, each named by the flow or pattern as it was granted. Somebody who was narrowed\nand has no grant left can do nothing on flows.",
		Args:              cobra.MinimumNArgs(2),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			o.Who, o.Flows = args[0], args[1:]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runRevoke(c.Context(), o)
		},
	}, guard.ManagePeople)
}

func runRevoke(ctx context.Context, o *RevokeOptions) error {
	m, before, p, err := whom(ctx, o.Env, o.Who)
	if err != nil {
		return err
	}
	for _, f := range o.Flows {
		if !slices.ContainsFunc(p.Grants, func(g rbac.Grant) bool { return g.Flows == f }) {
			return &cli.UsageError{Message: people.Called(p) + " has no grant on " + f, Hint: "grants: " + grants(people.Describe(p, o.Env.Now()))}
		}
	}
	var all vault.Outcome
	for _, f := range o.Flows {
		outcome, err := m.Revoke(ctx, p.ID, f)
		if err = people.Done(o.Env.UI, err); err != nil {
			return err
		}
		all = together(all, outcome)
	}
	return report(ctx, o.Env, m, before, p.ID, "no longer has "+strings.Join(o.Flows, ", "), all)
}

// together is what two changes led to. What waited after the first counts only if it
// still does after the second.
func together(a, b vault.Outcome) vault.Outcome {
	b.Gained = append(a.Gained, b.Gained...)
	b.Rotated = append(a.Rotated, b.Rotated...)
	return b
}
