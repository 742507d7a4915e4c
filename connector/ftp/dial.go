package ftp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"sync"
	"time"

	wire "github.com/jlaffaye/ftp"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/netguard"
)

// control is a control connection that is logged in, with the data connection of the
// transfer under way. It belongs to one goroutine at a time; kill may come from any.
type control struct {
	*wire.ServerConn
	s      *Store
	tls    *tls.Config // nil = in clear
	state  *tls.ConnectionState
	home   string // where the server put us, absolute
	listed bool   // by LIST, for want of MLSD
	broken bool   // must not be used again
	used   time.Time
	use    context.Context // whose use it is
	limit  int             // of the bytes of the next data connection; 0 = none

	mu   sync.Mutex
	raw  net.Conn // of the control connection
	data *dataConn
	dead error // why it was killed
}

// dial connects and logs in.
func (s *Store) dial(ctx context.Context, hidden bool) (*control, error) {
	c := &control{s: s}
	if err := c.prepare(ctx); err != nil {
		return nil, err
	}
	password, err := s.secret(ctx, "password", s.cfg.Password)
	if err != nil {
		return nil, err
	}
	defer password.Clear()
	options := []wire.DialOption{wire.DialWithDialFunc(c.connect), wire.DialWithForceListHidden(hidden)}
	switch s.cfg.TLS {
	case "explicit":
		options = append(options, wire.DialWithExplicitTLS(c.tls))
	case "implicit":
		options = append(options, wire.DialWithTLS(c.tls))
	}
	stop := c.obey(ctx)
	defer stop()
	c.ServerConn, err = wire.Dial(s.address(), options...)
	if err != nil {
		return nil, c.refusal(ctx, err)
	}
	if err := c.login(password); err != nil {
		c.kill(err)
		return nil, c.explain(ctx, err)
	}
	return c, nil
}

// prepare makes the rules of the connection.
func (c *control) prepare(ctx context.Context) error {
	s := c.s
	if s.cfg.TLS == "off" {
		return s.guard.AllowPlaintextCredentials(s.address())
	}
	key, err := s.secret(ctx, "client_key", s.cfg.ClientKey)
	if err != nil {
		return err
	}
	defer key.Clear()
	c.tls, err = s.guard.TLS(s.cfg.Host, netguard.TLSOptions{CA: s.cfg.CA, ClientCert: s.cfg.ClientCert, ClientKey: key, Pins: s.cfg.Pins, Min: s.cfg.TLSMin})
	if err != nil {
		return err
	}
	// The sessions of one control connection are nobody else's.
	c.tls.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	check := c.tls.VerifyConnection
	c.tls.VerifyConnection = func(state tls.ConnectionState) error {
		if check != nil {
			if err := check(state); err != nil {
				return err
			}
		}
		if c.state == nil {
			c.state = &state
		}
		return nil
	}
	return nil
}

