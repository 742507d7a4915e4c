package plan

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/all"
	"github.com/headgate/headgate/connector/file"
	"github.com/headgate/headgate/flow"
)

// boxKeys is a connection over the network, as data.
type boxKeys struct {
	Host     string `key:"host" required:"true" bind:"value" help:"its host"`
	Port     int    `key:"port" default:"22" bind:"value" help:"its port"`
	CA       string `key:"tls_ca" bind:"file" help:"its CA"`
	Password string `key:"password" secret:"true" help:"its password"`
	Rate     int    `key:"rate" default:"0" help:"not bound"`
}

type lockKeys struct {
	With []string `key:"with" names:"key" help:"keys"`
}

// opened counts what the types of testRegistry did.
type opened struct {
	tunnels, closed int
	dialled         []string
	secret          string
	key             connector.Key
}

func (o *opened) Dial(_ context.Context, _, address string) (net.Conn, error) {
	o.dialled = append(o.dialled, address)
	c, s := net.Pipe()
	s.Close()
	return c, nil
}

func (o *opened) Close() error { o.closed++; return nil }

// testRegistry has a type "box" that stores files in the project and asks for its password,
// a type "hop" that is a tunnel, and a codec "lock" that asks for its keys.
func testRegistry(o *opened) *connector.Registry {
	reg := all.Registry()
	reg.Types = append(reg.Types, &connector.Type{Name: "box", Config: func() any { return &boxKeys{} },
		Store: func(ctx context.Context, env connector.Env, cfg any) (connector.Store, error) {
			c := cfg.(*boxKeys)
			if env.Tunnel != nil {
				conn, err := env.Tunnel(ctx, "tcp", fmt.Sprintf("%s:%d", c.Host, c.Port))
				if err != nil {
					return nil, err
				}
				conn.Close()
			}
			if c.Password != "" {
				s, err := env.Secrets(ctx, c.Password)
				if err != nil {
					return nil, err
				}
				o.secret = s.Text()
			}
			typ := file.Type()
			return typ.Store(ctx, env, typ.Config())
		},
	}, &connector.Type{Name: "hop", Config: func() any { return &boxKeys{} },
		Tunnel: func(context.Context, connector.Env, any) (connector.Tunnel, error) { o.tunnels++; return o, nil },
	})
	reg.Codecs = append(reg.Codecs, &connector.Codec{Name: "lock", Config: func() any { return &lockKeys{} },
		NewReader: func(cfg any, r io.Reader, opt connector.CodecOptions) (io.ReadCloser, error) {
			var err error
			o.key, err = opt.Keys(opt.Context, cfg.(*lockKeys).With[0])
			return io.NopCloser(r), err
		}})
	return reg
}

var secretProject = map[string]string{
	"connections.yaml": `version: 1
connections:
  shop: {type: box, host: shop.example, tls_ca: ca.pem, password: "secret:shop/pw#pass", tunnel: {ssh: bastion}}
  out: {type: box, host: out.example, port: 23, tunnel: {ssh: bastion}}
  bastion: {type: hop, host: bastion.example, password: secret:hop}
  other: {type: box, host: other.example, password: secret:other}
keys:
  lock: {pgp_private: secret:lock, passphrase: "secret:lock#phrase"}
  sign: {pgp_public: sign.asc}
  unused: {bytes: secret:unused}
profiles:
  dev: {connections: {shop: {host: localhost}}}
  far: {connections: {other: {host: far.example}}}
`,
	"ca.pem":          "CA",
	"sign.asc":        "SIGN",
	"in.csv":          "a\n1\n",
	"flows/copy.yaml": "version: 1\nflow: copy\nsource: {connection: shop, files: in.csv, decode: [{lock: {with: [lock, sign]}}, csv]}\nsink: {connection: out, file: out.csv}\n",
}

// changed is secretProject with one piece of one file replaced.
func changed(t *testing.T, name, old, new string) map[string]string {
	t.Helper()
	files := map[string]string{}
	for n, text := range secretProject {
		files[n] = text
	}
	if old != "" && !strings.Contains(files[name], old) {
		t.Fatalf("%s has no %q", name, old)
	}
	files[name] = strings.Replace(files[name], old, new, 1)
	return files
}

func needsOf(t *testing.T, files map[string]string, profile string) *Needs {
	t.Helper()
	p := project(t, files)
	n, diags := Uses(p.Flows()[0].Flow, p, testRegistry(new(opened)), profile)
	if n == nil {
		t.Fatal(diags)
	}
	return n
}

