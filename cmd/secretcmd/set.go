package secretcmd

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/people"
	"github.com/headgate/headgate/cmd/internal/target"
	"github.com/headgate/headgate/vault"
)

// SetOptions is what `secret set` works from.
type SetOptions struct {
	Env *cli.Env
	Which
	Value
}

const setHelp = `Store the value of a secret for one connection, or for one of keys. connections.yaml refers to it
as secret:NAME. The value comes from a prompt, --stdin or --file, never from an argument; line ends
at the end of a text are not part of it. Nobody reads it back, you neither.

It is bound to what the connection is now: its type, host, port, user, TLS mode, the contents of
its CA and pins, its host keys and its tunnel. When one of them changes, it does not decrypt until
somebody who knows the value sets it again. With --env it is the value in that profile alone.

A secret with several fields is a JSON object of texts: with {"user": "etl", "key": "..."} for
shop/ssh, secret:shop/ssh#key is its field key.`

// NewSet is `headgate secret set`.
func NewSet(env *cli.Env, runF func(context.Context, *SetOptions) error) *cobra.Command {
	o := &SetOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:   "set NAME (--connection CONNECTION | --key KEY)",
		Short: "Store the value of a secret for a connection or a key",
		Long:  setHelp,
		Example: `  headgate secret set dwh --connection warehouse
  printf %s "$PW" | headgate secret set dwh --connection warehouse --stdin
  headgate secret set pgp/shop --key shop-inbound --file private.asc`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			o.Name = args[0]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runSet(c.Context(), o)
		},
	}, guard.SetSecrets)
	o.Which.flags(c.Flags())
	o.Value.flags(c.Flags())
	return c
}

// stored is the result of `secret set` and `secret rotate`.
type stored struct {
	Secrets []string `json:"secrets"` // ids
	people.Effects
}

func runSet(ctx context.Context, o *SetOptions) error {
	ref, err := o.ref(o.Env)
	if err != nil {
		return err
	}
	at, err := target.Of(o.Env, ref)
	if err != nil {
		return err
	}
	m, err := o.Env.Member(ctx)
	if err != nil {
		return err
	}
	value, err := o.Value.read(ctx, o.Env, "secret "+ref.Name)
	if err != nil {
		return err
	}
	defer clear(value)
	if err := check(o.Env, "secret "+ref.Name, value, at.Fields); err != nil {
		return err
	}
	if len(at.Fields) == 0 {
		o.Env.UI.Warn(taker(ref) + " does not refer to secret:" + ref.Name)
	}
	return store(ctx, o.Env, m, value, []bound{{ref, at.Binding}})
}

// taker names what takes a secret.
func taker(r vault.Ref) string {
	if r.Key != "" {
		return "key " + r.Key
	}
	return "connection " + r.Connection
}

// bound is a secret and what it is bound to.
type bound struct {
	ref vault.Ref
	to  vault.Binding
}

// store sets one value for every secret of the list and says what follows.
func store(ctx context.Context, env *cli.Env, m *vault.Member, value []byte, list []bound) error {
	before, err := people.Open(ctx, m)
	if err != nil {
		return err
	}
	var all vault.Outcome
	r := stored{Secrets: []string{}}
	for _, s := range list {
		outcome, err := m.SetSecret(ctx, s.ref, s.to, value)
		if err = people.Done(env.UI, err); err != nil {
			return err
		}
		outcome.Gained = append(all.Gained, outcome.Gained...)
		outcome.Rotated = append(all.Rotated, outcome.Rotated...)
		all = outcome
		r.Secrets = append(r.Secrets, s.ref.ID())
		env.UI.Note("secret " + s.ref.ID() + " is set")
	}
	b, err := people.Open(ctx, m)
	if err != nil {
		return err
	}
	r.Effects = people.EffectsOf(all, before, b)
	r.Tell(env.UI)
	return env.UI.Result(r, func(io.Writer) {})
}
