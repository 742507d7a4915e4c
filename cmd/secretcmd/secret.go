// Package secretcmd holds the commands about secrets. None of them shows a value.
package secretcmd

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/vault"
)

// New is `headgate secret` with its commands.
func New(env *cli.Env) *cobra.Command {
	c := &cobra.Command{Use: "secret", Short: "Set secrets, which nobody reads back"}
	c.AddCommand(NewSet(env, nil), NewList(env, nil), NewRotate(env, nil), NewDue(env, nil), NewRemove(env, nil))
	return c
}

// Which says which secret a command is about.
type Which struct{ Name, Connection, Key, Profile string }

func (w *Which) flags(f *pflag.FlagSet) {
	f.StringVar(&w.Connection, "connection", "", "the `connection` that takes it")
	f.StringVar(&w.Key, "key", "", "the `key` of connections.yaml that takes it")
	w.profileFlag(f)
}

func (w *Which) profileFlag(f *pflag.FlagSet) {
	f.StringVar(&w.Profile, "env", "", "the `profile` of connections.yaml that it is for")
}

// ref is the secret's name in the store. Without --env it is that of the settings, as
// runs have it.
func (w *Which) ref(env *cli.Env) (vault.Ref, error) {
	if (w.Connection == "") == (w.Key == "") {
		return vault.Ref{}, &cli.UsageError{Message: "a secret is for one connection or one key", Hint: "--connection NAME, or --key NAME for one of `keys`"}
	}
	profile, err := w.profile(env)
	return vault.Ref{Name: w.name(), Connection: w.Connection, Key: w.Key, Env: profile}, err
}

func (w *Which) profile(env *cli.Env) (string, error) {
	if w.Profile != "" {
		return w.Profile, nil
	}
	set, err := env.Settings()
	if err != nil {
		return "", err
	}
	return set.Env, nil
}

// name is the secret's, also when it is given as files refer to it.
func (w *Which) name() string { return strings.TrimPrefix(w.Name, "secret:") }
