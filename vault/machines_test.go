//go:build unix

package vault

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/keyring"
)

// on is the house as another machine sees it, which remembers for itself.
func (h *house) on(machine string) *house {
	other := *h
	other.opt.Pins = filepath.Join(filepath.Dir(h.opt.Path), "pins-"+machine)
	return &other
}

func (h *house) runs(who string) error {
	m, err := h.unlock(who)
	if err != nil {
		return err
	}
	return oneRun(m)
}

// TestTwoMachines share a store: each takes what the other wrote, and neither takes an
// older copy, nor a history that parted from its own.
func TestTwoMachines(t *testing.T) {
	h := small(t)
	a, b := h.on("a"), h.on("b")
	ok(t, "a", a.runs("operator"))
	ok(t, "b", b.runs("operator"))
	both := h.bytes()
	ok(t, "a again", a.runs("operator"))
	ok(t, "b sees it", b.runs("owner"))

	// Whoever copies files between the machines puts an older one in the place of a newer.
	newest := h.bytes()
	h.restore(both)
	for name, m := range map[string]*house{"a": a, "b": b} {
		who := map[string]string{"a": "operator", "b": "owner"}[name]
		if err := m.runs(who); ReasonOf(err) != ReasonIntegrity || !strings.Contains(err.Error(), "cut off") {
			t.Errorf("%s takes an older copy: %v", name, err)
		}
	}
	h.restore(newest)

	// Each works with a copy of its own for a while.
	ok(t, "a alone", a.runs("operator"))
	ok(t, "a alone", a.runs("owner"))
	of := h.bytes()
	h.restore(newest)
	for range 3 {
		ok(t, "b alone", b.runs("owner"))
	}
	if err := a.runs("operator"); ReasonOf(err) != ReasonIntegrity || !strings.Contains(err.Error(), "not the one seen before") {
		t.Errorf("a takes another history: %v", err)
	}
	h.restore(of)
	if err := b.runs("owner"); ReasonOf(err) != ReasonIntegrity {
		t.Errorf("b takes another history: %v", err)
	}
	ok(t, "who never saw either", h.on("c").runs("operator")) // first contact: class detect has nothing to compare with
}

// TestProcessRemembers: a process that keeps no pins still does not take an older copy
// than it saw itself, and what it gave out of the policy stays as it was.
func TestProcessRemembers(t *testing.T) {
	h := small(t)
	h.opt.Pins = ""
	m := h.login("owner")
	before, _, err := m.State(background)
	ok(t, "state", err)
	sum, err := before.Digest()
	ok(t, "digest", err)
	old := h.bytes()
	_, err = m.Invite(background, Invitation{Email: "new@example.com", Role: rbac.Viewer})
	ok(t, "invite", err)
	other := h.login("owner")
	_, err = other.SetRole(background, "operator@example.com", rbac.Viewer)
	ok(t, "role", err)
	after, _, err := m.State(background)
	ok(t, "state", err)
	if after.Seq != before.Seq+2 || after.Users[h.id("operator")].Role != rbac.Viewer {
		t.Errorf("the policy ends at %d, %+v", after.Seq, after.Users[h.id("operator")])
	}
	if now, err := before.Digest(); err != nil || now != sum {
		t.Errorf("the older policy was changed: %v", err)
	}
	h.restore(old)
	if _, _, err := m.State(background); ReasonOf(err) != ReasonIntegrity || !strings.Contains(err.Error(), "put back") {
		t.Errorf("an older copy: %v", err)
	}
	if _, err := h.unlock("owner"); err != nil {
		t.Errorf("a new process has nothing to compare with: %v", err)
	}
}

// TestClockSetBack: what ended by the clock does not begin again when the clock is set
// back after the store has seen the later time. Before, the clock is all there is: class
// binary.
func TestClockSetBack(t *testing.T) {
	h := small(t)
	o := h.who["owner"]
	late, err := o.Invite(background, Invitation{Email: "late@example.com", Role: rbac.Viewer, Expires: time.Hour})
	ok(t, "invite", err)
	s := Sessions{Folder: filepath.Join(t.TempDir(), "run"), Ring: keyring.Memory{}}
	_, err = o.Login(background, s, time.Hour)
	ok(t, "log in", err)
	start := h.now

	h.now = start.Add(2 * time.Hour)
	if _, _, err := h.vault().Accept(background, late, keyFileSlot()); ReasonOf(err) != ReasonLogin {
		t.Errorf("late: %v", err)
	}
	if c, err := s.Resume(o.Fingerprint(), h.now); c != nil || err != nil {
		t.Errorf("late session: %v, %v", c, err)
	}
	_, err = o.SetRole(background, "operator@example.com", rbac.Viewer)
	ok(t, "the store sees the time", err)

	h.now = start
	if _, _, err := h.vault().Accept(background, late, keyFileSlot()); ReasonOf(err) != ReasonLogin || !strings.Contains(err.Error(), "ended") {
		t.Errorf("with the clock set back: %v", err)
	}
	if c, err := s.Resume(o.Fingerprint(), h.now); c != nil || err != nil {
		t.Errorf("the session lives again: %v, %v", c, err)
	}
	_, err = h.run("owner", "sales-day", shop, shopBinding())
	ok(t, "a run by a clock that is behind", err)
	_, err = h.verify()
	ok(t, "verify", err)
}

// TestSecondStore: making a store where one is changes nothing.
func TestSecondStore(t *testing.T) {
	h := small(t)
	before := h.bytes()
	if _, _, err := h.vault().Init(background, Founding{Email: "thief@example.com", Slots: keyFileSlot()}); !errors.Is(err, os.ErrExist) {
		t.Errorf("%v", err)
	}
	if string(h.bytes()) != string(before) {
		t.Error("the store was changed")
	}
}
