package runcmd

import (
	"context"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/release"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/flow/engine"
	"github.com/headgate/headgate/flow/plan"
	"github.com/headgate/headgate/vault"
)

// begin writes the start of a run to the store, if there is one, before anything that
// the flow names is opened.
func (s *session) begin(ctx context.Context, j job, id plan.Run) (*release.Access, error) {
	w, err := want(s.env, j.flow, s.project, s.profile)
	if err != nil {
		return nil, err
	}
	w.Run = id.ID
	return release.Start(ctx, s.env, w)
}

// want says what a flow takes from the store; where there is none it is not looked for.
func want(env *cli.Env, f *flow.Flow, p *flow.Project, profile string) (release.Want, error) {
	w := release.Want{Flow: f.Name.Value, Profile: profile}
	if there, err := env.HasStore(); !there {
		return w, err
	}
	needs, diags := plan.Uses(f, p, env.Registry(), profile)
	if found := cli.Serious(diags); len(found) > 0 {
		return w, &cli.FindingsError{Diags: found}
	}
	w.Digest, w.Secrets = needs.Digest, needs.Secrets
	return w, nil
}

// endAudit writes the end of a run to the store.
func endAudit(ctx context.Context, a *release.Access, f Finished) error {
	if a == nil {
		return nil
	}
	return a.End(ctx, vault.RunResult{Status: string(f.Status), Exit: f.Exit, RowsRead: f.RowsRead, Written: f.RowsWritten,
		Rejected: f.RowsRejected, BytesRead: f.BytesRead, BytesWritten: f.BytesWritten})
}

// endAnyway has the end of a run written also when a second signal cuts it off, until it is taken
// back.
func endAnyway(ctx context.Context, signals *cli.Signals, a *release.Access) (takeBack func()) {
	return signals.Last(func(code int) {
		_ = a.End(ctx, vault.RunResult{Status: string(engine.Interrupted), Exit: code}) // nobody is left to be told
	})
}

// look lets a command that runs nothing read what the flow of req names. done ends it.
func look(ctx context.Context, env *cli.Env, req *plan.Request, purpose string) (done func() error, err error) {
	w, err := want(env, req.Flow, req.Project, req.Profile)
	if err != nil {
		return nil, err
	}
	a, err := release.Look(ctx, env, w, purpose)
	if err != nil {
		return nil, err
	}
	a.Fill(ctx, req)
	return func() error { return a.End(ctx, vault.RunResult{}) }, nil
}
