package rbac

import "testing"

func TestEffective(t *testing.T) {
	grants := []Grant{{"sales-*", Manage}, {"hr-*", Monitor}}
	for name, c := range map[string]struct {
		user User
		flow string
		want Level
	}{
		"the role's ceiling":        {User{Role: Editor}, "sales-day", Manage},
		"the role's ceiling, lower": {User{Role: Viewer}, "sales-day", Monitor},
		"disabled":                  {User{Role: Editor, Disabled: true}, "sales-day", NoLevel},
		"waiting for confirmation":  {User{Role: Editor, Pending: true}, "sales-day", NoLevel},
		"disabled and waiting":      {User{Role: Editor, Disabled: true, Pending: true}, "sales-day", NoLevel},
		"a grant":                   {User{Role: Editor, Narrowed: true, Grants: grants}, "hr-day", Monitor},
		"a grant above the ceiling": {User{Role: Operator, Narrowed: true, Grants: grants}, "sales-day", Run},
		"a grant of another flow":   {User{Role: Editor, Narrowed: true, Grants: grants}, "ops", NoLevel},
		"no grant left":             {User{Role: Editor, Narrowed: true}, "sales-day", NoLevel},
		"disabled, with a grant":    {User{Role: Editor, Disabled: true, Narrowed: true, Grants: grants}, "sales-day", NoLevel},
		"grants that do not count":  {User{Role: Editor, Grants: grants}, "ops", Manage},
		"of no known role":          {User{Role: "boss"}, "sales-day", NoLevel},
	} {
		s := &State{Users: map[string]User{"u": c.user}}
		if got := s.Effective("u", c.flow); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := populated(t).chain.State.Effective(id("stranger"), "sales-day"); got != NoLevel {
		t.Errorf("a stranger: %q", got)
	}
}

func TestWide(t *testing.T) {
	for name, c := range map[string]struct {
		user User
		want bool
	}{
		"not narrowed":               {User{Role: Editor}, true},
		"no grant left":              {User{Role: Editor, Narrowed: true}, false},
		"all at the ceiling":         {User{Role: Editor, Narrowed: true, Grants: []Grant{{"*", Manage}}}, true},
		"all at a lower ceiling":     {User{Role: Operator, Narrowed: true, Grants: []Grant{{"*", Run}}}, true},
		"all above the ceiling":      {User{Role: Operator, Narrowed: true, Grants: []Grant{{"*", Manage}}}, true},
		"all, one below the ceiling": {User{Role: Editor, Narrowed: true, Grants: []Grant{{"*", Run}}}, false},
		"some at the ceiling":        {User{Role: Editor, Narrowed: true, Grants: []Grant{{"sales-*", Manage}}}, false},
		"all, and some lower":        {User{Role: Editor, Narrowed: true, Grants: []Grant{{"*", Manage}, {"sales-*", Monitor}}}, false},
		"grants that do not count":   {User{Role: Editor, Grants: []Grant{{"sales-*", Monitor}}}, true},
		"two, each on some":          {User{Role: Editor, Narrowed: true, Grants: []Grant{{"hr-*", Manage}, {"sales-*", Manage}}}, false},
		"some below the ceiling":     {User{Role: Editor, Narrowed: true, Grants: []Grant{{"hr-*", Monitor}}}, false},
	} {
		if got := c.user.Wide(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestSigner(t *testing.T) {
	s := &State{Signers: map[string][]Signer{
		"ann": {{Key: "first", From: 3, To: 7}, {Key: "second", From: 7}},
		"bob": {{Key: "gone", From: 3, To: 7}},
	}}
	for _, c := range []struct {
		user string
		seq  uint64
		want string
	}{
		{"ann", 0, ""}, {"ann", 2, ""}, {"ann", 3, "first"}, {"ann", 6, "first"}, {"ann", 7, "second"}, {"ann", 100, "second"},
		{"bob", 2, ""}, {"bob", 3, "gone"}, {"bob", 6, "gone"}, {"bob", 7, ""}, {"bob", 8, ""}, {"stranger", 5, ""},
	} {
		if got, ok := s.Signer(c.user, c.seq); got != c.want || ok != (c.want != "") {
			t.Errorf("%s at %d: %q, %v; want %q", c.user, c.seq, got, ok, c.want)
		}
	}
}

func TestRankOfPeople(t *testing.T) {
	s := &State{Owner: "o", Users: map[string]User{"o": {Role: Superadmin}, "s": {Role: Superadmin}, "v": {Role: Viewer}}}
	for user, want := range map[string]int{"o": rankOwner, "s": rankSuperadmin, "v": rankViewer, "stranger": rankNobody} {
		if got := s.rank(user); got != want {
			t.Errorf("%s: %d, want %d", user, got, want)
		}
	}
	if got := (&State{Owner: "o"}).rank("o"); got != rankNobody {
		t.Errorf("an owner who is not a member: %d", got)
	}
}

func TestNamed(t *testing.T) {
	s := &State{
		Users:   map[string]User{"ann": {Name: "a"}, "bob": {Name: "b"}},
		Invites: map[string]Invitation{"i1": {Invite: Invite{User: "carl", Name: "c"}}},
	}
	for _, c := range []struct {
		name    Digest
		besides string
		want    bool
	}{
		{"a", "", true}, {"a", "ann", false}, {"a", "bob", true}, {"b", "ann", true},
		{"c", "", true}, {"c", "carl", false}, {"c", "ann", true}, {"d", "", false}, {"d", "ann", false},
	} {
		if got := s.named(c.name, c.besides); got != c.want {
			t.Errorf("%q besides %q: %v", c.name, c.besides, got)
		}
	}
}

// TestCloneSharesNothingThatChanges: what is done to a copy is not seen in the state.
func TestCloneSharesNothingThatChanges(t *testing.T) {
	for name, edit := range map[string]func(c *State){
		"a person":         func(c *State) { delete(c.Users, id("viewer")) },
		"a grant":          func(c *State) { c.Users[id("narrowed")].Grants[0].Level = Monitor },
		"a person's keys":  func(c *State) { delete(c.Signers, id("viewer")) },
		"the end of a key": func(c *State) { c.Signers[id("viewer")][0].To = 99 },
		"an invitation":    func(c *State) { c.Invites["i"] = Invitation{} },
		"a box":            func(c *State) { delete(c.Boxes, Meta) },
		"a secret":         func(c *State) { delete(c.Secrets, "hr@connection:hr") },
		"a flow":           func(c *State) { delete(c.Flows, "hr-day") },
		"a setting":        func(c *State) { c.Policy[InviteHours] = "5" },
		"the owner":        func(c *State) { c.Owner = id("viewer") },
	} {
		w := populated(t)
		before := w.digest()
		c := w.chain.State.Clone()
		if d, err := c.Digest(); err != nil || d != before {
			t.Fatalf("the copy is another state: %v", err)
		}
		edit(c)
		if d, err := c.Digest(); err != nil || d == before {
			t.Errorf("%s: the copy did not change (%v)", name, err)
		}
		if w.digest() != before {
			t.Errorf("%s: the state changed with its copy", name)
		}
	}
}
