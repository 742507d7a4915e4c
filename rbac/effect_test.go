package rbac

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

const inv = "i00000000000000000000000000000001"

func accept(w *world, who string) *OwnerTransfer {
	return &OwnerTransfer{hex.EncodeToString(ed25519.Sign(key(who), TransferMessage(testStore, w.chain.Head, id(who))))}
}

// due lists the boxes and secrets that somebody lost.
func due(s *State) string {
	var list []string
	for _, b := range Boxes() {
		if s.Boxes[b].Due {
			list = append(list, string(b))
		}
	}
	for _, name := range []string{"hr@connection:hr", "shop@connection:shop"} {
		if s.Secrets[name].Due {
			list = append(list, name)
		}
	}
	return strings.Join(list, " ")
}

// TestEffects: what the state is after an operation.
func TestEffects(t *testing.T) {
	d, other := DigestOf([]byte("new")), DigestOf([]byte("other"))
	for name, c := range map[string]struct {
		do   func(w *world)
		want func(s *State) any
		is   any
	}{
		"a box's key": {func(w *world) {
			w.must("owner", id("editor"), &UserDel{})
			w.must("owner", "", &BoxSet{map[Box]BoxKey{Meta: {2, d}}})
		}, func(s *State) any { return s.Boxes[Meta] }, BoxState{BoxKey: BoxKey{2, d}}},
		"a secret that was removed": {func(w *world) { w.must("owner", "hr@connection:hr", &SecretDel{}) },
			func(s *State) any { return len(s.Secrets) }, 1},
		"an approval for a profile": {func(w *world) { w.must("owner", "sales-day", &FlowApprove{Digest: d, Env: "prod"}) },
			func(s *State) any { a := s.Flows["sales-day"]; return []Digest{a[""].Digest, a["prod"].Digest} }, []Digest{DigestOf([]byte("sales")), d}},
		"an approval anew": {func(w *world) { w.must("owner", "sales-day", &FlowApprove{Digest: d}) },
			func(s *State) any { return []any{len(s.Flows["sales-day"]), s.Flows["sales-day"][""].Digest} }, []any{1, d}},
		"a revocation for a profile": {func(w *world) {
			w.must("owner", "sales-day", &FlowApprove{Digest: d, Env: "prod"})
			w.must("owner", "sales-day", &FlowRevoke{Envs: []string{""}})
		}, func(s *State) any {
			_, none := s.Flows["sales-day"][""]
			return []any{none, s.Flows["sales-day"]["prod"].Digest}
		}, []any{false, d}},
		"a revocation of the only profile": {func(w *world) { w.must("owner", "sales-day", &FlowRevoke{Envs: []string{""}}) },
			func(s *State) any { return len(s.Flows) }, 1},
		"a revocation for all": {func(w *world) {
			w.must("owner", "sales-day", &FlowApprove{Digest: d, Env: "prod"})
			w.must("owner", "sales-day", &FlowRevoke{})
		}, func(s *State) any { return len(s.Flows) }, 1},
		"a setting": {func(w *world) { w.must("owner", InviteHours, &PolicySet{"5"}) },
			func(s *State) any { return s.Policy }, map[string]string{InviteHours: "5"}},
		"a setting restored": {func(w *world) {
			w.must("owner", InviteHours, &PolicySet{"5"})
			w.must("owner", InviteHours, &PolicySet{})
		}, func(s *State) any { return s.Policy }, map[string]string{}},
		"a format": {func(w *world) { w.must("owner", "", &Format{2}) }, func(s *State) any { return s.Format }, 2},
		"grants, sorted, one for a pattern": {func(w *world) {
			for _, g := range []Grant{{"x", Run}, {"m", Monitor}, {"a", Run}, {"m", Manage}} {
				w.must("owner", id("editor"), &GrantSet{g})
			}
		}, func(s *State) any { return s.Users[id("editor")].Grants }, []Grant{{"a", Run}, {"m", Manage}, {"x", Run}}},
		"a narrowed person made an administrator": {func(w *world) { w.must("owner", id("narrowed"), &UserSet{Role: Administrator}) },
			func(s *State) any { u := s.Users[id("narrowed")]; return []any{u.Narrowed, len(u.Grants)} }, []any{false, 0}},
		"new keys": {func(w *world) {
			u := w.chain.State.Users[id("viewer")]
			w.keys[inv] = key("code")
			w.must("owner", inv, &Invite{Key: public("code"), User: id("viewer"), Rekey: true, Role: Viewer, Name: u.Name, Profile: u.Profile, Expires: w.now + 10_000})
			w.must(inv, id("viewer"), &UserRekey{Keys: keysOf("anew")})
		}, func(s *State) any {
			old, _ := s.Signer(id("viewer"), s.Seq-1)
			now, _ := s.Signer(id("viewer"), s.Seq)
			return []any{len(s.Invites), old, now, s.Users[id("viewer")].Since == s.Seq, s.Users[id("viewer")].Pending}
		}, []any{0, public("viewer"), public("anew"), true, false}},
		"invitations by and for who is removed": {func(w *world) {
			u := w.chain.State.Users[id("superadmin")]
			w.must("superadmin", inv, w.invitation("new", Viewer))
			w.must("owner", inv[:32]+"2", &Invite{Key: public("code"), User: id("superadmin"), Rekey: true, Role: Superadmin, Name: u.Name, Profile: u.Profile, Expires: w.now + 10_000, TwoStep: true})
			w.must("owner", inv[:32]+"3", w.invitation("third", Viewer))
			w.must("owner", id("superadmin"), &UserDel{})
		}, func(s *State) any { _, left := s.Invites[inv[:32]+"3"]; return []any{len(s.Invites), left} }, []any{1, true}},
		"nothing is lost with the mark of the owner": {func(w *world) { w.must("owner", id("superadmin"), accept(w, "superadmin")) },
			func(s *State) any { return []any{due(s), s.Owner} }, []any{"", id("superadmin")}},
		"what a grant takes is due, and nothing else": {func(w *world) { w.must("owner", id("editor"), &GrantSet{Grant{"sales-*", Manage}}) },
			func(s *State) any { return due(s) }, "secrets quarantine hr@connection:hr"},
		"what a lower role takes is due": {func(w *world) { w.must("owner", id("administrator"), &UserSet{Role: Editor}) },
			func(s *State) any { return due(s) }, "audit"},
		"a secret set anew is no longer due": {func(w *world) {
			w.must("owner", id("operator"), &UserDel{})
			w.must("owner", "", &SecretSet{map[string]Digest{"shop@connection:shop": other}})
		}, func(s *State) any { return due(s) }, "meta hr@connection:hr"},
		"a reset whose code lay ready exposes what it opens": {func(w *world) {
			u := w.chain.State.Users[id("operator")]
			w.must("owner", inv, &Invite{Key: public("code"), User: id("operator"), Rekey: true, Role: Operator, Name: u.Name, Profile: u.Profile, Expires: w.now + 10_000, Bundle: d})
			w.must("owner", inv, &InviteDel{})
		}, func(s *State) any { return due(s) }, "meta hr@connection:hr shop@connection:shop"},
	} {
		w := populated(t)
		before := w.chain.Next
		c.do(w)
		s := w.chain.State
		if got := c.want(s); !reflect.DeepEqual(got, c.is) {
			t.Errorf("%s: %v, want %v", name, got, c.is)
		}
		if s.Seq+1 != w.chain.Next || s.Seq < before || s.Time != w.now {
			t.Errorf("%s: the state is of operation %d at %d", name, s.Seq, s.Time)
		}
	}
}

