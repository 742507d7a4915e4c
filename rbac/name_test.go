package rbac

import (
	"net/mail"
	"strings"
	"testing"
)

func TestEmail(t *testing.T) {
	for in, want := range map[string]string{
		"ann@example.com": "ann@example.com", "Ann.Lee+etl@Mail.Example.CO.UK": "ann.lee+etl@mail.example.co.uk",
		"o'hara@example.ie": "o'hara@example.ie", "a@xn--bcher-kva.example": "a@xn--bcher-kva.example",
		"": "", "ann": "", "ann@": "", "@example.com": "", "ann@localhost": "", "ann@example": "", "a b@example.com": "",
		" ann@example.com": "", "ann@example.com\n": "", "ann@@example.com": "", "ann@-example.com": "", "ann@example..com": "",
		".ann@example.com": "", "ann.@example.com": "", "a..b@example.com": "", "Ann <ann@example.com>": "", "ann@127.0.0.1": "",
		"ann@[127.0.0.1]": "", `"a b"@example.com`: "", "ann@exämple.com": "", "ann@example.com,bob@example.com": "",
		strings.Repeat("a", 65) + "@example.com": "", "a@" + strings.Repeat("a", 64) + ".com": "",
		"a@" + strings.Repeat("abc.", 70) + "com": "", "ann@example.c0m": "", "\x00@example.com": "",
	} {
		got, err := Email(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
}

// TestEmailLimits: the longest that passes, one more, and what is said about it.
func TestEmailLimits(t *testing.T) {
	local := func(n int) string { return strings.Repeat("a", n) }
	domain := func(n int) string { return strings.Repeat("b", (n-3)%2) + strings.Repeat("a.", (n-3)/2) + "com" }
	label := strings.Repeat("a", 63)
	for in, want := range map[string]string{
		local(64) + "@" + domain(189):         "",
		local(64) + "@" + domain(190):         "longer than 254",
		local(1) + "@" + domain(252):          "",
		local(1) + "@" + domain(253):          "longer than 254",
		local(65) + "@example.com":            "before the @",
		"a@" + label + ".com":                 "",
		"a@" + label + "a.com":                "after the @",
		"a@example." + label:                  "",
		"a@example." + label + "a":            "after the @",
		"a@example.co":                        "",
		"a@example.c":                         "after the @",
		"a@example.x1":                        "after the @",
		"a@example.xn--" + label[:59]:         "",
		"a@example.xn--" + label[:60]:         "after the @",
		"a@com":                               "after the @",
		"a@.com":                              "after the @",
		"a@example.com.":                      "after the @",
		"a@" + strings.Repeat("Ⱥ", 80) + ".x": "after the @", // longer in lower case
		"@":                                   "before the @",
		"@example.com":                        "before the @",
		"a.example.com":                       "has no @",
		"a@example.com ":                      "spaces around",
		"\u00a0a@example.com":                 "spaces around",
		"":                                    "empty",
	} {
		got, err := Email(in)
		if (err == nil) != (want == "") || err != nil && (got != "" || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q of %d: %q, %v; want %q", in, len(in), got, err, want)
		}
	}
}

// FuzzEmail: what passes is one plain address to the standard library too, and the
// form in which it is stored is its own.
func FuzzEmail(f *testing.F) {
	for _, s := range []string{"ann@example.com", "Ann.Lee+etl@Mail.Example.CO.UK", "o'hara@example.ie", `"a b"@example.com`, "Ann <ann@example.com>", "a@(x)b.com"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		stored, err := Email(s)
		if err != nil {
			return
		}
		if again, err := Email(stored); err != nil || again != stored {
			t.Errorf("%q is stored as %q, and that as %q, %v", s, stored, again, err)
		}
		if a, err := mail.ParseAddress(s); err != nil || a.Address != s || a.Name != "" {
			t.Errorf("%q: %v, %v", s, a, err)
		}
	})
}

func TestService(t *testing.T) {
	for in, ok := range map[string]bool{
		"nightly": true, "a-1": true, "0": true, strings.Repeat("a", 63): true,
		strings.Repeat("a", 64): false, "": false, "-a": false, "Nightly": false, "a@b.com": false, "a\n": false,
	} {
		if got, err := Service(in); (err == nil) != ok || ok && got != in || !ok && got != "" {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
}

// TestIDs: those of people and invitations are of one length and in lower case.
func TestIDs(t *testing.T) {
	person := strings.Repeat("0f", 16)
	for in, want := range map[string]bool{
		person: true, "": false, person[1:]: false, person + "0": false, strings.ToUpper(person): false, "g" + person[1:]: false,
		person[:15] + "-" + person[16:]: false, person[:31] + "\n": false, "i" + person: false,
	} {
		if ValidUserID(in) != want {
			t.Errorf("%q: valid %v", in, !want)
		}
		if validInvitationID("i"+in) != want || validInvitationID(in) != (in == "i"+person) || validInvitationID("j"+in) {
			t.Errorf("%q, as an invitation's", in)
		}
	}
}

func TestNamesOfProfiles(t *testing.T) {
	for in, want := range map[string]bool{
		"": true, "prod": true, "Prod_2-a": true, "0": true, strings.Repeat("a", 64): true,
		strings.Repeat("a", 65): false, "-a": false, "_a": false, "a b": false, "a#b": false, "a\n": false,
	} {
		if validProfile(in) != want {
			t.Errorf("%q: valid %v", in, !want)
		}
	}
}

func TestGrants(t *testing.T) {
	parse := func(text string) (list []Grant) {
		for s := range strings.FieldsSeq(text) {
			g, err := ParseGrant(s)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, g)
		}
		return list
	}
	for _, c := range []struct {
		grants, flow string
		want         Level
	}{
		{"sales-*:run", "sales-day", Run}, {"sales-*:run", "hr-day", NoLevel}, {"sales-*:run", "sales-", Run},
		{"*:manage sales-*:monitor", "sales-day", Monitor}, {"*:manage sales-*:monitor", "hr", Manage},
		{"sales-*:monitor sales-day:manage", "sales-day", Manage}, {"sales-*:manage sales-day:monitor", "sales-day", Monitor},
		{"*-day:manage sale*:run", "sales-day", Run}, {"a*b*c:run", "axxbyyc", Run}, {"a*b*c:run", "axxbyy", NoLevel},
		{"sales-day*:monitor sales-day:manage", "sales-day", Manage}, {"sale*:run *-day:manage", "sales-day", Run},
		{"**:run", "x", Run}, {"", "x", NoLevel}, {"sales:run", "sales-day", NoLevel},
	} {
		if got := granted(parse(c.grants), c.flow); got != c.want {
			t.Errorf("%q on %s: %q, want %q", c.grants, c.flow, got, c.want)
		}
	}
	for _, bad := range []string{"", "x", "x:", "x:all", "X:run", "a/b:run", ":run", "a b:run"} {
		if _, err := ParseGrant(bad); err == nil {
			t.Errorf("%q: taken", bad)
		}
	}
}

// TestTheLastGrantTakenLeavesNothing: it must not give the whole role back.
func TestTheLastGrantTakenLeavesNothing(t *testing.T) {
	w := populated(t)
	w.must("owner", id("narrowed"), &GrantDel{"sales-*"})
	if l := w.chain.State.Effective(id("narrowed"), "sales-day"); l != NoLevel {
		t.Errorf("level %s", l)
	}
}

func TestSecretIDs(t *testing.T) {
	for in, want := range map[string]bool{
		"dwh@connection:warehouse": true, "shop/ssh@connection:shop#dev": true, "pepper@key:pii": true,
		"dwh": false, "dwh@warehouse": false, "@connection:x": false, "a@connection:": false, "a@connection:b#": false, "a b@key:c": false, "a@key:b\n": false,
	} {
		if ValidSecretID(in) != want {
			t.Errorf("%q: valid %v", in, !want)
		}
	}
}
