package rbac

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"
)

// world is a store in memory with a person of each role.
type world struct {
	t     testing.TB
	chain Chain
	now   int64
	keys  map[string]ed25519.PrivateKey // by id of person or invitation
	ids   map[string]string             // by name
	ops   [][2][]byte
}

const testStore = "00112233445566778899aabbccddeeff"

var startOfTime = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixMilli()

func id(name string) string {
	h := sha256.Sum256([]byte(name))
	return hex.EncodeToString(h[:16])
}

func key(name string) ed25519.PrivateKey {
	h := sha256.Sum256([]byte("key of " + name))
	return ed25519.NewKeyFromSeed(h[:])
}

func public(name string) string {
	return hex.EncodeToString(key(name).Public().(ed25519.PublicKey))
}

func keysOf(name string) Keys {
	return Keys{Sign: public(name), Seal: DigestOf([]byte("seal " + name)), Audit: DigestOf([]byte("audit " + name))}
}

func nameOf(name string) Digest { return NameDigest(testStore, name) }

// begin is a store with its owner only.
func begin(t testing.TB) *world {
	w := &world{t: t, now: startOfTime, keys: map[string]ed25519.PrivateKey{}, ids: map[string]string{}}
	w.know("owner")
	g := &Genesis{Store: testStore, Format: 1, Keys: keysOf("owner"), Name: nameOf("owner"), Profile: DigestOf([]byte("owner")), Boxes: map[Box]Digest{}}
	for _, b := range Boxes() {
		g.Boxes[b] = DigestOf([]byte(b))
	}
	w.must("owner", id("owner"), g)
	return w
}

// populated has everybody: owner, superadmin, administrator, editor, narrowed (an
// editor for sales-* only), operator, viewer, api-user (for sales-day), and the
// secrets and flows of two departments.
func populated(t testing.TB) *world {
	w := begin(t)
	for _, r := range []Role{Superadmin, Administrator, Editor, Operator, Viewer} {
		w.enroll(string(r), r)
	}
	w.enroll("narrowed", Editor, Grant{"sales-*", Manage})
	w.know("api-user")
	w.must("owner", id("api-user"), &ServiceAdd{Keys: keysOf("api-user"), Name: nameOf("api-user"), Profile: DigestOf(nil), Flows: []string{"sales-day"}})
	w.must("owner", "", &SecretSet{Secrets: map[string]Digest{"shop@connection:shop": DigestOf([]byte("1")), "hr@connection:hr": DigestOf([]byte("2"))}})
	w.must("owner", "sales-day", &FlowApprove{Digest: DigestOf([]byte("sales")), Secrets: []string{"shop@connection:shop"}})
	w.must("owner", "hr-day", &FlowApprove{Digest: DigestOf([]byte("hr")), Secrets: []string{"hr@connection:hr"}})
	return w
}

func (w *world) know(name string) {
	w.ids[name] = id(name)
	w.keys[id(name)] = key(name)
}

func (w *world) enroll(name string, r Role, grants ...Grant) {
	w.t.Helper()
	code := "code of " + name
	inv := "i" + id(code)
	w.keys[inv] = key(code)
	w.know(name)
	w.must("owner", inv, w.invitation(name, r, grants...))
	if err := w.try(inv, id(name), &UserEnroll{Role: r, Keys: keysOf(name)}); err != nil {
		w.t.Fatal(err)
	}
	if w.chain.State.Users[id(name)].Pending {
		w.must("owner", id(name), &UserSet{Role: r})
	}
}

func (w *world) invitation(name string, r Role, grants ...Grant) *Invite {
	return &Invite{Key: public("code of " + name), User: id(name), Role: r, Grants: grants, Name: nameOf(name),
		Expires: w.now + time.Hour.Milliseconds(), TwoStep: r.AtLeast(Administrator), Profile: DigestOf([]byte(name))}
}

// try lets somebody, by name or id, do an operation.
func (w *world) try(by, object string, b Body) error {
	if known, ok := w.ids[by]; ok {
		by = known
	}
	w.now += 1000
	k, ok := w.keys[by]
	if !ok {
		k = key(by)
	}
	raw, sig, err := w.chain.Draft(k, by, w.now, object, b)
	if err == nil {
		w.ops = append(w.ops, [2][]byte{raw, sig})
	}
	return err
}

func (w *world) must(by, object string, b Body) {
	w.t.Helper()
	if err := w.try(by, object, b); err != nil {
		w.t.Fatalf("%s by %s: %v", b.kind(), by, err)
	}
}

// fork is a copy of w whose changes w does not see.
func (w *world) fork() *world {
	c := *w
	c.chain.State = w.chain.State.Clone()
	c.ops = append([][2][]byte{}, w.ops...)
	return &c
}

func replay(ops [][2][]byte) (Chain, error) {
	var c Chain
	for i, op := range ops {
		if err := c.Append(op[0], op[1], i == len(ops)-1); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (w *world) digest() Digest {
	d, err := w.chain.State.Digest()
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

// forge signs an operation without asking Allowed, as an edited program would.
func (w *world) forge(by string, k ed25519.PrivateKey, object string, b Body) (raw, sig []byte) {
	s := w.chain.State.Clone()
	op := &Op{Seq: w.chain.Next, Prev: w.chain.Head, Time: s.Time, By: by, Kind: b.kind(), ID: object, Body: b}
	Apply(s, op)
	d, err := s.Digest()
	if err != nil {
		w.t.Fatal(err)
	}
	op.State = d
	if raw, err = op.Encode(); err != nil {
		w.t.Fatal(err)
	}
	return raw, SignOp(k, testStore, raw)
}

func TestReplayGivesTheSameState(t *testing.T) {
	w := populated(t)
	c, err := replay(w.ops)
	if err != nil {
		t.Fatal(err)
	}
	d, _ := c.State.Digest()
	if d != w.digest() || c.Head != w.chain.Head {
		t.Errorf("replay gives another state")
	}
	if len(c.State.Users) != 8 {
		t.Errorf("%d people, want 8", len(c.State.Users))
	}
}
