package invitecmd

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/people"
	"github.com/headgate/headgate/connector/spec"
)

// RevokeOptions is what `invite revoke` works from.
type RevokeOptions struct {
	Env *cli.Env
	ID  string // or the e-mail address
}

// NewRevoke is `headgate invite revoke`.
func NewRevoke(env *cli.Env, runF func(context.Context, *RevokeOptions) error) *cobra.Command {
	o := &RevokeOptions{Env: env}
	return guard.Needs(&cobra.Command{
		Use:               "revoke ID",
		Short:             "Withdraw an invitation: its code is worth nothing any more",
		Long:              "Withdraw an invitation, named by its id or by the e-mail address that it is for. Boxes whose keys\nlay ready for it get new keys.",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			o.ID = args[0]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runRevoke(c.Context(), o)
		},
	}, guard.ManagePeople)
}

func runRevoke(ctx context.Context, o *RevokeOptions) error {
	m, err := o.Env.Member(ctx)
	if err != nil {
		return err
	}
	open, err := m.Invitations(ctx)
	if err != nil {
		return err
	}
	var ids []string
	for _, i := range open {
		if i.ID == o.ID || i.Email != "" && strings.EqualFold(i.Email, o.ID) {
			ids = append(ids, i.ID)
		}
	}
	if len(ids) == 0 {
		return &cli.UsageError{Message: "no invitation waits for " + spec.Quote(o.ID), Hint: "`headgate invite list` lists them"}
	}
	for _, id := range ids {
		if err := people.Done(o.Env.UI, m.RevokeInvitation(ctx, id)); err != nil {
			return err
		}
	}
	o.Env.UI.Note("withdrawn: " + strings.Join(ids, ", "))
	return o.Env.UI.Result(map[string]any{"revoked": ids}, func(io.Writer) {})
}
