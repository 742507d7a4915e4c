package plan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/flow"
)

// env is the request's Env for one connection; nil is the project's folder.
func (b *builder) env(conn *flow.Resolved) connector.Env {
	env := b.req.Env
	env.Keys, env.Retry = b.key, b.retry()
	if conn == nil {
		return env
	}
	env.Connection = conn.Name
	env.Secrets = b.secretsOf(conn)
	if conn.Tunnel != nil {
		env.Tunnel = b.tunnel(conn.Tunnel).dial
	}
	return env
}

// retry is the flow's rule; the zero value when it has none.
func (b *builder) retry() connector.Retry {
	if b.flow == nil || b.flow.Run.Retry == nil {
		return connector.Retry{}
	}
	return connector.Retry{Attempts: b.flow.Run.Retry.Attempts, Backoff: b.flow.Run.Retry.Backoff}
}

// tunnel is the way through a connection, the same one for all who go through it.
func (b *builder) tunnel(conn *flow.Resolved) *tunnel {
	if t := b.tunnels[conn.Name]; t != nil {
		return t
	}
	env := b.env(conn)
	t := &tunnel{open: func(ctx context.Context) (connector.Tunnel, error) { return conn.Type.Tunnel(ctx, env, conn.Config) }, name: conn.Name}
	if b.tunnels == nil {
		b.tunnels = map[string]*tunnel{}
	}
	b.tunnels[conn.Name] = t
	b.closers = append(b.closers, t)
	return t
}

// tunnel is opened when it is first needed, and stays until it is closed.
type tunnel struct {
	name string
	open func(context.Context) (connector.Tunnel, error)

	mu     sync.Mutex
	opened connector.Tunnel
	closed bool
}

// dial is a connector.Dial.
func (t *tunnel) dial(ctx context.Context, network, address string) (net.Conn, error) {
	through, err := t.get(ctx)
	if err != nil {
		return nil, fmt.Errorf("tunnel %s: %w", t.name, err)
	}
	c, err := through.Dial(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("tunnel %s: %w", t.name, err)
	}
	return c, nil
}

func (t *tunnel) get(ctx context.Context) (connector.Tunnel, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, net.ErrClosed
	}
	if t.opened != nil {
		return t.opened, nil
	}
	opened, err := t.open(ctx)
	if err == nil {
		t.opened = opened
	}
	return opened, err
}

// Close may be called twice.
func (t *tunnel) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	opened := t.opened
	t.opened, t.closed = nil, true
	if opened == nil {
		return nil
	}
	return opened.Close()
}

// closeAll closes last first: a tunnel through another is younger than it.
func closeAll(list []io.Closer) error {
	var errs []error
	for i := len(list) - 1; i >= 0; i-- {
		errs = append(errs, list[i].Close())
	}
	return errors.Join(errs...)
}
