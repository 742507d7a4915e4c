// Package s3 is a store of objects in a bucket of Amazon S3, or of a server that speaks
// its protocol.
//
// An upload is a multipart upload of its own: its parts are durable and invisible until
// Publish completes it, which S3 does in one step. What a crash leaves of an upload that
// was never sealed costs space until the next upload to the same name is more than a day
// younger, or a rule of the bucket removes it.
package s3

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/glob"
	"github.com/headgate/headgate/connector/netguard"
	"github.com/headgate/headgate/connector/pace"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/connector/tree"
)

// Config is the keys of a connection of type s3.
type Config struct {
	Endpoint     string              `key:"endpoint" help:"the server, as host, host:port or URL" default:"https://s3.amazonaws.com" bind:"value"`
	Region       string              `key:"region" help:"the bucket's region" default:"us-east-1" bind:"value"`
	Bucket       string              `key:"bucket" help:"the bucket" required:"true" bind:"value"`
	Prefix       string              `key:"prefix" help:"names start below this folder of the bucket"`
	Style        string              `key:"style" help:"where requests name the bucket: in the path, as a virtual host, or as the endpoint needs it" enum:"auto,path,virtual" default:"auto"`
	AccessKey    string              `key:"access_key" help:"the id of the access key" bind:"value"`
	SecretKey    string              `key:"secret_key" secret:"true" help:"the access key itself"`
	SessionToken string              `key:"session_token" secret:"true" help:"of a temporary access key"`
	Ambient      bool                `key:"ambient" help:"take the access key from AWS_ACCESS_KEY_ID and its like, else from the AWS credentials file"`
	Overwrite    string              `key:"overwrite" help:"never refuses to replace an object, checked by the server when the upload is completed" enum:"allow,never" default:"allow"`
	CA           string              `key:"tls_ca" help:"a file with the certificate authorities to trust instead of the system's" bind:"file"`
	Pins         []string            `key:"tls_pins" help:"public keys of which the server must have one: sha256/BASE64" bind:"value"`
	TLSMin       string              `key:"tls_min" enum:"1.2,1.3" default:"1.2" bind:"value" help:"the oldest version of TLS; 1.3 keeps a server that speaks it from being talked down"`
	RateLimit    string              `key:"rate_limit" help:"requests that the server gets at most: 20/s, 600/m or 1000/h, evenly spread"`
	Bandwidth    spec.Size           `key:"bandwidth_limit" help:"bytes a second of all transfers together, such as 10MiB; left out = no limit"`
	Plaintext    *netguard.Plaintext `key:"plaintext" help:"speak http: why, and until when; the policy must agree" bind:"value"`
}

// Type is the registry entry.
func Type() *connector.Type {
	return &connector.Type{
		Name:    "s3",
		Summary: "objects in a bucket of Amazon S3 or a compatible server",
		Config:  func() any { return &Config{} },
		Store: func(_ context.Context, env connector.Env, cfg any) (connector.Store, error) {
			c := cfg.(*Config)
			if c.Ambient == (c.AccessKey != "" || c.SecretKey != "") {
				return nil, fmt.Errorf("connection %s: give access_key and secret_key, or ambient: true, and not both", env.Connection)
			}
			return newStore(env, c), nil
		},
		Check: func(cfg any) []error { return check(cfg.(*Config)) },
		Test:  test,
	}
}

// Store is the objects below a prefix of a bucket. Nothing is dialled before the first
// call.
type Store struct {
	env    connector.Env
	cfg    *Config
	prefix string
	most   int // names of a listing

	mu     sync.Mutex
	core   *minio.Core
	wire   *wire
	failed error
}

func newStore(env connector.Env, c *Config) *Store {
	return &Store{env: env, cfg: c, prefix: strings.Trim(c.Prefix, "/"), most: tree.MaxEntries}
}

// open makes the client, once.
func (s *Store) open(ctx context.Context) (*minio.Core, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.core == nil && s.failed == nil {
		s.core, s.wire, s.failed = connect(ctx, s.env, s.cfg)
	}
	return s.core, s.failed
}

