package secretcmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/target"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/vault"
)

// RotateOptions is what `secret rotate` works from.
type RotateOptions struct {
	Env *cli.Env
	Which
	Value
}

const rotateHelp = `Store a new value of a secret that is set, for every connection and key that has it: after the
credential was replaced at its source. It is bound to what those are now. With --env, and for a
profile of the settings, those of that profile.`

// NewRotate is `headgate secret rotate`.
func NewRotate(env *cli.Env, runF func(context.Context, *RotateOptions) error) *cobra.Command {
	o := &RotateOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:               "rotate NAME",
		Short:             "Store a new value of a secret wherever it is set",
		Long:              rotateHelp,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			o.Name = args[0]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runRotate(c.Context(), o)
		},
	}, guard.SetSecrets)
	o.profileFlag(c.Flags())
	o.Value.flags(c.Flags())
	return c
}

func runRotate(ctx context.Context, o *RotateOptions) error {
	profile, err := o.profile(o.Env)
	if err != nil {
		return err
	}
	m, err := o.Env.Member(ctx)
	if err != nil {
		return err
	}
	list, fields, err := o.holders(ctx, m, profile)
	if err != nil {
		return err
	}
	value, err := o.Value.read(ctx, o.Env, "secret "+o.name())
	if err != nil {
		return err
	}
	defer clear(value)
	if err := check(o.Env, "secret "+o.name(), value, fields); err != nil {
		return err
	}
	return store(ctx, o.Env, m, value, list)
}

// holders are the places where the secret is set, in one profile.
func (o *RotateOptions) holders(ctx context.Context, m *vault.Member, profile string) (list []bound, fields []string, err error) {
	secrets, err := m.Secrets(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range secrets {
		if s.Ref.Name != o.name() || s.Ref.Env != profile {
			continue
		}
		at, err := target.Of(o.Env, s.Ref)
		if err != nil {
			return nil, nil, err
		}
		list, fields = append(list, bound{s.Ref, at.Binding}), append(fields, at.Fields...)
	}
	if len(list) == 0 {
		return nil, nil, &cli.UsageError{Message: "secret " + spec.Quote(o.name()) + " is not set", Hint: "`headgate secret set` sets it; `headgate secret list` lists those that are"}
	}
	return list, fields, nil
}
