package vaultcmd

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/people"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/rbac"
)

// ExposureOptions is what `vault exposure` works from.
type ExposureOptions struct {
	Env *cli.Env
	Who string // "" = everybody
}

const exposureHelp = `List the secrets that somebody has keys for: what to replace at its source should that person leave
or lose the keys. Without a name, everybody.`

// NewExposure is `headgate vault exposure`.
func NewExposure(env *cli.Env, runF func(context.Context, *ExposureOptions) error) *cobra.Command {
	o := &ExposureOptions{Env: env}
	return guard.Needs(&cobra.Command{
		Use:               "exposure [WHO]",
		Short:             "List the secrets that somebody has keys for",
		Long:              exposureHelp,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			o.Who = strings.Join(args, "")
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runExposure(c.Context(), o)
		},
	}, guard.ViewConnections)
}

// exposure is a line of the result of `vault exposure`.
type exposure struct {
	User    string   `json:"user"`
	Role    string   `json:"role"`
	All     bool     `json:"all"` // holds the box of all secrets, those to come too
	Secrets []string `json:"secrets"`
}

func runExposure(ctx context.Context, o *ExposureOptions) error {
	m, err := o.Env.Member(ctx)
	if err != nil {
		return err
	}
	b, err := people.Open(ctx, m)
	if err != nil {
		return err
	}
	members := b.List
	if o.Who != "" {
		p, err := b.Find(o.Who)
		if err != nil {
			return err
		}
		members = append(members[:0:0], p)
	}
	list := []exposure{}
	for _, p := range members {
		list = append(list, exposure{people.Called(p), string(p.Role), b.State.Holds(p.ID, rbac.Secrets), b.Secrets(m.ID, p.ID)})
	}
	t := ui.Table{Head: []string{"NAME", "ROLE", "SECRETS"}}
	for _, e := range list {
		what := strings.Join(e.Secrets, " ")
		if e.All {
			what = "all"
		}
		t.Rows = append(t.Rows, []string{e.User, e.Role, what})
	}
	if o.Who != "" {
		t = ui.Table{}
		for _, s := range list[0].Secrets {
			t.Rows = append(t.Rows, []string{s})
		}
	}
	return o.Env.UI.List(map[string]any{"exposure": list}, t, "")
}
