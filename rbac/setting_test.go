package rbac

import (
	"slices"
	"testing"
)

func TestSettingsTakeTheirDefault(t *testing.T) {
	for _, s := range Settings() {
		if err := s.Check(s.Default); err != nil || s.Help == "" {
			t.Errorf("%s: %v", s.Key, err)
		}
	}
}

func TestSettingsTake(t *testing.T) {
	for _, c := range []struct {
		key       string
		good, bad []string
	}{
		{PasswordProfile, []string{"standard", "nist"}, []string{"", "Standard", "none"}},
		{KeyringRoles, []string{"below-administrator", "any", "none"}, []string{"", "all"}},
		{TwoStepFrom, []string{"viewer", "superadmin", "api-user"}, []string{"", "boss", "owner"}},
		{InviteHours, []string{"1", "2", "168", "719", "720"},
			[]string{"", "0", "-1", "721", "1h", "1.5", " 1", "99999999999999999999", "-99999999999999999999"}},
		{EmailDomains, []string{"", "example.com", "example.com, Example.org"},
			[]string{"x", ",", "example.com,", "a b.com", "example.com,x", "@example.com", "*.example.com"}},
		{NetworkHosts, []string{"", "*", "db", "db:5432", "*.corp.example", "*.corp.example:*", "db:1", "db:65535", "10.0.0.1:22, api.example.com", "[::1]:443", "[fe80::1]"},
			[]string{"*.*", "a*b", "db:0", "db:65536", "db:00000", "db:100000", "db:", "db,db:0", "db:ssh", "http://x", "a b", ",", "db,", "user@host", "::1"}},
		{NetworkPlaintext, []string{"", "legacy.corp:21"}, []string{"*:x"}},
		{NetworkTLSFloor, []string{"1.2", "1.3"}, []string{"", "1.1", "TLS 1.3"}},
		{NetworkRSA2048, []string{"true", "false"}, []string{"yes", ""}},
	} {
		s, ok := setting(c.key)
		if !ok {
			t.Fatal(c.key)
		}
		for _, v := range c.good {
			if err := s.Check(v); err != nil {
				t.Errorf("%s = %q: %v", c.key, v, err)
			}
		}
		for _, v := range c.bad {
			if s.Check(v) == nil {
				t.Errorf("%s = %q is fine", c.key, v)
			}
		}
	}
}

func TestList(t *testing.T) {
	s := &State{Policy: map[string]string{NetworkHosts: " a:1 ,b"}}
	if got := s.List(NetworkHosts); !slices.Equal(got, []string{"a:1", "b"}) {
		t.Error(got)
	}
	if got := s.List(NetworkPlaintext); got != nil {
		t.Error(got)
	}
}

func TestSettingIsWhatWasSigned(t *testing.T) {
	s := &State{Policy: map[string]string{InviteHours: "5", EmailDomains: ""}}
	for key, want := range map[string]string{InviteHours: "5", EmailDomains: "", NetworkTLSFloor: "1.2", "unknown": ""} {
		if got := s.Setting(key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	if got, ok := setting("unknown"); ok || got.Key != "" {
		t.Errorf("an unknown setting: %+v", got)
	}
}
