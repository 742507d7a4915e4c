//go:build unix

package acceptance

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/auditlog"
	"github.com/headgate/headgate/vault/seal"
	"github.com/headgate/headgate/vault/store"
)

func seqKey(n uint64) []byte              { return binary.BigEndian.AppendUint64(nil, n) }
func seqOf(key []byte) uint64             { return binary.BigEndian.Uint64(key) }
func (h *household) id(who string) string { return h.key(who).User }

func (h *household) swap(bucket string, a, b []byte) {
	h.t.Helper()
	h.edit(func(tx *store.Tx) error {
		x, y := tx.Get(bucket, a), tx.Get(bucket, b)
		if x == nil || y == nil {
			return errors.New("nothing to exchange")
		}
		return errors.Join(tx.Put(bucket, a, y), tx.Put(bucket, b, x))
	})
}

// cut removes the newest entries of the audit log, makes its tree fit and signs the
// whole store, as a member can who knows the format. Without checkpoints nothing in the
// file tells of the rest.
func (h *household) cut(n uint64, checkpoints bool) {
	h.t.Helper()
	who, state := h.identity("administrator"), h.state()
	h.edit(func(tx *store.Tx) error {
		last, _ := tx.Last("audit.log")
		size := seqOf(last) + 1
		var f auditlog.Frontier
		for i := range size {
			if i >= size-n {
				if err := tx.Delete("audit.log", seqKey(i)); err != nil {
					return err
				}
				continue
			}
			f.Add(auditlog.LeafHash(tx.Get("audit.log", seqKey(i))))
		}
		if checkpoints {
			return h.sign(tx, who, state, f)
		}
		var users [][]byte
		if err := tx.Each("audit.ckpt", nil, nil, func(k, _ []byte) error { users = append(users, k); return nil }); err != nil {
			return err
		}
		for _, u := range users {
			if err := tx.Delete("audit.ckpt", u); err != nil {
				return err
			}
		}
		return h.sign(tx, who, state, f)
	})
}

// sign signs the whole store in the administrator's name.
func (h *household) sign(tx *store.Tx, who *seal.Identity, s *rbac.State, f auditlog.Frontier) error {
	author, err := hex.DecodeString(h.id("administrator"))
	if err != nil {
		return err
	}
	signed := binary.BigEndian.AppendUint64(author, s.Seq)
	for _, b := range []string{"meta", "pk", "slots", "profile", "box", "secret", "dek", "bundle", "audit.ckpt", "audit.key"} {
		sum := tx.Sum(b)
		signed = append(signed, sum[:]...)
	}
	signed = append(signed, f.Encode()...)
	_, last := tx.Last("audit.log")
	head := auditlog.LeafHash(last)
	sig := ed25519.Sign(who.Sign, rbac.Context("headgate/v1/cover", s.Store, string(signed), string(head[:])))
	return tx.Put("audit.frontier", []byte("cur"), append(sig, signed...))
}

func (h *household) forgetPins() {
	h.t.Helper()
	if err := os.RemoveAll(h.path(".local/state")); err != nil {
		h.t.Fatal(err)
	}
}

// tampering is something done to the files by hand, and the command that finds it.
type tampering struct {
	name string
	do   func(h *household)
	run  []string
	exit int
	says string
}

