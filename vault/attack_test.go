package vault

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/auditlog"
	"github.com/headgate/headgate/vault/seal"
	"github.com/headgate/headgate/vault/slot"
	"github.com/headgate/headgate/vault/store"
)

// attack is something that a person with the file, and perhaps with keys, does to the
// store by an edited program; class says what stops it, and after is what an honest
// program finds.
type attack struct {
	name    string
	class   rbac.Class
	do      func(h *house)
	after   func(h *house) error
	reason  Reason
	message string
}

// forge appends an operation that Allowed would refuse, with the state that would
// follow, signed by its author.
func (h *house) forge(by string, object string, b rbac.Body) {
	h.forgeWith(h.id(by), h.who[by].identity.Sign, object, b)
}

func (h *house) forgeWith(by string, key ed25519.PrivateKey, object string, b rbac.Body) {
	h.edit(func(tx *store.Tx) error {
		chain, err := readPolicy(tx, nil, false)
		if err != nil {
			return err
		}
		s := chain.State.Clone()
		kind := map[bool]rbac.Kind{true: rbac.KindUserSet, false: rbac.KindGrantSet}[is2[*rbac.UserSet](b)]
		op := &rbac.Op{Seq: chain.Next, Prev: chain.Head, Time: s.Time, By: by, Kind: kind, ID: object, Body: b}
		rbac.Apply(s, op)
		if op.State, err = s.Digest(); err != nil {
			return err
		}
		raw, err := op.Encode()
		if err != nil {
			return err
		}
		sig := rbac.SignOp(key, s.Store, raw)
		return errors.Join(putState(tx, s), tx.Put(bucketOps, seqKey(op.Seq), append(sig, raw...)))
	})
}

func is2[T any](v any) bool { _, ok := v.(T); return ok }

// swap exchanges two values of a bucket.
func (h *house) swap(bucket, a, b string) {
	h.edit(func(tx *store.Tx) error {
		x, y := tx.Get(bucket, []byte(a)), tx.Get(bucket, []byte(b))
		if x == nil || y == nil {
			return errors.New("nothing to exchange")
		}
		return errors.Join(tx.Put(bucket, []byte(a), y), tx.Put(bucket, []byte(b), x))
	})
}

func (h *house) put(bucket, key string, value []byte) {
	h.edit(func(tx *store.Tx) error {
		if tx.Get(bucket, []byte(key)) == nil {
			return errors.New("nothing to replace")
		}
		return tx.Put(bucket, []byte(key), value)
	})
}

// cutLog removes the newest entries and makes the tree fit, as who knows the format
// can; then it writes more, signed by somebody who may.
func (h *house) cutLog(n uint64, then string, more int) {
	h.tamper(func(tx *store.Tx) error {
		t, err := readTail(tx, nil)
		if err != nil {
			return err
		}
		keep := t.frontier.Size - n
		var f auditlog.Frontier
		var last tail
		for i := range t.frontier.Size {
			if i >= keep {
				if err := tx.Delete(bucketLog, seqKey(i)); err != nil {
					return err
				}
				continue
			}
			last.head = auditlog.LeafHash(tx.Get(bucketLog, seqKey(i)))
			f.Add(last.head)
		}
		chain, err := readPolicy(tx, nil, false)
		if err != nil {
			return err
		}
		last.frontier = f
		v := &view{tx: tx, m: h.who[then], chain: chain, log: last}
		for range more {
			if err := v.append(auditlog.Object{Kind: auditlog.Login}, [16]byte{}); err != nil {
				return err
			}
		}
		return v.cover()
	})
}

func (h *house) slotName(who string) string {
	k, err := slot.ParseKey(h.keys[who])
	if err != nil {
		h.t.Fatal(err)
	}
	return string(slotKey(h.id(who), k.Name()))
}

