package connectioncmd

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/release"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/flow/plan"
)

// ShowOptions is what `connection show` works from.
type ShowOptions struct {
	Env     *cli.Env
	Name    string
	Profile string
}

// shown is the result of `connection show`.
type shown struct {
	Name        string       `json:"name"`
	Type        string       `json:"type"`
	Profile     string       `json:"profile,omitempty"`
	Use         string       `json:"use"`
	Description string       `json:"description,omitempty"`
	Keys        []shownKey   `json:"keys"`
	Through     []string     `json:"through"` // connections, the nearest first
	Secrets     []secretInfo `json:"secrets"`
}

// shownKey is a key that the connection gives.
type shownKey struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	Bound bool   `json:"bound"` // the connection's secrets are bound to it
}

// secretInfo is a secret that the connection takes.
type secretInfo struct {
	Name       string `json:"name"`
	Connection string `json:"connection"`
	Set        *bool  `json:"set,omitempty"` // nil: there is no store to look in
}

// NewShow is `headgate connection show`.
func NewShow(env *cli.Env, runF func(context.Context, *ShowOptions) error) *cobra.Command {
	o := &ShowOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:               "show NAME",
		Short:             "Show a connection, what its secrets are bound to, and which are set",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(env),
		RunE: func(c *cobra.Command, args []string) error {
			o.Name = args[0]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runShow(c.Context(), o)
		},
	}, guard.ViewConnections)
	c.Flags().StringVar(&o.Profile, "env", "", "as this `profile` of connections.yaml has it")
	return c
}

func runShow(ctx context.Context, o *ShowOptions) error {
	p, err := open(o.Env, o.Profile)
	if err != nil {
		return err
	}
	c, err := p.resolve(o.Name)
	if err != nil {
		return err
	}
	s := shown{Name: c.Name, Type: c.Type.Name, Profile: p.profile, Use: uses(c), Description: c.Description, Keys: keysOf(c), Through: []string{}, Secrets: []secretInfo{}}
	for t := c.Tunnel; t != nil; t = t.Tunnel {
		s.Through = append(s.Through, t.Name)
	}
	if err := s.secrets(ctx, o.Env, plan.SecretsOf(c, p.profile)); err != nil {
		return err
	}
	return o.Env.UI.Result(s, func(w io.Writer) { s.print(w, o.Env.UI.Columns) })
}

// keysOf lists what the connection gives. Secrets are there as references.
func keysOf(c *flow.Resolved) []shownKey {
	bound := spec.Bindings(c.Config)
	keys := []shownKey{}
	for _, g := range spec.Given(c.Config) {
		is := slices.ContainsFunc(bound, func(b spec.Bound) bool { return b.Key == g.Key })
		keys = append(keys, shownKey{g.Key, g.Value, is})
	}
	return keys
}

// secrets looks up which secrets have a value.
func (s *shown) secrets(ctx context.Context, env *cli.Env, list []plan.SecretUse) error {
	for _, u := range list {
		s.Secrets = append(s.Secrets, secretInfo{Name: u.Name, Connection: u.Connection})
	}
	there, err := env.HasStore()
	if err != nil || !there {
		return err
	}
	m, err := env.Member(ctx)
	if err != nil {
		return err
	}
	state, _, err := m.State(ctx)
	if err != nil {
		return err
	}
	for i, u := range list {
		_, set := state.Secrets[release.RefOf(state, u).ID()]
		s.Secrets[i].Set = &set
	}
	return nil
}

func (s *shown) print(w io.Writer, width int) {
	fmt.Fprintf(w, "%s (%s): %s\n", s.Name, s.Type, s.Use)
	if s.Description != "" {
		fmt.Fprintln(w, s.Description)
	}
	if len(s.Through) > 0 {
		fmt.Fprintf(w, "through %s\n", strings.Join(s.Through, ", then "))
	}
	t := ui.Table{Head: []string{"KEY", "VALUE", ""}, Width: width}
	for _, k := range s.Keys {
		note := ""
		if k.Bound {
			note = "secrets are bound to it"
		}
		t.Rows = append(t.Rows, []string{k.Key, k.Value, note})
	}
	if len(t.Rows) > 0 {
		fmt.Fprintln(w)
		t.Write(w)
	}
	if len(s.Secrets) == 0 {
		return
	}
	t = ui.Table{Head: []string{"SECRET", "CONNECTION", ""}, Width: width}
	for _, x := range s.Secrets {
		note := ""
		if x.Set != nil && *x.Set {
			note = "set"
		} else if x.Set != nil {
			note = "not set"
		}
		t.Rows = append(t.Rows, []string{x.Name, x.Connection, note})
	}
	fmt.Fprintln(w)
	t.Write(w)
}
