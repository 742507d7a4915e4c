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
	member *vault.Member                // nil: there is no store
	run    *vault.Run                   // nil: there is nothing to give out
	refs   map[plan.SecretUse]vault.Ref // by what is asked for, which knows no profile
	policy connector.NetworkPolicy
	flow   string // "" for a connection alone
	moves  bool   // a run, which has an end

	ending sync.Mutex // held while End works, and guards ended
	ended  bool

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
	a := &Access{env: env, flow: w.Flow, refs: map[plan.SecretUse]vault.Ref{}, told: map[connector.Notice]bool{}}
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
	q := vault.RunRequest{Flow: w.Flow, Digest: rbac.Digest(w.Digest), Env: w.Profile, Name: w.Run}
	for _, u := range w.Secrets {
		asked := u
		asked.Profile = ""
		a.refs[asked] = ref(u)
		q.Secrets = append(q.Secrets, ref(u))
	}
	if a.run, err = begin(a.member, q); err != nil {
		return nil, err
	}
	if a.run != nil {
		a.policy = Network(a.run.Policy)
		return a, nil
	}
	s, _, err := a.member.State(ctx)
	if err != nil {
		return nil, err
	}
	a.policy = Network(s)
	return a, nil
}

func ref(u plan.SecretUse) vault.Ref {
	return vault.Ref{Name: u.Name, Connection: u.Connection, Key: u.Key, Env: u.Profile}
}

// RefOf is where the store has a secret; see vault.Ref.In.
func RefOf(s *rbac.State, u plan.SecretUse) vault.Ref { return ref(u).In(s) }

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
	spoken, err := req.Project.Spoke13()
	if err != nil {
		a.env.UI.Warn(err.Error())
	}
	req.Env.Network.Spoke13 = spoken
	if a.run != nil {
		req.Secret = a.Secret
	}
}

// Policy is what the store says about the network.
func (a *Access) Policy() connector.NetworkPolicy { return a.policy }

// Secret decrypts a secret for what asks for it, which it must be bound to. That it is bound to
// something else is a refusal in the audit log.
func (a *Access) Secret(ctx context.Context, ask plan.Ask) (connector.Secret, error) {
	at, ok := a.refs[plan.SecretUse{Name: ask.Name, Connection: ask.Connection, Key: ask.Key}]
	if !ok || a.run == nil {
		return connector.Secret{}, fmt.Errorf("%s: the flow does not name it", ask.For())
	}
	value, err := a.run.Secret(at, target.Binding(ask.Binding))
	if elsewhere, ok := errors.AsType[*vault.BindingError](err); ok {
		refused := auditlog.Refused{Action: "use secret " + elsewhere.Secret, Flow: a.flow, Why: err.Error()}
		err = errors.Join(err, a.member.Record(context.WithoutCancel(ctx), refused))
	}
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
		if a.member == nil && n.Kind == connector.PolicyRefused {
			return // nobody set a policy, and the error says it
		}
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
		err := a.member.Record(context.WithoutCancel(ctx), a.event(n))
		a.failed = errors.Join(a.failed, err)
	}
}

// event is what the audit log says of a notice.
func (a *Access) event(n connector.Notice) auditlog.Event {
	code := auditlog.PlaintextUse
	switch n.Kind {
	case connector.PolicyRefused:
		return auditlog.Refused{Action: "use connection " + n.Connection, Flow: a.flow, Why: n.Text}
	case connector.HostKeyChanged:
		code = auditlog.HostKeyChange
	case connector.TLSLowered:
		code = auditlog.TLSLowered
	}
	return auditlog.Object{Kind: code, Object: n.Connection, Note: n.Text}
}

// End ends what Start or Look began. After Start it writes the end of the run, and keeps a copy of
// the store once a day. The first call counts; another one waits for it.
func (a *Access) End(ctx context.Context, r vault.RunResult) error {
	a.ending.Lock()
	defer a.ending.Unlock()
	if a.ended {
		return nil
	}
	a.ended = true
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
