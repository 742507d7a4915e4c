package democmd

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/headgate/headgate/cmd/internal/approval"
	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/release"
	"github.com/headgate/headgate/cmd/internal/target"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
	"github.com/headgate/headgate/vault/slot"
)

// person is somebody of the demo's store, with the key file.
type person struct {
	Name string `json:"name"`
	Role string `json:"role"`
	Key  string `json:"key_file"` // in the project
}

// player is a person with the environment in which they work.
type player struct {
	person
	env    *cli.Env
	member *vault.Member
}

// staff is the people of the demo's store.
type staff struct {
	path            string
	owner, ann, bob player
}

func (s *staff) list() []person { return []person{s.owner.person, s.ann.person, s.bob.person} }

func (s *staff) close() {
	for _, p := range []player{s.owner, s.ann, s.bob} {
		if p.env != nil {
			p.env.Close()
		}
	}
}

// within is the environment of the demo: whatever the user has set up stays out of it,
// the user's own store above all.
func within(env *cli.Env, dir, store string) *cli.Env {
	in := env.In(dir)
	in.Getenv = func(name string) string {
		if name == "HOME" {
			return dir // where pins are kept
		}
		return ""
	}
	in.Global.Store, in.Global.User, in.Global.KeyFile, in.Global.KeyFD = store, "", "", nil
	return in
}

// hire makes a store with an owner, an editor and an operator.
func hire(ctx context.Context, env *cli.Env, dir string) (*staff, error) {
	s := &staff{path: filepath.Join(dir, "store", "store.db")}
	if err := os.Mkdir(filepath.Join(dir, "keys"), 0o700); err != nil {
		return nil, err
	}
	s.owner = player{person: person{"owner@shop.example", "owner", "keys/owner.key"}, env: within(env, dir, s.path)}
	o, err := s.owner.env.VaultOptions()
	if err != nil {
		return nil, err
	}
	v, keyFile := vault.At(o), []vault.NewSlot{{Type: slot.KeyFile}}
	m, made, err := v.Init(ctx, vault.Founding{Email: s.owner.Name, Slots: keyFile})
	if err != nil {
		return nil, err
	}
	if err := s.owner.settle(dir, m, made); err != nil {
		return nil, err
	}
	s.ann = player{person: person{"ann@shop.example", string(rbac.Editor), "keys/ann.key"}, env: within(env, dir, s.path)}
	s.bob = player{person: person{"bob@shop.example", string(rbac.Operator), "keys/bob.key"}, env: within(env, dir, s.path)}
	for _, p := range []*player{&s.ann, &s.bob} {
		code, err := s.owner.member.Invite(ctx, vault.Invitation{Email: p.Name, Role: rbac.Role(p.Role)})
		if err != nil {
			return nil, err
		}
		m, made, err := v.Accept(ctx, code, keyFile)
		if err != nil {
			return nil, err
		}
		if err := p.settle(dir, m, made); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// settle writes the key file and logs the person in.
func (p *player) settle(dir string, m *vault.Member, made []vault.MadeSlot) error {
	p.member = m
	p.env.Become(m)
	return vault.WriteKeyFile(filepath.Join(dir, filepath.FromSlash(p.Key)), made[0].Secret)
}

// prepare lets an editor set the secret of the key and approve the flow that takes it.
func prepare(ctx context.Context, env *cli.Env) error {
	m, err := env.Member(ctx)
	if err != nil {
		return err
	}
	ref := vault.Ref{Name: "email-pepper", Key: "email-pepper"}
	to, err := target.Of(env, ref)
	if err != nil {
		return err
	}
	value, err := slot.Generate()
	if err != nil {
		return err
	}
	if _, err := m.SetSecret(ctx, ref, to.Binding, []byte(value)); err != nil {
		return err
	}
	f, err := approval.Of(env, "for-analysts", "")
	if err != nil {
		return err
	}
	state, _, err := m.State(ctx)
	if err != nil {
		return err
	}
	_, err = m.ApproveFlow(ctx, f.Name, f.Env, rbac.Digest(f.Needs.Digest), release.RefsOf(state, f.Needs.Secrets))
	return err
}

// refusal is what the store answers to an operator who invites somebody.
func (s *staff) refusal(ctx context.Context) (string, error) {
	_, err := s.bob.member.Can(ctx, rbac.ManagePeople, "")
	if denied, ok := errors.AsType[*rbac.DeniedError](err); ok {
		return denied.Error(), nil
	}
	return "", errors.Join(errors.New("an operator may invite people"), err)
}

// entry is a line of the audit log.
type entry struct {
	Code   string `json:"code"`
	Event  string `json:"event"`
	Actor  string `json:"actor"`
	Object string `json:"object"`
}

// log is the audit log, as the owner reads it.
func (s *staff) log(ctx context.Context) (list []entry, err error) {
	err = s.owner.member.Audit(ctx, 0, func(e vault.Entry) error {
		list = append(list, entry{e.Code, e.Event, e.Actor, e.Object})
		return nil
	})
	return list, err
}