func attacks() []attack {
	unlock := func(who string) func(h *house) error {
		return func(h *house) error { _, err := h.unlock(who); return err }
	}
	verify := func(h *house) error { _, err := h.verify(); return err }
	runAs := func(who string) func(h *house) error {
		return func(h *house) error { _, err := h.run(who, "sales-day", shop, shopBinding()); return err }
	}
	var old []byte // of whole-file attacks
	return []attack{
		{"forged operation: an operator grants itself manage", rbac.Signature,
			func(h *house) {
				h.forge("operator", h.id("operator"), &rbac.GrantSet{Grant: rbac.Grant{Flows: "*", Level: rbac.Run}})
			},
			unlock("viewer"), ReasonIntegrity, "role operator signs nothing"},
		{"demoted owner", rbac.Signature,
			func(h *house) { h.forge("administrator", h.id("owner"), &rbac.UserSet{Role: rbac.Viewer}) },
			unlock("viewer"), ReasonIntegrity, "owner is altered by `headgate owner transfer` only"},
		{"self-promotion: an administrator makes itself superadmin", rbac.Signature,
			func(h *house) { h.forge("administrator", h.id("administrator"), &rbac.UserSet{Role: rbac.Superadmin}) },
			unlock("editor"), ReasonIntegrity, "does not allow to make or alter a superadmin"},
		{"operation in another's name", rbac.Signature,
			func(h *house) {
				h.forgeWith(h.id("owner"), h.who["administrator"].identity.Sign, h.id("viewer"), &rbac.UserSet{Role: rbac.Superadmin})
			},
			unlock("editor"), ReasonIntegrity, "signature is not the author's"},
		{"edited stored state", rbac.Signature,
			func(h *house) {
				s := h.state().Clone()
				u := s.Users[h.id("viewer")]
				u.Role = rbac.Superadmin
				s.Users[h.id("viewer")] = u
				raw, _ := json.Marshal(s)
				h.put(bucketState, "cur", raw)
			},
			unlock("viewer"), ReasonIntegrity, "stored state of the policy was edited"},
		{"swapped slots", rbac.Key,
			func(h *house) { h.swap(bucketSlots, h.slotName("viewer"), h.slotName("administrator")) },
			unlock("viewer"), ReasonIntegrity, "in the place of another"},
		{"slot moved to another person, name and all", rbac.Key,
			func(h *house) {
				h.edit(func(tx *store.Tx) error {
					raw := tx.Get(bucketSlots, []byte(h.slotName("administrator")))
					k, _ := slot.ParseKey(h.keys["administrator"])
					h.keys["thief"] = slot.Key{Fingerprint: k.Fingerprint, User: h.id("viewer"), Key: k.Key}.Text()
					return tx.Put(bucketSlots, slotKey(h.id("viewer"), k.Name()), raw)
				})
			},
			unlock("thief"), ReasonLogin, "wrong password, key or code"},
		{"an own seed in another's slot", rbac.Signature,
			func(h *house) {
				k, _ := slot.ParseKey(h.keys["administrator"])
				s, err := slot.New(slot.Owner{Store: h.state().Store, User: h.id("administrator")}, k.Name(), slot.KeyFile, slot.Cost{},
					slot.Material{Key: k.Key}, slot.Content{Seed: seal.Random(32), Fingerprint: k.Fingerprint}, h.now)
				ok(h.t, "slot", err)
				raw, _ := json.Marshal(s)
				h.put(bucketSlots, h.slotName("administrator"), raw)
				h.dropPins()
			},
			unlock("administrator"), ReasonIntegrity, "not the one that the policy has for this person"},
		{"substituted key of a person", rbac.Signature,
			func(h *house) { h.put(bucketKeys, h.id("operator"), h.who["viewer"].identity.Box.Public()) },
			func(h *house) error {
				_, err := h.who["owner"].SetSecret(background, shop, shopBinding(), []byte("x"))
				return err
			}, ReasonIntegrity, "public key"},
		{"substituted key of a box", rbac.Signature,
			func(h *house) {
				h.put(bucketKeys, string(boxPublicKey(rbac.Secrets, 1)), h.who["viewer"].identity.Box.Public())
			},
			func(h *house) error {
				_, err := h.who["owner"].SetSecret(background, shop, shopBinding(), []byte("x"))
				return err
			}, ReasonIntegrity, "public key"},
		{"secret moved to another connection", rbac.Signature,
			func(h *house) { h.swap(bucketSecrets, shop.ID(), hr.ID()) },
			runAs("editor"), ReasonIntegrity, "stored secret"},
		{"key of a secret moved to another", rbac.Key,
			func(h *house) {
				h.swap(bucketDeks, string(dekKey(shop.ID(), h.id("operator"))), string(dekKey(hr.ID(), h.id("operator"))))
			},
			runAs("operator"), ReasonIntegrity, "does not open for its recipient"},
		{"older value of a secret put back", rbac.Signature,
			func(h *house) {
				var raw []byte
				h.look(func(tx *store.Tx) { raw = tx.Get(bucketSecrets, []byte(shop.ID())) })
				h.set(shop, shopBinding(), "second")
				h.put(bucketSecrets, shop.ID(), raw)
			},
			runAs("editor"), ReasonIntegrity, "stored secret"},
		{"box key of one person given to another", rbac.Key,
			func(h *house) {
				h.edit(func(tx *store.Tx) error {
					return tx.Put(bucketBoxes, boxKey(rbac.Secrets, 1, h.id("viewer")), tx.Get(bucketBoxes, boxKey(rbac.Secrets, 1, h.id("editor"))))
				})
			},
			func(h *house) error {
				return h.who["viewer"].read(background, func(v *view) error { _, err := v.box(rbac.Secrets); return err })
			}, ReasonIntegrity, "does not open for its member"},
		{"profile exchanged", rbac.Key,
			func(h *house) { h.swap(bucketProfiles, h.id("viewer"), h.id("administrator")) },
			func(h *house) error { _, err := h.who["owner"].People(background); return err }, ReasonIntegrity, "profile"},
		{"audit entry deleted", rbac.Signature,
			func(h *house) { h.edit(func(tx *store.Tx) error { return tx.Delete(bucketLog, seqKey(3)) }) },
			verify, ReasonIntegrity, "audit entry 3"},
		{"audit entry edited", rbac.Signature,
			func(h *house) {
				h.edit(func(tx *store.Tx) error {
					raw := tx.Get(bucketLog, seqKey(3))
					raw[120] ^= 1
					return tx.Put(bucketLog, seqKey(3), raw)
				})
			},
			verify, ReasonIntegrity, "audit entry 3"},
		{"newest audit entry deleted, tree left", rbac.Detect,
			func(h *house) {
				h.edit(func(tx *store.Tx) error { k, _ := tx.Last(bucketLog); return tx.Delete(bucketLog, k) })
			},
			unlock("viewer"), ReasonIntegrity, "the audit log has"},
		{"log truncated", rbac.Detect,
			func(h *house) { h.cutLog(2, "administrator", 0) },
			unlock("owner"), ReasonIntegrity, "cut off"},
		{"log truncated, seen by the checkpoints", rbac.Detect,
			func(h *house) { h.cutLog(2, "administrator", 0) },
			verify, ReasonIntegrity, "not the one that was signed"},
		{"log truncated and rewritten", rbac.Detect,
			func(h *house) { h.cutLog(2, "administrator", 5) },
			unlock("owner"), ReasonIntegrity, "not the one seen before"},
		{"log truncated and rewritten, seen by the checkpoints", rbac.Detect,
			func(h *house) { h.cutLog(2, "administrator", 5) },
			verify, ReasonIntegrity, "not the one that was signed"},
		{"whole file put back", rbac.Detect,
			func(h *house) { old = h.bytes(); h.set(shop, shopBinding(), "second"); h.restore(old) },
			unlock("owner"), ReasonIntegrity, "the store was put back"},
		{"whole file put back before a run", rbac.Detect,
			func(h *house) { old = h.bytes(); ok(h.t, "run", runAs("nightly")(h)); h.restore(old) },
			unlock("nightly"), ReasonIntegrity, "cut off"},
		{"fork by a removed administrator", rbac.Detect,
			func(h *house) {
				old = h.bytes()
				_, _, err := h.who["owner"].Remove(background, "administrator@example.com")
				ok(h.t, "remove", err)
				h.restore(old)
				forked := h.opt
				forked.Pins = ""
				m := *h.who["administrator"]
				m.vault, m.seen = At(forked), &memory{}
				for range 5 { // longer than the history it left
					_, err := m.SetSecret(background, Ref{Name: "x", Connection: "x"}, nil, []byte("x"))
					ok(h.t, "fork", err)
				}
			},
			unlock("owner"), ReasonIntegrity, "another history"},
		{"foreign store in its place", rbac.Signature,
			func(h *house) { h.restore(founded(h.t).bytes()) },
			unlock("owner"), ReasonIntegrity, "for another store"},
		{"edited pin", rbac.Signature,
			func(h *house) {
				name := h.vault().pinFile(h.who["owner"].Fingerprint(), h.id("owner"))
				b, err := os.ReadFile(name)
				ok(h.t, "pin", err)
				ok(h.t, "pin", os.WriteFile(name, bytes.Replace(b, []byte(`"seq":`), []byte(`"seq":0`), 1), 0o600))
			},
			unlock("owner"), ReasonIntegrity, "was edited"},
	}
}

