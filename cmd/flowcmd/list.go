package flowcmd

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/flow"
)

// ListOptions is what `flow list` works from.
type ListOptions struct{ Env *cli.Env }

// NewList is `headgate flow list`.
func NewList(env *cli.Env, runF func(context.Context, *ListOptions) error) *cobra.Command {
	o := &ListOptions{Env: env}
	return guard.Needs(&cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the project's flows",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runList(c.Context(), o)
		},
	}, guard.ViewFlows)
}

// listed is one line of the result of `flow list`.
type listed struct {
	Name        string   `json:"name"`
	File        string   `json:"file"`
	Description string   `json:"description"`
	Owner       string   `json:"owner,omitempty"`
	Tags        []string `json:"tags,omitempty"`
	Schedule    string   `json:"schedule,omitempty"`
	After       []string `json:"after,omitempty"`
	Readable    bool     `json:"readable"` // false: the file has findings
}

func runList(ctx context.Context, o *ListOptions) error {
	if _, err := o.Env.Settings(); err != nil {
		return err
	}
	project, err := o.Env.Project()
	if err != nil {
		return err
	}
	sees, err := o.Env.Sees(ctx)
	if err != nil {
		return err
	}
	list, bad := []listed{}, 0
	for _, l := range project.Flows() {
		d := describe(l)
		if !sees(d.Name) {
			continue
		}
		list = append(list, d)
		if flow.HasErrors(l.Diags) {
			bad++
		}
	}
	if bad > 0 {
		o.Env.UI.Warn(ui.Plural(int64(bad), "flow") + " cannot be used as they are; `headgate validate` says why")
	}
	t := ui.Table{Head: []string{"FLOW", "FILE", "SCHEDULE", "DESCRIPTION"}}
	for _, l := range list {
		text, _, _ := strings.Cut(l.Description, "\n")
		if !l.Readable {
			text = "(has findings) " + text
		}
		t.Rows = append(t.Rows, []string{l.Name, l.File, l.Schedule, text})
	}
	return o.Env.UI.List(map[string]any{"flows": list}, t, "no flows in "+filepath.Join(o.Env.Dir(), "flows")+"; `headgate flow new NAME` writes one")
}

func describe(l flow.Loaded) listed {
	out := listed{File: l.Path, Readable: !flow.HasErrors(l.Diags)}
	if l.Flow == nil {
		out.Name = strings.TrimSuffix(filepath.Base(l.Path), filepath.Ext(l.Path))
		return out
	}
	f := l.Flow
	out.Name, out.Description, out.Owner, out.Tags = f.Name.Value, f.Description, f.Owner, f.Tags
	if f.Schedule != nil {
		out.Schedule = f.Schedule.Cron.Value
		if tz := f.Schedule.Timezone.Value; tz != "" {
			out.Schedule += " (" + tz + ")"
		}
	}
	for _, a := range f.After {
		out.After = append(out.After, a.Value)
	}
	return out
}
