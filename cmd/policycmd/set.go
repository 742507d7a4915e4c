package policycmd

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
)

// SetOptions is what `policy set` works from.
type SetOptions struct {
	Env    *cli.Env
	Key    string
	Values []string
	Unset  bool
}

// NewSet is `headgate policy set`.
func NewSet(env *cli.Env, runF func(context.Context, *SetOptions) error) *cobra.Command {
	o := &SetOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:   "set SETTING (VALUE... | --default)",
		Short: "Sign another value of a setting; several values are a list",
		Example: `  headgate policy set network.hosts '*.corp.example:5432' sftp.shop.example:22
  headgate policy set network.tls_floor 1.3
  headgate policy set network.hosts --default`,
		Args: cobra.MinimumNArgs(1),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return keys(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			o.Key, o.Values = args[0], args[1:]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runSet(c.Context(), o)
		},
	}, guard.SetPolicy)
	c.Flags().BoolVar(&o.Unset, "default", false, "take the signed value back")
	return c
}

func runSet(ctx context.Context, o *SetOptions) error {
	value := strings.Join(o.Values, ",")
	if o.Unset == (value != "") {
		return &cli.UsageError{Message: "policy set: give a value or --default", Hint: "`headgate policy show` lists the settings"}
	}
	if err := apply(ctx, o.Env, []change{{o.Key, value}}); err != nil {
		return err
	}
	return o.Env.UI.Result(map[string]string{o.Key: value}, func(io.Writer) {})
}