func (h *house) dropPins() { ok(h.t, "pins", os.RemoveAll(h.opt.Pins)) }

// TestAttacks shows that each is refused with its own message.
func TestAttacks(t *testing.T) {
	base := furnished(t)
	snapshot := base.bytes()
	pins := t.TempDir()
	ok(t, "pins", os.CopyFS(pins, os.DirFS(base.opt.Pins)))
	for _, a := range attacks() {
		t.Run(a.name, func(t *testing.T) {
			h := *base
			h.t = t
			h.restore(snapshot)
			h.dropPins()
			ok(t, "pins", os.CopyFS(h.opt.Pins, os.DirFS(pins)))
			ok(t, "before", a.sane(&h))
			a.do(&h)
			err := a.after(&h)
			if ReasonOf(err) != a.reason || !strings.Contains(err.Error(), a.message) {
				t.Errorf("%v (reason %q), want %q with %q; class %s", err, ReasonOf(err), a.reason, a.message, a.class)
			}
		})
	}
}

// sane shows that without the attack the store is fine.
func (a attack) sane(h *house) error {
	_, err := h.verify()
	_, uerr := h.unlock("owner")
	return errors.Join(err, uerr)
}

// TestBindingIsAssociatedData leaves the comparison out and decrypts with the key in
// hand, as an edited program would that sends the secret to another host. Class: key
// with a runner; binary here, since the same program could take the old binding.
func TestBindingIsAssociatedData(t *testing.T) {
	h := furnished(t)
	run, err := h.who["editor"].StartRun(background, RunRequest{Flow: "sales-day", Digest: digestOf("sales-day"), Secrets: []Ref{shop}})
	ok(t, "run", err)
	id := shop.ID()
	if _, err := decryptValue(run.Policy.Store, id, run.records[id], run.keys[id].value, Binding{{"host", "evil.example"}}); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("%v", err)
	}
	if v, err := decryptValue(run.Policy.Store, id, run.records[id], run.keys[id].value, shopBinding()); string(v) != "shop-password" {
		t.Errorf("%q, %v", v, err)
	}
}

