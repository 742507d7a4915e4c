// Package release gives a run its secrets and the rules of the store: the entry in the
// audit log first, then each secret for exactly what it is bound to. Where there is no
// store, there is nothing to give and nobody to tell.
package release

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/target"
	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/flow/plan"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
	"github.com/headgate/headgate/vault/auditlog"
)

// Want says what is to be done with which secrets.
type Want struct {
	Flow    string // "" for a connection alone
	Digest  string // what was approved, or not; of a flow
	Profile string
	Run     string // what the program calls the run; of a run
	Secrets []plan.SecretUse
}

// Access is what a run may take from the store. Its methods may be called from several
// goroutines.
type Access struct {
	env    *cli.Env
	member *vault.Member // nil: there is no store
	run    *vault.Run    // nil: there is nothing to give out
	refs   map[plan.SecretUse]vault.Ref
	policy connector.NetworkPolicy
	moves  bool // a run, which has an end

	mu     sync.Mutex
	told   map[connector.Notice]bool
	failed error // a notice that could not be recorded
}

// Start begins a run: its start is in the audit log when Start returns. End ends it.
func Start(ctx context.Context, env *cli.Env, w Want) (*Access, error) {
	a, err := open(ctx, env, w, func(m *vault.Member, q vault.RunRequest) (*vault.Run, error) { return m.StartRun(ctx, q) })
	if err != nil {
		return nil, err
	}
	a.moves = true
	return a, nil
}

// Look begins something that moves no data; purpose says what, for the audit log. An
// entry is written if there are secrets to give out. End ends it.
func Look(ctx context.Context, env *cli.Env, w Want, purpose string) (*Access, error) {
	return open(ctx, env, w, func(m *vault.Member, q vault.RunRequest) (*vault.Run, error) {
		if len(q.Secrets) == 0 {
			return nil, nil
		}
		return m.Look(ctx, q, purpose)
	})
}

func open(ctx context.Context, env *cli.Env, w Want, begin func(*vault.Member, vault.RunRequest) (*vault.Run, error)) (*Access, error) {
	a := &Access{env: env, refs: map[plan.SecretUse]vault.Ref{}, told: map[connector.Notice]bool{}}
	if there, err := env.HasStore(); err != nil {
		return nil, err
	} else if !there {
		if len(w.Secrets) > 0 {
			u := w.Secrets[0]
			return nil, &plan.NoStoreError{Ask: plan.Ask{Name: u.Name, Connection: u.Connection, Key: u.Key, Profile: u.Profile}}
		}
		return a, nil
	}
	var err error
	if a.member, err = env.Member(ctx); err != nil {
		return nil, err
	}
	s, _, err := a.member.State(ctx)
	if err != nil {
		return nil, err
	}
	a.policy = Network(s)
	q := vault.RunRequest{Flow: w.Flow, Digest: rbac.Digest(w.Digest), Env: w.Profile, Name: w.Run}
	for _, u := range w.Secrets {
		ref := RefOf(s, u)
		a.refs[key(u)] = ref
		q.Secrets = append(q.Secrets, ref)
	}
	if a.run, err = begin(a.member, q); err != nil {
		return nil, err
	}
	return a, nil
}

// key leaves out what does not tell secrets of one run apart.
func key(u plan.SecretUse) plan.SecretUse {
	u.Profile = ""
	return u
}

// RefOf is where the store has a secret: the profile's own value, or else the one that
// was set for no profile, which then opens only if the profile changes nothing that it
// is bound to.
func RefOf(s *rbac.State, u plan.SecretUse) vault.Ref {
	own := vault.Ref{Name: u.Name, Connection: u.Connection, Key: u.Key, Env: u.Profile}
	shared := own
	shared.Env = ""
	_, hasOwn := s.Secrets[own.ID()]
	if _, hasShared := s.Secrets[shared.ID()]; hasShared && !hasOwn {
		return shared
	}
	return own
}

// RefsOf is RefOf for all the secrets that a flow uses.
func RefsOf(s *rbac.State, uses []plan.SecretUse) []vault.Ref {
	list := make([]vault.Ref, 0, len(uses))
	for _, u := range uses {
		list = append(list, RefOf(s, u))
	}
	return list
}

// Network is what the policy of the store says about the network.
func Network(s *rbac.State) connector.NetworkPolicy {
	return connector.NetworkPolicy{
		Hosts:     s.List(rbac.NetworkHosts),
		TLSFloor:  s.Setting(rbac.NetworkTLSFloor),
		Plaintext: s.List(rbac.NetworkPlaintext),
		RSA2048:   s.Setting(rbac.NetworkRSA2048) == "true",
	}
}

// Fill gives a request the secrets and the rules.
func (a *Access) Fill(ctx context.Context, req *plan.Request) {
	req.Env.Network, req.Env.Notice = a.Policy(), a.Notice(ctx)
	if a.run != nil {
		req.Secret = a.Secret
	}
}

// Policy is what the store says about the network.
func (a *Access) Policy() connector.NetworkPolicy { return a.policy }

// Secret decrypts a secret for what asks for it, which it must be bound to.
func (a *Access) Secret(_ context.Context, ask plan.Ask) (connector.Secret, error) {
	ref, ok := a.refs[plan.SecretUse{Name: ask.Name, Connection: ask.Connection, Key: ask.Key}]
	if !ok || a.run == nil {
		return connector.Secret{}, fmt.Errorf("%s: the flow does not name it", ask.For())
	}
	value, err := a.run.Secret(ref, target.Binding(ask.Binding))
	if err != nil {
		return connector.Secret{}, err
	}
	a.env.Secrets.Add(value)
	field, err := vault.Field(value, ask.Field)
	if ask.Field != "" || err != nil {
		clear(value)
	}
	return connector.NewSecret(field), err
}

// Notice writes what a connector tells to the audit log, the same thing once. What
// can't be written is an error of End.
func (a *Access) Notice(ctx context.Context) func(connector.Notice) {
	return func(n connector.Notice) {
		if a.member == nil {
			a.env.UI.Warn(fmt.Sprintf("connection %s: %s: %s", n.Connection, n.Kind, n.Text))
			return
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.told[n] {
			return
		}
		a.told[n] = true
		code := auditlog.PlaintextUse
		if n.Kind == connector.HostKeyChanged {
			code = auditlog.HostKeyChange
		}
		err := a.member.Record(context.WithoutCancel(ctx), auditlog.Object{Kind: code, Object: n.Connection, Note: n.Text})
		a.failed = errors.Join(a.failed, err)
	}
}

// End ends what Start or Look began. After Start it writes the end of the run, and keeps a copy of
// the store once a day.
func (a *Access) End(ctx context.Context, r vault.RunResult) error {
	a.mu.Lock()
	failed := a.failed
	a.mu.Unlock()
	if a.run == nil {
		return failed
	}
	ctx = context.WithoutCancel(ctx)
	err := errors.Join(failed, a.run.End(ctx, r))
	if err == nil && a.moves {
		a.keepCopy(ctx)
	}
	return err
}

// copyEvery is how old the newest copy beside the store may get where flows run. Changes of people,
// rights and secrets make one of their own.
const copyEvery = 24 * time.Hour

// keepCopy makes the copy of the day. What the run did stands without it.
func (a *Access) keepCopy(ctx context.Context) {
	v, err := a.env.Vault()
	if err == nil {
		err = v.CopyOlder(ctx, copyEvery)
	}
	if err != nil {
		a.env.UI.Warn("no copy of the store was made today: " + err.Error())
	}
}