// TestBordersOfTime: the last moment counts, the next does not.
func TestBordersOfTime(t *testing.T) {
	invite := func(left int64) (*world, error) {
		w := populated(t)
		w.keys[inv] = key("code of new")
		i := w.invitation("new", Viewer)
		i.Expires = w.now + 1000 + left // try moves the time on
		return w, w.try("owner", inv, i)
	}
	week := 7 * 24 * time.Hour.Milliseconds()
	most := week
	if hours := begin(t).chain.State.Setting(InviteHours); hours == "72" {
		most = 72 * time.Hour.Milliseconds()
	}
	for left, want := range map[int64]bool{0: false, 1: true, most: true, most + 1: false} {
		if _, err := invite(left); (err == nil) != want {
			t.Errorf("an invitation that lasts %d ms: %v", left, err)
		}
	}
	for left, want := range map[int64]bool{999: false, 1000: true} { // enrolling takes a second
		w, err := invite(left)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.try(inv, id("new"), &UserEnroll{Role: Viewer, Keys: keysOf("new")}); (err == nil) != want {
			t.Errorf("enrolled with %d ms left: %v", left, err)
		}
	}
	w := populated(t)
	w.must("owner", id("api-user"), &UserSet{Role: APIUser, Until: 5000})
	for ms, want := range map[int64]bool{4999: true, 5000: true, 5001: false} {
		if _, err := Can(w.chain.State, id("api-user"), RunApproved, "sales-day", time.UnixMilli(ms)); (err == nil) != want {
			t.Errorf("a service account at %d of 5000: %v", ms, err)
		}
	}
}

