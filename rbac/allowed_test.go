package rbac

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// actors in the order of the letters of a rule below.
var actors = []string{"owner", "superadmin", "administrator", "editor", "narrowed", "operator", "viewer", "api-user", "stranger"}

// rule is an operation and who may do it, in the order of actors: y yes, - no.
type rule struct {
	name   string
	object string
	body   func(w *world) Body
	who    string
}

func fixed(b Body) func(*world) Body { return func(*world) Body { return b } }

func rules() []rule {
	set := func(r Role) func(*world) Body { return fixed(&UserSet{Role: r}) }
	disable := func(r Role) func(*world) Body { return fixed(&UserSet{Role: r, Disabled: true}) }
	invite := func(r Role) func(*world) Body { return func(w *world) Body { return w.invitation("new", r) } }
	grant := func(f string, l Level) func(*world) Body { return fixed(&GrantSet{Grant{f, l}}) }
	inv := "i" + id("code of new")
	joined := func(r Role) func(*world) Body {
		return func(w *world) Body {
			if _, known := w.chain.State.Signers[id("second")]; !known {
				w.enroll("second", r)
			}
			return &UserDel{}
		}
	}
	secret := func(name string) func(*world) Body {
		return fixed(&SecretSet{Secrets: map[string]Digest{name: DigestOf([]byte("x"))}})
	}
	approve := func(list ...string) func(*world) Body {
		return fixed(&FlowApprove{Digest: DigestOf([]byte("x")), Secrets: list})
	}
	return []rule{
		{"genesis again", id("owner"), fixed(&Genesis{Store: testStore, Format: 1, Keys: keysOf("owner"), Name: nameOf("o"), Profile: DigestOf(nil), Boxes: map[Box]Digest{Meta: DigestOf(nil), Secrets: DigestOf(nil), Audit: DigestOf(nil), Quarantine: DigestOf(nil)}}), "---------"},
		{"service account", id("new"), fixed(&ServiceAdd{Keys: keysOf("new"), Name: nameOf("new"), Profile: DigestOf(nil), Flows: []string{"x"}}), "yyy------"},

		{"alter the owner", id("owner"), disable(Superadmin), "---------"},
		{"demote the owner", id("owner"), set(Viewer), "---------"},
		{"alter a superadmin", id("superadmin"), disable(Superadmin), "yy-------"},
		{"demote a superadmin", id("superadmin"), set(Viewer), "yy-------"},
		{"alter an administrator", id("administrator"), disable(Administrator), "yyy------"},
		{"administrator to superadmin", id("administrator"), set(Superadmin), "yy-------"},
		{"editor to superadmin", id("editor"), set(Superadmin), "yy-------"},
		{"editor to administrator", id("editor"), set(Administrator), "yyy------"},
		{"alter an editor", id("editor"), set(Viewer), "yyy------"},
		{"alter an operator", id("operator"), set(Editor), "yyy------"},
		{"alter a viewer", id("viewer"), set(Operator), "yyy------"},
		{"alter an api-user", id("api-user"), disable(APIUser), "yyy------"},
		{"viewer to api-user", id("viewer"), set(APIUser), "---------"},
		{"api-user to viewer", id("api-user"), set(Viewer), "---------"},
		{"alter nobody", id("stranger"), set(Viewer), "---------"},

		{"remove the owner", id("owner"), fixed(&UserDel{}), "---------"},
		{"remove a superadmin, oneself not", id("superadmin"), fixed(&UserDel{}), "y--------"},
		{"remove an administrator, oneself not", id("administrator"), fixed(&UserDel{}), "yy-------"},
		{"remove another superadmin", id("second"), joined(Superadmin), "yy-------"},
		{"remove another administrator", id("second"), joined(Administrator), "yyy------"},
		{"remove an editor", id("editor"), fixed(&UserDel{}), "yyy------"},
		{"remove an operator", id("operator"), fixed(&UserDel{}), "yyy------"},
		{"remove a viewer", id("viewer"), fixed(&UserDel{}), "yyy------"},
		{"remove an api-user", id("api-user"), fixed(&UserDel{}), "yyy------"},
		{"remove nobody", id("stranger"), fixed(&UserDel{}), "---------"},

		{"invite a superadmin", inv, invite(Superadmin), "yy-------"},
		{"invite an administrator", inv, invite(Administrator), "yyy------"},
		{"invite an editor", inv, invite(Editor), "yyy------"},
		{"invite a viewer", inv, invite(Viewer), "yyy------"},
		{"invite an api-user", inv, invite(APIUser), "---------"},
		{"withdraw no invitation", inv, fixed(&InviteDel{}), "---------"},
		{"enrol without a code", id("new"), fixed(&UserEnroll{Role: Viewer, Keys: keysOf("new")}), "---------"},
		{"new keys without a code", id("viewer"), fixed(&UserRekey{Keys: keysOf("new")}), "---------"},
		{"transfer without acceptance", id("administrator"), fixed(&OwnerTransfer{Accept: strings.Repeat("00", 64)}), "---------"},
		{"transfer", id("administrator"), func(w *world) Body {
			sig := ed25519.Sign(key("administrator"), TransferMessage(testStore, w.chain.Head, id("administrator")))
			return &OwnerTransfer{Accept: hex.EncodeToString(sig)}
		}, "y--------"},

		{"grant to the owner", id("owner"), grant("x", Monitor), "---------"},
		{"grant to an administrator", id("administrator"), grant("x", Monitor), "---------"},
		{"grant to an editor", id("editor"), grant("x", Manage), "yyy------"},
		{"grant to oneself", id("narrowed"), grant("*", Manage), "yyy------"},
		{"grant above an operator", id("operator"), grant("*", Manage), "---------"},
		{"grant to a viewer", id("viewer"), grant("hr-*", Monitor), "yyy------"},
		{"pattern for an api-user", id("api-user"), grant("*", Run), "---------"},
		{"flow for an api-user", id("api-user"), grant("hr-day", Run), "yyy------"},
		{"take a grant", id("narrowed"), fixed(&GrantDel{"sales-*"}), "yyy------"},
		{"take no grant", id("narrowed"), fixed(&GrantDel{"hr-*"}), "---------"},

		{"box", "", fixed(&BoxSet{map[Box]BoxKey{Secrets: {2, DigestOf(nil)}}}), "yyy------"},
		{"box, old epoch", "", fixed(&BoxSet{map[Box]BoxKey{Secrets: {1, DigestOf(nil)}}}), "---------"},
		{"box, skipped epoch", "", fixed(&BoxSet{map[Box]BoxKey{Secrets: {3, DigestOf(nil)}}}), "---------"},

		{"new secret", "", secret("new@connection:new"), "yyyyy----"},
		{"secret in the grant", "", secret("shop@connection:shop"), "yyyyy----"},
		{"secret out of the grant", "", secret("hr@connection:hr"), "yyyy-----"},
		{"remove a secret in the grant", "shop@connection:shop", fixed(&SecretDel{}), "yyyyy----"},
		{"remove a secret out of the grant", "hr@connection:hr", fixed(&SecretDel{}), "yyyy-----"},
		{"remove no secret", "none@connection:x", fixed(&SecretDel{}), "---------"},

		{"approve in the grant", "sales-new", approve("shop@connection:shop"), "yyyyy----"},
		{"approve out of the grant", "hr-new", approve(), "yyyy-----"},
		{"approve with a secret out of reach", "sales-new", approve("hr@connection:hr"), "yyyy-----"},
		{"approve with a secret to come", "sales-new", approve("later@connection:x"), "yyyy-----"},
		{"approve no flow", "Sales", approve(), "---------"},
		{"revoke in the grant", "sales-day", fixed(&FlowRevoke{}), "yyyyy----"},
		{"revoke out of the grant", "hr-day", fixed(&FlowRevoke{}), "yyyy-----"},
		{"revoke nothing", "sales-new", fixed(&FlowRevoke{}), "---------"},

		{"policy", PasswordProfile, fixed(&PolicySet{"nist"}), "yy-------"},
		{"policy, unknown", "nothing", fixed(&PolicySet{"x"}), "---------"},
		{"policy, wrong value", PasswordProfile, fixed(&PolicySet{"none"}), "---------"},
		{"restore", "", fixed(&Restore{DigestOf(nil), 7}), "yy-------"},
		{"format", "", fixed(&Format{2}), "yy-------"},
		{"format, skipped", "", fixed(&Format{3}), "---------"},
	}
}

