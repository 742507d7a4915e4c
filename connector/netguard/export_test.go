package netguard

import (
	"net"
	"time"
)

// WithResolver is g with another resolver.
func (g *Guard) WithResolver(r *net.Resolver) *Guard {
	other := *g
	other.resolver = r
	return &other
}

// At is g at another time.
func (g *Guard) At(now time.Time) *Guard {
	other := *g
	other.now = func() time.Time { return now }
	return &other
}

// IdleAfter is Idle with a limit.
func IdleAfter(c net.Conn, limit time.Duration) net.Conn { return &idle{c, limit} }

// What decides inside.
var (
	SplitPattern  = splitPattern
	CheckRedirect = checkRedirect
)
