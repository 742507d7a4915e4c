package connectioncmd

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/ui"
)

// ListOptions is what `connection list` works from.
type ListOptions struct {
	Env     *cli.Env
	Profile string
}

// listed is one line of the result of `connection list`.
type listed struct {
	Name        string   `json:"name"`
	Type        string   `json:"type"`
	Use         string   `json:"use"`
	Hosts       []string `json:"hosts"`
	Tunnel      string   `json:"tunnel,omitempty"`
	Description string   `json:"description,omitempty"`
}

// NewList is `headgate connection list`.
func NewList(env *cli.Env, runF func(context.Context, *ListOptions) error) *cobra.Command {
	o := &ListOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:   "list",
		Short: "List the project's connections",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runList(c.Context(), o)
		},
	}, guard.ViewConnections)
	c.Flags().StringVar(&o.Profile, "env", "", "as this `profile` of connections.yaml has them")
	return c
}

func runList(_ context.Context, o *ListOptions) error {
	p, err := open(o.Env, o.Profile)
	if err != nil {
		return err
	}
	list := []listed{}
	for _, name := range p.all.Names() {
		c, err := p.resolve(name)
		if err != nil {
			return err
		}
		l := listed{Name: name, Type: c.Type.Name, Use: uses(c), Hosts: append([]string{}, c.Hosts()...), Description: c.Description}
		if c.Tunnel != nil {
			l.Tunnel = c.Tunnel.Name
			l.Hosts = l.Hosts[:len(l.Hosts)-len(c.Tunnel.Hosts())]
		}
		list = append(list, l)
	}
	return o.Env.UI.Result(list, func(w io.Writer) {
		if len(list) == 0 {
			fmt.Fprintln(w, "no connections: connections.yaml declares them, `headgate connection types` lists the types")
			return
		}
		t := ui.Table{Head: []string{"NAME", "TYPE", "USE", "HOST", "TUNNEL", ""}, Width: o.Env.UI.Columns}
		for _, l := range list {
			t.Rows = append(t.Rows, []string{l.Name, l.Type, l.Use, strings.Join(l.Hosts, " "), l.Tunnel, l.Description})
		}
		t.Write(w)
	})
}