// TestAllowed asks for every rule and every actor, and then lets a reader judge the
// operation signed by a program that did not ask. Enforcement class: signature.
func TestAllowed(t *testing.T) {
	base := populated(t)
	seen := map[Kind]bool{}
	for _, r := range rules() {
		for i, who := range actors {
			w := base.fork()
			body := r.body(w)
			seen[body.kind()] = true
			err := w.try(id(who), r.object, body)
			if want := r.who[i] == 'y'; (err == nil) != want {
				t.Errorf("%s by %s: allowed %v, want %v (%v)", r.name, who, err == nil, want, err)
			}
			if err == nil {
				if _, err := replay(w.ops); err != nil {
					t.Errorf("%s by %s: readers refuse what writers allow: %v", r.name, who, err)
				}
				continue
			}
			w = base.fork()
			raw, sig := w.forge(id(who), key(who), r.object, body)
			c := w.chain
			var broken *ChainError
			if err := c.Append(raw, sig, true); !errors.As(err, &broken) {
				t.Errorf("%s by %s: a reader takes the forged operation (%v)", r.name, who, err)
			}
		}
	}
	for _, k := range Kinds() {
		if !seen[k] {
			t.Errorf("%s: no rule", k)
		}
	}
}

func TestTheDisabledAndThePendingSignNothing(t *testing.T) {
	w := populated(t)
	w.must("owner", id("administrator"), &UserSet{Role: Administrator, Disabled: true})
	if err := w.try("administrator", id("viewer"), &UserDel{}); err == nil {
		t.Error("a disabled administrator removes people")
	}
	code := "code of second"
	w.keys["i"+id(code)] = key(code)
	w.must("owner", "i"+id(code), w.invitation("second", Administrator))
	w.must("i"+id(code), id("second"), &UserEnroll{Role: Administrator, Keys: keysOf("second")})
	w.know("second")
	if err := w.try("second", id("second"), &UserSet{Role: Administrator}); err == nil {
		t.Error("somebody confirms themselves")
	}
	if w.chain.State.Holds(id("second"), Secrets) || w.chain.State.Holds(id("administrator"), Secrets) {
		t.Error("the pending or the disabled hold a box")
	}
	w.must("owner", id("second"), &UserSet{Role: Administrator})
	if !w.chain.State.Holds(id("second"), Secrets) {
		t.Error("the confirmed do not")
	}
}

