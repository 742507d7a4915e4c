package flowcmd

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/approval"
	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/rbac"
)

// ApproveOptions is what `flow approve` works from.
type ApproveOptions struct {
	Env     *cli.Env
	Name    string
	Profile string
}

const approveHelp = `Let operators and service accounts run a flow as it is now: its file, and the definition of every
connection and key that it names, as --env has them. When any of them changes, only who may run
drafts can run it, until somebody approves it again. Who may run the flow gets the keys of the
secrets that it takes, and of no others. What is approved in other profiles stays.`

// NewApprove is `headgate flow approve`.
func NewApprove(env *cli.Env, runF func(context.Context, *ApproveOptions) error) *cobra.Command {
	o := &ApproveOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:               "approve FLOW",
		Short:             "Let operators and service accounts run a flow as it is now",
		Long:              approveHelp,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cli.CompleteFlows(env),
		RunE: func(c *cobra.Command, args []string) error {
			o.Name = args[0]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runApprove(c.Context(), o)
		},
	}, guard.EditFlows)
	c.Flags().StringVar(&o.Profile, "env", "", "the `profile` of connections.yaml to approve it in")
	return c
}

func runApprove(ctx context.Context, o *ApproveOptions) error {
	profile, err := approval.Profile(o.Env, o.Profile)
	if err != nil {
		return err
	}
	f, err := approval.Of(o.Env, o.Name, profile)
	if err != nil {
		return err
	}
	m, err := o.Env.Member(ctx)
	if err != nil {
		return err
	}
	if _, err := m.Can(ctx, rbac.EditFlow, f.Name); err != nil {
		return err
	}
	r, err := approval.Approve(ctx, o.Env, m, f)
	if err != nil {
		return err
	}
	return o.Env.UI.Result(r, func(w io.Writer) { fmt.Fprintln(w, r.Digest) })
}
