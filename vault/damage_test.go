package vault

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/cryptotest"
	"time"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/slot"
	"github.com/headgate/headgate/vault/store"
	bolt "go.etcd.io/bbolt"
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

// sample is which bits TestFlippedBits flips, in an order that mixes the whole file: 400
// of them; with HEADGATE_EVERY_BIT=PART/PARTS all of a part, on all paths (hours).
func sample(size int) (bits []int, all bool) {
	order := rand.New(rand.NewPCG(3, 4)).Perm(size)
	var part, parts int
	if n, _ := fmt.Sscanf(os.Getenv("HEADGATE_EVERY_BIT"), "%d/%d", &part, &parts); n != 2 {
		return order[:400], false
	}
	for i := part; i < size; i += parts {
		bits = append(bits, order[i])
	}
	return bits, true
}

// settled writes the store anew with its pages in an order that does not depend on the
// run of the test, and with nothing after the last page.
func (h *house) settled() {
	h.t.Helper()
	name := h.opt.Path + ".settled"
	to, err := bolt.Open(name, 0o600, &bolt.Options{PageSize: 4096, FreelistType: bolt.FreelistArrayType})
	ok(h.t, "open", err)
	h.look(func(tx *store.Tx) {
		for _, b := range append(covered(), bucketOps, bucketState, bucketLog, bucketFrontier) {
			ok(h.t, b, to.Update(func(w *bolt.Tx) error {
				into, err := w.CreateBucket([]byte(b))
				if err != nil {
					return err
				}
				return tx.Each(b, nil, nil, into.Put)
			}))
		}
	})
	ok(h.t, "close", to.Close())
	raw, err := os.ReadFile(name)
	ok(h.t, "read", err)
	newest := 0
	if binary.NativeEndian.Uint64(raw[4096+64:]) > binary.NativeEndian.Uint64(raw[64:]) {
		newest = 4096
	}
	h.restore(raw[:4096*binary.NativeEndian.Uint64(raw[newest+56:])])
	ok(h.t, "remove", os.Remove(name))
}

// TestFlippedBits flips bits of a small store, which is the same in each run of the
// test: no wrong data, no crash, no hang, and no outcome but none where nothing is
// stored, integrity, and what the format means.
func TestFlippedBits(t *testing.T) {
	cryptotest.SetGlobalRandom(t, 1)
	h := small(t)
	h.settled()
	raw, back := h.bytes(), h.snapshot()
	paths, outcomes := h.paths(), map[string]int{}
	bits, all := sample(len(raw) * 8)
	t.Logf("%d bytes, %x", len(raw), sha256.Sum256(raw))
	var longest time.Duration
	for i, bit := range bits {
		for _, name := range []string{"read", "verify", "write"} {
			if name == "write" && i%4 != 0 && !all {
				continue
			}
			back()
			flipped := bytes.Clone(raw)
			flipped[bit/8] ^= 1 << (bit % 8)
			h.restore(flipped)
			begin := time.Now()
			err := paths[name]()
			longest = max(longest, time.Since(begin))
			reason := ReasonOf(err)
			if err != nil && (reason != ReasonIntegrity && reason != ReasonNewer || errors.Is(err, errWrongData)) {
				t.Errorf("byte %d, bit %d, %s: %q, %v", bit/8, bit%8, name, reason, err)
			}
			outcomes[fmt.Sprintf("%s %s", name, reason)]++
		}
		if all && i%2000 == 0 {
			fmt.Println(i, "of", len(bits), longest, outcomes)
		}
	}
	for _, want := range []string{"read ", "read integrity", "verify ", "verify integrity", "write ", "write integrity"} {
		if outcomes[want] == 0 {
			t.Errorf("%q: never, of %v", want, outcomes)
		}
	}
	t.Log(longest, outcomes)
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
