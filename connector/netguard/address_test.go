package netguard_test

import (
	"net/netip"
	"testing"

	"github.com/headgate/headgate/connector/netguard"
)

func TestClassify(t *testing.T) {
	for a, want := range map[string]netguard.Reach{
		"8.8.8.8": netguard.Public, "2606:4700::1111": netguard.Public, "::ffff:8.8.8.8": netguard.Public, "64:ff9b::8.8.8.8": netguard.Public, "2002:808:808::1": netguard.Public,

		"127.0.0.1": netguard.Private, "127.255.0.1": netguard.Private, "::1": netguard.Private, "10.1.2.3": netguard.Private, "172.31.0.1": netguard.Private,
		"192.168.1.1": netguard.Private, "100.64.0.1": netguard.Private, "fc00::1": netguard.Private, "fd12:3456::1": netguard.Private, "fec0::1": netguard.Private,
		"::ffff:127.0.0.1": netguard.Private, "64:ff9b::10.0.0.1": netguard.Private, "2002:7f00:1::": netguard.Private, "::10.0.0.1": netguard.Private,
		"192.0.2.1": netguard.Private, "198.18.0.1": netguard.Private, "2001:db8::1": netguard.Private, "64:ff9b:1::808:808": netguard.Private,

		"169.254.169.254": netguard.Never, "169.254.0.1": netguard.Never, "100.100.100.200": netguard.Never, "168.63.129.16": netguard.Never, "192.0.0.192": netguard.Never,
		"0.0.0.0": netguard.Never, "0.1.2.3": netguard.Never, "224.0.0.1": netguard.Never, "239.1.1.1": netguard.Never, "255.255.255.255": netguard.Never, "250.0.0.1": netguard.Never,
		"::": netguard.Never, "fe80::1": netguard.Never, "fe80::1%eth0": netguard.Never, "ff02::1": netguard.Never, "fd00:ec2::254": netguard.Never, "fd20:ce::254": netguard.Never,
		"::ffff:169.254.169.254": netguard.Never, "::169.254.169.254": netguard.Never, "::ffff:0:169.254.169.254": netguard.Never,
		"64:ff9b::169.254.169.254": netguard.Never, "64:ff9b:1::169.254.169.254": netguard.Never, "64:ff9b:1:a9fe:a9:fe00::": netguard.Never,
		"2002:a9fe:a9fe::1": netguard.Never, "2002:a9fe:a9fe:1:2:3:4:5": netguard.Never,
		"2001:0:1:2:3:4:5601:5601": netguard.Never, "2001:0:a9fe:a9fe::": netguard.Never, // Teredo: client inverted, server plain
		"2001:470::5efe:169.254.169.254": netguard.Never, "2001:470::200:5efe:a9fe:a9fe": netguard.Never,
		"64:ff9b::ffff:ffff": netguard.Never, "64:ff9b::e000:1": netguard.Never, "2002::1": netguard.Never,
	} {
		got, what := netguard.Classify(netip.MustParseAddr(a))
		if got != want {
			t.Errorf("%s: %v (%s), want %v", a, got, what, want)
		}
		if (what == "") != (want == netguard.Public) {
			t.Errorf("%s: explained as %q", a, what)
		}
	}
	if got, _ := netguard.Classify(netip.Addr{}); got != netguard.Never {
		t.Errorf("no address: %v", got)
	}
}

// FuzzClassify checks that no spelling of a forbidden IPv4 address in IPv6 gets out.
func FuzzClassify(f *testing.F) {
	f.Add([]byte{169, 254, 169, 254})
	f.Add([]byte{10, 0, 0, 1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) < 4 {
			return
		}
		v4 := netip.AddrFrom4([4]byte(raw[:4]))
		want, _ := netguard.Classify(v4)
		for _, prefix := range []string{"::ffff:0:0", "64:ff9b::", "::ffff:0:0:0"} {
			b := netip.MustParseAddr(prefix).As16()
			copy(b[12:], raw[:4])
			if got, _ := netguard.Classify(netip.AddrFrom16(b)); got < want {
				t.Errorf("%s in %s: %v, want %v", v4, netip.AddrFrom16(b), got, want)
			}
		}
		b := [16]byte{0x20, 0x02}
		copy(b[2:], raw[:4])
		if got, _ := netguard.Classify(netip.AddrFrom16(b)); got < want {
			t.Errorf("%s in 6to4: %v, want %v", v4, got, want)
		}
	})
}

func TestMatchHost(t *testing.T) {
	for _, c := range []struct {
		pattern, address string
		want             bool
	}{
		{"db.corp:5432", "db.corp:5432", true}, {"db.corp:5432", "DB.Corp.:5432", true}, {"db.corp:5432", "db.corp:5433", false},
		{"*.corp:5432", "a.corp:5432", true}, {"*.corp:5432", "a.b.corp:5432", true}, {"*.corp:5432", "corp:5432", false}, {"*.corp:5432", "evilcorp:5432", false},
		{"db.corp", "db.corp:1", true}, {"db.corp:*", "db.corp:1", true}, {"*:443", "x.y:443", true}, {"*:443", "x.y:80", false}, {"*", "x:1", true},
		{"10.0.0.1:22", "10.0.0.1:22", true}, {"10.0.0.1:22", "[::ffff:10.0.0.1]:22", true}, {"[::1]:22", "[0:0::1]:22", true}, {"::1", "[::1]:9", true},
		{"db.corp:5432", "db.corp", false}, {"*.corp:5432", "a.corp.evil:5432", false}, {"d*.corp", "db.corp:1", false}, {"", "x:1", false},
	} {
		if got := netguard.MatchHost([]string{"other:1", c.pattern}, c.address); got != c.want {
			t.Errorf("%q matches %q: %v, want %v", c.pattern, c.address, got, c.want)
		}
	}
	for _, bad := range []string{"", ":22", "a:b", "a:0", "a:70000", "d*.corp", "*.", "*.*", "a/b", "10.0.0.0/8", "a b", "user@host:22", "http://x"} {
		if _, _, err := netguard.SplitPattern(bad); err == nil {
			t.Errorf("%q passes", bad)
		}
	}
	for _, good := range []string{"a", "a:1", "*:443", "*", "*.a.b:*", "[::1]:22", "::1", "127.0.0.1:5"} {
		if _, _, err := netguard.SplitPattern(good); err != nil {
			t.Error(err)
		}
	}
}