// TestNothingReadableInTheFiles scans the store, its copies and the pins for what
// must not be there in clear.
func TestNothingReadableInTheFiles(t *testing.T) {
	h := furnished(t)
	if _, err := h.who["owner"].Invite(background, Invitation{Email: "waiting@example.com", Role: rbac.Viewer}); err != nil {
		t.Fatal(err)
	}
	_, err := h.run("nightly", "sales-day", shop, shopBinding())
	ok(t, "run", err)
	m := h.who["owner"]
	canaries := map[string][]byte{"secret": []byte("shop-password"), "other secret": []byte("hr-password"), "e-mail": []byte("@example.com"),
		"service": []byte("nightly"), "host": []byte("shop.example"), "status": []byte("succeeded"), "seed": m.identity.Seed(),
		"signing key": m.identity.Sign.Seed(), "audit key": m.identity.Audit}
	names, err := filepath.Glob(filepath.Join(filepath.Dir(h.opt.Path), "*"))
	ok(t, "files", err)
	seen := 0
	for _, n := range names {
		ok(t, n, filepath.Walk(n, func(p string, info os.FileInfo, err error) error {
			if err != nil || info.IsDir() {
				return err
			}
			b, err := os.ReadFile(p)
			seen++
			for what, c := range canaries {
				if bytes.Contains(b, c) {
					t.Errorf("%s: %s in clear", p, what)
				}
			}
			return err
		}))
	}
	if seen < 6 {
		t.Errorf("%d files looked at", seen)
	}
}
