package rbac

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestChainRefusesWhatWasEdited. Class: signature.
func TestChainRefusesWhatWasEdited(t *testing.T) {
	w := populated(t)
	n := len(w.ops)
	for name, edit := range map[string]func(ops [][2][]byte) [][2][]byte{
		"role in an operation": func(ops [][2][]byte) [][2][]byte {
			ops[3][0] = bytes.Replace(ops[3][0], []byte("administrator"), []byte("superadmin"), 1)
			ops[5][0] = bytes.Replace(ops[5][0], []byte("administrator"), []byte("superadmin"), 1)
			return ops
		},
		"one left out":      func(ops [][2][]byte) [][2][]byte { return append(ops[:4], ops[5:]...) },
		"two exchanged":     func(ops [][2][]byte) [][2][]byte { ops[4], ops[5] = ops[5], ops[4]; return ops },
		"one twice":         func(ops [][2][]byte) [][2][]byte { return append(ops, ops[n-1]) },
		"no genesis":        func(ops [][2][]byte) [][2][]byte { return ops[1:] },
		"signature of next": func(ops [][2][]byte) [][2][]byte { ops[4][1] = ops[5][1]; return ops },
		"short signature":   func(ops [][2][]byte) [][2][]byte { ops[4][1] = ops[4][1][:63]; return ops },
		"no signature":      func(ops [][2][]byte) [][2][]byte { ops[4][1] = nil; return ops },
		"other state": func(ops [][2][]byte) [][2][]byte {
			last := ops[n-1][0]
			i := bytes.LastIndex(last, []byte(`"state":"`)) + len(`"state":"`)
			edited := bytes.Clone(last)
			edited[i] ^= 1
			ops[n-1] = [2][]byte{edited, SignOp(key("owner"), testStore, edited)}
			return ops
		},
		"other store": func(ops [][2][]byte) [][2][]byte {
			ops[4][1] = SignOp(key("owner"), strings.Repeat("0", 32), ops[4][0])
			return ops
		},
	} {
		ops := edit(w.fork().copyOps())
		var broken *ChainError
		if _, err := replay(ops); !errors.As(err, &broken) {
			t.Errorf("%s: taken (%v)", name, err)
		}
	}
}

func (w *world) copyOps() [][2][]byte {
	for i, op := range w.ops {
		w.ops[i] = [2][]byte{bytes.Clone(op[0]), bytes.Clone(op[1])}
	}
	return w.ops
}

// TestAnotherSpellingIsAnotherOperation: a signature over bytes that two readers
// could read as two things is refused, whoever made it.
func TestAnotherSpellingIsAnotherOperation(t *testing.T) {
	w := populated(t)
	raw, _ := w.forge(id("administrator"), key("administrator"), id("viewer"), &UserSet{Role: Operator})
	text := string(raw)
	for name, edited := range map[string]string{
		"repeated member":  strings.Replace(text, `"role":"operator"`, `"role":"viewer","role":"operator"`, 1),
		"other case":       strings.Replace(text, `"role"`, `"Role"`, 1),
		"both cases":       strings.Replace(text, `"role":"operator"`, `"role":"viewer","ROLE":"operator"`, 1),
		"unknown member":   strings.Replace(text, `"role"`, `"note":1,"role"`, 1),
		"missing member":   strings.Replace(text, `,"pending":false`, ``, 1),
		"unknown kind":     strings.Replace(text, `"user.set"`, `"user.sets"`, 1),
		"two values":       text + "{}",
		"nothing":          "",
		"not an operation": "null",
		"deep":             strings.Replace(text, `"role":"operator"`, `"role":`+strings.Repeat("[", 50)+strings.Repeat("]", 50), 1),
		"null body":        text[:strings.Index(text, `"body":`)] + `"body":null,"state":"` + strings.Repeat("0", 64) + `"}`,
	} {
		if edited == text {
			t.Fatalf("%s: nothing changed", name)
		}
		c := w.chain
		if err := c.Append([]byte(edited), SignOp(key("administrator"), testStore, []byte(edited)), true); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	c := w.fork().chain
	if err := c.Append(raw, SignOp(key("administrator"), testStore, raw), true); err != nil {
		t.Errorf("the operation itself: %v", err)
	}
}

// TestRandomChains lets random people try random operations: what passes is taken by
// a reader who starts from nothing and gives the same state; nobody's level is ever
// above the role's; there is always one owner, who is a superadmin and active.
func TestRandomChains(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	base := populated(t)
	all := rules()
	for range 30 {
		w := base.fork()
		for range 25 {
			x := all[r.IntN(len(all))]
			_ = w.try(id(actors[r.IntN(len(actors))]), x.object, x.body(w)) // a refusal is an outcome too
			checkState(t, w.chain.State)
		}
		c, err := replay(w.ops)
		if err != nil {
			t.Fatal(err)
		}
		if d, _ := c.State.Digest(); d != w.digest() {
			t.Fatal("replay gives another state")
		}
	}
}

func checkState(t *testing.T, s *State) {
	t.Helper()
	if o, ok := s.Users[s.Owner]; !ok || o.Role != Superadmin || o.Disabled || o.Pending || o.Narrowed {
		t.Fatalf("owner: %+v", o)
	}
	for id, u := range s.Users {
		for _, flow := range []string{"sales-day", "hr-day", "other"} {
			if l := s.Effective(id, flow); !u.Role.Ceiling().Includes(l) {
				t.Fatalf("role %s has %s", u.Role, l)
			}
		}
		for secret := range s.Secrets {
			if u.Role == Viewer && s.Reaches(id, secret) {
				t.Fatal("a viewer reaches a secret")
			}
		}
	}
}

func TestReachOfRoles(t *testing.T) {
	w := populated(t)
	for who, want := range map[string]string{
		"owner": "hr@connection:hr shop@connection:shop", "superadmin": "hr@connection:hr shop@connection:shop",
		"administrator": "hr@connection:hr shop@connection:shop", "editor": "hr@connection:hr shop@connection:shop",
		"narrowed": "shop@connection:shop", "operator": "hr@connection:hr shop@connection:shop",
		"viewer": "", "api-user": "shop@connection:shop", "stranger": "",
	} {
		if got := strings.Join(w.chain.State.Exposure(id(who)), " "); got != want {
			t.Errorf("%s reaches %q, want %q", who, got, want)
		}
	}
	if got := fmt.Sprint(w.chain.State.Recipients("hr@connection:hr")); got != fmt.Sprint([]string{id("operator")}) {
		t.Errorf("recipients of hr: %s", got)
	}
}

func FuzzDecodeOp(f *testing.F) {
	for _, op := range populated(f).ops {
		f.Add(op[0])
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		op, err := DecodeOp(raw)
		if err != nil {
			return
		}
		again, err := op.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := DecodeOp(again); err != nil {
			t.Fatalf("what was read can't be written: %v", err)
		}
		s := begin(t).chain.State
		if Allowed(s, op) == nil {
			Apply(s, op)
		}
	})
}
