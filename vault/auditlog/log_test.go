package auditlog

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/headgate/headgate/vault/seal"
	"golang.org/x/mod/sumdb/tlog"
)

var ann, bob = strings.Repeat("a", 32), strings.Repeat("b", 32)

func author(t testing.TB, user string) (Author, string) {
	t.Helper()
	k := ed25519.NewKeyFromSeed(bytes.Repeat([]byte(user[:1]), 32))
	return Author{"store", k, bytes.Repeat([]byte(user[:1]), 32)}, hex.EncodeToString(k.Public().(ed25519.PublicKey))
}

// written is a log of n entries by ann and bob, with runs.
func written(t testing.TB, n int) [][]byte {
	t.Helper()
	var list [][]byte
	var prev [32]byte
	for i := range n {
		user, code := ann, RunStart
		if i%2 == 1 {
			user, code = bob, RunEnd
		}
		a, _ := author(t, user)
		raw, err := a.Write(Head{Seq: uint64(i), Prev: prev, Time: int64(i), User: user, Code: code, Run: [16]byte{byte(i / 2)}, Policy: 3}, fmt.Appendf(nil, "body %d", i))
		if err != nil {
			t.Fatal(err)
		}
		e, err := Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		prev = e.Hash()
		list = append(list, raw)
	}
	return list
}

func verifier(t testing.TB) *Verifier {
	return &Verifier{Store: "store", Policy: 5, Signers: func(user string, policy uint64) (string, bool) {
		_, key := author(t, user)
		return key, (user == ann || user == bob) && policy >= 2
	}}
}

func check(t testing.TB, list [][]byte) (*Verifier, error) {
	v := verifier(t)
	for _, raw := range list {
		if err := v.Add(raw); err != nil {
			return v, err
		}
	}
	return v, nil
}

func TestLogVerifies(t *testing.T) {
	list := written(t, 9)
	v, err := check(t, list)
	if err != nil {
		t.Fatal(err)
	}
	if open := v.Unterminated(); len(open) != 1 || open[0].Seq != 8 {
		t.Errorf("runs without an end: %v", open)
	}
	if n := len(list[0]); n > 450 {
		t.Errorf("an entry has %d bytes", n)
	}
}

