package flowcmd

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/people"
	"github.com/headgate/headgate/cmd/internal/release"
	"github.com/headgate/headgate/flow/plan"
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
secrets that it takes, and of no others. A flow is approved for one profile at a time.`

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
	c.Flags().StringVar(&o.Profile, "env", "", "the `profile` of connections.yaml to approve it for")
	return c
}

// approved is the result of `flow approve`.
type approved struct {
	Flow    string   `json:"flow"`
	Digest  string   `json:"digest"`
	Env     string   `json:"env,omitempty"`
	Hosts   []string `json:"hosts"`
	Secrets []string `json:"secrets"` // ids
	Unset   []string `json:"unset"`   // of these, those that nobody has set
	people.Effects
}

func runApprove(ctx context.Context, o *ApproveOptions) error {
	name, profile, needs, err := examine(o.Env, o.Name, o.Profile)
	if err != nil {
		return err
	}
	m, err := o.Env.Member(ctx)
	if err != nil {
		return err
	}
	if _, err := m.Can(ctx, rbac.EditFlow, name); err != nil {
		return err
	}
	before, err := people.Open(ctx, m)
	if err != nil {
		return err
	}
	refs := release.RefsOf(before.State, needs.Secrets)
	outcome, err := m.ApproveFlow(ctx, name, rbac.Digest(needs.Digest), refs)
	if err = people.Done(o.Env.UI, err); err != nil {
		return err
	}
	b, err := people.Open(ctx, m)
	if err != nil {
		return err
	}
	r := approved{name, needs.Digest, profile, needs.Hosts, []string{}, []string{}, people.EffectsOf(outcome, before, b)}
	for _, ref := range refs {
		r.Secrets = append(r.Secrets, ref.ID())
		if _, set := b.State.Secrets[ref.ID()]; !set {
			r.Unset = append(r.Unset, ref.ID())
			o.Env.UI.Warn("secret " + ref.ID() + " is not set: the flow cannot run before `headgate secret set`")
		}
	}
	o.Env.UI.Note("flow " + name + " is approved as it is now")
	r.Tell(o.Env.UI)
	return o.Env.UI.Result(r, func(w io.Writer) { fmt.Fprintln(w, r.Digest) })
}

// examine finds what a flow of the project is and needs.
func examine(env *cli.Env, nameOrFile, profile string) (name, used string, needs *plan.Needs, err error) {
	set, err := env.Settings()
	if err != nil {
		return "", "", nil, err
	}
	if profile == "" {
		profile = set.Env
	}
	project, err := env.Project()
	if err != nil {
		return "", "", nil, err
	}
	f, err := env.Flow(project, nameOrFile)
	if err != nil {
		return "", "", nil, err
	}
	needs, diags := plan.Uses(f, project, env.Registry(), profile)
	if found := cli.Serious(diags); len(found) > 0 {
		return "", "", nil, &cli.FindingsError{Diags: found}
	}
	return f.Name.Value, profile, needs, nil
}
