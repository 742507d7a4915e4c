package usercmd

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/people"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/rbac"
)

// ShowOptions is what `user show` works from.
type ShowOptions struct {
	Env *cli.Env
	Who string
}

// shown is the result of `user show`.
type shown struct {
	people.Person
	Level   map[string]string `json:"flows"`   // the level on each approved flow
	Boxes   []string          `json:"boxes"`   // that the person can open
	Secrets []string          `json:"secrets"` // ids of those that the person can decrypt
}

// NewShow is `headgate user show`.
func NewShow(env *cli.Env, runF func(context.Context, *ShowOptions) error) *cobra.Command {
	o := &ShowOptions{Env: env}
	return guard.Needs(&cobra.Command{
		Use:               "show WHO",
		Short:             "Show what somebody is and can reach",
		Long:              "Show a member's role, grants, and the boxes and secrets that the person has keys for.\nWHO is an e-mail address, a service account's name, or an id.",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			o.Who = args[0]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runShow(c.Context(), o)
		},
	}, guard.LoggedIn)
}

func runShow(ctx context.Context, o *ShowOptions) error {
	m, b, p, err := whom(ctx, o.Env, o.Who)
	if err != nil {
		return err
	}
	s := shown{Person: people.Describe(p, o.Env.Now()), Level: map[string]string{}, Boxes: []string{}, Secrets: b.Secrets(m.ID, p.ID)}
	for flow := range b.State.Flows {
		if l := b.State.Effective(p.ID, flow); l != rbac.NoLevel {
			s.Level[flow] = string(l)
		}
	}
	for _, box := range rbac.Boxes() {
		if b.State.Holds(p.ID, box) {
			s.Boxes = append(s.Boxes, string(box))
		}
	}
	return o.Env.UI.Result(s, func(w io.Writer) {
		line := func(name, value string) { fmt.Fprintf(w, "%-9s %s\n", name, ui.Safe(value)) }
		line("name", s.Called())
		line("id", s.ID)
		line("role", role(s.Person))
		line("standing", s.Standing)
		line("grants", grants(s.Person))
		if s.Ends != "" {
			line("ends", s.Ends)
		}
		line("boxes", orNone(s.Boxes))
		line("secrets", orNone(s.Secrets))
	})
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, " ")
}
