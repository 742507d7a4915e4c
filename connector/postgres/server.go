package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

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

// connect logs in. Statements of a connection that is readOnly cannot change anything.
func (s *server) connect(ctx context.Context, readOnly bool) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.ConnectTimeout)
	defer cancel()
	c, err := s.login(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.exec(ctx, s.settings(readOnly)); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// settings are those of a session: texts that mean the same everywhere, our
// timeouts, and no notices, which nobody reads while rows are sent.
func (s *server) settings(readOnly bool) string {
	list := []string{
		"client_min_messages = error", "datestyle = ISO", "intervalstyle = iso_8601", "timezone = 'UTC'", "extra_float_digits = 1", "bytea_output = hex",
		"standard_conforming_strings = on", "idle_in_transaction_session_timeout = 0", "tcp_keepalives_idle = 30", "tcp_keepalives_interval = 10", "tcp_keepalives_count = 3",
		"statement_timeout = " + strconv.FormatInt(s.cfg.StatementTimeout.Milliseconds(), 10), "lock_timeout = " + strconv.FormatInt(s.cfg.LockTimeout.Milliseconds(), 10),
	}
	if readOnly {
		list = append(list, "default_transaction_read_only = on")
	}
	// A server that knows how is to notice that we are gone while it works.
	return "SET " + strings.Join(list, "; SET ") +
		"; SELECT set_config(name, '10s', false) FROM pg_catalog.pg_settings WHERE name = 'client_connection_check_interval'"
}

func (s *server) login(ctx context.Context) (*conn, error) {
	address := net.JoinHostPort(s.cfg.Host, strconv.Itoa(s.cfg.Port))
	// The text only keeps the library from looking for settings of its own.
	pc, err := pgconn.ParseConfig("host=x port=1 user=x dbname=x password=x sslmode=disable passfile='' target_session_attrs=any channel_binding=prefer require_auth='' min_protocol_version=3.0 max_protocol_version=3.0")
	if err != nil {
		return nil, fmt.Errorf("connect: settings of the environment (PG...): %w", err)
	}
	pc.Host, pc.Port, pc.Database, pc.User = s.cfg.Host, uint16(s.cfg.Port), s.cfg.Database, s.cfg.User
	pc.Fallbacks, pc.ValidateConnect = nil, nil
	pc.RuntimeParams = map[string]string{"application_name": "headgate", "client_encoding": "UTF8"}
	if err := s.authenticate(ctx, pc, address); err != nil {
		return nil, err
	}
	var dialed error
	pc.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	pc.DialFunc = func(ctx context.Context, network, address string) (c net.Conn, err error) {
		c, dialed = s.guard.Dial(ctx, network, address)
		return c, dialed
	}
	c := &conn{server: s}
	pc.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		c.tap = &tap{r: r}
		return pgproto3.NewFrontend(c.tap, w)
	}
	c.pg, err = pgconn.ConnectConfig(ctx, pc)
	pc.Password = ""
	if dialed != nil {
		return nil, dialed
	}
	if err != nil {
		return nil, s.explain(err)
	}
	return c, nil
}

// authenticate sets how we prove who we are and how we know who the server is.
func (s *server) authenticate(ctx context.Context, pc *pgconn.Config, address string) error {
	password, err := s.env.Secrets.Take(ctx, s.cfg.Password)
	if err != nil {
		return err
	}
	defer password.Clear()
	pc.Password = password.Text()
	if s.cfg.Plaintext != nil {
		if !s.cfg.Plaintext.Credentials {
			pc.RequireAuth = "!password,!md5"
		} else if err := s.guard.AllowPlaintextCredentials(address); err != nil {
			return err
		}
		return s.guard.AllowPlaintext(address)
	}
	key, err := s.env.Secrets.Take(ctx, s.cfg.ClientKey)
	if err != nil {
		return err
	}
	defer key.Clear()
	pc.TLSConfig, err = s.guard.TLS(s.cfg.Host, netguard.TLSOptions{CA: s.cfg.CA, ClientCert: s.cfg.ClientCert, ClientKey: key, Min: s.cfg.TLSMin})
	return err
}

// explain says why connecting failed.
func (s *server) explain(err error) error {
	if pe := serverError(err); pe != nil {
		err := connector.Mark(fmt.Errorf("%s refuses the connection: %w", s.cfg.Host, &Error{pe}), connector.ErrUnreachable)
		if strings.HasPrefix(pe.Code, "53") || strings.HasPrefix(pe.Code, "57") { // no more connections; starting up
			return connector.Transient(err)
		}
		return err
	}
	return netguard.Explain(err, s.cfg.Host)
}

// Error is an error of the server.
type Error struct{ pe *pgconn.PgError }

// Error is the server's message and its code. What it says of the values at fault is left
// out: they may be anybody's data.
func (e *Error) Error() string { return e.pe.Message + " (SQLSTATE " + e.pe.Code + ")" }

// Code is the SQLSTATE.
func (e *Error) Code() string { return e.pe.Code }

func serverError(err error) *pgconn.PgError {
	var ours *Error
	if errors.As(err, &ours) {
		return ours.pe
	}
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		return pe
	}
	return nil
}

// isCode reports whether err is an error of the server with one of these codes.
func isCode(err error, codes ...string) bool {
	pe := serverError(err)
	if pe == nil {
		return false
	}
	for _, c := range codes {
		if pe.Code == c {
			return true
		}
	}
	return false
}

// refusedRow reports whether err says that the server does not take a row, and which one of
// a COPY if it says so, from 0; else -1.
func refusedRow(err error) (at int, ok bool) {
	pe := serverError(err)
	if pe == nil {
		return -1, errors.Is(err, errTooLarge)
	}
	switch {
	case strings.HasPrefix(pe.Code, "22"), strings.HasPrefix(pe.Code, "23"), pe.Code == "44000", pe.Code == "54000", pe.Code == "P0001":
		return copyLine(pe.Where), true
	}
	return -1, false
}

// copyLine finds the row in "COPY t, line 3", from 0; -1 when it is not there.
func copyLine(where string) int {
	const before = ", line "
	if !strings.HasPrefix(where, "COPY ") {
		return -1
	}
	i := strings.LastIndex(where, before)
	if i < 0 {
		return -1
	}
	digits, _, _ := strings.Cut(where[i+len(before):], ",")
	digits, _, _ = strings.Cut(digits, ":")
	n, err := strconv.Atoi(strings.TrimSpace(digits))
	if err != nil || n < 1 {
		return -1
	}
	return n - 1
}

// farewell is how long taking leave of a server may take.
const farewell = 5 * time.Second
