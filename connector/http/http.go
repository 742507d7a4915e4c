// Package http is a store of files on a web server: one file, or the files of a folder
// whose listing the server shows.
//
// What a server does with a folder differs. Listing needs a page that names the files
// (nginx's autoindex as JSON or HTML, Apache's and others' HTML). Reading resumes where
// the server serves ranges and tells versions apart (ETag or Last-Modified); two versions
// are never mixed. A file that is written appears when its upload is complete, which is before
// the run commits: there is nothing on the web to hold it back with, nor to rename.
package http

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/netguard"
	"github.com/headgate/headgate/connector/pace"
	"github.com/headgate/headgate/connector/spec"
)

// Config is the keys of a connection of type http.
type Config struct {
	URL         string              `key:"url" required:"true" help:"a file, or a folder when it ends with a slash" bind:"value"`
	Token       string              `key:"token" secret:"true" help:"a token, sent as Authorization: Bearer"`
	TokenHeader string              `key:"token_header" help:"send the token alone, in this header" bind:"value"`
	User        string              `key:"user" help:"a user name, sent with the password" bind:"value"`
	Password    string              `key:"password" secret:"true" help:"the user's password"`
	Headers     map[string]string   `key:"headers" help:"more headers of each request; none of them secret" bind:"value"`
	Upload      string              `key:"upload" enum:"put,post" default:"put" help:"how files are written" bind:"value"`
	CA          string              `key:"tls_ca" help:"a file with the certificate authorities to trust instead of the system's" bind:"file"`
	Pins        []string            `key:"tls_pins" help:"public keys of which the server must have one: sha256/BASE64" bind:"value"`
	TLSMin      string              `key:"tls_min" enum:"1.2,1.3" default:"1.2" bind:"value" help:"the oldest version of TLS; 1.3 keeps a server that speaks it from being talked down"`
	RateLimit   string              `key:"rate_limit" help:"requests that the server gets at most: 20/s, 600/m or 1000/h, evenly spread"`
	Bandwidth   spec.Size           `key:"bandwidth_limit" help:"bytes a second of all transfers together, such as 10MiB; left out = no limit"`
	ClientCert  string              `key:"client_cert" help:"a file with our certificate" bind:"file"`
	ClientKey   string              `key:"client_key" secret:"true" help:"the certificate's key, PEM"`
	Plaintext   *netguard.Plaintext `key:"plaintext" help:"speak http: why, and until when; the policy must agree" bind:"value"`
}

// Type is the registry entry.
func Type() *connector.Type {
	return &connector.Type{
		Name:    "http",
		Summary: "files of a web server",
		Config:  func() any { return &Config{} },
		Store: func(_ context.Context, env connector.Env, cfg any) (connector.Store, error) {
			return Open(env, *cfg.(*Config))
		},
		NoRename: true,
		Check:    func(cfg any) []error { return check(cfg.(*Config)) },
		Test: func(ctx context.Context, env connector.Env, cfg any) (*connector.Probe, error) {
			s, err := Open(env, *cfg.(*Config))
			if err != nil {
				return nil, err
			}
			defer s.Close()
			s.rule.Attempts = 1 // to know is what it is for
			return s.probe(ctx)
		},
	}
}

// Open makes a store. Nothing is dialled and no secret asked for before the first use.
func Open(env connector.Env, cfg Config) (*Store, error) {
	s := &Store{env: env, cfg: cfg, rule: pace.Rule(env.Retry), pause: pace.Pause, bytes: pace.Bytes(int64(cfg.Bandwidth))}
	if err := s.address(); err != nil {
		return nil, fmt.Errorf("connection %s: %w", env.Connection, err)
	}
	return s, nil
}

