package rbac

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestResetsThatNoLongerHold: late, or made by somebody who may no longer make them.
func TestResetsThatNoLongerHold(t *testing.T) {
	for name, c := range map[string]struct {
		then func(w *world)
		keys Keys
		want string
	}{
		"in time":             {func(*world) {}, keysOf("anew"), ""},
		"late":                {func(w *world) { w.now += time.Hour.Milliseconds() }, keysOf("anew"), "ended"},
		"its host disabled":   {func(w *world) { w.must("owner", id("administrator"), &UserSet{Role: Administrator, Disabled: true}) }, keysOf("anew"), "no longer"},
		"its host an editor":  {func(w *world) { w.must("owner", id("administrator"), &UserSet{Role: Editor}) }, keysOf("anew"), "no longer"},
		"without an own key":  {func(*world) {}, Keys{}, "signing key"},
		"of another operator": {func(w *world) { w.must("owner", id("viewer"), &UserSet{Role: Operator}) }, keysOf("anew"), "another role"},
	} {
		w := populated(t)
		u := w.chain.State.Users[id("viewer")]
		w.keys[inv] = key("code")
		reset := &Invite{Key: public("code"), User: id("viewer"), Rekey: true, Role: Viewer, Name: u.Name, Profile: u.Profile, Expires: w.now + 10_000}
		w.must("administrator", inv, reset)
		c.then(w)
		if err := w.try(inv, id("viewer"), &UserRekey{Keys: c.keys}); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := populated(t)
	u := w.chain.State.Users[id("viewer")]
	other := &Invite{Key: public("code"), User: id("viewer"), Rekey: true, Role: Viewer, Name: u.Name, Profile: DigestOf([]byte("x")), Expires: w.now + 10_000}
	if err := w.try("owner", inv, other); err == nil {
		t.Error("a reset gives another profile")
	}
	w.keys[inv] = key("code of new")
	w.must("owner", inv, w.invitation("new", Viewer))
	if err := w.try(inv, id("new"), &UserEnroll{Role: Viewer}); err == nil {
		t.Error("somebody enrols without keys")
	}
}

// TestListsOfPeople are sorted, whatever the order of a map, and a member of the box
// secrets reaches what no flow takes.
func TestListsOfPeople(t *testing.T) {
	w := populated(t)
	w.enroll("second", Operator)
	w.must("owner", "", &SecretSet{map[string]Digest{"unused@connection:unused": DigestOf(nil)}})
	s := w.chain.State
	for range 5 {
		if !slices.IsSorted(s.Members(Meta)) || !slices.IsSorted(s.Recipients("hr@connection:hr")) || len(s.Recipients("hr@connection:hr")) != 2 {
			t.Fatalf("%v, %v", s.Members(Meta), s.Recipients("hr@connection:hr"))
		}
	}
	if !s.Reaches(id("editor"), "unused@connection:unused") || s.Reaches(id("operator"), "unused@connection:unused") || s.Holds(id("owner"), "attic") {
		t.Error("who reaches what no flow takes")
	}
	for who, want := range map[string]bool{"operator": true, "api-user": true, "viewer": false, "stranger": false} {
		if _, err := Can(s, id(who), RunApproved, "", time.UnixMilli(w.now)); (err == nil) != want {
			t.Errorf("%s runs some flow: %v", who, err)
		}
	}
	for level, want := range map[string]bool{"": false, "all": false, "run": true} {
		if _, err := ParseLevel(level); (err == nil) != want {
			t.Errorf("level %q: %v", level, err)
		}
	}
	for _, bad := range []string{"j" + inv[1:], "i", inv[1:], inv + "0", "i" + strings.Repeat("x", 32)} {
		if err := w.try("owner", bad, w.invitation("new", Viewer)); err == nil {
			t.Errorf("an invitation with the id %q", bad)
		}
	}
}
