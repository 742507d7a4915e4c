package rbac

import "testing"

func TestRoles(t *testing.T) {
	for i, want := range []struct {
		role    Role
		rank    int
		ceiling Level
	}{
		{Superadmin, rankSuperadmin, Manage},
		{Administrator, rankAdministrator, Manage},
		{Editor, rankEditor, Manage},
		{Operator, rankOperator, Run},
		{Viewer, rankViewer, Monitor},
		{APIUser, rankAPIUser, Run},
	} {
		r := Roles()[i]
		if r != want.role || r.rank() != want.rank || r.Ceiling() != want.ceiling {
			t.Errorf("%s, rank %d, at most %s; want %+v", r, r.rank(), r.Ceiling(), want)
		}
		if got, err := ParseRole(string(r)); err != nil || got != r {
			t.Errorf("%s: read as %q, %v", r, got, err)
		}
	}
	for _, r := range []Role{"", "boss", "Viewer", "viewer ", "owner"} {
		if r.rank() != rankNobody || r.Ceiling() != NoLevel {
			t.Errorf("%q: rank %d, at most %q", r, r.rank(), r.Ceiling())
		}
		if got, err := ParseRole(string(r)); err == nil || got != "" {
			t.Errorf("%q: read as %q", r, got)
		}
	}
}

// TestAtLeast compares each role with each; a role that is unknown stands nowhere,
// also not at itself.
func TestAtLeast(t *testing.T) {
	for i, r := range Roles() {
		for j, other := range Roles() {
			if got := r.AtLeast(other); got != (i <= j) {
				t.Errorf("%s at least %s: %v", r, other, got)
			}
		}
		if r.AtLeast("boss") || Role("boss").AtLeast(r) {
			t.Errorf("%s and an unknown role are compared", r)
		}
	}
	if Role("").AtLeast("") || Role("boss").AtLeast("boss") {
		t.Error("an unknown role stands at least at itself")
	}
}
