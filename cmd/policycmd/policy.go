// Package policycmd holds the commands about the rules that superadmins sign.
package policycmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/rbac"
)

// New is `headgate policy` with its commands.
func New(env *cli.Env) *cobra.Command {
	c := &cobra.Command{Use: "policy", Short: "The rules that superadmins sign"}
	c.AddCommand(NewShow(env, nil), NewSet(env, nil), NewImport(env, nil), NewTest(env, nil))
	return c
}

// setting is one line of what `policy show` and its like print.
type setting struct {
	Key     string `json:"key"`
	Value   string `json:"value"`
	Default bool   `json:"default"` // nobody signed another value
	Help    string `json:"help"`
}

// settings lists the settings of a store.
func settings(s *rbac.State) []setting {
	list := []setting{}
	for _, x := range rbac.Settings() {
		_, signed := s.Policy[x.Key]
		list = append(list, setting{x.Key, s.Setting(x.Key), !signed, x.Help})
	}
	return list
}

// keys lists the names of the settings.
func keys() []string {
	var list []string
	for _, s := range rbac.Settings() {
		list = append(list, s.Key)
	}
	return list
}

// change is a setting to be signed.
type change struct{ key, value string }

// check refuses what no store would take, before anything is changed.
func check(c change) error {
	for _, s := range rbac.Settings() {
		if s.Key != c.key {
			continue
		}
		if c.value == "" {
			return nil // back to the default
		}
		if err := s.Check(c.value); err != nil {
			return &cli.UsageError{Message: c.key + ": " + err.Error(), Hint: s.Help}
		}
		return nil
	}
	return &cli.UsageError{Message: "unknown setting " + spec.Quote(c.key), Hint: spec.DidYouMean(c.key, keys())}
}

// apply signs the changes that are any, and says so.
func apply(ctx context.Context, env *cli.Env, changes []change) error {
	for _, c := range changes {
		if err := check(c); err != nil {
			return err
		}
	}
	m, err := env.Member(ctx)
	if err != nil {
		return err
	}
	s, _, err := m.State(ctx)
	if err != nil {
		return err
	}
	for _, c := range changes {
		signed, there := s.Policy[c.key]
		if c.value == "" && !there || there && signed == c.value {
			env.UI.Note(c.key + " is that already")
			continue
		}
		if err := m.SetPolicy(ctx, c.key, c.value); err != nil {
			return err
		}
		env.UI.Note(c.key + " is set")
	}
	return nil
}
