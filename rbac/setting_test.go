package rbac

import (
	"slices"
	"testing"
)

func TestSettingsTakeTheirDefault(t *testing.T) {
	for _, s := range Settings() {
		if err := s.check(s.Default); err != nil || s.Help == "" {
			t.Errorf("%s: %v", s.Key, err)
		}
	}
}

func TestNetworkSettings(t *testing.T) {
	for _, c := range []struct {
		key       string
		good, bad []string
	}{
		{NetworkHosts, []string{"", "*", "db", "db:5432", "*.corp.example", "*.corp.example:*", "10.0.0.1:22, api.example.com", "[::1]:443", "[fe80::1]"},
			[]string{"*.*", "a*b", "db:0", "db:65536", "db:ssh", "http://x", "a b", ",", "db,", "user@host", "::1"}},
		{NetworkPlaintext, []string{"", "legacy.corp:21"}, []string{"*:x"}},
		{NetworkTLSFloor, []string{"1.2", "1.3"}, []string{"", "1.1", "TLS 1.3"}},
		{NetworkRSA2048, []string{"true", "false"}, []string{"yes", ""}},
	} {
		s, ok := setting(c.key)
		if !ok {
			t.Fatal(c.key)
		}
		for _, v := range c.good {
			if err := s.check(v); err != nil {
				t.Errorf("%s = %q: %v", c.key, v, err)
			}
		}
		for _, v := range c.bad {
			if s.check(v) == nil {
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
