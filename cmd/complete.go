package cmd

import (
	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/rbac"
)

// completeFlags lets shells complete what flags of these names take, on whatever command.
func completeFlags(env *cli.Env, c *cobra.Command) {
	names := func(of func(*flow.Connections) []string) cobra.CompletionFunc {
		return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			p, err := flow.OpenProject(env.Dir())
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			list, _ := p.Connections()
			return of(list), cobra.ShellCompDirectiveNoFileComp
		}
	}
	var roles []string
	for _, r := range rbac.Roles() {
		roles = append(roles, string(r))
	}
	for flag, fn := range map[string]cobra.CompletionFunc{
		"env":        names((*flow.Connections).ProfileNames),
		"connection": names((*flow.Connections).Names),
		"key":        names((*flow.Connections).KeyNames),
		"flow":       cli.CompleteFlows(env),
		"role":       cobra.FixedCompletions(roles, cobra.ShellCompDirectiveNoFileComp),
	} {
		if c.Flags().Lookup(flag) == nil {
			continue
		}
		_ = c.RegisterFlagCompletionFunc(flag, fn) // the command may have its own
	}
}