// TestLogShowsTampering. Class: signature.
func TestLogShowsTampering(t *testing.T) {
	for name, edit := range map[string]func(l [][]byte) [][]byte{
		"one left out":        func(l [][]byte) [][]byte { return append(l[:3], l[4:]...) },
		"two exchanged":       func(l [][]byte) [][]byte { l[3], l[4] = l[4], l[3]; return l },
		"one twice":           func(l [][]byte) [][]byte { return append(l, l[8]) },
		"first left out":      func(l [][]byte) [][]byte { return l[1:] },
		"cut entry":           func(l [][]byte) [][]byte { l[4] = l[4][:40]; return l },
		"empty entry":         func(l [][]byte) [][]byte { l[4] = nil; return l },
		"last replaced":       func(l [][]byte) [][]byte { return append(l[:8], forge(t, l[7], ann, bob)) },
		"by a stranger":       func(l [][]byte) [][]byte { return append(l[:8], forge(t, l[7], strings.Repeat("c", 32), "c")) },
		"before one's time":   func(l [][]byte) [][]byte { return append(l[:8], forgeAt(t, l[7], ann, ann, 1, 9)) },
		"policy to come":      func(l [][]byte) [][]byte { return append(l[:8], forgeAt(t, l[7], ann, ann, 9, 9)) },
		"policy runs back":    func(l [][]byte) [][]byte { return append(l[:8], forgeAt(t, l[7], ann, ann, 2, 9)) },
		"time runs back":      func(l [][]byte) [][]byte { return append(l[:8], forgeAt(t, l[7], ann, ann, 3, 1)) },
		"of another store":    func(l [][]byte) [][]byte { return append(l[:8], forgeStore(t, l[7])) },
		"one bit of the last": func(l [][]byte) [][]byte { l[8] = bytes.Clone(l[8]); l[8][150] ^= 1; return l },
	} {
		_, err := check(t, edit(slices.Clone(written(t, 9))))
		var tampered *TamperedError
		if !errors.As(err, &tampered) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func forge(t *testing.T, last []byte, as, by string) []byte { return forgeAt(t, last, as, by, 3, 99) }

func forgeAt(t *testing.T, last []byte, as, by string, policy uint64, time int64) []byte {
	a, _ := author(t, by)
	return forgeWith(t, a, last, as, policy, time)
}

func forgeStore(t *testing.T, last []byte) []byte {
	a, _ := author(t, ann)
	a.Store = "other"
	return forgeWith(t, a, last, ann, 3, 99)
}

func forgeWith(t *testing.T, a Author, last []byte, as string, policy uint64, time int64) []byte {
	e, err := Parse(last)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := a.Write(Head{Seq: e.Seq + 1, Prev: e.Hash(), Time: time, User: as, Code: Login, Policy: policy}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestBodiesAreTheirAuthors. Class: key.
func TestBodiesAreTheirAuthors(t *testing.T) {
	list := written(t, 2)
	a, _ := author(t, ann)
	b, _ := author(t, bob)
	e, err := Parse(list[0])
	if err != nil {
		t.Fatal(err)
	}
	if body, err := e.Open("store", a.Audit); err != nil || string(body) != "body 0" {
		t.Errorf("%q, %v", body, err)
	}
	for name, try := range map[string]func() ([]byte, error){
		"other person": func() ([]byte, error) { return e.Open("store", b.Audit) },
		"other store":  func() ([]byte, error) { return e.Open("other", a.Audit) },
	} {
		if _, err := try(); !errors.Is(err, seal.ErrOpen) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestFrontierIsTheTree compares with the library's tree for every size.
func TestFrontierIsTheTree(t *testing.T) {
	var f Frontier
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(at []int64) (list []tlog.Hash, err error) {
		for _, i := range at {
			list = append(list, stored[i])
		}
		return list, nil
	})
	for n := range int64(600) {
		want, err := tlog.TreeHash(n, read)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Root(); got != want {
			t.Fatalf("size %d: another root", n)
		}
		again, err := ParseFrontier(f.Encode())
		if err != nil || again.Root() != want {
			t.Fatalf("size %d: %v", n, err)
		}
		leaf := fmt.Appendf(nil, "leaf %d", n)
		h, err := tlog.StoredHashes(n, leaf, read)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, h...)
		f.Add(LeafHash(leaf))
	}
	for _, bad := range [][]byte{nil, make([]byte, 7), make([]byte, 9), make([]byte, 40), append(make([]byte, 7), 3)} {
		if _, err := ParseFrontier(bad); err == nil {
			t.Errorf("%d bytes: taken", len(bad))
		}
	}
}

func TestCheckpoint(t *testing.T) {
	a, key := author(t, ann)
	_, other := author(t, bob)
	c := Checkpoint{Origin("f00d"), 7, tlog.Hash{1, 2}}
	raw, err := c.Sign(ann, a.Sign)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ParseCheckpoint(raw, Origin("f00d"), ann, key); err != nil || got != c {
		t.Errorf("%+v, %v", got, err)
	}
	for name, try := range map[string]func() error{
		"other key":    func() error { _, err := ParseCheckpoint(raw, Origin("f00d"), ann, other); return err },
		"other person": func() error { _, err := ParseCheckpoint(raw, Origin("f00d"), bob, key); return err },
		"other log":    func() error { _, err := ParseCheckpoint(raw, Origin("beef"), ann, key); return err },
		"changed": func() error {
			_, err := ParseCheckpoint(bytes.Replace(raw, []byte("\n7\n"), []byte("\n8\n"), 1), Origin("f00d"), ann, key)
			return err
		},
		"nothing": func() error { _, err := ParseCheckpoint(nil, Origin("f00d"), ann, key); return err },
		"no key":  func() error { _, err := ParseCheckpoint(raw, Origin("f00d"), ann, ""); return err },
	} {
		if try() == nil {
			t.Errorf("%s: taken", name)
		}
	}
	v := verifier(t)
	v.Expect(0)
	v.Expect(2)
	for i, raw := range written(t, 3) {
		if err := v.Add(raw); err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			c.Root = v.Frontier.Root()
		}
	}
	if got, ok := v.RootAt(2); !ok || got != c.Root {
		t.Error("the root at size 2 is another")
	}
}

func TestEveryCodeHasAName(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Codes() {
		if c.Name() == "" || seen[c.Name()] || c < 1000 || c > 7999 {
			t.Errorf("code %d: %q", c, c.Name())
		}
		seen[c.Name()] = true
	}
	if len(seen) != len(names) || !seen["run.start"] || !seen["run.end"] {
		t.Errorf("%d names", len(seen))
	}
}

func FuzzParse(f *testing.F) {
	for _, raw := range written(f, 2) {
		f.Add(raw)
	}
	_, key := author(f, ann)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if e, err := Parse(raw); err == nil && e.Verify("store", key) {
			_, _ = e.Open("store", make([]byte, 32))
		}
	})
}
