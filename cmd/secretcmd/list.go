package secretcmd

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

// ListOptions is what `secret list` and `secret due` work from.
type ListOptions struct {
	Env *cli.Env
	Due bool // only those to replace
}

// NewList is `headgate secret list`.
func NewList(env *cli.Env, runF func(context.Context, *ListOptions) error) *cobra.Command {
	c := newList(env, runF, false)
	c.Use, c.Aliases, c.Short = "list", []string{"ls"}, "List the secrets that are set, and what they are bound to"
	return c
}

// NewDue is `headgate secret due`.
func NewDue(env *cli.Env, runF func(context.Context, *ListOptions) error) *cobra.Command {
	c := newList(env, runF, true)
	c.Use, c.Short = "due", "List the secrets to replace at their sources"
	c.Long = "List the secrets that somebody could read who no longer may. That they have new keys here does not\nhelp against a copy: replace them at their sources, then `headgate secret rotate`."
	return c
}

func newList(env *cli.Env, runF func(context.Context, *ListOptions) error, due bool) *cobra.Command {
	o := &ListOptions{Env: env, Due: due}
	return guard.Needs(&cobra.Command{
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runList(c.Context(), o)
		},
	}, guard.ViewConnections)
}

// listed is a line of the result of `secret list`.
type listed struct {
	ID         string       `json:"id"`
	Name       string       `json:"name"`
	Connection string       `json:"connection,omitempty"`
	Key        string       `json:"key,omitempty"`
	Env        string       `json:"env,omitempty"`
	By         string       `json:"by"`
	Set        string       `json:"set"`
	Due        bool         `json:"due"`
	Bound      []vault.Part `json:"bound"` // empty for who may not see it
}

func runList(ctx context.Context, o *ListOptions) error {
	m, err := o.Env.Member(ctx)
	if err != nil {
		return err
	}
	secrets, err := m.Secrets(ctx)
	if err != nil {
		return err
	}
	b, err := people.Open(ctx, m)
	if err != nil {
		return err
	}
	list := []listed{}
	for _, s := range secrets {
		if o.Due && !s.Due || !b.State.Shows(m.ID, s.Ref.ID()) {
			continue
		}
		r := s.Ref
		list = append(list, listed{r.ID(), r.Name, r.Connection, r.Key, r.Env, b.Name(s.By), s.Set.UTC().Format(time.RFC3339), s.Due, append([]vault.Part{}, s.Bound...)})
	}
	none := "no secrets are set; `headgate secret set` sets one"
	if o.Due {
		none = "no secret is to be replaced"
	}
	return o.Env.UI.List(map[string]any{"secrets": list}, table(list), none)
}

func table(list []listed) ui.Table {
	t := ui.Table{Head: []string{"SECRET", "FOR", "ENV", "SET", "BY", "", "BOUND TO"}}
	for _, l := range list {
		due := ""
		if l.Due {
			due = "replace it"
		}
		t.Rows = append(t.Rows, []string{l.Name, taker(vault.Ref{Connection: l.Connection, Key: l.Key}), l.Env, l.Set, l.By, due, words(l.Bound)})
	}
	return t
}

// words is a binding in a line, long contents left out.
func words(b []vault.Part) string {
	var list []string
	for _, p := range b {
		value := p.Value
		if sum, is := strings.CutPrefix(value, "sha256:"); is && len(sum) > 12 {
			value = "sha256:" + sum[:12] + "…"
		}
		list = append(list, p.Name+"="+value)
	}
	return strings.Join(list, " ")
}
