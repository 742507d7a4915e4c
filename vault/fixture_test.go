package vault

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/keyring"
	"github.com/headgate/headgate/vault/slot"
	"github.com/headgate/headgate/vault/store"
)

// house is a store with people in it, for tests. Its time stands still unless a test
// moves it.
type house struct {
	t    testing.TB
	opt  Options
	now  time.Time
	keys map[string]string // the text of each one's key file
	who  map[string]*Member
}

var background = context.Background()

func keyFileSlot() []NewSlot { return []NewSlot{{Type: slot.KeyFile}} }

// founded has the owner only.
func founded(t testing.TB) *house {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, now: time.UnixMilli(1_800_000_000_000), keys: map[string]string{}, who: map[string]*Member{}}
	h.opt = Options{Path: filepath.Join(dir, "store.db"), Pins: filepath.Join(dir, "pins"), Ring: keyring.Memory{}, Cost: slot.Cheapest(),
		Now: func() time.Time { return h.now }}
	m, made, err := At(h.opt).Init(background, Founding{Email: "owner@example.com", Slots: keyFileSlot()})
	if err != nil {
		t.Fatal(err)
	}
	h.who["owner"], h.keys["owner"] = m, made[0].Secret
	return h
}

// furnished has a person of each role, two departments with a flow and a secret each,
// and a service account for one of the flows.
func furnished(t testing.TB) *house {
	t.Helper()
	h := founded(t)
	for _, r := range []rbac.Role{rbac.Superadmin, rbac.Administrator, rbac.Editor, rbac.Operator, rbac.Viewer} {
		h.invite(string(r), r)
	}
	h.invite("narrowed", rbac.Editor, rbac.Grant{Flows: "sales-*", Level: rbac.Manage})
	o := h.who["owner"]
	h.set(shop, shopBinding(), "shop-password")
	h.set(hr, hrBinding(), "hr-password")
	for _, f := range []struct {
		flow string
		ref  Ref
	}{{"sales-day", shop}, {"hr-day", hr}} {
		if _, err := o.ApproveFlow(background, f.flow, "", digestOf(f.flow), []Ref{f.ref}); err != nil {
			t.Fatal(err)
		}
	}
	key, _, err := o.AddService(background, "nightly", []string{"sales-day"}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	h.keys["nightly"] = key
	h.who["nightly"] = h.login("nightly")
	return h
}

var (
	shop = Ref{Name: "shop", Connection: "shop"}
	hr   = Ref{Name: "hr", Connection: "hr"}
)

func shopBinding() Binding {
	return Binding{{"type", "sftp"}, {"host", "sftp.shop.example"}, {"port", "22"}, {"user", "etl"}}
}

func hrBinding() Binding {
	return Binding{{"type", "postgres"}, {"host", "db.hr.example"}, {"port", "5432"}, {"tls", "verify-full"}}
}

func digestOf(s string) rbac.Digest { return rbac.DigestOf([]byte(s)) }

func (h *house) vault() *Vault { return At(h.opt) }

func (h *house) set(r Ref, b Binding, value string) {
	h.t.Helper()
	if _, err := h.who["owner"].SetSecret(background, r, b, []byte(value)); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) invite(name string, r rbac.Role, grants ...rbac.Grant) {
	h.t.Helper()
	email := name + "@example.com"
	code, err := h.who["owner"].Invite(background, Invitation{Email: email, Role: r, Grants: grants})
	if err != nil {
		h.t.Fatal(err)
	}
	m, made, err := h.vault().Accept(background, code, keyFileSlot())
	if err != nil {
		h.t.Fatal(err)
	}
	if r.AtLeast(rbac.Administrator) {
		if _, err := h.who["owner"].Confirm(background, email); err != nil {
			h.t.Fatal(err)
		}
	}
	h.who[name], h.keys[name] = m, made[0].Secret
}

// login unlocks somebody by key file.
func (h *house) login(name string) *Member {
	h.t.Helper()
	m, err := h.unlock(name)
	if err != nil {
		h.t.Fatalf("%s: %v", name, err)
	}
	return m
}

func (h *house) unlock(name string) (*Member, error) {
	k, err := slot.ParseKey(h.keys[name])
	if err != nil {
		return nil, err
	}
	return h.vault().Unlock(background, Credential{Key: &k})
}

// run starts a run of an approved flow and reads its secret.
func (h *house) run(name, flow string, r Ref, b Binding) (string, error) {
	run, err := h.who[name].StartRun(background, RunRequest{Flow: flow, Digest: digestOf(flow), Secrets: []Ref{r}})
	if err != nil {
		return "", err
	}
	value, err := run.Secret(r, b)
	return string(value), errors.Join(err, run.End(background, RunResult{Status: "succeeded"}))
}

// tamper changes the file as somebody with an editor would.
func (h *house) tamper(fn func(tx *store.Tx) error) {
	h.t.Helper()
	if err := h.vault().file.Update(background, store.Change{}, fn); err != nil {
		h.t.Fatal(err)
	}
}

// edit changes the file as a member with an edited program would, who signs the whole
// store afterwards.
func (h *house) edit(fn func(tx *store.Tx) error) {
	h.t.Helper()
	h.tamper(func(tx *store.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		chain, err := readPolicy(tx, nil, false)
		if err != nil {
			return nil // no reader comes as far as the signature
		}
		end, err := readTail(tx, nil)
		if err != nil {
			return nil // as before
		}
		return (&view{tx: tx, m: h.who["owner"], chain: chain, log: end}).cover()
	})
}

func (h *house) look(fn func(tx *store.Tx)) {
	h.t.Helper()
	if err := h.vault().file.View(background, func(tx *store.Tx) error { fn(tx); return nil }); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) bytes() []byte {
	h.t.Helper()
	b, err := os.ReadFile(h.opt.Path)
	if err != nil {
		h.t.Fatal(err)
	}
	return b
}

func (h *house) restore(b []byte) {
	h.t.Helper()
	if err := os.WriteFile(h.opt.Path, b, 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// snapshot is a way back to the store and the pins as they are now.
func (h *house) snapshot() func() {
	h.t.Helper()
	raw, pins := h.bytes(), h.t.TempDir()
	ok(h.t, "pins", os.CopyFS(pins, os.DirFS(h.opt.Pins)))
	return func() {
		h.restore(raw)
		h.dropPins()
		ok(h.t, "pins", os.CopyFS(h.opt.Pins, os.DirFS(pins)))
	}
}

func (h *house) verify() (Verification, error) {
	return h.vault().Verify(background, h.who["owner"].Fingerprint())
}

func (h *house) state() *rbac.State {
	h.t.Helper()
	s, _, err := h.who["owner"].State(background)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

func (h *house) id(name string) string { return h.who[name].ID }

func ok(t testing.TB, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", what, err))
	}
}
