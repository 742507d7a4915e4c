package runcmd

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/flow/plan"
	"github.com/headgate/headgate/flow/state"
	"github.com/headgate/headgate/rbac"
)

// PlanOptions is what `plan` works from.
type PlanOptions struct {
	Env *cli.Env

	Flow        string
	Params      []string
	Profile     string
	FullRefresh bool
	Out         string
}

const planHelp = `Show what a run would do, and do nothing of it: connect, look at the source and the target, and
print columns with their types, what the sink will create or alter, how the steps run, and which
pieces the source is read in.

With --out the plan is also written to a file; "headgate run --plan FILE" then reads exactly
those pieces, as long as the flow file has not changed.`

// NewPlan is `headgate plan`.
func NewPlan(env *cli.Env, runF func(context.Context, *PlanOptions) error) *cobra.Command {
	o := &PlanOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:               "plan FLOW [flags]",
		Short:             "Show what a run would do",
		Long:              planHelp,
		Example:           "  headgate plan paid-orders --out plan.json && headgate run --plan plan.json",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cli.CompleteFlows(env),
		RunE: func(c *cobra.Command, args []string) error {
			o.Flow = args[0]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runPlan(c.Context(), o)
		},
	}, guard.ViewConnections)
	f := c.Flags()
	inputFlags(f, &o.Params, &o.Profile)
	f.BoolVar(&o.FullRefresh, "full-refresh", false, "plan as if the flow had never run")
	f.StringVar(&o.Out, "out", "", "also write the plan to this `file`")
	return c
}

func runPlan(ctx context.Context, o *PlanOptions) (err error) {
	req, err := request(o.Env, o.Flow, o.Params, o.Profile)
	if err != nil {
		return err
	}
	if err := o.Env.Can(ctx, rbac.ViewConnection, req.Flow.Name.Value); err != nil {
		return err
	}
	req.Purpose = plan.ToShow
	if !o.FullRefresh {
		if req.Cursor, err = state.Open(filepath.Join(req.Project.Dir, stateDir)).Cursor(req.Flow.Name.Value); err != nil {
			return err
		}
	}
	done, err := look(ctx, o.Env, &req, "plan")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(done(), o.Env.Secrets.Error(err)) }()
	p, err := build(ctx, o.Env, req)
	if err != nil {
		return err
	}
	defer p.Close()
	if o.Out != "" {
		data, err := p.JSON()
		if err != nil {
			return err
		}
		if err := os.WriteFile(o.Out, append(data, '\n'), 0o600); err != nil {
			return err
		}
		o.Env.UI.Note("wrote " + o.Out + "; run it with: headgate run --plan " + o.Out)
	}
	var text strings.Builder
	if err := p.Print(&text); err != nil {
		return err
	}
	return o.Env.UI.Result(p, func(w io.Writer) { io.WriteString(w, ui.SafeLines(text.String())) })
}
