package sftp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/netguard"
)

// account is whom to log in as, and where.
type account struct {
	env   connector.Env
	cfg   BastionConfig
	guard *netguard.Guard
}

func newAccount(env connector.Env, cfg BastionConfig) *account {
	if cfg.Port == 0 {
		cfg.Port = 22
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 30 * time.Second
	}
	return &account{env: env, cfg: cfg, guard: netguard.New(env, netguard.Plaintext{})}
}

func (a *account) address() string { return net.JoinHostPort(a.cfg.Host, strconv.Itoa(a.cfg.Port)) }

// login connects, checks the host key and logs in.
func (a *account) login(ctx context.Context) (*ssh.Client, error) {
	c, err := a.credentials(ctx)
	if err != nil {
		return nil, a.named(err)
	}
	defer c.clear()
	limited, cancel := context.WithTimeout(ctx, a.cfg.Timeout)
	defer cancel()
	client, err := a.guard.DialSSH(limited, a.address(), a.cfg.User, a.cfg.HostKeys, c.methods...)
	switch {
	case err == nil:
		return client, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return nil, a.named(lost(fmt.Errorf("no answer to the login for %s", a.cfg.Timeout)))
	}
	return nil, a.named(err)
}

// hostKeys asks the server for its host keys. No credential is touched.
func (a *account) hostKeys(ctx context.Context) ([]connector.HostKey, error) {
	keys, err := a.guard.HostKeys(ctx, a.address())
	if err != nil {
		return nil, a.named(err)
	}
	return keys, nil
}

// named makes an error of connecting say which connection it is about.
func (a *account) named(err error) error {
	if a.env.Connection == "" {
		return fmt.Errorf("connect to %s: %w", a.address(), err)
	}
	return fmt.Errorf("connection %s: %w", a.env.Connection, err)
}

// lost marks an error of the way to the server: another try may go better.
func lost(err error) error {
	return connector.Transient(connector.Mark(err, connector.ErrUnreachable))
}