func tamperings() []tampering {
	anyone := keyed("viewer", "user", "list")
	verify := []string{"audit", "verify"}
	return []tampering{
		{"an operator grants itself more", func(h *household) {
			h.forge("operator", "operator", rbac.KindGrantSet, h.id("operator"), &rbac.GrantSet{Grant: rbac.Grant{Flows: "*", Level: rbac.Run}})
		}, anyone, 13, "role operator signs nothing"},
		{"the same without a key", func(h *household) {
			h.forge("operator", "operator", rbac.KindGrantSet, h.id("operator"), &rbac.GrantSet{Grant: rbac.Grant{Flows: "*", Level: rbac.Run}})
		}, verify, 13, "role operator signs nothing"},
		{"demoted owner", func(h *household) {
			h.forge("administrator", "administrator", rbac.KindUserSet, h.id("owner"), &rbac.UserSet{Role: rbac.Viewer})
		}, anyone, 13, "the owner is altered by `headgate owner transfer` only"},
		{"self-promotion", func(h *household) {
			h.forge("administrator", "administrator", rbac.KindUserSet, h.id("administrator"), &rbac.UserSet{Role: rbac.Superadmin})
		}, anyone, 13, "does not allow to make or alter a superadmin"},
		{"in the owner's name", func(h *household) {
			h.forge("owner", "administrator", rbac.KindUserSet, h.id("viewer"), &rbac.UserSet{Role: rbac.Superadmin})
		}, anyone, 13, "signature is not the author's"},
		{"edited cached state", func(h *household) {
			s := h.state()
			u := s.Users[h.id("viewer")]
			u.Role = rbac.Superadmin
			s.Users[h.id("viewer")] = u
			h.edit(func(tx *store.Tx) error {
				raw, err := json.Marshal(s)
				return errors.Join(err, tx.Put("policy.state", []byte("cur"), raw))
			})
		}, anyone, 13, "stored state of the policy was edited"},
		{"swapped slots", func(h *household) {
			a, b := h.key("viewer"), h.key("administrator")
			h.swap("slots", []byte(a.User+"/"+a.Name()), []byte(b.User+"/"+b.Name()))
		}, anyone, 13, "in the place of another"},
		{"substituted public key", func(h *household) {
			h.edit(func(tx *store.Tx) error {
				return tx.Put("pk", []byte(h.id("operator")), tx.Get("pk", []byte(h.id("viewer"))))
			})
		}, keyed("editor", "secret", "set", "pepper", "--key", "pepper", "--file", "in.csv"), 13, "public key"},
		{"moved secret", func(h *household) { h.swap("secret", []byte("pepper@key:pepper"), []byte("hr-pepper@key:hr-pepper")) },
			keyed("nightly", "run", "masked"), 13, "stored secret"},
		{"exchanged profiles", func(h *household) { h.swap("profile", []byte(h.id("viewer")), []byte(h.id("administrator"))) },
			anyone, 13, "profile"},
		{"deleted audit entry", func(h *household) {
			h.edit(func(tx *store.Tx) error { return tx.Delete("audit.log", seqKey(3)) })
		}, verify, 13, "audit entry 3"},
		{"edited audit entry", func(h *household) {
			h.edit(func(tx *store.Tx) error {
				raw := tx.Get("audit.log", seqKey(3))
				raw[len(raw)-1] ^= 1
				return tx.Put("audit.log", seqKey(3), raw)
			})
		}, verify, 13, "audit entry 3"},
		{"log cut off by who has no key", func(h *household) {
			h.edit(func(tx *store.Tx) error { last, _ := tx.Last("audit.log"); return tx.Delete("audit.log", last) })
		}, verify, 13, "the audit log has"},
		{"the key of a secret taken away", func(h *household) {
			h.edit(func(tx *store.Tx) error { return tx.Delete("dek", []byte("pepper@key:pepper\x00"+h.id("nightly"))) })
		}, keyed("nightly", "run", "masked"), 13, "the stored keys of secrets were edited"},
		{"the key of a box taken away", func(h *household) {
			h.edit(func(tx *store.Tx) error {
				return tx.Delete("box", fmt.Appendf(nil, "meta/%020d/%s", 1, h.id("viewer")))
			})
		}, anyone, 13, "the stored keys of boxes were edited"},
		{"a slot taken away", func(h *household) {
			k := h.key("viewer")
			h.edit(func(tx *store.Tx) error { return tx.Delete("slots", []byte(k.User+"/"+k.Name())) })
		}, anyone, 13, "the stored slots were edited"},
		{"a checkpoint taken away", func(h *household) {
			h.edit(func(tx *store.Tx) error { return tx.Delete("audit.ckpt", []byte(h.id("editor"))) })
		}, verify, 13, "the stored checkpoints were edited"},
		{"log cut off", func(h *household) { h.cut(2, true) }, keyed("editor", "audit", "list"), 13, "cut off"},
		{"log cut off, no pins", func(h *household) { h.cut(2, true); h.forgetPins() }, verify, 13, "not the one that was signed"},
		{"log and checkpoints cut off", func(h *household) { h.cut(2, false) }, verify, 13, "cut off"},
		{"file put back", func(h *household) { h.putBack(func() { h.enrol("late@example.com", "viewer") }) },
			keyed("owner", "user", "list"), 13, "the store was put back"},
		{"file put back, without a key", func(h *household) { h.putBack(func() { h.enrol("late@example.com", "viewer") }) },
			verify, 13, "the store was put back"},
		{"file put back to before a run", func(h *household) { h.putBack(func() { h.as("nightly", "run", "masked").exits(0) }) },
			keyed("nightly", "run", "masked"), 13, "cut off"},
		{"a removed administrator's branch", branchOff, keyed("owner", "user", "list"), 13, "another history"},
		{"another store in its place", func(h *household) {
			other := newProject(h.t)
			other.run("init", "--email", "owner@example.com", "--key-out", "owner.key", "--no-keyring").exits(0)
			h.write(storeFile, other.read(storeFile))
		}, keyed("owner", "audit", "verify"), 13, "for another store"},
		{"edited pin", func(h *household) {
			pins, _ := filepath.Glob(h.path(".local/state/headgate/*/" + h.id("owner") + ".pin"))
			for _, name := range pins {
				text, err := os.ReadFile(name)
				if err = errors.Join(err, os.WriteFile(name, bytes.Replace(text, []byte(`"seq":`), []byte(`"seq":0`), 1), 0o600)); err != nil {
					h.t.Fatal(err)
				}
			}
		}, keyed("owner", "user", "list"), 13, "was edited"},
		{"re-pointed connection", func(h *household) {
			h.write("connections.yaml", strings.Replace(householdConnections, lakeHost, "evil.example", 1))
		}, keyed("owner", "run", "lake"), 12, "bound to another target: endpoint"},
		{"re-pointed connection, approved", func(h *household) {
			h.write("connections.yaml", strings.Replace(householdConnections, lakeHost, "evil.example", 1))
			h.as("editor", "flow", "approve", "lake").exits(0)
		}, keyed("reports", "run", "lake"), 12, "bound to another target: endpoint"},
		{"changed flow", func(h *household) { h.write("flows/masked.yaml", masking("masked", "pepper")+"description: x\n") },
			keyed("nightly", "run", "masked"), 12, "changed since it was approved"},
		{"key file for everybody", func(h *household) {
			if err := os.Chmod(h.path("viewer.key"), 0o644); err != nil {
				h.t.Fatal(err)
			}
		}, anyone, 10, "others can reach it"},
		{"store for everybody", func(h *household) {
			if err := os.Chmod(h.path(storeFile), 0o644); err != nil {
				h.t.Fatal(err)
			}
		}, anyone, 12, "others"},
	}
}

