package netguard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/headgate/headgate/connector"
)

// DialSSH logs in at address, host:port; see SSH. A server has a host key of each type and
// presents one: where that is not pinned the others are asked for, each on a new
// connection, before it is refused and the audit log told. One that has none of the pinned types
// is asked for any other, to tell which it presents.
func (g *Guard) DialSSH(ctx context.Context, address, user string, hostKeys []string, auth ...ssh.AuthMethod) (*ssh.Client, error) {
	for _, p := range hostKeys {
		if err := CheckHostKey(p); err != nil {
			return nil, connector.Mark(err, connector.ErrRefused)
		}
	}
	types, all := pinnedTypes(hostKeys), pinnedTypes(nil)
	var first *HostKeyError
	for {
		config := g.SSH(user, hostKeys, auth...)
		config.HostKeyAlgorithms = algorithmsOf(types)
		c, err := g.handshakeSSH(ctx, address, config)
		if err == nil {
			return c, nil
		}
		var other *HostKeyError
		if !errors.As(err, &other) {
			if first != nil && isNoAlgorithm(err) {
				break
			}
			if lacksKeyType(err) && len(types) < len(all) {
				types = all
				continue
			}
			return nil, err
		}
		if first == nil {
			first = other
		}
		types = slices.DeleteFunc(types, func(t string) bool { return t == other.Presented.Type })
		if len(types) == 0 || !other.Changed {
			break
		}
	}
	what := "which is not trusted"
	if !first.Changed {
		what = "and the connection trusts none yet"
	}
	g.notice(connector.HostKeyChanged, fmt.Sprintf("%s presents %s, %s", address, first.Presented, what))
	return nil, connector.Mark(first, connector.ErrRefused)
}

// handshakeSSH makes one attempt.
func (g *Guard) handshakeSSH(ctx context.Context, address string, config *ssh.ClientConfig) (*ssh.Client, error) {
	c, err := g.Dial(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	if err := c.SetDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		c.Close()
		return nil, Explain(err, address)
	}
	conn, channels, requests, err := ssh.NewClientConn(c, address, config)
	if err != nil {
		c.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, explainSSH(err, address)
	}
	if err := c.SetDeadline(time.Time{}); err != nil {
		conn.Close()
		return nil, Explain(err, address)
	}
	return ssh.NewClient(conn, channels, requests), nil
}

func isNoAlgorithm(err error) bool {
	var none *ssh.AlgorithmNegotiationError
	return errors.As(err, &none)
}

// lacksKeyType reports whether a server has no host key of the types it was asked for.
func lacksKeyType(err error) bool {
	var none *ssh.AlgorithmNegotiationError
	return errors.As(err, &none) && none.What == "host key"
}

func explainSSH(err error, address string) error {
	var key *HostKeyError
	var none *ssh.AlgorithmNegotiationError
	switch {
	case errors.As(err, &key):
		return connector.Mark(key, connector.ErrRefused)
	case errors.As(err, &none):
		return connector.Mark(&worded{fmt.Sprintf("%s: the server offers only what is too weak or not pinned: %s", address, none), err}, connector.ErrRefused)
	case errors.Is(err, connector.ErrRefused):
		return connector.Mark(fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "ssh: handshake failed: ")), connector.ErrRefused)
	case strings.Contains(err.Error(), "unable to authenticate"):
		return connector.Mark(fmt.Errorf("%s: the server does not accept our login", address), connector.ErrUnreachable)
	}
	return Explain(err, address)
}

// HostKeys asks the server at address for its host keys, one of each type, without
// logging in.
func (g *Guard) HostKeys(ctx context.Context, address string) ([]connector.HostKey, error) {
	var keys []connector.HostKey
	var failed error
	for _, t := range hostKeyTypes {
		config := g.SSH("", nil)
		config.HostKeyAlgorithms = t.algorithms
		config.HostKeyCallback = func(_ string, _ net.Addr, key ssh.PublicKey) error {
			return &HostKeyError{Host: address, Presented: hostKeyOf(key)}
		}
		_, err := g.handshakeSSH(ctx, address, config)
		var found *HostKeyError
		switch {
		case errors.As(err, &found):
			keys = append(keys, found.Presented)
		case isNoAlgorithm(err):
			failed = err
		default:
			return nil, err
		}
	}
	if len(keys) == 0 {
		return nil, failed
	}
	return keys, nil
}
