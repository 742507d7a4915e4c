package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/auditlog"
	"github.com/headgate/headgate/vault/seal"
)

// Ref names a secret: one value for each connection or key that takes it, and each
// profile. Exactly one of Connection and Key is set.
type Ref struct{ Name, Connection, Key, Env string }

// ID is the form in which the policy names it.
func (r Ref) ID() string {
	id := r.Name + "@connection:" + r.Connection
	if r.Key != "" {
		id = r.Name + "@key:" + r.Key
	}
	if r.Env != "" {
		id += "#" + r.Env
	}
	return id
}

// ParseRef reads an ID.
func ParseRef(id string) (Ref, error) {
	if !rbac.ValidSecretID(id) {
		return Ref{}, fmt.Errorf("secret %q: want NAME@connection:C or NAME@key:K, with #ENV for a profile", id)
	}
	rest, env, _ := strings.Cut(id, "#")
	name, target, _ := strings.Cut(rest, "@")
	kind, to, _ := strings.Cut(target, ":")
	if kind == "key" {
		return Ref{Name: name, Key: to, Env: env}, nil
	}
	return Ref{Name: name, Connection: to, Env: env}, nil
}

// In is where a store with that policy has the secret: the profile's own value, or else the one that
// was set for no profile, which then opens only if the profile changes nothing that it is bound to.
func (r Ref) In(s *rbac.State) Ref {
	shared := r
	shared.Env = ""
	_, hasOwn := s.Secrets[r.ID()]
	if _, hasShared := s.Secrets[shared.ID()]; hasShared && !hasOwn {
		return shared
	}
	return r
}

// Binding is what a secret is for: of a connection its type, host, port, user, TLS
// mode, contents of its CA and pins, host keys and tunnel; of a key its name, use and
// public contents. The value is encrypted with all of it as associated data.
type Binding []Part

// Part is one word of a binding.
type Part struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (b Binding) sorted() Binding {
	b = slices.Clone(b)
	slices.SortFunc(b, func(x, y Part) int { return strings.Compare(x.Name, y.Name) })
	return b
}

func (b Binding) bytes() []byte {
	parts := []string{"headgate/v1/binding"}
	for _, p := range b.sorted() {
		parts = append(parts, p.Name, p.Value)
	}
	return rbac.Context(parts...)
}

// differences between what a secret was bound to and b.
func (b Binding) differences(bound Binding) (list []Difference) {
	get := func(from Binding, name string) string {
		for _, p := range from {
			if p.Name == name {
				return p.Value
			}
		}
		return ""
	}
	for _, p := range append(b.sorted(), bound.sorted()...) {
		d := Difference{p.Name, get(bound, p.Name), get(b, p.Name)}
		if d.Bound != d.Now && !slices.Contains(list, d) {
			list = append(list, d)
		}
	}
	return list
}

// record is the stored form of a secret. The policy has its digest.
type record struct {
	Version string      `json:"version"`
	Binding []byte      `json:"binding"`
	Value   []byte      `json:"value"`
	Commit  rbac.Digest `json:"commit"` // to the value's key
}

// MaxSecret is the size that a value may have.
const MaxSecret = 64 << 10

func (r *record) commitContext(storeID, id string) []byte {
	return rbac.Context("headgate/v1/secret-key", storeID, id, r.Version)
}

func (r *record) bindingContext(storeID, id string) []byte {
	return rbac.Context("headgate/v1/binding-text", storeID, id, r.Version)
}

func (r *record) valueContext(storeID, id string, b Binding) []byte {
	return rbac.Context("headgate/v1/secret", storeID, id, r.Version, string(b.bytes()))
}

// record is the stored secret, after its digest has shown to be the policy's.
func (v *view) record(id string) (*record, error) {
	s, ok := v.state().Secrets[id]
	if !ok {
		return nil, &UnsetError{id}
	}
	raw := v.tx.Get(bucketSecrets, []byte(id))
	if rbac.DigestOf(raw) != s.Digest {
		return nil, tampered("the stored secret %s is not the one that the policy has", id)
	}
	var r record
	if err := rbac.DecodeStrict(raw, &r); err != nil {
		return nil, &TamperedError{"the stored secret " + id, err}
	}
	return &r, nil
}

// SetSecret stores a value, bound to what it is for. It needs no right to read one:
// the keys are sealed to public keys.
func (m *Member) SetSecret(ctx context.Context, ref Ref, b Binding, value []byte) (Outcome, error) {
	if len(value) == 0 || len(value) > MaxSecret {
		return Outcome{}, fmt.Errorf("secret %s: %d bytes, want 1 to %d", ref.Name, len(value), MaxSecret)
	}
	id := ref.ID()
	return m.change(ctx, func(c *change) error {
		_, replaces := c.state().Secrets[id]
		raw, keys, err := c.newRecord(id, b, value)
		if err != nil {
			return err
		}
		if err := c.op("", &rbac.SecretSet{Secrets: map[string]rbac.Digest{id: rbac.DigestOf(raw)}}); err != nil {
			return err
		}
		if err := c.tx.Put(bucketSecrets, []byte(id), raw); err != nil {
			return err
		}
		if err := c.dropKeys(id); err != nil {
			return err
		}
		for _, box := range []rbac.Box{rbac.Secrets, rbac.Meta} {
			if err := c.sealToBox(id, keys, box); err != nil {
				return err
			}
		}
		c.fresh[id], c.erase = keys, replaces
		c.event(auditlog.Object{Kind: auditlog.SecretSet, Object: id, Note: keys.version})
		return nil
	})
}

