package netguard_test

import (
	"crypto/tls"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/netguard"
)

// TestRatchet asks the configuration what it thinks of a handshake. The rule's class is "binary".
func TestRatchet(t *testing.T) {
	for _, c := range []struct {
		name, spoke, host string
		foreign, refused  bool
	}{
		{"never seen", "", "files.example", false, false},
		{"seen", "shop files.example", "files.example", false, true},
		{"written otherwise", "shop files.example", "FILES.example.", false, true},
		{"a bucket of it", "shop files.example", "b.files.example", false, true},
		{"another host", "shop files.example", "myfiles.example", false, false},
		{"another connection", "other files.example", "files.example", false, false},
		{"reached by a redirect", "shop files.example", "files.example", true, false},
	} {
		told := 0
		g := netguard.New(connector.Env{Connection: "shop", Network: connector.NetworkPolicy{Spoke13: strings.Split(c.spoke, ",")},
			Notice: func(n connector.Notice) {
				if n.Kind == connector.TLSLowered {
					told++
				}
			}}, netguard.Plaintext{})
		if c.foreign {
			g = g.FromData()
		}
		config, err := g.TLS(c.host, netguard.TLSOptions{})
		if err != nil {
			t.Fatal(err)
		}
		judge := func(version uint16) error {
			if config.VerifyConnection == nil {
				return nil
			}
			return config.VerifyConnection(tls.ConnectionState{Version: version})
		}
		if err := judge(tls.VersionTLS13); err != nil {
			t.Errorf("%s: TLS 1.3: %v", c.name, err)
		}
		err = judge(tls.VersionTLS12)
		if (err != nil) != c.refused || (told == 1) != c.refused {
			t.Errorf("%s: TLS 1.2: error %v, told %d times", c.name, err, told)
		}
		if err != nil {
			wantMarked(t, netguard.Explain(err, c.host), connector.ErrRefused, "headgate connection trust shop --tls 1.2")
		}
	}
}

// TestRatchetKeepsPins has both rules at once.
func TestRatchetKeepsPins(t *testing.T) {
	g := netguard.New(connector.Env{Connection: "shop", Network: connector.NetworkPolicy{Spoke13: []string{"shop h"}}}, netguard.Plaintext{})
	config, err := g.TLS("h", netguard.TLSOptions{Pins: []string{"sha256/" + strings.Repeat("A", 43) + "="}})
	if err != nil {
		t.Fatal(err)
	}
	if config.VerifyConnection(tls.ConnectionState{Version: tls.VersionTLS13}) == nil {
		t.Error("the pins are forgotten")
	}
}
