package usercmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/people"
	"github.com/headgate/headgate/vault"
)

// ActOptions is what the commands work from that need only know who.
type ActOptions struct {
	Env *cli.Env
	Who string
}

// deed is a change of one person, and how it is told.
type deed struct {
	use, short, long string
	what             string // "is enabled"
	do               func(*vault.Member, context.Context, string) (vault.Outcome, error)
}

// NewConfirm is `headgate user confirm`.
func NewConfirm(env *cli.Env, runF func(context.Context, *ActOptions) error) *cobra.Command {
	return act(env, runF, deed{"confirm WHO", "Let somebody in who accepted a two-step invitation",
		"Let somebody in who accepted a two-step invitation. Ask the person first, over another way than\nthe code went: until now only the code says who that is.",
		"is confirmed", (*vault.Member).Confirm})
}

// NewDisable is `headgate user disable`.
func NewDisable(env *cli.Env, runF func(context.Context, *ActOptions) error) *cobra.Command {
	return act(env, runF, deed{"disable WHO", "Take everything from somebody until user enable",
		"Take everything from somebody until headgate user enable: boxes that the person could open get\nnew keys, and what the person signs no longer counts.",
		"is disabled", (*vault.Member).Disable})
}

// NewEnable is `headgate user enable`.
func NewEnable(env *cli.Env, runF func(context.Context, *ActOptions) error) *cobra.Command {
	return act(env, runF, deed{"enable WHO", "Give back what user disable took", "", "is enabled", (*vault.Member).Enable})
}

func act(env *cli.Env, runF func(context.Context, *ActOptions) error, d deed) *cobra.Command {
	o := &ActOptions{Env: env}
	return guard.Needs(&cobra.Command{
		Use:               d.use,
		Short:             d.short,
		Long:              d.long,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			o.Who = args[0]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runAct(c.Context(), o, d)
		},
	}, guard.ManagePeople)
}

func runAct(ctx context.Context, o *ActOptions, d deed) error {
	m, before, p, err := whom(ctx, o.Env, o.Who)
	if err != nil {
		return err
	}
	outcome, err := d.do(m, ctx, p.ID)
	if err = people.Done(o.Env.UI, err); err != nil {
		return err
	}
	return report(ctx, o.Env, m, before, p.ID, d.what, outcome)
}
