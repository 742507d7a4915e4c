package flowcmd

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/approval"
	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/people"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/rbac"
)

// RevokeOptions is what `flow revoke` works from.
type RevokeOptions struct {
	Env      *cli.Env
	Name     string
	Profiles []string // those to take it back in; none: all
}

// NewRevoke is `headgate flow revoke`.
func NewRevoke(env *cli.Env, runF func(context.Context, *RevokeOptions) error) *cobra.Command {
	o := &RevokeOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:               "revoke FLOW",
		Short:             "Take the approval of a flow back",
		Long:              "Take the approval of a flow back: operators and service accounts can no longer run it, and lose the\nkeys of secrets that no other flow gives them. The flow need not be in the project any more.",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cli.CompleteFlows(env),
		RunE: func(c *cobra.Command, args []string) error {
			o.Name = args[0]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runRevoke(c.Context(), o)
		},
	}, guard.EditFlows)
	c.Flags().StringArrayVar(&o.Profiles, "env", nil, "take it back in this `profile` of connections.yaml only (may be repeated)")
	return c
}

// revoked is the result of `flow revoke`.
type revoked struct {
	Flow string `json:"flow"`
	people.Effects
}

func runRevoke(ctx context.Context, o *RevokeOptions) error {
	m, err := o.Env.Member(ctx)
	if err != nil {
		return err
	}
	b, err := people.Open(ctx, m)
	if err != nil {
		return err
	}
	if _, is := b.State.Flows[o.Name]; !is {
		return &cli.UsageError{Message: "flow " + spec.Quote(o.Name) + " is not approved", Hint: "`headgate flow diff` shows what is"}
	}
	if _, err := m.Can(ctx, rbac.EditFlow, o.Name); err != nil {
		return err
	}
	outcome, err := m.RevokeFlow(ctx, o.Name, o.Profiles...)
	if err = people.Done(o.Env.UI, err); err != nil {
		return err
	}
	after, err := people.Open(ctx, m)
	if err != nil {
		return err
	}
	r := revoked{o.Name, people.EffectsOf(outcome, b, after)}
	o.Env.UI.Note("flow " + o.Name + " is no longer approved" + approval.InProfile(strings.Join(o.Profiles, " and ")))
	r.Tell(o.Env.UI)
	return o.Env.UI.Result(r, func(io.Writer) {})
}
