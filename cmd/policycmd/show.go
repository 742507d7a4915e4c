package policycmd

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/ui"
)

// ShowOptions is what `policy show` works from.
type ShowOptions struct{ Env *cli.Env }

// NewShow is `headgate policy show`.
func NewShow(env *cli.Env, runF func(context.Context, *ShowOptions) error) *cobra.Command {
	o := &ShowOptions{Env: env}
	return guard.Needs(&cobra.Command{
		Use:   "show",
		Short: "Show the settings and what they mean",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runShow(c.Context(), o)
		},
	}, guard.LoggedIn)
}

func runShow(ctx context.Context, o *ShowOptions) error {
	m, err := o.Env.Member(ctx)
	if err != nil {
		return err
	}
	s, _, err := m.State(ctx)
	if err != nil {
		return err
	}
	list := settings(s)
	return o.Env.UI.Result(list, func(w io.Writer) {
		t := ui.Table{Head: []string{"SETTING", "VALUE", "", ""}, Width: o.Env.UI.Columns}
		for _, x := range list {
			by := "signed"
			if x.Default {
				by = "default"
			}
			t.Rows = append(t.Rows, []string{x.Key, x.Value, by, x.Help})
		}
		t.Write(w)
	})
}
