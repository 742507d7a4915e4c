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
	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/spec"
)

// DescribeOptions is what `connection describe` works from.
type DescribeOptions struct {
	Env        *cli.Env
	Name       string
	Table      string // of the connection Name; "" = all
	Profile    string
	Connection bool // Name is a connection, even if there is a type of that name
}

const describeHelp = `Describe the keys of a type of connection, of a format or of a codec; or what a connection of the
project has: its tables with an estimate of their rows, the columns of one TABLE with the types of
the database and those that flows get, or the files of a store, the first of them. A type goes
before a connection of the same name, unless --connection is given.`

// described is the result of `connection describe`.
type described struct {
	Name    string        `json:"name"`
	Kind    string        `json:"kind"` // type, format or codec
	Summary string        `json:"summary"`
	Keys    []spec.Option `json:"keys"`
}

// NewDescribe is `headgate connection describe`.
func NewDescribe(env *cli.Env, runF func(context.Context, *DescribeOptions) error) *cobra.Command {
	o := &DescribeOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:     "describe (TYPE | NAME [TABLE]) [flags]",
		Short:   "Describe a type of connection, or what a connection has",
		Long:    describeHelp,
		Example: "  headgate connection describe sqlite\n  headgate connection describe csv\n  headgate connection describe warehouse sales.orders",
		Args:    cobra.RangeArgs(1, 2),
		ValidArgsFunction: func(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
			names, _ := complete(env)(c, args, word)
			return append(known(env.Registry()), names...), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			o.Name = args[0]
			if len(args) > 1 {
				o.Table = args[1]
			}
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runDescribe(c.Context(), o)
		},
	}, guard.None)
	f := c.Flags()
	f.StringVar(&o.Profile, "env", "", "the connection as this `profile` of connections.yaml has it")
	f.BoolVar(&o.Connection, "connection", false, "NAME is a connection, even if there is a type of that name")
	return c
}

func known(r *connector.Registry) []string {
	var list []string
	for _, t := range r.Types {
		list = append(list, t.Name)
	}
	for _, f := range r.Formats {
		list = append(list, f.Name)
	}
	for _, c := range r.Codecs {
		list = append(list, c.Name)
	}
	return list
}

func runDescribe(ctx context.Context, o *DescribeOptions) error {
	r := o.Env.Registry()
	if o.Connection || o.Table != "" {
		return o.inside(ctx)
	}
	d, config := described{Name: o.Name}, any(nil)
	if t := r.Type(o.Name); t != nil {
		d.Kind, d.Summary, config = "type", t.Summary, t.Config()
	} else if f := r.Format(o.Name); f != nil {
		d.Kind, d.Summary, config = "format", f.Summary, f.Config()
	} else if c := r.Codec(o.Name); c != nil {
		d.Kind, d.Summary, config = "codec", c.Summary, c.Config()
	} else {
		return o.inside(ctx)
	}
	d.Keys = spec.Options(config)
	return o.Env.UI.Result(d, func(w io.Writer) { d.print(w, o.Env.UI.Columns) })
}

func (d *described) print(w io.Writer, width int) {
	fmt.Fprintf(w, "%s (%s): %s\n", d.Name, d.Kind, d.Summary)
	if len(d.Keys) == 0 {
		fmt.Fprintln(w, "\nno keys")
		return
	}
	io.WriteString(w, "\n")
	t := ui.Table{Head: []string{"KEY", "TYPE", "DEFAULT", ""}, Width: width}
	t.Rows = keyRows(nil, "", d.Keys)
	t.Write(w)
}

// keyRows lists keys, those of sections behind the section's name.
func keyRows(rows [][]string, prefix string, keys []spec.Option) [][]string {
	for _, k := range keys {
		kind, def, help := k.Type, k.Default, k.Help
		if len(k.Enum) > 0 {
			kind = strings.Join(k.Enum, " | ")
		}
		if k.Secret {
			help += " (write a reference, secret:NAME)"
		}
		if k.Required {
			def = "(required)"
		}
		rows = append(rows, []string{prefix + k.Key, kind, def, help})
		rows = keyRows(rows, prefix+k.Key+".", k.Keys)
	}
	return rows
}