// address reads the URL and what goes with it.
func (s *Store) address() error {
	u, err := url.Parse(s.cfg.URL)
	if err != nil {
		return errors.New("url: not a web address")
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http", u.Host == "", u.Opaque != "":
		return errors.New("url: want https://HOST/PATH")
	case u.User != nil:
		return errors.New("url: a user and a password do not belong there; write user: and password: secret:NAME")
	case u.Fragment != "":
		return errors.New("url: what follows # is not sent to a server")
	case s.cfg.Token != "" && s.cfg.Password != "":
		return errors.New("give a token, or a user and a password, and not both")
	case (s.cfg.User == "") != (s.cfg.Password == ""):
		return errors.New("user and password go together")
	}
	if u.Path == "" {
		u.Path = "/"
	}
	s.base = u
	if strings.HasSuffix(u.Path, "/") {
		if u.RawQuery != "" {
			return errors.New("url: a folder has no query (?...)")
		}
	} else {
		s.single = path.Base(u.Path)
	}
	if s.requests, err = pace.Requests(s.cfg.RateLimit); err != nil {
		return fmt.Errorf("rate_limit: %w", err)
	}
	return checkHeaders(s.cfg.Headers)
}

// ours are headers that the store sets itself, or that carry credentials.
var ours = []string{"Authorization", "Proxy-Authorization", "Cookie", "Host", "Range", "If-Range", "If-Match", "Accept-Encoding",
	"Content-Length", "Transfer-Encoding", "Connection", "Content-Encoding"}

func checkHeaders(headers map[string]string) error {
	for name, value := range headers {
		name = textproto.CanonicalMIMEHeaderKey(name)
		if slices.Contains(ours, name) {
			return fmt.Errorf("headers: %s is not for there (a token goes into token: secret:NAME)", name)
		}
		if strings.ContainsAny(name+value, "\r\n\x00") {
			return fmt.Errorf("headers: %q holds a line break", name)
		}
	}
	return nil
}

// host is what errors call the server.
func (s *Store) host() string { return s.base.Host }

// port is the address that is dialled, host:port.
func (s *Store) port() string {
	if s.base.Port() != "" {
		return s.base.Host
	}
	return s.base.Host + map[string]string{"https": ":443", "http": ":80"}[s.base.Scheme]
}

// secret is the value of a reference; empty for none.
func (s *Store) secret(ctx context.Context, ref string) (connector.Secret, error) {
	if ref == "" {
		return connector.Secret{}, nil
	}
	if s.env.Secrets == nil {
		return connector.Secret{}, fmt.Errorf("connection %s: %s: there is no store to take secrets from", s.env.Connection, ref)
	}
	return s.env.Secrets(ctx, ref)
}

// connect makes the client, with the credentials that it carries.
func (s *Store) connect(ctx context.Context) (*client, error) {
	plain := netguard.Plaintext{}
	if s.cfg.Plaintext != nil {
		plain = *s.cfg.Plaintext
	}
	guard := netguard.New(s.env, plain)
	if s.base.Scheme == "http" {
		allow := guard.AllowPlaintext
		if s.cfg.Token != "" || s.cfg.Password != "" {
			allow = guard.AllowPlaintextCredentials
		}
		if err := allow(s.port()); err != nil {
			return nil, err
		}
	}
	key, err := s.secret(ctx, s.cfg.ClientKey)
	if err != nil {
		return nil, err
	}
	defer key.Clear()
	web, err := guard.HTTP(s.port(), netguard.TLSOptions{CA: s.cfg.CA, Pins: s.cfg.Pins, ClientCert: s.cfg.ClientCert, ClientKey: key, Min: s.cfg.TLSMin})
	if err != nil {
		return nil, fmt.Errorf("connection %s: %w", s.env.Connection, err)
	}
	web.Transport = &pace.Web{RoundTripper: web.Transport, Requests: s.requests, Bytes: s.bytes}
	c := &client{web: web}
	if c.token, err = s.secret(ctx, s.cfg.Token); err == nil {
		c.password, err = s.secret(ctx, s.cfg.Password)
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// client is a connection to the server with what it logs in with.
type client struct {
	web             *http.Client
	token, password connector.Secret
}

func (c *client) close() {
	c.web.CloseIdleConnections()
	c.token.Clear()
	c.password.Clear()
}
