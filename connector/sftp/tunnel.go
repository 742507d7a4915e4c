package sftp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/headgate/headgate/connector"
)

// Tunnel makes connections from an SSH server on.
type Tunnel struct {
	*account
	mu     sync.Mutex
	client *ssh.Client // nil = not connected
	gone   chan struct{}
}

// OpenTunnel makes a tunnel. It connects when it is first used, and again after the
// connection was lost.
func OpenTunnel(env connector.Env, cfg BastionConfig) *Tunnel {
	return &Tunnel{account: newAccount(env, cfg)}
}

// Dial opens a TCP connection from the server to address. A name is resolved there.
func (t *Tunnel) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	client, err := t.connected(ctx)
	if err != nil {
		return nil, err
	}
	conn, err := client.DialContext(ctx, network, address)
	var closed *ssh.OpenChannelError
	switch {
	case err == nil:
		return newPiped(conn, address), nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, &closed) && closed.Reason == ssh.Prohibited:
		err = connector.Mark(errors.New("the SSH server does not let us go on to there"), connector.ErrUnreachable)
	case errors.As(err, &closed):
		err = lost(fmt.Errorf("the SSH server cannot reach it: %.200q", closed.Message))
	default:
		client.Close()
		err = lost(err)
	}
	return nil, t.named(fmt.Errorf("on to %s: %w", address, err))
}

func (t *Tunnel) connected(ctx context.Context) (*ssh.Client, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.client != nil {
		select {
		case <-t.gone:
		default:
			return t.client, nil
		}
	}
	client, err := t.login(ctx)
	if err != nil {
		return nil, err
	}
	t.client, t.gone = client, make(chan struct{})
	go greet(client, t.gone, t.cfg.Timeout)
	return client, nil
}

// Close ends the tunnel and what goes through it.
func (t *Tunnel) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.client != nil {
		t.client.Close()
		<-t.gone
		t.client = nil
	}
	return nil
}

// greet keeps a connection known to the firewalls on the way, ends it when the server does
// not answer any more, and closes gone at its end.
func greet(client *ssh.Client, gone chan<- struct{}, limit time.Duration) {
	defer close(gone)
	broken := make(chan struct{})
	go func() {
		client.Wait()
		close(broken)
	}()
	tick := time.NewTicker(keepAlive)
	defer tick.Stop()
	for {
		select {
		case <-broken:
			return
		case <-tick.C:
		}
		silent := time.AfterFunc(limit, func() { client.Close() })
		client.SendRequest("keepalive@openssh.com", true, nil)
		silent.Stop()
	}
}
