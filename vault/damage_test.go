package vault

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/slot"
)

// small is a store with one flow, one secret and one more person.
func small(t *testing.T) *house {
	t.Helper()
	h := founded(t)
	h.invite("operator", rbac.Operator)
	h.set(shop, shopBinding(), "shop-password")
	_, err := h.who["owner"].ApproveFlow(background, "sales-day", "", digestOf("sales-day"), []Ref{shop})
	ok(t, "approve", err)
	return h
}

var errWrongData = errors.New("wrong data")

// everything is what a member reads from the store, as a text.
func (h *house) everything(who string) (string, error) {
	m, err := h.unlock(who)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	var failed error
	note := func(what any, err error) {
		_, _ = fmt.Fprintf(&b, "%+v\n", what)
		failed = errors.Join(failed, err)
	}
	p, s, err := m.Myself(background)
	note(p, err)
	note(s, nil)
	list, err := m.Secrets(background)
	note(list, err)
	slots, err := m.Slots(background)
	note(slots, err)
	note("log", m.Audit(background, 0, func(e Entry) error { note(e, nil); return nil }))
	return b.String(), failed
}

// paths are the ways in which a store is used. What each finds is compared with what
// it finds in the store as it is now.
func (h *house) paths() map[string]func() error {
	wantRead, err := h.everything("operator")
	ok(h.t, "read", err)
	wantVerify, err := h.verify()
	ok(h.t, "verify", err)
	same := func(got, want any, err error) error {
		if err == nil && !reflect.DeepEqual(got, want) {
			return fmt.Errorf("%w: %v", errWrongData, got)
		}
		return err
	}
	return map[string]func() error{
		"read": func() error {
			got, err := h.everything("operator")
			return same(got, wantRead, err)
		},
		"write": func() error {
			m, err := h.unlock("operator")
			if err != nil {
				return err
			}
			run, err := m.StartRun(background, RunRequest{Flow: "sales-day", Digest: digestOf("sales-day"), Secrets: []Ref{shop}})
			if err != nil {
				return err
			}
			v, err := run.Secret(shop, shopBinding())
			return errors.Join(same(string(v), "shop-password", err), run.End(background, RunResult{}))
		},
		"verify": func() error {
			got, err := h.verify()
			return same(got, wantVerify, err)
		},
	}
}

// TestMixedPages puts pages of an older copy between those of the store. Where a page
// was in use in both, what it says was true once: it is taken only where nothing that
// the pin remembers contradicts it, and never gives wrong data.
func TestMixedPages(t *testing.T) {
	h := small(t)
	old := h.bytes()
	h.set(shop, shopBinding(), "shop-password")
	_, err := h.run("owner", "sales-day", shop, shopBinding())
	ok(t, "run", err)
	raw, paths := h.bytes(), h.paths()
	const page = 4096
	refused := 0
	for at := 0; at+page <= min(len(raw), len(old)); at += page {
		if bytes.Equal(raw[at:at+page], old[at:at+page]) {
			continue
		}
		mixed := bytes.Clone(raw)
		copy(mixed[at:], old[at:at+page])
		for name, use := range paths {
			h.restore(mixed)
			if err := use(); err != nil {
				refused++
				if r := ReasonOf(err); r != ReasonIntegrity && r != ReasonLogin {
					t.Errorf("page %d, %s: %v", at/page, name, err)
				}
			}
		}
	}
	for n := 0; n < len(raw); n += 512 {
		h.restore(raw[:n])
		if _, err := h.unlock("operator"); ReasonOf(err) != ReasonIntegrity {
			t.Errorf("cut to %d: %v", n, err)
		}
	}
	if refused == 0 {
		t.Error("nothing was refused: the test shows nothing")
	}
}

func FuzzParseCode(f *testing.F) {
	f.Add(code{rbac.DigestOf(nil), make([]byte, invitationBytes)}.text())
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := parseCode(s); err != nil && ReasonOf(err) != ReasonLogin {
			t.Error(err)
		}
	})
}

func FuzzParseSlot(f *testing.F) {
	f.Add([]byte(`{"name":"password","type":"password","salt":"AAAA","cost":{"time":3,"memory":65536,"threads":4},"data":"AAAA","made":1}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if s, err := parseSlot(raw); err == nil && s.Type != slot.Password && s.Type != slot.Device {
			_, _ = s.Open(slot.Owner{}, slot.Material{Key: make([]byte, 32)})
		}
	})
}
