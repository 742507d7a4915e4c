package rbac

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"maps"
	"strings"
	"testing"
)

// form is a body that is wrong in one thing, and the same without that; nil where only
// the object is wrong.
type form struct {
	object     string
	right, bad Body
}

// forms are of operations which the owner may sign otherwise.
func forms(w *world) map[string]form {
	d := DigestOf(nil)
	list := map[string]form{}
	add := func(name, object string, right, bad Body) { list[name] = form{object: object, right: right, bad: bad} }

	service := func(edit func(*ServiceAdd)) *ServiceAdd {
		b := &ServiceAdd{Keys: keysOf("new"), Name: nameOf("new"), Profile: d, Flows: []string{"x"}}
		edit(b)
		return b
	}
	for name, edit := range map[string]func(*ServiceAdd){
		"no name":           func(b *ServiceAdd) { b.Name = "" },
		"no profile":        func(b *ServiceAdd) { b.Profile = "" },
		"end before 1970":   func(b *ServiceAdd) { b.Until = -1 },
		"short key":         func(b *ServiceAdd) { b.Keys.Sign = b.Keys.Sign[1:] },
		"key in capitals":   func(b *ServiceAdd) { b.Keys.Sign = strings.ToUpper(b.Keys.Sign) },
		"no key to seal to": func(b *ServiceAdd) { b.Keys.Seal = "" },
		"no audit key":      func(b *ServiceAdd) { b.Keys.Audit = "" },
		"a pattern":         func(b *ServiceAdd) { b.Flows = []string{"*"} },
	} {
		add("service, "+name, id("new"), service(func(*ServiceAdd) {}), service(edit))
	}
	invite := func(edit func(*Invite)) *Invite {
		b := w.invitation("new", Viewer)
		b.Bundle = d
		edit(b)
		return b
	}
	for name, edit := range map[string]func(*Invite){
		"short key":      func(b *Invite) { b.Key = b.Key[1:] },
		"no person":      func(b *Invite) { b.User = "x" },
		"no name":        func(b *Invite) { b.Name = "" },
		"no profile":     func(b *Invite) { b.Profile = "x" },
		"no bundle":      func(b *Invite) { b.Bundle = "x" },
		"for a service":  func(b *Invite) { b.Role = APIUser },
		"for no role":    func(b *Invite) { b.Role = "boss" },
		"a bad grant":    func(b *Invite) { b.Grants = []Grant{{"X", Monitor}} },
		"over already":   func(b *Invite) { b.Expires = w.now - 1 },
		"over this time": func(b *Invite) { b.Expires = w.now + 1000 },
	} {
		add("invitation, "+name, "i"+id("code of new"), invite(func(*Invite) {}), invite(edit))
	}
	add("role", id("viewer"), &UserSet{Role: Viewer}, &UserSet{Role: "boss"})
	add("role of nobody", id("viewer"), &UserSet{Role: Viewer}, &UserSet{})
	add("end of a service", id("api-user"), &UserSet{Role: APIUser, Until: 1}, &UserSet{Role: APIUser, Until: -1})
	add("grant", id("viewer"), &GrantSet{Grant{"x", Monitor}}, &GrantSet{Grant{"X", Monitor}})
	add("grant of no level", id("viewer"), &GrantSet{Grant{"x", Monitor}}, &GrantSet{Grant{"x", "all"}})
	add("grant of nothing", id("viewer"), &GrantSet{Grant{"x", Monitor}}, &GrantSet{Grant{"x", NoLevel}})
	add("revoked grant", id("narrowed"), &GrantDel{"sales-*"}, &GrantDel{"SALES"})
	accepted := hex.EncodeToString(ed25519.Sign(key("viewer"), TransferMessage(testStore, w.chain.Head, id("viewer"))))
	add("owner, not hexadecimal", id("viewer"), &OwnerTransfer{accepted}, &OwnerTransfer{strings.Repeat("x", 128)})
	add("owner, short", id("viewer"), &OwnerTransfer{accepted}, &OwnerTransfer{accepted[2:]})
	box := func(b Box, k BoxKey) *BoxSet { return &BoxSet{map[Box]BoxKey{b: k}} }
	add("no box", "", box(Meta, BoxKey{2, d}), &BoxSet{})
	add("unknown box", "", box(Meta, BoxKey{2, d}), box("attic", BoxKey{1, d}))
	add("box without a key", "", box(Meta, BoxKey{2, d}), box(Meta, BoxKey{2, ""}))
	add("epoch again", "", box(Meta, BoxKey{2, d}), box(Meta, BoxKey{1, d}))
	secret := func(name string, d Digest) *SecretSet { return &SecretSet{map[string]Digest{name: d}} }
	add("no secret", "", secret("a@key:k", d), &SecretSet{})
	add("secret without a digest", "", secret("a@key:k", d), secret("a@key:k", "x"))
	add("approval without a digest", "x", &FlowApprove{Digest: d}, &FlowApprove{})
	add("approval of no secret's name", "x", &FlowApprove{Digest: d}, &FlowApprove{Digest: d, Secrets: []string{"x"}})
	add("approval, secret twice", "x", &FlowApprove{Digest: d}, &FlowApprove{Digest: d, Secrets: []string{"a@key:a", "a@key:a"}})
	add("approval for no profile's name", "x", &FlowApprove{Digest: d, Env: "prod"}, &FlowApprove{Digest: d, Env: "a b"})
	list["approval of no flow's name"] = form{object: "X Y", bad: &FlowApprove{Digest: d}}
	add("revocation for a profile without", "sales-day", &FlowRevoke{}, &FlowRevoke{Envs: []string{"prod"}})
	add("revocation, profile twice", "sales-day", &FlowRevoke{Envs: []string{""}}, &FlowRevoke{Envs: []string{"", ""}})
	add("restore", "", &Restore{Head: d}, &Restore{Head: "x"})
	add("format", "", &Format{2}, &Format{3})
	add("format again", "", &Format{2}, &Format{1})
	list["no such setting"] = form{object: "x", bad: &PolicySet{"1"}}
	add("value of a setting", InviteHours, &PolicySet{"5"}, &PolicySet{"x"})
	return list
}