// TestInvitation shows the five ways in which a code does not work. Class: signature;
// that it ends in time: binary, since the time is the author's word.
func TestInvitation(t *testing.T) {
	code := "code of new"
	inv := "i" + id(code)
	invited := func(t *testing.T, by string) *world {
		w := populated(t)
		w.keys[inv] = key(code)
		w.must(by, inv, w.invitation("new", Editor))
		return w
	}
	enroll := func(r Role) Body { return &UserEnroll{Role: r, Keys: keysOf("new")} }
	for _, c := range []struct {
		name string
		do   func(w *world) error
		want string
	}{
		{"works", func(w *world) error { return w.try(inv, id("new"), enroll(Editor)) }, ""},
		{"twice", func(w *world) error {
			w.must(inv, id("new"), enroll(Editor))
			return w.try(inv, id("second"), enroll(Editor))
		}, "was used"},
		{"other role", func(w *world) error { return w.try(inv, id("new"), enroll(Administrator)) }, "for role editor"},
		{"other person", func(w *world) error { return w.try(inv, id("second"), enroll(Editor)) }, "another person"},
		{"late", func(w *world) error {
			w.now += time.Hour.Milliseconds()
			return w.try(inv, id("new"), enroll(Editor))
		}, "ended"},
		{"withdrawn", func(w *world) error {
			w.must("owner", inv, &InviteDel{})
			return w.try(inv, id("new"), enroll(Editor))
		}, "was used"},
		{"host was demoted", func(w *world) error {
			w.must("owner", id("administrator"), &UserSet{Role: Viewer})
			return w.try(inv, id("new"), enroll(Editor))
		}, "no longer"},
		{"host was removed", func(w *world) error {
			w.must("owner", id("administrator"), &UserDel{})
			return w.try(inv, id("new"), enroll(Editor))
		}, "was used"},
		{"other key", func(w *world) error {
			w.keys[inv] = key("somebody")
			return w.try(inv, id("new"), enroll(Editor))
		}, "not the author's"},
		{"name twice", func(w *world) error {
			i := w.invitation("new", Viewer)
			i.User = id("second")
			return w.try("owner", "i"+id("second"), i)
		}, "has this name"},
		{"name of a member", func(w *world) error {
			i := w.invitation("second", Viewer)
			i.Name = nameOf("viewer")
			return w.try("owner", "i"+id("second"), i)
		}, "has this name"},
		{"too long", func(w *world) error {
			i := w.invitation("second", Viewer)
			i.Expires += (1000 * time.Hour).Milliseconds()
			return w.try("owner", "i"+id("second"), i)
		}, "at most"},
		{"grant above the role", func(w *world) error {
			return w.try("owner", "i"+id("second"), w.invitation("second", Viewer, Grant{"x", Run}))
		}, "never widens"},
		{"administrator in one step", func(w *world) error {
			i := w.invitation("second", Administrator)
			i.TwoStep = false
			return w.try("owner", "i"+id("second"), i)
		}, "two steps"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.do(invited(t, "administrator"))
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestRekeyEndsTheOldKeys(t *testing.T) {
	w := populated(t)
	code := "code of reset"
	inv := "i" + id(code)
	w.keys[inv] = key(code)
	i := w.invitation("editor", Editor)
	i.Key, i.Rekey = public(code), true
	w.must("administrator", inv, i)
	w.must(inv, id("editor"), &UserRekey{Keys: keysOf("editor again")})
	if err := w.try("editor", "x", &FlowApprove{Digest: DigestOf(nil)}); err == nil {
		t.Error("the old key still signs")
	}
	w.keys[id("editor")] = key("editor again")
	w.must("editor", "x", &FlowApprove{Digest: DigestOf(nil)})
	s := w.chain.State
	if !s.Boxes[Secrets].Due || !s.Secrets["hr@connection:hr"].Due {
		t.Error("what the lost key opened is not marked")
	}
	if err := w.try("administrator", "i"+id("x"), &Invite{Key: public("x"), User: id("owner"), Rekey: true, Role: Superadmin,
		Name: nameOf("owner"), Profile: s.Users[id("owner")].Profile, Expires: w.now + 5000, TwoStep: true}); err == nil {
		t.Error("an administrator resets the owner")
	}
}

func TestTransferServesOnceAndTheOldOwnerLosesTheMark(t *testing.T) {
	w := populated(t)
	sig := ed25519.Sign(key("administrator"), TransferMessage(testStore, w.chain.Head, id("administrator")))
	accept := &OwnerTransfer{Accept: hex.EncodeToString(sig)}
	late := w.fork()
	late.must("owner", "x", &FlowApprove{Digest: DigestOf(nil)})
	if err := late.try("owner", id("administrator"), accept); err == nil {
		t.Error("an acceptance serves for a later transfer")
	}
	w.must("owner", id("administrator"), accept)
	if w.chain.State.Owner != id("administrator") {
		t.Fatal("the owner is another")
	}
	if err := w.try("owner", id("administrator"), &UserSet{Role: Viewer}); err == nil {
		t.Error("the old owner demotes the new one")
	}
}

func TestLeavingMarksWhatWasExposed(t *testing.T) {
	for _, c := range []struct {
		who   string
		boxes []Box
		due   []string
	}{
		{"editor", []Box{Meta, Secrets, Quarantine}, []string{"hr@connection:hr", "shop@connection:shop"}},
		{"narrowed", []Box{Meta}, []string{"shop@connection:shop"}},
		{"viewer", []Box{Meta}, nil},
		{"api-user", nil, []string{"shop@connection:shop"}},
		{"administrator", Boxes(), []string{"hr@connection:hr", "shop@connection:shop"}},
	} {
		w := populated(t)
		w.must("owner", id(c.who), &UserDel{})
		var boxes []Box
		for _, b := range Boxes() {
			if w.chain.State.Boxes[b].Due {
				boxes = append(boxes, b)
			}
		}
		var due []string
		for id, s := range w.chain.State.Secrets {
			if s.Due {
				due = append(due, id)
			}
		}
		slices.Sort(due)
		if !slices.Equal(boxes, c.boxes) || !slices.Equal(due, c.due) {
			t.Errorf("%s: boxes %v, secrets %v; want %v, %v", c.who, boxes, due, c.boxes, c.due)
		}
		if _, ok := w.chain.State.Signer(id(c.who), w.chain.Next-2); !ok {
			t.Errorf("%s: the key under earlier entries is gone", c.who)
		}
		if _, ok := w.chain.State.Signer(id(c.who), w.chain.Next-1); ok {
			t.Errorf("%s: the key still counts", c.who)
		}
	}
}

// TestWithdrawnInvitationsExposeWhatLayReady: the code may have been seen.
func TestWithdrawnInvitationsExposeWhatLayReady(t *testing.T) {
	inv := "i" + id("code of new")
	for _, c := range []struct {
		name   string
		bundle Digest
		end    func(w *world)
		due    bool
	}{
		{"revoked", DigestOf(nil), func(w *world) { w.must("owner", inv, &InviteDel{}) }, true},
		{"host removed", DigestOf(nil), func(w *world) { w.must("owner", id("administrator"), &UserDel{}) }, true},
		{"nothing lay ready", "", func(w *world) { w.must("owner", inv, &InviteDel{}) }, false},
		{"used", DigestOf(nil), func(w *world) {
			w.keys[inv] = key("code of new")
			w.must(inv, id("new"), &UserEnroll{Role: Editor, Keys: keysOf("new")})
		}, false},
	} {
		w := populated(t)
		i := w.invitation("new", Editor)
		i.Bundle = c.bundle
		w.must("administrator", inv, i)
		c.end(w)
		s := w.chain.State
		if s.Boxes[Secrets].Due != c.due || s.Secrets["hr@connection:hr"].Due != c.due || len(s.Invites) != 0 {
			t.Errorf("%s: %+v", c.name, s.Boxes[Secrets])
		}
		if _, member := s.Users[id("new")]; member != (c.name == "used") {
			t.Errorf("%s: member %v", c.name, member)
		}
	}
}
