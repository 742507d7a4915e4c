package rbac

import (
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

func TestService(t *testing.T) {
	for in, ok := range map[string]bool{"nightly": true, "a-1": true, "": false, "-a": false, "Nightly": false, "a@b.com": false} {
		if _, err := Service(in); (err == nil) != ok {
			t.Errorf("%q: %v", in, err)
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