func (v *view) newRecord(id string, b Binding, value []byte) (raw []byte, k secretKeys, err error) {
	k = secretKeys{newVersion(), seal.Random(seal.Size), seal.Random(seal.Size)}
	storeID, r := v.state().Store, record{Version: k.version}
	r.Commit = seal.Commit(k.value, r.commitContext(storeID, id))
	words, err := json.Marshal(b.sorted())
	if err != nil {
		return nil, k, err
	}
	if r.Binding, err = seal.Encrypt(k.binding, r.bindingContext(storeID, id), words); err != nil {
		return nil, k, err
	}
	if r.Value, err = seal.Encrypt(k.value, r.valueContext(storeID, id, b), value); err != nil {
		return nil, k, err
	}
	raw, err = json.Marshal(r)
	return raw, k, err
}

// dropKeys deletes the sealed keys of a secret's former value.
func (c *change) dropKeys(id string) error {
	var keys [][]byte
	if err := c.tx.Each(bucketDeks, dekKey(id, ""), nil, func(k, _ []byte) error { keys = append(keys, k); return nil }); err != nil {
		return err
	}
	for _, k := range keys {
		if err := c.tx.Delete(bucketDeks, k); err != nil {
			return err
		}
		_, to, _ := bytes.Cut(k, []byte{0})
		c.former[id] = append(c.former[id], string(to))
	}
	return nil
}

// RemoveSecret removes a value.
func (m *Member) RemoveSecret(ctx context.Context, ref Ref) (Outcome, error) {
	id := ref.ID()
	return m.change(ctx, func(c *change) error {
		if err := c.op(id, &rbac.SecretDel{}); err != nil {
			return err
		}
		c.erase = true
		c.event(auditlog.Object{Kind: auditlog.SecretRemove, Object: id})
		return errors.Join(c.dropKeys(id), c.tx.Delete(bucketSecrets, []byte(id)))
	})
}

// SecretInfo is what a list of secrets shows. Bound is nil for who may not see it.
type SecretInfo struct {
	Ref   Ref
	Bound Binding
	By    string // the id of who set it
	Set   time.Time
	Due   bool // somebody who lost access could have read it: replace it at its source
}

// Secrets lists the secrets, sorted by id; never a value.
func (m *Member) Secrets(ctx context.Context) (list []SecretInfo, err error) {
	err = m.read(ctx, func(v *view) error {
		for id, s := range v.state().Secrets {
			ref, err := ParseRef(id)
			if err != nil {
				return err
			}
			r, err := v.record(id)
			if err != nil {
				return err
			}
			bound, err := v.boundTo(id, r)
			if err != nil {
				return err
			}
			list = append(list, SecretInfo{ref, bound, s.By, time.UnixMilli(s.Time), s.Due})
		}
		return nil
	})
	slices.SortFunc(list, func(a, b SecretInfo) int { return strings.Compare(a.Ref.ID(), b.Ref.ID()) })
	return list, err
}

// boundTo is what a secret is bound to, nil for who has no key to that.
func (v *view) boundTo(id string, r *record) (Binding, error) {
	key, err := v.fromBox(id, r.Version, rbac.Meta)
	if err != nil {
		return nil, err
	}
	if key == nil {
		k, ok, err := v.keysOf(id, r)
		if !ok || err != nil {
			return nil, err
		}
		key = k.binding
	}
	words, err := seal.Decrypt(key, r.bindingContext(v.state().Store, id), r.Binding)
	if err != nil {
		return nil, tampered("the binding of secret %s does not open", id)
	}
	var b Binding
	if err := json.Unmarshal(words, &b); err != nil {
		return nil, tampered("the binding of secret %s can't be read", id)
	}
	return b, nil
}

// Field is the value of a field of a multi-field secret, which is a JSON object of
// texts; with an empty name the whole value.
func Field(value []byte, name string) ([]byte, error) {
	if name == "" {
		return value, nil
	}
	var fields map[string]string
	if err := json.Unmarshal(value, &fields); err != nil {
		return nil, errors.New("the secret has no fields") // err would repeat parts of it
	}
	v, ok := fields[name]
	if !ok {
		return nil, fmt.Errorf("the secret has no field %q", name)
	}
	return []byte(v), nil
}