// putBack does something, and then restores the file as it was before.
func (h *household) putBack(do func()) {
	h.t.Helper()
	old := h.read(storeFile)
	do()
	h.write(storeFile, old)
}

// branchOff goes on from before an administrator's removal with that administrator's
// key, on a machine that remembers nothing.
func branchOff(h *household) {
	h.putBack(func() { h.as("owner", "user", "remove", "administrator@example.com", "--yes").exits(0) })
	kept := filepath.Join(h.t.TempDir(), "state")
	if err := os.Rename(h.path(".local/state"), kept); err != nil {
		h.t.Fatal(err)
	}
	for range 4 {
		h.with("branch-value", keyed("administrator", "secret", "set", "x", "--key", "pepper", "--stdin")...).exits(0)
	}
	h.forgetPins()
	if err := os.Rename(kept, h.path(".local/state")); err != nil {
		h.t.Fatal(err)
	}
}

// TestTampering edits the files by hand; each is refused with its own message.
func TestTampering(t *testing.T) {
	for _, c := range tamperings() {
		t.Run(c.name, func(t *testing.T) {
			h := newHousehold(t)
			c.do(h)
			h.run(c.run...).exits(c.exit).says(c.says)
		})
	}
}

// TestUntouched shows that the same commands work when nothing was done.
func TestUntouched(t *testing.T) {
	h := newHousehold(t)
	seen := map[string]bool{}
	for _, c := range tamperings() {
		name := strings.Join(c.run, " ")
		if seen[name] || strings.HasSuffix(name, "run lake") {
			continue
		}
		seen[name] = true
		h.run(c.run...).exits(0)
	}
	// There is no such host, which is another matter than a secret that does not open.
	h.as("reports", "run", "lake").exits(3)
	h.run("audit", "verify").exits(0)
}

// TestNothingReadableInTheFiles scans the store, its copies and the pins for what must
// not be there in clear.
func TestNothingReadableInTheFiles(t *testing.T) {
	h := newHousehold(t)
	h.as("nightly", "run", "masked").exits(0)
	h.as("owner", "user", "invite", "waiting@example.com", "--role", "viewer").exits(0)
	seen := 0
	err := filepath.WalkDir(h.path(".local"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		seen++
		for _, canary := range []string{"@example.com", "waiting", lakeHost, "canary", "nightly", "succeeded", "orders"} {
			if bytes.Contains(text, []byte(canary)) {
				t.Errorf("%s has %q in clear", path, canary)
			}
		}
		return err
	})
	if err != nil || seen < 4 {
		t.Errorf("%d files, %v", seen, err)
	}
}
