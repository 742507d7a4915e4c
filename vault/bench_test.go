package vault

import (
	"errors"
	"fmt"
	"testing"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/seal"
)

// crowded is a store with 100 people and 200 secrets, made in one change.
func crowded(b *testing.B) *house {
	h := founded(b)
	o := h.who["owner"]
	_, err := o.change(background, func(c *change) error {
		for i := range 100 {
			id, err := seal.NewIdentity(seal.Random(seal.Size))
			if err != nil {
				return err
			}
			user := newID()
			raw, err := newProfile(fmt.Sprint("service", i))
			if err != nil {
				return err
			}
			s := c.state().Store
			if err := c.op(user, &rbac.ServiceAdd{Keys: id.Keys(), Name: rbac.NameDigest(s, fmt.Sprint("service", i)), Profile: profileDigest(s, user, raw), Flows: []string{fmt.Sprint("flow-", i)}}); err != nil {
				return err
			}
			if err := errors.Join(c.tx.Put(bucketKeys, []byte(user), id.Box.Public()), c.putProfile(user, raw)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	_, err = o.change(background, func(c *change) error {
		body := &rbac.SecretSet{Secrets: map[string]rbac.Digest{}}
		for i := range 200 {
			id := Ref{Name: fmt.Sprint("secret", i), Connection: fmt.Sprint("connection", i)}.ID()
			raw, keys, err := c.newRecord(id, shopBinding(), []byte("value"))
			if err != nil {
				return err
			}
			body.Secrets[id] = rbac.DigestOf(raw)
			if err := errors.Join(c.tx.Put(bucketSecrets, []byte(id), raw), c.sealToBox(id, keys, rbac.Secrets), c.sealToBox(id, keys, rbac.Meta)); err != nil {
				return err
			}
		}
		return c.op("", body)
	})
	if err != nil {
		b.Fatal(err)
	}
	return h
}

// BenchmarkOpen unlocks by key file and verifies, as every command does first.
func BenchmarkOpen(b *testing.B) {
	h := crowded(b)
	for b.Loop() {
		if _, err := h.unlock("owner"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRun starts and ends a run.
func BenchmarkRun(b *testing.B) {
	h := crowded(b)
	for b.Loop() {
		r, err := h.who["owner"].StartRun(background, RunRequest{Flow: "flow-1", Digest: digestOf("x"), Secrets: []Ref{{Name: "secret1", Connection: "connection1"}}})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := r.Secret(Ref{Name: "secret1", Connection: "connection1"}, shopBinding()); err != nil {
			b.Fatal(err)
		}
		if err := r.End(background, RunResult{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkState asks for the policy after the log-in.
func BenchmarkState(b *testing.B) {
	h := crowded(b)
	m := h.login("owner")
	for b.Loop() {
		_, _, err := m.State(background)
		ok(b, "state", err)
	}
}
