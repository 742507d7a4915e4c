package runcmd

import (
	"context"
	"errors"
	"fmt"
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
	Streams     []string // of a flow with streams; nil = all
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
	f.StringArrayVar(&o.Streams, "stream", nil, "plan only this stream of a flow with streams: its `name` (may be repeated)")
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
	if len(o.Streams) > 0 && !req.Flow.HasStreams() {
		return cli.Usagef("flow %s has no streams: leave out --stream", req.Flow.Name.Value)
	}
	done, err := look(ctx, o.Env, &req, "plan")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(done(), o.Env.Secrets.Error(err)) }()
	p, err := planOf(ctx, o, req)
	if err != nil {
		return err
	}
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

// planOf is the plan of a flow, or of all its streams.
func planOf(ctx context.Context, o *PlanOptions, req plan.Request) (*plan.Plan, error) {
	if !req.Flow.HasStreams() {
		return planOne(ctx, o, req)
	}
	list, notes, err := streams(ctx, o.Env, req, o.Streams)
	if err != nil {
		return nil, err
	}
	p, err := plan.Whole(req)
	if err != nil {
		return nil, err
	}
	p.Notes = append(p.Notes, notes...)
	for _, f := range list {
		req.Flow = f
		one, err := planOne(ctx, o, req)
		if err != nil {
			return nil, fmt.Errorf("stream %s: %w", f.Stream.Name, err)
		}
		p.Streams = append(p.Streams, one)
	}
	return p, nil
}

// planOne is the plan of one flow. It is closed: what is left is data.
func planOne(ctx context.Context, o *PlanOptions, req plan.Request) (p *plan.Plan, err error) {
	if !o.FullRefresh {
		if req.Cursor, err = state.Open(filepath.Join(req.Project.Dir, stateDir)).Cursor(req.Flow.Key()); err != nil {
			return nil, err
		}
	}
	if p, err = build(ctx, o.Env, req); err != nil {
		return nil, err
	}
	return p, p.Close()
}
