package servicecmd

import (
	"context"
	"slices"
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
	list, err := people.List(ctx, m, o.Env.Now())
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(p people.Person) bool { return p.Role != string(rbac.APIUser) })
	t := ui.Table{Head: []string{"SERVICE", "STANDING", "FLOWS", "ENDS"}}
	for _, p := range list {
		t.Rows = append(t.Rows, []string{p.Called(), p.Standing, strings.Join(p.Grants, " "), p.Ends})
	}
	return o.Env.UI.List(map[string]any{"services": list}, t, "no service accounts; `headgate service add` makes one")
}
