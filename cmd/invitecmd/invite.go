// Package invitecmd holds the commands about open invitations.
package invitecmd

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/people"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/vault"
)

// New is `headgate invite` with its commands.
func New(env *cli.Env) *cobra.Command {
	c := &cobra.Command{Use: "invite", Short: "List invitations that wait, withdraw one"}
	c.AddCommand(NewList(env, nil), NewRevoke(env, nil))
	return c
}

// ListOptions is what `invite list` works from.
type ListOptions struct{ Env *cli.Env }

// NewList is `headgate invite list`.
func NewList(env *cli.Env, runF func(context.Context, *ListOptions) error) *cobra.Command {
	o := &ListOptions{Env: env}
	return guard.Needs(&cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the invitations that nobody accepted yet",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runList(c.Context(), o)
		},
	}, guard.ManagePeople)
}

// invitation is a line of the result of `invite list`.
type invitation struct {
	ID      string   `json:"id"`
	User    string   `json:"user"`
	Role    string   `json:"role"`
	Grants  []string `json:"grants"`
	Reset   bool     `json:"reset"` // new keys for a member
	TwoStep bool     `json:"two_step"`
	By      string   `json:"by"`
	Expires string   `json:"expires"`
	Expired bool     `json:"expired"`
}

func runList(ctx context.Context, o *ListOptions) error {
	m, err := o.Env.Member(ctx)
	if err != nil {
		return err
	}
	open, err := m.Invitations(ctx)
	if err != nil {
		return err
	}
	b, err := people.Open(ctx, m)
	if err != nil {
		return err
	}
	list := make([]invitation, 0, len(open))
	for _, i := range open {
		list = append(list, describe(i, b, o.Env.Now()))
	}
	t := ui.Table{Head: []string{"FOR", "ROLE", "GRANTS", "BY", "EXPIRES", "ID"}}
	for _, i := range list {
		ends := i.Expires
		if i.Expired {
			ends += " (expired)"
		}
		t.Rows = append(t.Rows, []string{i.User, i.Role, strings.Join(i.Grants, " "), i.By, ends, i.ID})
	}
	return o.Env.UI.List(map[string]any{"invitations": list}, t, "no invitations wait")
}

func describe(i vault.OpenInvitation, b *people.Book, now time.Time) invitation {
	return invitation{i.ID, i.Email, string(i.Role), people.Grants(i.Grants), i.Reset, i.TwoStep, b.Name(i.By),
		i.Expires.UTC().Format(time.RFC3339), now.After(i.Expires)}
}
