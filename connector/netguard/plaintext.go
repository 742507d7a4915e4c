package netguard

import (
	"fmt"
	"sync"
	"time"

	"github.com/headgate/headgate/connector"
)

// Plaintext is why a connection speaks without encryption, as the connection's
// `plaintext:` says. The zero value is none: it does not.
type Plaintext struct {
	Reason      string `key:"reason" required:"true" help:"why there is no other way"`
	Until       string `key:"until" required:"true" help:"the last day, as YYYY-MM-DD"`
	Credentials bool   `key:"credentials" help:"also send the credentials in clear"`
}

// said remembers what a guard and those made of it have told the audit log.
type said struct {
	mu   sync.Mutex
	what map[string]bool
}

func (s *said) first(what string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.what[what] {
		return false
	}
	if s.what == nil {
		s.what = map[string]bool{}
	}
	s.what[what] = true
	return true
}

// AllowPlaintext is nil if address, host:port, may be spoken to without encryption: the
// connection says why and until when, and the policy has the host on its list. The audit
// log is told, once for each guard and address.
func (g *Guard) AllowPlaintext(address string) error {
	if err := g.allowPlaintext(address); err != nil {
		return connector.Mark(fmt.Errorf("%s in clear: %w", address, err), connector.ErrRefused)
	}
	if g.told.first(address) {
		g.notice(connector.PlaintextUsed, fmt.Sprintf("%s until %s: %s", address, g.plain.Until, g.plain.Reason))
	}
	return nil
}

func (g *Guard) allowPlaintext(address string) error {
	p := g.plain
	if p.Reason == "" || p.Until == "" {
		return refusef("the connection does not ask for it: plaintext: {reason: ..., until: YYYY-MM-DD}")
	}
	last, err := time.Parse(time.DateOnly, p.Until)
	if err != nil {
		return refusef("plaintext: until: %q is not a date, YYYY-MM-DD", p.Until)
	}
	if !g.now().UTC().Before(last.AddDate(0, 0, 1)) {
		return refusef("the connection asked for it until %s", p.Until)
	}
	if !MatchHost(g.env.Network.Plaintext, address) {
		if g.told.first("denied " + address) {
			g.notice(connector.PolicyRefused, address+" is not on the policy's list of hosts that may be spoken to in clear")
		}
		return refusef("the policy does not allow it for this host; a superadmin can: headgate policy set network.plaintext")
	}
	return nil
}

// AllowPlaintextCredentials is AllowPlaintext for credentials: the connection must ask for that
// too. A connector calls it before it sends any.
func (g *Guard) AllowPlaintextCredentials(address string) error {
	if err := g.AllowPlaintext(address); err != nil {
		return err
	}
	if !g.plain.Credentials {
		return connector.Mark(fmt.Errorf("%s in clear: the connection does not ask to send credentials that way: plaintext: {credentials: true}", address), connector.ErrRefused)
	}
	return nil
}

func (g *Guard) notice(kind connector.NoticeKind, text string) {
	if g.env.Notice != nil {
		g.env.Notice(connector.Notice{Kind: kind, Connection: g.env.Connection, Text: text})
	}
}
