package netguard

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// HTTP is a client for host, a name or host:port, which the connection names. TLSOptions
// are for that host: another one, reached by a redirect, sees neither our certificate nor
// our private authorities, and must be public. The client speaks HTTP/1.1: one
// connection a transfer.
func (g *Guard) HTTP(host string, o TLSOptions) (*http.Client, error) {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	own, err := g.TLS(name, o)
	if err != nil {
		return nil, err
	}
	own.NextProtos = []string{"http/1.1"}
	d := &webDialer{guard: g, host: host, name: name, own: own}
	return &http.Client{
		CheckRedirect: checkRedirect,
		Transport: &http.Transport{
			DialContext:           d.clear,
			DialTLSContext:        d.tls,
			DisableCompression:    true, // bytes as stored: their number and their checksum count
			ResponseHeaderTimeout: headerTimeout,
			ExpectContinueTimeout: time.Second,
			IdleConnTimeout:       pooledTimeout,
			MaxIdleConnsPerHost:   16,
			// A header is a few kilobytes; one without end must not fill the memory.
			MaxResponseHeaderBytes: 256 << 10,
			ReadBufferSize:         64 << 10,
			WriteBufferSize:        64 << 10,
		},
	}, nil
}

// webDialer connects for an HTTP client.
type webDialer struct {
	guard      *Guard
	host, name string
	own        *tls.Config
}

// named reports whether address is what the connection names.
func (d *webDialer) named(address string) bool {
	if canonicalAddress(d.host) == canonicalAddress(address) {
		return true
	}
	host, _, err := net.SplitHostPort(address)
	return err == nil && d.host == d.name && canonical(host) == canonical(d.name)
}

func canonicalAddress(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return ""
	}
	return net.JoinHostPort(canonical(host), port)
}

func (d *webDialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	g := d.guard
	if !d.named(address) {
		g = g.FromData()
	}
	c, err := g.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return Idle(c), nil
}

func (d *webDialer) clear(ctx context.Context, network, address string) (net.Conn, error) {
	if err := d.guard.AllowPlaintext(address); err != nil {
		return nil, err
	}
	return d.dial(ctx, network, address)
}

func (d *webDialer) tls(ctx context.Context, network, address string) (net.Conn, error) {
	config := d.own
	if !d.named(address) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		if config, err = d.guard.FromData().TLS(host, TLSOptions{}); err != nil {
			return nil, err
		}
		config.NextProtos = d.own.NextProtos
	}
	c, err := d.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return Handshake(ctx, c, config, address)
}

// Handshake speaks TLS over c, which it closes when that fails. address is for messages.
func Handshake(ctx context.Context, c net.Conn, config *tls.Config, address string) (*tls.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	t := tls.Client(c, config)
	if err := t.HandshakeContext(ctx); err != nil {
		c.Close()
		return nil, Explain(err, address)
	}
	return t, nil
}
