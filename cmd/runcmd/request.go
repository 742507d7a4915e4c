package runcmd

import (
	"context"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/flow/plan"
)

// stateDir is the folder of a project that keeps cursors and runs.
const stateDir = flow.StateDir

// request is what a plan of one flow is built from, by a command that does not run it.
func request(env *cli.Env, name string, params []string, profile string) (plan.Request, error) {
	values, err := parseParams(params)
	if err != nil {
		return plan.Request{}, err
	}
	set, err := env.Settings()
	if err != nil {
		return plan.Request{}, err
	}
	project, err := env.Project()
	if err != nil {
		return plan.Request{}, err
	}
	f, err := env.Flow(project, name)
	if err != nil {
		return plan.Request{}, err
	}
	if profile == "" {
		profile = set.Env
	}
	return plan.Request{Flow: f, Project: project, Registry: env.Registry(), Profile: profile, Params: values, Run: plan.NewRun(env.Now()),
		Env: connector.Env{Project: project.Dir, Stdin: env.UI.In, Stdout: env.UI.Out}}, nil
}

// build is plan.Build with its findings as an error, or as warnings.
func build(ctx context.Context, env *cli.Env, req plan.Request) (*plan.Plan, error) {
	p, diags, err := plan.Build(ctx, req)
	if found := cli.Serious(diags); len(found) > 0 {
		return nil, &cli.FindingsError{Diags: found}
	}
	env.WarnOf(diags)
	return p, err
}
