package usercmd

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/people"
	"github.com/headgate/headgate/cmd/internal/ui"
)

// ListOptions is what `user list` works from.
type ListOptions struct{ Env *cli.Env }

// NewList is `headgate user list`.
func NewList(env *cli.Env, runF func(context.Context, *ListOptions) error) *cobra.Command {
	o := &ListOptions{Env: env}
	return guard.Needs(&cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the members of the store, service accounts too",
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
	t := ui.Table{Head: []string{"NAME", "ROLE", "STANDING", "GRANTS"}}
	for _, p := range list {
		t.Rows = append(t.Rows, []string{p.Called(), role(p), p.Standing, grants(p)})
	}
	return o.Env.UI.List(map[string]any{"users": list}, t, "")
}

func role(p people.Person) string {
	if p.Owner {
		return p.Role + " (owner)"
	}
	return p.Role
}

func grants(p people.Person) string {
	switch {
	case len(p.Grants) > 0:
		return strings.Join(p.Grants, " ")
	case p.Narrowed:
		return "none"
	}
	return "all"
}

// nothing prints nothing: what a change led to was said to people already.
func nothing(io.Writer) {}
