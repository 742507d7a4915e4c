package servicecmd

import (
	"context"
	"errors"

	"github.com/headgate/headgate/cmd/internal/approval"
	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
)

// approve approves a flow that never was, as it is now, if the person may. To name a flow for an
// account is to want it run, so it takes no second command; a flow that was changed since somebody
// approved it deserves a look first. It returns nil when nothing was approved.
func (o *AddOptions) approve(ctx context.Context, m *vault.Member, s *rbac.State, name string) (*approval.Approved, error) {
	ui, stays := o.Env.UI, "flow "+name+" is not approved, so "+o.Name+" cannot run it: "
	profile, err := approval.Profile(o.Env, o.Profile)
	if err != nil {
		return nil, err
	}
	f, err := approval.Of(o.Env, name, profile)
	before, was := s.Flows[name][profile]
	var absent *cli.UsageError
	var findings *cli.FindingsError
	switch {
	case errors.As(err, &absent):
		if !was {
			ui.Warn(stays + "this project has no such flow; `headgate flow approve` where it is")
		}
		return nil, nil
	case errors.As(err, &findings):
		ui.Warn("flow " + name + " cannot be run as it is: `headgate validate` says why, then headgate flow approve " + name)
		return nil, nil
	case err != nil:
		return nil, err
	case was && before.Digest == rbac.Digest(f.Needs.Digest):
		return nil, nil
	case was:
		ui.Warn("flow " + name + " was changed since it was approved, so " + o.Name + " cannot run it: look at it, then headgate flow approve " + name)
		return nil, nil
	}
	if _, err := rbac.Can(s, m.ID, rbac.EditFlow, name, o.Env.Now()); o.NoApprove || err != nil {
		ui.Warn(stays + "headgate flow approve " + name)
		return nil, nil
	}
	a, err := approval.Approve(ctx, o.Env, m, f)
	return &a, err
}
