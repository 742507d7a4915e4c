package runcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/flow/engine"
	"github.com/headgate/headgate/flow/plan"
	"github.com/headgate/headgate/rbac"
)

// PreviewOptions is what `preview` works from.
type PreviewOptions struct {
	Env *cli.Env

	Flow    string
	Params  []string
	Profile string
	Rows    int
	After   string // a step's number or name; "source"; "" = all steps
	Stream  string // of a flow with streams
}

const previewHelp = `Read until a few rows have come out of the steps, and show them. Nothing is written.

--after shows the rows as they are behind a step: its number (1 is the first), its name when
only one step has it, or "source" for the rows as they are read. NULL is shown as ∅. Of a flow
with streams --stream says which to show.`

// NewPreview is `headgate preview`.
func NewPreview(env *cli.Env, runF func(context.Context, *PreviewOptions) error) *cobra.Command {
	o := &PreviewOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:   "preview FLOW [flags]",
		Short: "Show the first rows a flow would write",
		Long:  previewHelp,
		Example: `  headgate preview paid-orders
  headgate preview paid-orders -n 5 --after source`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cli.CompleteFlows(env),
		RunE: func(c *cobra.Command, args []string) error {
			o.Flow = args[0]
			if o.Rows < 1 {
				return cli.Usagef("-n must be at least 1")
			}
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runPreview(c.Context(), o)
		},
	}, guard.ReadData)
	f := c.Flags()
	inputFlags(f, &o.Params, &o.Profile)
	f.IntVarP(&o.Rows, "rows", "n", 20, "how many rows")
	f.StringVar(&o.Stream, "stream", "", "of a flow with streams: the `name` of the one to show")
	f.StringVar(&o.After, "after", "", "show the rows behind this `step`")
	return c
}

// preview is the result of `preview`.
type preview struct {
	Columns  []plan.Column     `json:"columns"`
	Rows     [][]*string       `json:"rows"`
	Rejected []engine.Rejected `json:"rejected"`
}

// null is how a table shows NULL, so that it can't be taken for an empty text or a word.
const null = "∅"

func runPreview(ctx context.Context, o *PreviewOptions) (err error) {
	req, err := request(o.Env, o.Flow, o.Params, o.Profile)
	if err != nil {
		return err
	}
	if err := o.Env.Can(ctx, rbac.RunDraft, req.Flow.Name.Value); err != nil {
		return err
	}
	req.Purpose = plan.ToPreview
	done, err := look(ctx, o.Env, &req, "preview")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(done(), o.Env.Secrets.Error(err)) }()
	if req.Flow, err = streamOf(ctx, o, req); err != nil {
		return err
	}
	p, err := build(ctx, o.Env, req)
	if err != nil {
		return err
	}
	defer p.Close()
	after, err := stepNumber(p.Steps, o.After)
	if err != nil {
		return err
	}
	table, err := engine.Preview(ctx, p, o.Rows, after)
	if err != nil {
		return err
	}
	for _, r := range table.Rejected {
		o.Env.UI.Warn("a run would reject a row: " + (&engine.RejectedError{Row: r}).Error())
	}
	return o.Env.UI.Result(preview{table.Columns, table.Rows, table.Rejected}, func(w io.Writer) {
		view(table, o.Env.UI.Columns).Write(w)
	})
}

// streamOf is the flow to show: one of its streams, if it has any.
func streamOf(ctx context.Context, o *PreviewOptions, req plan.Request) (*flow.Flow, error) {
	switch {
	case req.Flow.HasStreams():
	case o.Stream != "":
		return nil, cli.Usagef("flow %s has no streams: leave out --stream", req.Flow.Name.Value)
	default:
		return req.Flow, nil
	}
	var wanted []string
	if o.Stream != "" {
		wanted = []string{o.Stream}
	}
	list, _, err := streams(ctx, o.Env, req, wanted)
	if err != nil {
		return nil, err
	}
	if len(list) == 1 {
		return list[0], nil
	}
	names := make([]string, len(list))
	for i, f := range list {
		names[i] = f.Stream.Name
	}
	return nil, &cli.UsageError{Message: fmt.Sprintf("flow %s has %d streams: which one?", req.Flow.Name.Value, len(list)), Hint: "--stream takes one of: " + strings.Join(names[:min(len(names), 16)], ", ")}
}

// stepNumber finds the step that --after means: 0 is the source, -1 all steps.
func stepNumber(steps []plan.StepInfo, after string) (int, error) {
	switch after {
	case "":
		return -1, nil
	case "source":
		return 0, nil
	}
	if n, err := strconv.Atoi(after); err == nil {
		if n < 0 || n > len(steps) {
			return 0, cli.Usagef("--after %d: the flow has %s", n, ui.Plural(int64(len(steps)), "step"))
		}
		return n, nil
	}
	var found []string
	known, number := []string{"source"}, 0
	for i, s := range steps {
		known = append(known, s.Name)
		if s.Name == after {
			found, number = append(found, strconv.Itoa(i+1)), i+1
		}
	}
	switch len(found) {
	case 0:
		return 0, &cli.UsageError{Message: "--after " + spec.Quote(after) + ": the flow has no such step", Hint: spec.DidYouMean(after, known)}
	case 1:
		return number, nil
	}
	return 0, &cli.UsageError{Message: fmt.Sprintf("--after %s: the flow has %d such steps", after, len(found)), Hint: "give its number: " + strings.Join(found, ", ")}
}

func view(t *engine.Table, width int) ui.Table {
	out := ui.Table{Width: width}
	for _, c := range t.Columns {
		out.Head = append(out.Head, c.Name)
		switch kind, _, _ := strings.Cut(c.Type, "("); kind {
		case "int", "float", "decimal":
			out.Right = append(out.Right, true)
		default:
			out.Right = append(out.Right, false)
		}
	}
	for _, r := range t.Rows {
		row := make([]string, len(r))
		for i, cell := range r {
			row[i] = null
			if cell != nil {
				row[i] = *cell
			}
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}
