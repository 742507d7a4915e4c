package netguard

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strings"

	"github.com/headgate/headgate/connector"
)

// ratchet makes c refuse what is older than TLS 1.3 where that is known to be spoken. It does so when
// the other side has answered and before anything of ours is sent, so that the refusal can say why.
func (g *Guard) ratchet(c *tls.Config, host string) {
	if c.MinVersion >= tls.VersionTLS13 || g.fromData || !g.spoke13(host) {
		return
	}
	then := c.VerifyConnection
	c.VerifyConnection = func(s tls.ConnectionState) error {
		if s.Version < tls.VersionTLS13 {
			what := fmt.Sprintf("%s speaks %s and spoke TLS 1.3 before", host, tls.VersionName(s.Version))
			g.notice(connector.TLSLowered, what)
			return refusef("%s: the server changed, or somebody else answers. If its owner says that it is right: headgate connection trust %s --tls 1.2", what, g.env.Connection)
		}
		if then != nil {
			return then(s)
		}
		return nil
	}
}

// spoke13 reports whether host, or the domain that it is a part of, is known to speak TLS 1.3.
func (g *Guard) spoke13(host string) bool {
	host = canonical(host)
	return slices.ContainsFunc(g.env.Network.Spoke13, func(s string) bool {
		connection, known, _ := strings.Cut(s, " ")
		known = canonical(known)
		return connection == g.env.Connection && (host == known || strings.HasSuffix(host, "."+known))
	})
}
