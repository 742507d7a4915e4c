package netguard

import (
	"context"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/headgate/headgate/connector"
)

// Times after which something that does not happen is given up.
const (
	dialTimeout      = 20 * time.Second // name resolution and TCP
	handshakeTimeout = 20 * time.Second // TLS or SSH
	headerTimeout    = 2 * time.Minute  // from a request to the first byte of its answer
	idleTimeout      = 2 * time.Minute  // without a byte in either direction
	pooledTimeout    = 60 * time.Second // of an HTTP connection that nobody uses
)

// Guard decides for one connection. It may be used from several goroutines.
type Guard struct {
	env      connector.Env
	plain    Plaintext
	fromData bool
	told     *said
	resolver *net.Resolver // nil = the system's
	now      func() time.Time
}

// New is the guard of env's connection, p its `plaintext:` section.
func New(env connector.Env, p Plaintext) *Guard {
	return &Guard{env: env, plain: p, told: &said{}, now: time.Now}
}

// FromData is the guard for addresses that the connection does not name: they come from
// data, or from the other side. Nothing private and nothing local may be dialled with it.
func (g *Guard) FromData() *Guard {
	strict := *g
	strict.fromData = true
	return &strict
}

// Dial opens a connection to address, host:port, through the connection's tunnel if it has
// one.
func (g *Guard) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if err := g.allowName(address); err != nil {
		return nil, err
	}
	dial := g.direct
	if g.env.Tunnel != nil {
		dial = g.tunnelled
	}
	c, err := dial(ctx, network, address)
	if err != nil {
		return nil, explainDial(err, address)
	}
	return c, nil
}

func (g *Guard) direct(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{
		Timeout:         dialTimeout,
		Resolver:        g.resolver,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 15 * time.Second, Count: 6},
		ControlContext: func(_ context.Context, _, resolved string, _ syscall.RawConn) error {
			return g.allowResolved(resolved)
		},
	}
	return d.DialContext(ctx, network, address)
}

// tunnelled leaves the name to the other end of the tunnel. What it resolves to cannot be
// checked there, so that only hosts that the connection names may go through.
func (g *Guard) tunnelled(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		if err := g.allowAddr(ip); err != nil {
			return nil, err
		}
	} else if g.fromData {
		return nil, refusef("the address comes from data or from a redirect, and what it resolves to behind the tunnel cannot be checked")
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	return g.env.Tunnel(ctx, network, address)
}

// allowResolved decides about the address of one attempt to connect, ip:port.
func (g *Guard) allowResolved(address string) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return refusef("%q is not an internet address", address)
	}
	return g.allowAddr(ap.Addr())
}

func (g *Guard) allowAddr(a netip.Addr) error {
	switch reach, what := Classify(a); {
	case reach == Never:
		return refusef("%s is %s", a, what)
	case reach == Private && g.fromData:
		return refusef("%s is %s, and the address comes from data or from a redirect: only hosts that a connection names may be there", a, what)
	}
	return nil
}

// allowName decides about host:port before anything is resolved.
func (g *Guard) allowName(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "" || port == "" {
		return connector.Mark(refusef("dial %q: want host:port", address), connector.ErrRefused)
	}
	if what := forbiddenName(host); what != "" {
		return connector.Mark(refusef("dial %s: %s is %s", address, host, what), connector.ErrRefused)
	}
	if list := g.env.Network.Hosts; len(list) > 0 && !MatchHost(list, address) {
		if g.told.first("denied " + address) {
			g.notice(connector.PolicyRefused, address+" is not on the policy's list of hosts")
		}
		return connector.Mark(refusef("dial %s: the policy's list of hosts does not have it; a superadmin can add it: headgate policy set network.hosts", address), connector.ErrRefused)
	}
	return nil
}
