package rbac

import (
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestEdgesOfAllowed lists what only a careful program would not send: each is refused
// for its own reason.
func TestEdgesOfAllowed(t *testing.T) {
	inv := "i" + id("code of new")
	service := func(edit func(b *ServiceAdd)) Body {
		b := &ServiceAdd{Keys: keysOf("new"), Name: nameOf("new"), Profile: DigestOf(nil), Flows: []string{"x"}}
		edit(b)
		return b
	}
	reset := func(w *world, who string, edit func(b *Invite)) Body {
		u := w.chain.State.Users[id(who)]
		b := &Invite{Key: public("code of new"), User: id(who), Rekey: true, Role: u.Role, Name: u.Name, Profile: u.Profile,
			Expires: w.now + time.Hour.Milliseconds(), TwoStep: u.Role.AtLeast(Administrator)}
		edit(b)
		return b
	}
	transfer := func(w *world, to string) Body {
		sig := ed25519.Sign(key(to), TransferMessage(testStore, w.chain.Head, id(to)))
		return &OwnerTransfer{Accept: hex.EncodeToString(sig)}
	}
	none := func(*Invite) {}
	for _, c := range []struct {
		name string
		do   func(w *world) error
		want string
	}{
		{"service, id of somebody", func(w *world) error { return w.try("owner", id("viewer"), service(func(*ServiceAdd) {})) }, "belongs to somebody"},
		{"service, id of somebody removed", func(w *world) error {
			w.must("owner", id("viewer"), &UserDel{})
			return w.try("owner", id("viewer"), service(func(*ServiceAdd) {}))
		}, "belongs to somebody"},
		{"service, no id", func(w *world) error { return w.try("owner", "new", service(func(*ServiceAdd) {})) }, "new person's id"},
		{"service, name taken", func(w *world) error {
			return w.try("owner", id("new"), service(func(b *ServiceAdd) { b.Name = nameOf("viewer") }))
		}, "has this name"},
		{"service, pattern", func(w *world) error {
			return w.try("owner", id("new"), service(func(b *ServiceAdd) { b.Flows = []string{"*"} }))
		}, "not the name of a flow"},
		{"service, no flow", func(w *world) error {
			return w.try("owner", id("new"), service(func(b *ServiceAdd) { b.Flows = nil }))
		}, "at least one flow"},
		{"service, flow twice", func(w *world) error {
			return w.try("owner", id("new"), service(func(b *ServiceAdd) { b.Flows = []string{"x", "x"} }))
		}, "named once"},
		{"confirmation taken back", func(w *world) error { return w.try("owner", id("viewer"), &UserSet{Role: Viewer, Pending: true}) }, "not taken back"},
		{"end for a person", func(w *world) error { return w.try("owner", id("viewer"), &UserSet{Role: Viewer, Until: 5}) }, "only service accounts"},
		{"invitation twice", func(w *world) error {
			w.must("owner", inv, w.invitation("new", Viewer))
			i := w.invitation("second", Viewer)
			return w.try("owner", inv, i)
		}, "invitation exists"},
		{"invitation, no id", func(w *world) error { return w.try("owner", "x", w.invitation("new", Viewer)) }, "new invitation's id"},
		{"invitation for a member's id", func(w *world) error {
			i := w.invitation("new", Viewer)
			i.User = id("viewer")
			return w.try("owner", inv, i)
		}, "belongs to somebody"},
		{"two people invited under one name", func(w *world) error {
			w.must("owner", inv, w.invitation("new", Viewer))
			i := w.invitation("second", Viewer)
			i.Name = nameOf("new")
			return w.try("owner", "i"+id("second"), i)
		}, "has this name"},
		{"two steps with keys ready", func(w *world) error {
			i := w.invitation("new", Administrator)
			i.Bundle = DigestOf(nil)
			return w.try("owner", inv, i)
		}, "not before"},
		{"administrator with grants", func(w *world) error { return w.try("owner", inv, w.invitation("new", Administrator, Grant{"x", Run})) }, "grants narrow"},
		{"grant twice", func(w *world) error {
			return w.try("owner", inv, w.invitation("new", Editor, Grant{"x", Run}, Grant{"x", Manage}))
		}, "given twice"},
		{"reset of nobody", func(w *world) error {
			return w.try("owner", inv, reset(w, "viewer", func(b *Invite) { b.User = id("stranger") }))
		}, "no such person"},
		{"reset with another role", func(w *world) error {
			return w.try("owner", inv, reset(w, "viewer", func(b *Invite) { b.Role = Editor }))
		}, "without another role"},
		{"reset with another name", func(w *world) error {
			return w.try("owner", inv, reset(w, "viewer", func(b *Invite) { b.Name = nameOf("x") }))
		}, "without another role"},
		{"reset with grants", func(w *world) error {
			return w.try("owner", inv, reset(w, "viewer", func(b *Invite) { b.Grants = []Grant{{"x", Monitor}} }))
		}, "without another role"},
		{"reset of a superadmin by an administrator", func(w *world) error { return w.try("administrator", inv, reset(w, "superadmin", none)) }, "superadmin"},
		{"reset of the owner by a superadmin", func(w *world) error { return w.try("superadmin", inv, reset(w, "owner", none)) }, "owner transfer` only"},
		{"reset of the owner by the owner", func(w *world) error { return w.try("owner", inv, reset(w, "owner", none)) }, ""},
		{"the owner's reset withdrawn by a superadmin", func(w *world) error {
			w.must("owner", inv, reset(w, "owner", none))
			return w.try("superadmin", inv, &InviteDel{})
		}, "takes the owner"},
		{"an invitation withdrawn by an administrator", func(w *world) error {
			w.must("owner", inv, w.invitation("new", Viewer))
			return w.try("administrator", inv, &InviteDel{})
		}, ""},
		{"a superadmin's invitation withdrawn by an administrator", func(w *world) error {
			w.must("owner", inv, w.invitation("new", Superadmin))
			return w.try("administrator", inv, &InviteDel{})
		}, "superadmin"},
		{"reset of who got another role since", func(w *world) error {
			w.keys[inv] = key("code of new")
			w.must("owner", inv, reset(w, "viewer", none))
			w.must("owner", id("viewer"), &UserSet{Role: Operator})
			return w.try(inv, id("viewer"), &UserRekey{Keys: keysOf("new")})
		}, "another role"},
		{"enrol with a reset", func(w *world) error {
			w.keys[inv] = key("code of new")
			w.must("owner", inv, reset(w, "viewer", none))
			return w.try(inv, id("viewer"), &UserEnroll{Role: Viewer, Keys: keysOf("new")})
		}, "another person"},
		{"transfer to a service account", func(w *world) error { return w.try("owner", id("api-user"), transfer(w, "api-user")) }, "active member"},
		{"transfer to nobody", func(w *world) error { return w.try("owner", id("stranger"), transfer(w, "stranger")) }, "active member"},
		{"transfer to oneself", func(w *world) error { return w.try("owner", id("owner"), transfer(w, "owner")) }, "active member"},
		{"transfer to the disabled", func(w *world) error {
			w.must("owner", id("viewer"), &UserSet{Role: Viewer, Disabled: true})
			return w.try("owner", id("viewer"), transfer(w, "viewer"))
		}, "active member"},
		{"transfer accepted by another", func(w *world) error { return w.try("owner", id("viewer"), transfer(w, "operator")) }, "did not accept"},
		{"secret id", func(w *world) error {
			return w.try("owner", "", &SecretSet{Secrets: map[string]Digest{"x": DigestOf(nil)}})
		}, "NAME@connection"},
		{"approval with secrets out of order", func(w *world) error {
			return w.try("owner", "x", &FlowApprove{Digest: DigestOf(nil), Secrets: []string{"b@key:b", "a@key:a"}})
		}, "sorted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.do(populated(t))
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// TestChainKeepsPlaceAndTime signs operations properly and puts them elsewhere.
func TestChainKeepsPlaceAndTime(t *testing.T) {
	w := populated(t)
	for name, edit := range map[string]func(op *Op){
		"later place":     func(op *Op) { op.Seq++ },
		"earlier place":   func(op *Op) { op.Seq-- },
		"other ancestor":  func(op *Op) { op.Prev = DigestOf(nil) },
		"before the last": func(op *Op) { op.Time = w.chain.State.Time - 1 },
	} {
		s := w.chain.State.Clone()
		op := &Op{Seq: w.chain.Next, Prev: w.chain.Head, Time: s.Time, By: id("owner"), Kind: KindFlowRevoke, ID: "hr-day", Body: &FlowRevoke{}}
		edit(op)
		Apply(s, op)
		op.State, _ = s.Digest()
		raw, err := op.Encode()
		if err != nil {
			t.Fatal(err)
		}
		c := w.fork().chain
		if err := c.Append(raw, SignOp(key("owner"), testStore, raw), true); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	w.now = 0 // a clock that runs behind
	w.must("owner", "hr-day", &FlowRevoke{})
	if _, err := replay(w.ops); err != nil {
		t.Error(err)
	}
}

func TestMembersOfBoxes(t *testing.T) {
	w := populated(t)
	for box, want := range map[Box][]string{
		Meta:       {"owner", "superadmin", "administrator", "editor", "narrowed", "operator", "viewer"},
		Secrets:    {"owner", "superadmin", "administrator", "editor"},
		Audit:      {"owner", "superadmin", "administrator"},
		Quarantine: {"owner", "superadmin", "administrator", "editor"},
	} {
		got := map[string]bool{}
		for _, m := range w.chain.State.Members(box) {
			got[m] = true
		}
		for _, name := range want {
			if !got[id(name)] {
				t.Errorf("%s: %s is missing", box, name)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: %d members, want %d", box, len(got), len(want))
		}
	}
}

func TestWhatRolesLeaveBehind(t *testing.T) {
	w := populated(t)
	w.must("owner", id("narrowed"), &UserSet{Role: Administrator})
	if u := w.chain.State.Users[id("narrowed")]; u.Narrowed || len(u.Grants) != 0 {
		t.Errorf("an administrator with grants: %+v", u)
	}
	w.must("owner", PasswordProfile, &PolicySet{"nist"})
	w.must("owner", PasswordProfile, &PolicySet{""})
	if got := w.chain.State.Setting(PasswordProfile); got != "standard" || len(w.chain.State.Policy) != 0 {
		t.Errorf("%q, %v", got, w.chain.State.Policy)
	}
	w.must("owner", id("editor"), &GrantSet{Grant{"b", Run}})
	w.must("owner", id("editor"), &GrantSet{Grant{"a", Run}})
	w.must("owner", id("editor"), &GrantSet{Grant{"b", Monitor}})
	if got := fmt.Sprint(w.chain.State.Users[id("editor")].Grants); got != "[{a run} {b monitor}]" {
		t.Errorf("%s", got)
	}
	if _, err := Can(w.chain.State, id("editor"), EditFlow, "", time.UnixMilli(w.now)); err == nil {
		t.Error("who manages no flow may edit some")
	}
	before := w.chain.State.Boxes[Secrets].Due
	w.must("owner", id("administrator"), &OwnerTransfer{Accept: hex.EncodeToString(
		ed25519.Sign(key("administrator"), TransferMessage(testStore, w.chain.Head, id("administrator"))))})
	if w.chain.State.Boxes[Secrets].Due != before {
		t.Error("a transfer exposes boxes")
	}
}

func TestMessagesSayWhatWasTried(t *testing.T) {
	w := populated(t)
	_, err := Can(w.chain.State, id("viewer"), RunApproved, "sales-day", time.UnixMilli(w.now))
	if err == nil || err.Error() != "run an approved flow (sales-day): role viewer does not allow it" {
		t.Errorf("%v", err)
	}
	for approved, want := range map[bool]string{true: "changed since it was approved", false: "it is not approved"} {
		if err := (&UnapprovedError{Flow: "x", Approved: approved}); !strings.Contains(err.Error(), want) {
			t.Errorf("%v", err)
		}
	}
	if _, err := Can(w.chain.State, id("owner"), "fly", "", time.Time{}); err == nil {
		t.Error("an unknown verb is allowed")
	}
}

func TestGenesisNamesItsOwner(t *testing.T) {
	g := &Genesis{Store: testStore, Format: 1, Keys: keysOf("owner"), Name: nameOf("owner"), Profile: DigestOf(nil), Boxes: map[Box]Digest{}}
	for _, b := range Boxes() {
		g.Boxes[b] = DigestOf([]byte(b))
	}
	for name, c := range map[string]struct{ by, object string }{
		"no id": {"owner", "owner"}, "another": {id("owner"), id("viewer")},
	} {
		var chain Chain
		if _, _, err := chain.Draft(key("owner"), c.by, 1, c.object, g); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	delete(g.Boxes, Audit)
	var chain Chain
	if _, _, err := chain.Draft(key("owner"), id("owner"), 1, id("owner"), g); err == nil {
		t.Error("a store without box audit")
	}
}