// TestWhoIsNotThereYetOrNoMore cannot do what the role would allow.
func TestWhoIsNotThereYetOrNoMore(t *testing.T) {
	w := populated(t)
	w.keys[inv] = key("code of new")
	w.must("administrator", inv, w.invitation("new", Viewer))
	w.must("owner", id("administrator"), &UserSet{Role: Administrator, Disabled: true})
	if err := w.try(inv, id("new"), &UserEnroll{Role: Viewer, Keys: keysOf("new")}); err == nil || !strings.Contains(err.Error(), "no longer") {
		t.Errorf("the host is disabled: %v", err)
	}
	w = populated(t)
	w.keys[inv] = key("code of new")
	w.know("new")
	i := w.invitation("new", Viewer)
	i.TwoStep = true
	w.must("owner", inv, i)
	w.must(inv, id("new"), &UserEnroll{Role: Viewer, Keys: keysOf("new")})
	if err := w.try("owner", id("new"), accept(w, "new")); err == nil {
		t.Error("the store goes to who waits for confirmation")
	}
	w.must("owner", id("new"), &UserSet{Role: Operator, Pending: true}) // another role, and still waiting
	if u := w.chain.State.Users[id("new")]; u.Role != Operator || !u.Pending {
		t.Errorf("%+v", u)
	}
}

// TestReachOfANarrowedEditor: the own secrets, and those of flows within the grant.
func TestReachOfANarrowedEditor(t *testing.T) {
	d, own, foreign := DigestOf(nil), "mine@connection:mine", "unused@connection:unused"
	set := func(name string) *SecretSet { return &SecretSet{map[string]Digest{name: d}} }
	w := populated(t)
	w.must("narrowed", "", set(own))
	w.must("owner", "", set(foreign))
	for name, c := range map[string]struct {
		object string
		body   Body
		want   bool
	}{
		"own, again":                    {"", set(own), true},
		"own, removed":                  {own, &SecretDel{}, true},
		"own, approved":                 {"sales-day", &FlowApprove{Digest: d, Secrets: []string{own}}, true},
		"of a flow within":              {"", set("shop@connection:shop"), true},
		"of a flow outside":             {"", set("hr@connection:hr"), false},
		"nobody's, set":                 {"", set(foreign), false},
		"nobody's, removed":             {foreign, &SecretDel{}, false},
		"nobody's, approved":            {"sales-day", &FlowApprove{Digest: d, Secrets: []string{foreign}}, false},
		"a flow outside":                {"hr-day", &FlowApprove{Digest: d}, false},
		"a flow outside, taken back":    {"hr-day", &FlowRevoke{}, false},
		"a flow within, taken back":     {"sales-day", &FlowRevoke{}, true},
		"a secret that there is not":    {"gone@connection:gone", &SecretDel{}, false},
		"a flow that was not approved":  {"sales-night", &FlowRevoke{}, false},
		"a flow that nobody approved":   {"sales-night", &FlowApprove{Digest: d}, true},
		"own, in a flow of the outside": {"hr-day", &FlowApprove{Digest: d, Secrets: []string{own}}, false},
	} {
		if err := w.fork().try("narrowed", c.object, c.body); (err == nil) != c.want {
			t.Errorf("%s: %v", name, err)
		}
		var denied *DeniedError
		if err := w.fork().try("editor", c.object, c.body); errors.As(err, &denied) {
			t.Errorf("%s, who has all: %v", name, err)
		}
		if err := w.fork().try("viewer", c.object, c.body); !errors.As(err, &denied) {
			t.Errorf("%s, a viewer: %v", name, err)
		} else if want := map[bool]string{true: c.object}[strings.HasSuffix(c.object, "-day") || strings.HasSuffix(c.object, "-night")]; denied.Flow != want {
			t.Errorf("%s: denied about flow %q", name, denied.Flow)
		}
	}
	shown := map[string]bool{own: true, "shop@connection:shop": true, "hr@connection:hr": false, foreign: false}
	for name, want := range shown {
		if got := w.chain.State.Shows(id("narrowed"), name); got != want {
			t.Errorf("%s is shown: %v", name, got)
		}
		if !w.chain.State.Shows(id("editor"), name) {
			t.Errorf("%s is not shown to who has all", name)
		}
	}
	if w.chain.State.Shows(id("api-user"), "hr@connection:hr") {
		t.Error("a service account is shown what its flows do not take")
	}
}

// TestRefusedOperationLeavesTheChain where it was, also after the state was computed.
func TestRefusedOperationLeavesTheChain(t *testing.T) {
	w := populated(t)
	raw, _ := w.forge(id("owner"), key("owner"), id("viewer"), &UserSet{Role: Operator})
	op, err := DecodeOp(raw)
	if err != nil {
		t.Fatal(err)
	}
	op.State = DigestOf(nil)
	if raw, err = op.Encode(); err != nil {
		t.Fatal(err)
	}
	before := w.digest()
	if err := w.chain.Append(raw, SignOp(key("owner"), testStore, raw), true); err == nil || !strings.Contains(err.Error(), "the state after it") {
		t.Errorf("%v", err)
	}
	if w.digest() != before {
		t.Error("the state was changed")
	}
}
