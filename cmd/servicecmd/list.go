package servicecmd

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/people"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/rbac"
)

// ListOptions is what `service list` works from.
type ListOptions struct{ Env *cli.Env }

// NewList is `headgate service list`.
func NewList(env *cli.Env, runF func(context.Context, *ListOptions) error) *cobra.Command {
	o := &ListOptions{Env: env}
	return guard.Needs(&cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the service accounts",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runList(c.Context(), o)
		},
	}, guard.LoggedIn)
}

func runList(ctx context.Context, o *ListOptions) error {
	m, err := o.Env.Member(ctx)
	if err != nil {
		return err
	}
	members, err := m.People(ctx)
	if err != nil {
		return err
	}
	list := []people.Person{}
	for _, p := range members {
		if p.Role == rbac.APIUser {
			list = append(list, people.Describe(p, o.Env.Now()))
		}
	}
	return o.Env.UI.Result(map[string]any{"services": list}, func(w io.Writer) {
		if len(list) == 0 {
			return
		}
		t := ui.Table{Head: []string{"SERVICE", "STANDING", "FLOWS", "ENDS"}, Width: o.Env.UI.Columns}
		for _, p := range list {
			name := p.Name
			if name == "" {
				name = p.ID
			}
			t.Rows = append(t.Rows, []string{name, p.Standing, strings.Join(p.Grants, " "), p.Ends})
		}
		t.Write(w)
	})
}
