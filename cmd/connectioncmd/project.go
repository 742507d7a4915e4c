package connectioncmd

import (
	"cmp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow"
)

// project is a project's connections in one profile.
type project struct {
	*flow.Project
	env     *cli.Env
	all     *flow.Connections
	profile string
}

// open opens the project. profile is that of --env, "" for the one of the settings.
func open(env *cli.Env, profile string) (*project, error) {
	set, err := env.Settings()
	if err != nil {
		return nil, err
	}
	p, err := env.Project()
	if err != nil {
		return nil, err
	}
	all, diags := p.Connections()
	if found := cli.Serious(diags); len(found) > 0 {
		return nil, &cli.FindingsError{Diags: found}
	}
	profile = cmp.Or(profile, set.Env)
	if !all.HasProfile(profile) {
		return nil, &cli.UsageError{Message: "no profile " + spec.Quote(profile) + " in connections.yaml", Hint: spec.DidYouMean(profile, all.ProfileNames())}
	}
	return &project{p, env, all, profile}, nil
}

// resolve is a connection in the profile.
func (p *project) resolve(name string) (*flow.Resolved, error) {
	if !p.all.Has(name) {
		hint := spec.DidYouMean(name, p.all.Names())
		if len(p.all.Names()) == 0 {
			hint = "the project has no connections.yaml, or none in it"
		}
		return nil, &cli.UsageError{Message: "no connection " + spec.Quote(name) + " in connections.yaml", Hint: hint}
	}
	c, diags := p.all.Resolve(p.env.Registry(), name, p.profile)
	if found := cli.Serious(diags); len(found) > 0 {
		return nil, &cli.FindingsError{Diags: found}
	}
	return c, nil
}

// complete completes the names of connections.
func complete(env *cli.Env) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		p, err := flow.OpenProject(env.Dir())
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		all, _ := p.Connections()
		return all.Names(), cobra.ShellCompDirectiveNoFileComp
	}
}

// uses is what flows may do with a connection.
func uses(c *flow.Resolved) string {
	var list []string
	for _, use := range []string{"read", "write"} {
		if c.May(use) {
			list = append(list, use)
		}
	}
	return strings.Join(list, " ")
}
