package rbac

import (
	"strings"
	"testing"
	"time"
)

// TestProfiles: what is approved for a profile counts in that one alone, and what is approved for
// others stays when it is replaced or taken back.
func TestProfiles(t *testing.T) {
	w := populated(t)
	now := time.UnixMilli(w.now)
	approve := func(env, text string) {
		w.must("owner", "sales-day", &FlowApprove{Digest: DigestOf([]byte(text)), Env: env, Secrets: []string{"shop@connection:shop"}})
	}
	runs := func(env, text string) bool {
		return MayRun(w.chain.State, id("operator"), "sales-day", env, DigestOf([]byte(text)), now) == nil
	}
	approve("", "plain")
	approve("dev", "dev")
	approve("prod", "prod")
	approve("dev", "newer")
	for _, c := range []struct {
		env, text string
		want      bool
	}{{"", "plain", true}, {"dev", "newer", true}, {"prod", "prod", true}, {"dev", "dev", false}, {"prod", "newer", false}, {"", "prod", false}, {"test", "plain", false}} {
		if got := runs(c.env, c.text); got != c.want {
			t.Errorf("%s in profile %q: %v", c.text, c.env, got)
		}
	}
	if err := w.try("owner", "sales-day", &FlowRevoke{Envs: []string{"test"}}); err == nil || !strings.Contains(err.Error(), `for profile "test"`) {
		t.Errorf("taken back where it is not approved: %v", err)
	}
	before := w.chain.State
	w.must("owner", "sales-day", &FlowRevoke{Envs: []string{"", "dev"}})
	if runs("", "plain") || runs("dev", "newer") || !runs("prod", "prod") || !w.chain.State.Reaches(id("operator"), "shop@connection:shop") {
		t.Error("after taking two of three back")
	}
	if len(before.Flows["sales-day"]) != 3 {
		t.Error("an older state was changed")
	}
	w.must("owner", "sales-day", &FlowRevoke{Envs: []string{"prod"}})
	if _, is := w.chain.State.Flows["sales-day"]; is || w.chain.State.Reaches(id("operator"), "shop@connection:shop") {
		t.Error("after taking the last back")
	}
	if err := w.try("owner", "sales-day", &FlowApprove{Digest: DigestOf(nil), Env: "a profile"}); err == nil {
		t.Error("approved for what is no profile")
	}
	if _, err := replay(w.ops); err != nil {
		t.Error(err)
	}
}

// TestShows: a list has what the grants include, and the person's own.
func TestShows(t *testing.T) {
	w := populated(t)
	s := w.chain.State
	for _, c := range []struct {
		who, secret string
		want        bool
	}{{"editor", "hr@connection:hr", true}, {"narrowed", "shop@connection:shop", true}, {"narrowed", "hr@connection:hr", false}} {
		if got := s.Shows(id(c.who), c.secret); got != c.want {
			t.Errorf("%s sees %s: %v", c.who, c.secret, got)
		}
	}
	x := s.Secrets["hr@connection:hr"]
	x.By = id("narrowed")
	s.Secrets["hr@connection:hr"] = x
	if !s.Shows(id("narrowed"), "hr@connection:hr") {
		t.Error("not the own one")
	}
}