func TestUses(t *testing.T) {
	n := needsOf(t, secretProject, "dev")
	var got []string
	for _, c := range n.Connections {
		got = append(got, fmt.Sprintf("%s %s %v through %s", c.Name, c.Type, c.Hosts, c.Tunnel))
	}
	for _, s := range n.Secrets {
		got = append(got, fmt.Sprintf("%s of %s%s in %s", s.Name, s.Connection, s.Key, s.Profile))
	}
	got = append(got, n.Keys...)
	got = append(got, n.Hosts...)
	want := []string{"bastion hop [bastion.example:22] through ", "out box [out.example:23] through bastion", "shop box [localhost:22] through bastion",
		"hop of bastion in dev", "shop/pw of shop in dev", "lock of lock in dev", "lock", "sign", "bastion.example:22", "localhost:22", "out.example:23"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestApprovalDigest(t *testing.T) {
	const conns = "connections.yaml"
	base := needsOf(t, secretProject, "").Digest
	for _, c := range []struct {
		what, file, old, new string
		same                 bool
	}{
		{"the flow", "flows/copy.yaml", "out.csv", "out2.csv", false},
		{"a comment in the flow", "flows/copy.yaml", "version: 1\n", "version: 1 # x\n", false},
		{"a host", conns, "shop.example", "evil.example", false},
		{"a key that is not bound", conns, "port: 23", "port: 23, rate: 5", false},
		{"a default written out", conns, "host: shop.example", "host: shop.example, port: 22", false},
		{"a reference", conns, "secret:shop/pw#pass", "secret:shop/pw2#pass", false},
		{"the type", conns, "out: {type: box", "out: {type: file", false},
		{"the tunnel's host", conns, "bastion.example", "evil.example", false},
		{"no tunnel", conns, `#pass", tunnel: {ssh: bastion}`, `#pass"`, false},
		{"a CA", "ca.pem", "CA", "CB", false},
		{"a public key", "sign.asc", "SIGN", "SIGM", false},
		{"another use of a key", conns, "sign: {pgp_public: sign.asc}", "sign: {bytes: secret:sign}", false},
		{"a passphrase", conns, "lock#phrase", "lock#other", false},

		{"another connection", conns, "other.example", "else.example", true},
		{"another key", conns, "secret:unused", "secret:unused2", true},
		{"a profile that is not in force", conns, "localhost", "devhost", true},
		{"a comment", conns, "keys:", "# a comment\nkeys:", true},
		{"the order of keys", conns, "type: box, host: out.example, port: 23", "port: 23, host: out.example, type: box", true},
		{"quotes", conns, "host: shop.example", "host: 'shop.example'", true},
		{"data", "in.csv", "1", "2", true},
	} {
		files := changed(t, c.file, c.old, c.new)
		if c.what == "the type" { // a file connection has none of these
			files[conns] = strings.Replace(files[conns], "out: {type: file, host: out.example, port: 23, tunnel: {ssh: bastion}}", "out: {type: file, path: .}", 1)
		}
		if same := needsOf(t, files, "").Digest == base; same != c.same {
			t.Errorf("%s: same digest %v, want %v", c.what, same, c.same)
		}
	}
	if needsOf(t, secretProject, "dev").Digest == base || needsOf(t, secretProject, "far").Digest == base {
		t.Error("a profile does not count")
	}
	if needsOf(t, changed(t, conns, "localhost", "devhost"), "dev").Digest == needsOf(t, secretProject, "dev").Digest {
		t.Error("the definition in a profile does not count")
	}
	if needsOf(t, changed(t, conns, "far.example", "away.example"), "far").Digest != needsOf(t, secretProject, "far").Digest {
		t.Error("a connection counts that the flow does not name")
	}
}

func TestUsesFindings(t *testing.T) {
	for _, c := range []struct{ name, file, old, new, want string }{
		{"unknown key", "flows/copy.yaml", "with: [lock, sign]", "with: [lock, sing]", `unknown key "sing"`},
		{"key of two uses", "connections.yaml", "pgp_public: sign.asc", "pgp_public: sign.asc, bytes: secret:x", "not both"},
		{"key of no use", "connections.yaml", "{pgp_public: sign.asc}", "{}", "needs one of"},
		{"passphrase of nothing", "connections.yaml", "pgp_public: sign.asc", "pgp_public: sign.asc, passphrase: secret:x", "`passphrase` goes with"},
		{"a literal", "connections.yaml", `passphrase: "secret:lock#phrase"`, "passphrase: hunter2", "takes a reference"},
		{"unknown tunnel", "connections.yaml", "tunnel: {ssh: bastion}", "tunnel: {ssh: bastoin}", `unknown connection "bastoin"`},
		{"no tunnel", "connections.yaml", "tunnel: {ssh: bastion}", "tunnel: {ssh: other}", "which is no tunnel"},
		{"a circle", "connections.yaml", "bastion: {type: hop", "bastion: {tunnel: {ssh: bastion}, type: hop", "leads back to itself: shop through bastion through bastion"},
		{"four hops", "connections.yaml", "bastion: {type: hop", "h4: {type: hop, host: h}\n  h3: {type: hop, host: h, tunnel: {ssh: h4}}\n  h2: {type: hop, host: h, tunnel: {ssh: h3}}\n  bastion: {tunnel: {ssh: h2}, type: hop", "more than 3 tunnels"},
		{"no file", "connections.yaml", "sign.asc", "gone.asc", "no such file"},
	} {
		p := project(t, changed(t, c.file, c.old, c.new))
		n, diags := Uses(p.Flows()[0].Flow, p, testRegistry(new(opened)), "")
		var text bytes.Buffer
		flow.WriteText(&text, diags)
		if n != nil || !strings.Contains(text.String(), c.want) || strings.Contains(text.String(), "hunter2") {
			t.Errorf("%s: %v\n%s", c.name, n != nil, &text)
		}
	}
	p := project(t, secretProject)
	if n, diags := Uses(p.Flows()[0].Flow, p, all.Registry(), "dve"); n != nil || len(diags) != 1 {
		t.Errorf("unknown profile: %v", diags)
	}
}

// TestSecretsReachTheirConnection: each asks for its own, with what it is bound to now.
func TestSecretsReachTheirConnection(t *testing.T) {
	var asked []Ask
	release := func(_ context.Context, a Ask) (connector.Secret, error) {
		asked = append(asked, a)
		return connector.NewSecret([]byte("value of " + a.Name + "/" + a.Field)), nil
	}
	o := new(opened)
	p := project(t, secretProject)
	plan, diags, err := build(t, p, func(r *Request) { r.Registry, r.Secret, r.Profile = testRegistry(o), release, "dev" })
	if plan == nil {
		t.Fatal(diags, err)
	}
	if o.secret != "value of shop/pw/pass" || o.key.Private.Text() != "value of lock/" || o.key.Passphrase.Text() != "value of lock/phrase" {
		t.Errorf("released %q, %q, %q", o.secret, o.key.Private.Text(), o.key.Passphrase.Text())
	}
	first := asked[0]
	if first.Connection != "shop" || first.Key != "" || first.Profile != "dev" {
		t.Errorf("asked %+v", first)
	}
	sum := sha256.Sum256([]byte("CA"))
	want := fmt.Sprintf("[{type box} {host localhost} {port 22} {tls_ca sha256:%x} {tunnel bastion} {tunnel.type hop} {tunnel.host bastion.example} {tunnel.port 22}]", sum)
	if got := fmt.Sprint(first.Binding); got != want {
		t.Errorf("bound to %s\nwant %s", got, want)
	}
	if o.tunnels != 1 || len(o.dialled) != 2 || o.closed != 0 {
		t.Errorf("%d tunnels, dialled %v, %d closed", o.tunnels, o.dialled, o.closed)
	}
	if err := plan.Close(); err != nil || o.closed != 1 {
		t.Errorf("close: %v, %d tunnels closed", err, o.closed)
	}
	var text bytes.Buffer
	plan.Print(&text)
	j, _ := plan.JSON()
	for _, s := range []string{"host localhost:22", "secret shop/pw for connection shop", "secret lock for key lock", "connection shop goes through bastion"} {
		if !strings.Contains(text.String(), s) {
			t.Errorf("the plan does not say %q:\n%s", s, &text)
		}
	}
	if strings.Contains(text.String()+string(j), "value of") || !bytes.Contains(j, []byte(`"tunnel": "bastion"`)) {
		t.Errorf("JSON: %s", j)
	}
}

func TestNoStore(t *testing.T) {
	p := project(t, secretProject)
	_, _, err := build(t, p, func(r *Request) { r.Registry = testRegistry(new(opened)) })
	want := new(NoStoreError)
	if !errors.As(err, &want) || want.Ask.Name != "shop/pw" || want.Ask.Connection != "shop" {
		t.Errorf("without a store: %v", err)
	}
}
