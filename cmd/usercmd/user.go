// Package usercmd holds the commands about the members of a store.
package usercmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/people"
	"github.com/headgate/headgate/vault"
)

// New is `headgate user` with its commands.
func New(env *cli.Env) *cobra.Command {
	c := &cobra.Command{Use: "user", Short: "Invite people, alter and remove them"}
	c.AddCommand(NewList(env, nil), NewShow(env, nil), NewInvite(env, nil), NewConfirm(env, nil), NewRole(env, nil),
		NewGrant(env, nil), NewRevoke(env, nil), NewDisable(env, nil), NewEnable(env, nil), NewRemove(env, nil), NewReset(env, nil))
	return c
}

// whom is who is logged in, the members, and the one that a command is about.
func whom(ctx context.Context, env *cli.Env, who string) (*vault.Member, *people.Book, vault.Person, error) {
	m, err := env.Member(ctx)
	if err != nil {
		return nil, nil, vault.Person{}, err
	}
	b, err := people.Open(ctx, m)
	if err != nil {
		return nil, nil, vault.Person{}, err
	}
	p, err := b.Find(who)
	return m, b, p, err
}

// changed is the result of the commands that alter somebody.
type changed struct {
	people.Person
	people.Effects
}

// report says what became of a person: what says it in words, after the name.
func report(ctx context.Context, env *cli.Env, m *vault.Member, before *people.Book, id, what string, o vault.Outcome) error {
	b, err := people.Open(ctx, m)
	if err != nil {
		return err
	}
	p, err := b.Find(id)
	if err != nil {
		return err
	}
	r := changed{people.Describe(p, env.Now()), people.EffectsOf(o, before, b)}
	env.UI.Note(people.Called(p) + " " + what)
	r.Tell(env.UI)
	return env.UI.Result(r, nothing)
}