// connect makes the control connection, and after it data connections: to the same
// machine, whatever address the server named.
func (c *control) connect(network, address string) (net.Conn, error) {
	if c.raw == nil {
		raw, err := c.s.guard.Dial(c.use, network, address)
		if err != nil {
			return nil, err
		}
		c.mu.Lock()
		c.raw = &patient{Conn: raw, limit: c.s.cfg.Timeout, most: maxReply}
		c.mu.Unlock()
		if c.s.cfg.TLS == "implicit" {
			return tls.Client(c.raw, c.tls), nil
		}
		return c.raw, nil
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	dctx, cancel := context.WithTimeout(c.use, c.s.cfg.Timeout)
	defer cancel()
	raw, err := c.s.guard.Dial(dctx, network, net.JoinHostPort(c.dataHost(), port))
	if err != nil {
		return nil, err
	}
	return c.began(raw), nil
}

// dataHost is where data connections lead: to the address that answered the control
// connection, since a name may have several. A tunnel or a list of hosts wants the name.
func (c *control) dataHost() string {
	remote, ok := c.raw.RemoteAddr().(*net.TCPAddr)
	if !ok || c.s.env.Tunnel != nil || len(c.s.env.Network.Hosts) > 0 {
		return c.s.cfg.Host
	}
	return remote.IP.String()
}

// began notes the data connection, for kill.
func (c *control) began(raw net.Conn) net.Conn {
	d := &dataConn{Conn: c.s.pace.Conn(&patient{Conn: raw, limit: c.s.cfg.Timeout}), raw: raw, limit: c.limit}
	if c.tls != nil {
		d.tls = tls.Client(d.Conn, c.tls)
		d.Conn = d.tls
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.data = d
	if c.dead != nil {
		raw.Close()
	}
	return d
}

// kill ends whatever is under way.
func (c *control) kill(why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead == nil {
		c.dead = why
	}
	if c.raw != nil {
		c.raw.Close()
	}
	if c.data != nil {
		c.data.raw.Close()
	}
}

func (c *control) killed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dead
}

// obey kills the connection when ctx ends, until stop. Data connections are dialled for as
// long as ctx lasts.
func (c *control) obey(ctx context.Context) (stop func() bool) {
	c.use = ctx
	return context.AfterFunc(ctx, func() { c.kill(ctx.Err()) })
}

func (c *control) login(password connector.Secret) error {
	if err := c.Login(c.s.cfg.User, password.Text()); err != nil {
		var reply *textproto.Error
		if errors.As(err, &reply) && c.tls != nil && reply.Code >= 500 && reply.Code != 530 && reply.Code != 532 {
			return &verdict{connector.Mark(fmt.Errorf("the server does not encrypt data connections: %d %s", reply.Code, shown(reply.Msg)), connector.ErrRefused)}
		}
		return err
	}
	c.listed = !c.IsTimePreciseInList()
	home, err := c.CurrentDir()
	c.home = home
	return err
}

// refusal is an error of connecting: a server that has no TLS is one we do not speak to.
func (c *control) refusal(ctx context.Context, err error) error {
	c.kill(err)
	var reply *textproto.Error
	if errors.As(err, &reply) && c.tls != nil && c.state == nil && reply.Code >= 500 && reply.Code != 530 {
		return connector.Mark(fmt.Errorf("%s: the server has no TLS (%d %s), and is not spoken to in clear", c.s.address(), reply.Code, shown(reply.Msg)), connector.ErrRefused)
	}
	return c.explain(ctx, err)
}

func (s *Store) address() string { return net.JoinHostPort(s.cfg.Host, strconv.Itoa(s.cfg.Port)) }

func (s *Store) secret(ctx context.Context, key, ref string) (connector.Secret, error) {
	if ref == "" {
		return connector.Secret{}, nil
	}
	if s.env.Secrets == nil {
		return connector.Secret{}, fmt.Errorf("%s: there is no store to take secrets from", key)
	}
	v, err := s.env.Secrets(ctx, ref)
	if err != nil {
		return v, fmt.Errorf("%s: %w", key, err)
	}
	return v, nil
}

// maxReply is how many bytes a server may say to one command.
const maxReply = 1 << 20

// patient gives each read and write so much time.
type patient struct {
	net.Conn
	limit time.Duration
	most  int // bytes that may come between two writes; 0 = any number
	came  int
}

func (p *patient) Read(b []byte) (int, error) {
	if err := p.SetReadDeadline(time.Now().Add(p.limit)); err != nil {
		return 0, err
	}
	n, err := p.Conn.Read(b)
	if p.came += n; p.most > 0 && p.came > p.most {
		return 0, errors.New("the server's answer has no end")
	}
	return n, err
}

func (p *patient) Write(b []byte) (int, error) {
	if err := p.SetWriteDeadline(time.Now().Add(p.limit)); err != nil {
		return 0, err
	}
	p.came = 0
	return p.Conn.Write(b)
}
