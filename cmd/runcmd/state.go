package runcmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/flow/plan"
	"github.com/headgate/headgate/flow/state"
	"github.com/headgate/headgate/rbac"
)

// NewState is `headgate state` with its commands.
func NewState(env *cli.Env) *cobra.Command {
	c := &cobra.Command{Use: "state", Short: "What flows remember from run to run: cursors, and the files seen"}
	c.AddCommand(NewStateShow(env, nil), NewStateSet(env, nil), NewStateReset(env, nil))
	return c
}

// StateOptions is what the commands of `state` work from.
type StateOptions struct {
	Env *cli.Env

	Flow    string
	Params  []string
	Profile string
	Streams []string // of a flow with streams; nil = all
	Yes     bool
	Value   string // the cursor to set
	Tie     string
}

// remembered is what is kept of a flow, or of one stream of a flow.
type remembered struct {
	Flow   string          `json:"flow"`
	Stream string          `json:"stream,omitempty"`
	Cursor json.RawMessage `json:"cursor"`        // that the next run starts from; null = none
	Where  string          `json:"where"`         // sink: beside the data; local: in the project; "" = nowhere
	Local  json.RawMessage `json:"local_cursor"`  // as the project has it
	Run    string          `json:"run,omitempty"` // the last one that is committed beside the data, else the last one known here
	Open   string          `json:"open_run,omitempty"`
}

func stateFlags(c *cobra.Command, o *StateOptions) {
	f := c.Flags()
	inputFlags(f, &o.Params, &o.Profile)
	f.StringArrayVar(&o.Streams, "stream", nil, "only this stream of a flow with streams: its `name` (may be repeated)")
}

// NewStateShow is `headgate state show`.
func NewStateShow(env *cli.Env, runF func(context.Context, *StateOptions) error) *cobra.Command {
	o := &StateOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:   "show FLOW [flags]",
		Short: "Show the cursor that the next run of a flow starts from",
		Long: `Show the cursor that the next run of a flow starts from, for each of its streams. A sink that
is a database keeps the cursor beside the data, and that one counts; else it is kept in the project.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cli.CompleteFlows(env),
		RunE: func(c *cobra.Command, args []string) error {
			o.Flow = args[0]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runStateShow(c.Context(), o)
		},
	}, guard.ViewFlows)
	stateFlags(c, o)
	return c
}

// NewStateSet is `headgate state set`.
func NewStateSet(env *cli.Env, runF func(context.Context, *StateOptions) error) *cobra.Command {
	o := &StateOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:   "set FLOW VALUE [flags]",
		Short: "Let the next run of a flow start after a value of its cursor",
		Long: `Let the next run of an incremental flow start after VALUE: a value of the cursor's type, as the
source writes it. Rows with that very value are taken as read; with --tie only those up to that
tie breaker. Rows before it that no run has read will not be read.`,
		Example:           "  headgate state set copy-changes 2024-06-01T00:00:00Z\n  headgate state set copy-shop 1000 --stream public.orders --yes",
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: cli.CompleteFlows(env),
		RunE: func(c *cobra.Command, args []string) error {
			o.Flow, o.Value = args[0], args[1]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runStateChange(c.Context(), o)
		},
	}, guard.EditFlows)
	stateFlags(c, o)
	c.Flags().StringVar(&o.Tie, "tie", "", "the `value` of the tie breaker of the last row that counts as read")
	c.Flags().BoolVar(&o.Yes, "yes", false, "do not ask whether that is meant")
	return c
}

// NewStateReset is `headgate state reset`.
func NewStateReset(env *cli.Env, runF func(context.Context, *StateOptions) error) *cobra.Command {
	o := &StateOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:   "reset FLOW [flags]",
		Short: "Forget the cursor of a flow, and the files it has seen",
		Long: `Forget the cursor of a flow, beside the data and in the project, and the files that it has seen:
the next run reads everything again. The sink is not emptied.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cli.CompleteFlows(env),
		RunE: func(c *cobra.Command, args []string) error {
			o.Flow = args[0]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runStateChange(c.Context(), o)
		},
	}, guard.EditFlows)
	stateFlags(c, o)
	c.Flags().BoolVar(&o.Yes, "yes", false, "do not ask whether that is meant")
	return c
}

func runStateShow(ctx context.Context, o *StateOptions) error {
	return o.each(ctx, rbac.ViewFlow, "state show", func(k *keeping) (err error) {
		return k.look(ctx)
	})
}

func runStateChange(ctx context.Context, o *StateOptions) error {
	purpose := "state reset"
	if o.Value != "" {
		purpose = "state set"
	}
	return o.each(ctx, rbac.EditFlow, purpose, func(k *keeping) error {
		cursor, err := k.position(ctx, o)
		if err != nil {
			return err
		}
		if err := k.change(ctx, o, cursor); err != nil {
			return err
		}
		return k.look(ctx)
	})
}

// each does something for the flow, or for each of its streams, and shows what they remember then.
func (o *StateOptions) each(ctx context.Context, verb rbac.Verb, purpose string, do func(*keeping) error) (err error) {
	req, err := request(o.Env, o.Flow, o.Params, o.Profile)
	if err != nil {
		return err
	}
	if err := o.Env.Can(ctx, verb, req.Flow.Name.Value); err != nil {
		return err
	}
	done, err := look(ctx, o.Env, &req, purpose)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(done(), o.Env.Secrets.Error(err)) }()
	flows, err := o.flows(ctx, req)
	if err != nil {
		return err
	}
	list := []remembered{}
	for _, f := range flows {
		k := &keeping{req: req, local: state.Open(filepath.Join(req.Project.Dir, stateDir))}
		k.req.Flow, k.Flow = f, f.Name.Value
		if f.Stream != nil {
			k.Stream = f.Stream.Name
		}
		if err := do(k); err != nil {
			return err
		}
		list = append(list, k.remembered)
	}
	return o.Env.UI.Result(list, func(w io.Writer) { printState(w, list, o.Env.UI.Columns) })
}

// flows is the flow, or its streams.
func (o *StateOptions) flows(ctx context.Context, req plan.Request) ([]*flow.Flow, error) {
	if req.Flow.HasStreams() {
		list, _, err := streams(ctx, o.Env, req, o.Streams)
		return list, err
	}
	if len(o.Streams) > 0 {
		return nil, cli.Usagef("flow %s has no streams: leave out --stream", req.Flow.Name.Value)
	}
	return []*flow.Flow{req.Flow}, nil
}

// longestCursor is how much of a cursor people see: the rows of a lag, or thousands of files, are
// shown with --json.
const longestCursor = 200

func shown(cursor json.RawMessage) []byte {
	var b bytes.Buffer
	if cursor == nil {
		return []byte("none")
	}
	if json.Compact(&b, cursor) != nil || b.Len() > longestCursor {
		return append(bytes.ToValidUTF8(cursor[:min(len(cursor), longestCursor)], nil), "…"...)
	}
	return b.Bytes()
}

func printState(w io.Writer, list []remembered, width int) {
	t := ui.Table{Head: []string{"FLOW", "STREAM", "CURSOR", "KEPT", "LAST RUN"}, Width: width}
	for _, k := range list {
		where := map[string]string{"sink": "beside the data", "local": "in the project"}[k.Where]
		run := k.Run
		if k.Open != "" {
			run += " (not ended: " + k.Open + ")"
		}
		t.Rows = append(t.Rows, []string{k.Flow, k.Stream, string(shown(k.Cursor)), where, run})
	}
	t.Write(w)
}
