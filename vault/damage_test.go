package vault

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
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
	_, err := h.who["owner"].ApproveFlow(background, "sales-day", digestOf("sales-day"), []Ref{shop})
	ok(t, "approve", err)
	return h
}

var errWrongData = errors.New("wrong data")

// paths are the ways in which a store is used.
func (h *house) paths() map[string]func() error {
	read := func() error {
		m, err := h.unlock("operator")
		if err != nil {
			return err
		}
		p, _, err := m.Myself(background)
		if err != nil {
			return err
		}
		list, err := m.Secrets(background)
		if err == nil && (p.Name != "operator@example.com" || p.Role != rbac.Operator || len(list) != 1 || list[0].Bound[0].Value != "sftp.shop.example") {
			return errWrongData
		}
		return err
	}
	return map[string]func() error{
		"read": read,
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
			if err == nil && string(v) != "shop-password" {
				return errWrongData
			}
			return errors.Join(err, run.End(background, RunResult{}))
		},
		"verify": func() error { _, err := h.verify(); return err },
	}
}

// TestFlippedBits flips bits of a small store: no wrong data, no crash, no hang, and
// no outcome but none, integrity, what a slot or the format means. It flips a sample;
// with HEADGATE_EVERY_BIT=1 every bit, on every path (an hour or so).
func TestFlippedBits(t *testing.T) {
	h := small(t)
	raw := h.bytes()
	pins := t.TempDir()
	ok(t, "pins", os.CopyFS(pins, os.DirFS(h.opt.Pins)))
	paths, outcomes := h.paths(), map[string]int{}
	for name, use := range paths {
		ok(t, name, use())
	}
	r := rand.New(rand.NewPCG(3, 4))
	bits := r.Perm(len(raw) * 8)
	if os.Getenv("HEADGATE_EVERY_BIT") == "" {
		bits = bits[:400]
	}
	for i, bit := range bits {
		for _, name := range []string{"read", "verify", "write"} {
			if name == "write" && i%4 != 0 && len(bits) == 400 {
				continue
			}
			flipped := bytes.Clone(raw)
			flipped[bit/8] ^= 1 << (bit % 8)
			h.restore(flipped)
			h.dropPins()
			ok(t, "pins", os.CopyFS(h.opt.Pins, os.DirFS(pins)))
			err := paths[name]()
			reason := ReasonOf(err)
			if err != nil && reason != ReasonIntegrity && reason != ReasonLogin && reason != ReasonNewer {
				t.Errorf("byte %d, bit %d, %s: %q, %v", bit/8, bit%8, name, reason, err)
			}
			outcomes[fmt.Sprintf("%s %s", name, reason)]++
		}
	}
	for _, want := range []string{"read ", "read integrity", "verify ", "verify integrity", "write ", "write integrity"} {
		if outcomes[want] == 0 {
			t.Errorf("%q: never, of %v", want, outcomes)
		}
	}
	t.Log(outcomes)
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
	raw := h.bytes()
	const page = 4096
	refused := 0
	for at := 0; at+page <= min(len(raw), len(old)); at += page {
		if bytes.Equal(raw[at:at+page], old[at:at+page]) {
			continue
		}
		mixed := bytes.Clone(raw)
		copy(mixed[at:], old[at:at+page])
		for name, use := range h.paths() {
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