// TestMalformedOperations: an operation that is wrong in one thing is refused by
// everybody, whoever signed it.
func TestMalformedOperations(t *testing.T) {
	for name, f := range forms(populated(t)) {
		if f.right != nil {
			if err := populated(t).try("owner", f.object, f.right); err != nil {
				t.Errorf("%s: what is right: %v", name, err)
			}
		}
		var invalid *InvalidError
		if err := populated(t).try("owner", f.object, f.bad); !errors.As(err, &invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := populated(t)
	op := &Op{Seq: w.chain.Next, By: id("owner"), Kind: KindUserDel, ID: id("viewer")}
	for name, body := range map[string]Body{"another body": &UserSet{Role: Viewer}, "no body": nil} {
		op.Body = body
		if err := Allowed(w.chain.State, op); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestGenesis(t *testing.T) {
	d := DigestOf(nil)
	boxes := map[Box]Digest{Meta: d, Secrets: d, Audit: d, Quarantine: d}
	right := func() *Op {
		g := &Genesis{Store: testStore, Format: 1, Keys: keysOf("o"), Name: nameOf("o"), Profile: d, Boxes: maps.Clone(boxes)}
		return &Op{By: id("o"), ID: id("o"), Kind: KindGenesis, Body: g}
	}
	if err := Allowed(&State{}, right()); err != nil {
		t.Error(err)
	}
	for name, edit := range map[string]func(op *Op, g *Genesis){
		"not the first":     func(op *Op, _ *Genesis) { op.Seq = 1 },
		"of another":        func(op *Op, _ *Genesis) { op.ID = id("p") },
		"no owner":          func(op *Op, _ *Genesis) { op.By, op.ID = "x", "x" },
		"no store":          func(_ *Op, g *Genesis) { g.Store = "x" },
		"no format":         func(_ *Op, g *Genesis) { g.Format = 0 },
		"no name":           func(_ *Op, g *Genesis) { g.Name = "" },
		"no profile":        func(_ *Op, g *Genesis) { g.Profile = "" },
		"no signing key":    func(_ *Op, g *Genesis) { g.Keys.Sign = "" },
		"a box too few":     func(_ *Op, g *Genesis) { delete(g.Boxes, Audit) },
		"another box":       func(_ *Op, g *Genesis) { delete(g.Boxes, Audit); g.Boxes["attic"] = d },
		"a box without key": func(_ *Op, g *Genesis) { g.Boxes[Audit] = "" },
		"a box too many":    func(_ *Op, g *Genesis) { g.Boxes["attic"] = d },
	} {
		op := right()
		edit(op, op.Body.(*Genesis))
		if err := Allowed(&State{}, op); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if err := Allowed(populated(t).chain.State, right()); err == nil {
		t.Error("a store begins twice")
	}
}
