package mysql

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/netguard"
)

// server is a connection as configured.
type server struct {
	env   connector.Env
	cfg   *Config
	guard *netguard.Guard
	name  string // for messages
}

func newServer(env connector.Env, cfg *Config) *server {
	var p netguard.Plaintext
	if cfg.Plaintext != nil {
		p = *cfg.Plaintext
	}
	return &server{env: env, cfg: cfg, guard: netguard.New(env, p), name: cmp.Or(env.Connection, cfg.Host)}
}

// connect logs in. Transactions of a connection that is readOnly cannot change anything.
func (s *server) connect(ctx context.Context, readOnly bool) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.ConnectTimeout)
	defer cancel()
	c, err := s.login(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.greet(ctx, readOnly); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (s *server) login(ctx context.Context) (*conn, error) {
	address := net.JoinHostPort(s.cfg.Host, strconv.Itoa(s.cfg.Port))
	d := mysql.NewConfig()
	d.Net, d.Addr, d.DBName, d.User = "tcp", address, s.cfg.Database, s.cfg.User
	d.ConnectionAttributes = "program_name:headgate"
	d.Logger = &mysql.NopLogger{}
	d.MaxAllowedPacket = 0 // what the server says
	d.Collation, d.CheckConnLiveness = "utf8mb4_general_ci", false
	if err := s.authenticate(ctx, d, address); err != nil {
		return nil, err
	}
	c := &conn{server: s}
	var dialed error
	d.DialFunc = func(ctx context.Context, network, address string) (raw net.Conn, err error) {
		raw, dialed = s.guard.Dial(ctx, network, address)
		return raw, dialed
	}
	if d.TLS != nil {
		d.TLS.VerifyConnection = tapped(d.TLS.VerifyConnection, &c.tls)
	}
	dc, err := mysql.NewConnector(d)
	d.Passwd = ""
	if err != nil {
		return nil, err
	}
	raw, err := dc.Connect(ctx)
	if dialed != nil {
		return nil, dialed
	}
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	var ok bool
	if c.raw, ok = raw.(wire); !ok {
		raw.Close()
		return nil, fmt.Errorf("the driver lacks what it had")
	}
	return c, nil
}

// tapped notes the state of a TLS connection that verify, which may be nil, accepts.
func tapped(verify func(tls.ConnectionState) error, note **tls.ConnectionState) func(tls.ConnectionState) error {
	return func(st tls.ConnectionState) error {
		if verify != nil {
			if err := verify(st); err != nil {
				return err
			}
		}
		*note = &st
		return nil
	}
}

// authenticate sets how we prove who we are and how we know who the server is.
func (s *server) authenticate(ctx context.Context, d *mysql.Config, address string) error {
	password, err := s.env.Secrets.Take(ctx, s.cfg.Password)
	if err != nil {
		return err
	}
	defer password.Clear()
	d.Passwd = password.Text()
	if s.cfg.Plaintext != nil {
		// Who listens can try passwords against what is sent, and who stands in between can ask
		// for more: there is no way to prove a password that does not give it away.
		if s.cfg.Password != "" {
			return s.guard.AllowPlaintextCredentials(address)
		}
		return s.guard.AllowPlaintext(address)
	}
	key, err := s.env.Secrets.Take(ctx, s.cfg.ClientKey)
	if err != nil {
		return err
	}
	defer key.Clear()
	d.TLS, err = s.guard.TLS(s.cfg.Host, netguard.TLSOptions{CA: s.cfg.CA, ClientCert: s.cfg.ClientCert, ClientKey: key, Min: s.cfg.TLSMin})
	return err
}

// settings are those of a session: values that do not fit are errors, 0 is a number like
// any other, times are UTC, and nobody gives up on us while the other side is slow.
func (s *server) settings(c *conn, readOnly bool) string {
	lock := max(1, int64(s.cfg.LockTimeout/time.Second))
	list := []string{
		"sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO'",
		"time_zone = '+00:00'", "sql_notes = 1", "max_error_count = " + strconv.Itoa(maxWarnings), "sql_auto_is_null = 0", "wait_timeout = 86400", "net_read_timeout = 600", "net_write_timeout = 86400",
		fmt.Sprintf("innodb_lock_wait_timeout = %d", lock), fmt.Sprintf("lock_wait_timeout = %d", lock),
	}
	if t := s.cfg.StatementTimeout; t > 0 && c.maria {
		list = append(list, "max_statement_time = "+strconv.FormatFloat(t.Seconds(), 'f', 6, 64))
	} else if t > 0 {
		list = append(list, "max_execution_time = "+strconv.FormatInt(t.Milliseconds(), 10))
	}
	switch {
	case readOnly && c.maria && !c.atLeast(11, 1):
		list = append(list, "tx_isolation = 'REPEATABLE-READ'", "tx_read_only = 1")
	case readOnly:
		list = append(list, "transaction_isolation = 'REPEATABLE-READ'", "transaction_read_only = 1")
	}
	return "SET SESSION " + strings.Join(list, ", SESSION ")
}
