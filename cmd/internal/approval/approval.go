// Package approval says what a flow is now, and lets it be run as that: the commands that
// approve flows have it in common.
package approval

import (
	"cmp"
	"context"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/people"
	"github.com/headgate/headgate/cmd/internal/release"
	"github.com/headgate/headgate/flow/plan"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
)

// Flow is a flow of the project as it is now, in a profile.
type Flow struct {
	Name  string
	Env   string // the profile; "" for none
	Needs *plan.Needs
}

// Profile is the one that a command works in: what --env says, or else the settings.
func Profile(env *cli.Env, flag string) (string, error) {
	set, err := env.Settings()
	if err != nil {
		return "", err
	}
	return cmp.Or(flag, set.Env), nil
}

// Of finds a flow of the project. What is wrong with it is a *cli.FindingsError.
func Of(env *cli.Env, nameOrFile, profile string) (Flow, error) {
	project, err := env.Project()
	if err != nil {
		return Flow{}, err
	}
	f, err := env.Flow(project, nameOrFile)
	if err != nil {
		return Flow{}, err
	}
	needs, diags := plan.Uses(f, project, env.Registry(), profile)
	if found := cli.Serious(diags); len(found) > 0 {
		return Flow{}, &cli.FindingsError{Diags: found}
	}
	return Flow{f.Name.Value, profile, needs}, nil
}

// Approved is what was approved, as commands print it.
type Approved struct {
	Flow    string   `json:"flow"`
	Digest  string   `json:"digest"`
	Env     string   `json:"env,omitempty"`
	Hosts   []string `json:"hosts"`
	Secrets []string `json:"secrets"` // ids
	Unset   []string `json:"unset"`   // of these, those that nobody has set
	people.Effects
}

// Approve lets f be run as it is, signed by m, and tells what follows.
func Approve(ctx context.Context, env *cli.Env, m *vault.Member, f Flow) (Approved, error) {
	before, err := people.Open(ctx, m)
	if err != nil {
		return Approved{}, err
	}
	refs := release.RefsOf(before.State, f.Needs.Secrets)
	outcome, err := m.ApproveFlow(ctx, f.Name, f.Env, rbac.Digest(f.Needs.Digest), refs)
	if err = people.Done(env.UI, err); err != nil {
		return Approved{}, err
	}
	after, err := people.Open(ctx, m)
	if err != nil {
		return Approved{}, err
	}
	r := Approved{f.Name, f.Needs.Digest, f.Env, f.Needs.Hosts, []string{}, []string{}, people.EffectsOf(outcome, before, after)}
	for _, ref := range refs {
		r.Secrets = append(r.Secrets, ref.ID())
		if _, set := after.State.Secrets[ref.ID()]; !set {
			r.Unset = append(r.Unset, ref.ID())
			env.UI.Warn("secret " + ref.ID() + " is not set: the flow cannot run before `headgate secret set`")
		}
	}
	env.UI.Note("flow " + f.Name + " is approved as it is now" + InProfile(f.Env))
	r.Tell(env.UI)
	return r, nil
}

// InProfile says in which profile something holds; nothing for none.
func InProfile(env string) string {
	if env == "" {
		return ""
	}
	return " in profile " + env
}