func connect(ctx context.Context, env connector.Env, c *Config) (*minio.Core, *wire, error) {
	host, secure, err := endpoint(c.Endpoint)
	if err != nil {
		return nil, nil, err
	}
	plain := netguard.Plaintext{}
	if c.Plaintext != nil {
		plain = *c.Plaintext
	}
	guard := netguard.New(env, plain)
	if !secure {
		if err := guard.AllowPlaintext(withPort(host, "80")); err != nil {
			return nil, nil, err
		}
	}
	named := host
	if c.Style == "virtual" || c.Style == "auto" && strings.HasSuffix(host, ".amazonaws.com") {
		named = c.Bucket + "." + host
	}
	client, err := guard.HTTP(named, netguard.TLSOptions{CA: c.CA, Pins: c.Pins, Min: c.TLSMin})
	if err != nil {
		return nil, nil, err
	}
	keys, err := access(ctx, env, c)
	if err != nil {
		return nil, nil, err
	}
	requests, err := pace.Requests(c.RateLimit)
	if err != nil {
		return nil, nil, fmt.Errorf("rate_limit: %w", err)
	}
	w := &wire{web: &pace.Web{RoundTripper: client.Transport, Requests: requests, Bytes: pace.Bytes(int64(c.Bandwidth))},
		host: host, rule: pace.Rule(env.Retry), pause: pace.Pause}
	core, err := minio.NewCore(host, &minio.Options{Creds: keys, Secure: secure, Transport: w, Region: c.Region,
		BucketLookup: lookup(c.Style), MaxRetries: 1})
	if err != nil {
		return nil, nil, fmt.Errorf("connection %s: %w", env.Connection, err)
	}
	core.SetAppInfo("headgate", "1")
	return core, w, nil
}

// endpoint reads host, host:port or a URL.
func endpoint(text string) (host string, secure bool, err error) {
	if text == "" {
		text = "https://s3.amazonaws.com"
	}
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", false, fmt.Errorf("endpoint %q: not a host or URL", text)
	case u.Scheme != "https" && u.Scheme != "http", u.Host == "", u.Path != "" && u.Path != "/", u.User != nil, u.RawQuery != "":
		return "", false, fmt.Errorf("endpoint %q: want host, host:port, or https://host:port", text)
	}
	return u.Host, u.Scheme == "https", nil
}

func withPort(host, port string) string {
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		return host
	}
	return host + ":" + port
}

func lookup(style string) minio.BucketLookupType {
	switch style {
	case "path":
		return minio.BucketLookupPath
	case "virtual":
		return minio.BucketLookupDNS
	}
	return minio.BucketLookupAuto
}

// access finds the access key. The machine's metadata service is never asked: an
// address like that is none that a connection may reach.
func access(ctx context.Context, env connector.Env, c *Config) (*credentials.Credentials, error) {
	if c.Ambient {
		keys := credentials.NewChainCredentials([]credentials.Provider{&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}})
		if v, err := keys.GetWithContext(nil); err != nil || v.AccessKeyID == "" {
			return nil, connector.Mark(fmt.Errorf("connection %s: no access key in the environment or the AWS credentials file", env.Connection), connector.ErrUnreachable)
		}
		return keys, nil
	}
	if env.Secrets == nil {
		return nil, errors.New("connection " + env.Connection + ": its secret key lies in a store, and there is none")
	}
	secret, err := env.Secrets(ctx, c.SecretKey)
	if err != nil {
		return nil, err
	}
	token := ""
	if c.SessionToken != "" {
		t, err := env.Secrets(ctx, c.SessionToken)
		if err != nil {
			return nil, err
		}
		token = t.Text()
	}
	return credentials.NewStaticV4(c.AccessKey, secret.Text(), token), nil
}

// Close ends the connections that are not in use. The store connects again when it is used
// again.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wire != nil {
		s.wire.web.CloseIdleConnections()
	}
	return nil
}

// key is the object's key in the bucket.
func (s *Store) key(name string) (string, error) {
	clean, err := glob.Clean(name)
	if err != nil {
		return "", err
	}
	return s.under(clean), nil
}

func (s *Store) under(name string) string {
	if s.prefix == "" {
		return name
	}
	return s.prefix + "/" + name
}

// label is how messages call an object.
func (s *Store) label(name string) string { return s.env.Connection + ":" + name }
