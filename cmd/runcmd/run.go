// Package runcmd holds the commands that open what a flow names: run, plan and
// preview.
package runcmd

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/flow/plan"
)

// RunOptions is what `run` works from.
type RunOptions struct {
	Env *cli.Env

	Flows        []string
	Params       []string // k=v
	Profile      string
	FullRefresh  bool
	From, To     string // of a backfill
	FailIfEmpty  bool
	WithUpstream bool
	PlanFile     string
	Receipt      string
	Streams      []string // of a flow with streams; nil = all

	// NoEvents keeps --json from printing events: for a command that runs flows as a
	// part of what it does.
	NoEvents bool
}

const runHelp = `Run flows, one after the other. FLOW is a flow's name or its file.

What a run did is told on standard error, and every row is accounted for: read = written +
filtered + deduped + rejected. With --json each event is one line on standard output, and the
last one of each flow is run.finished.

A flow with streams runs each of them as a flow of its own, some at a time (run: {parallel: N});
run.finished lists them. --stream limits it to those named.

The first SIGINT or SIGTERM finishes the rows under way and undoes the run, the second ends the
program as soon as the audit log says so, a third at once. Whatever happens, nothing half-written
is visible under its final name.

Exit codes: 0 done, 1 failed, 2 invalid, 3 another system can't be reached, 4 rows were
quarantined or streams failed, 5 nothing to do (with --fail-if-empty), 6 another run of the flow
is under way, 10 log in first, 11 not allowed, 12 refused, 13 integrity, 14 the audit log can't be
written, 15 the store is newer than this program.`

// NewRun is `headgate run`.
func NewRun(env *cli.Env, runF func(context.Context, *RunOptions) error) *cobra.Command {
	o := &RunOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:   "run FLOW... [flags]",
		Short: "Run flows",
		Long:  runHelp,
		Example: `  headgate run paid-orders
  headgate run flows/paid-orders.yaml --param day=2024-06-01 --env dev
  headgate run --plan plan.json`,
		Args:              runArgs(o),
		ValidArgsFunction: cli.CompleteFlows(env),
		RunE: func(c *cobra.Command, args []string) error {
			o.Flows = args
			if runF != nil {
				return runF(c.Context(), o)
			}
			_, err := Run(c.Context(), o)
			return err
		},
	}, guard.RunFlows)
	f := c.Flags()
	inputFlags(f, &o.Params, &o.Profile)
	f.BoolVar(&o.FullRefresh, "full-refresh", false, "forget the cursor and read everything; the sink is not emptied")
	f.StringVar(&o.From, "from", "", "backfill: read from this `value` of the incremental cursor on, and leave the stored cursor alone")
	f.StringVar(&o.To, "to", "", "backfill: read up to this `value` of the cursor, which is not read itself")
	f.BoolVar(&o.FailIfEmpty, "fail-if-empty", false, "end with 5 when there was nothing to read")
	f.BoolVar(&o.WithUpstream, "with-upstream", false, "first run the flows that 'after' names")
	f.StringVar(&o.PlanFile, "plan", "", "run exactly what 'headgate plan --out' wrote to this `file`")
	f.StringArrayVar(&o.Streams, "stream", nil, "run only this stream of a flow with streams: its `name` (may be repeated)")
	f.StringVar(&o.Receipt, "receipt", "", "write what the run did to this `file`, one JSON object a flow")
	return c
}

func runArgs(o *RunOptions) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case o.PlanFile == "" && len(args) == 0:
			return &cli.UsageError{Message: "run needs a flow", Hint: "`headgate flow list` lists them"}
		case o.PlanFile != "" && len(args) > 1:
			return cli.Usagef("--plan goes with one flow")
		case o.PlanFile != "" && o.FullRefresh:
			return cli.Usagef("--plan says what to read already: leave out --full-refresh")
		case (o.From != "" || o.To != "") && (o.FullRefresh || o.PlanFile != "" || len(args) > 1):
			return cli.Usagef("--from and --to go with one flow, without --full-refresh and --plan")
		case len(o.Streams) > 0 && (o.PlanFile != "" || len(args) > 1):
			return cli.Usagef("--stream goes with one flow, without --plan")
		case o.PlanFile != "" && o.WithUpstream:
			return cli.Usagef("--plan goes with one flow: leave out --with-upstream")
		}
		return nil
	}
}

// Run checks all flows before the first row of any is read, then runs them in turn
// until one fails. It returns what the runs did that took place.
func Run(ctx context.Context, o *RunOptions) ([]Finished, error) {
	s := &session{o: o, env: o.Env, stop: o.Env.Signals.Stop()}
	jobs, err := s.prepare()
	if err != nil {
		return nil, s.refuse(err)
	}
	var first error
	for i, j := range jobs {
		err := s.run(ctx, j)
		if _, mild := errors.AsType[*cli.Outcome](err); mild && !j.upstream {
			first = cmp.Or(first, err)
			continue
		}
		if err != nil {
			if rest := jobs[i+1:]; len(rest) > 0 {
				o.Env.UI.Warn("not run: " + strings.Join(names(rest), ", "))
			}
			return s.done, err
		}
	}
	return s.done, first
}

// job is one flow to run.
type job struct {
	flow     *flow.Flow
	saved    *plan.Plan // from --plan; nil
	upstream bool       // not asked for by name, but by another flow's `after`
	of       *many      // the run of whose flow this is one stream; nil = a whole flow
}

func names(jobs []job) []string {
	var list []string
	for _, j := range jobs {
		list = append(list, j.flow.Name.Value)
	}
	return list
}
