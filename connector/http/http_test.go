package http_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/servers"
	"github.com/headgate/headgate/connector/http"
	"github.com/headgate/headgate/connector/netguard"
)

const token = "hunter2-token"

// secrets knows the token, a password and whatever is in files.
func secrets(files map[string]string) connector.Secrets {
	return func(_ context.Context, ref string) (connector.Secret, error) {
		switch name := strings.TrimPrefix(ref, "secret:"); name {
		case "token":
			return connector.NewSecret([]byte(token + "\n")), nil
		case "password":
			return connector.NewSecret([]byte("hunter2-password")), nil
		default:
			data, err := os.ReadFile(files[name])
			return connector.NewSecret(data), err
		}
	}
}

// site is an nginx with a folder of files, served in several ways.
type site struct {
	*servers.Nginx
	ca    *servers.Authority
	files string // the folder
	at    map[string]string
}

// open opens a store at one of the site's addresses.
func (s *site) open(t testing.TB, at, path string, change ...func(*http.Config)) *http.Store {
	t.Helper()
	cfg := http.Config{URL: "https://" + s.at[at] + path, CA: s.ca.File}
	for _, c := range change {
		c(&cfg)
	}
	store, err := http.Open(connector.Env{Connection: "web", Secrets: secrets(nil)}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store.WithoutPauses()
}

func (s *site) write(t testing.TB, name, content string) {
	t.Helper()
	servers.Write(t, s.files, name, content)
}

// start starts nginx. Each block is the body of a server, by a name, without its listen line.
func start(t testing.TB, ca *servers.Authority, blocks map[string]string) *site {
	t.Helper()
	dir := servers.Dir(t)
	s := &site{ca: ca, files: filepath.Join(dir, "files"), at: map[string]string{}}
	if err := os.MkdirAll(s.files, 0o755); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for name := range blocks {
		s.at[name] = servers.Address(t)
	}
	first := ""
	for name, body := range blocks {
		listen := s.at[name] + " ssl"
		if strings.Contains(body, "# clear") {
			listen = s.at[name]
		}
		for other, at := range s.at {
			body = strings.ReplaceAll(body, "@"+other+"@", at)
		}
		lines = append(lines, "server { listen "+listen+"; root "+s.files+";\n"+body+"\n}")
		first = s.at[name]
	}
	s.Nginx = servers.StartNginx(t, dir, first, append([]string{
		"limit_req_zone $binary_remote_addr zone=slow:1m rate=10r/s;", "limit_req_status 429;",
		"default_type application/octet-stream;", "types { text/html html; }", "server_names_hash_bucket_size 128;",
	}, lines...)...)
	return s
}

const dav = `autoindex on; autoindex_format json; dav_methods PUT DELETE; create_full_put_path on; dav_access user:rw group:r all:r; client_max_body_size 0;`

func TestStore(t *testing.T) {
	ca := servers.CA(t)
	s := start(t, ca, map[string]string{"root": ca.Localhost().TLS("") + "location / { root /; " + dav + "}"})
	later := "a file is there when its upload is complete, and cannot be renamed"
	conntest.RunStore(t, conntest.StoreHarness{
		Open: func(t testing.TB, dir string) connector.Store { return s.open(t, "root", dir+"/") },
		All: func(t testing.TB, dir string) []string {
			var all []string
			err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					all = append(all, name)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return all
		},
		Unlike: map[string]string{"invisible": later, "replace": later, "publish twice": later, "discard": later, "remove and rename": later, "crash": later,
			"list": "nginx's listing leaves hidden files out; see TestList"},
	})
}

func read(t testing.TB, s *http.Store, name string) string {
	t.Helper()
	r, err := s.Open(t.Context(), name, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t testing.TB, s *http.Store, name string, content string) error {
	t.Helper()
	u, err := s.Create(t.Context(), name, "run.split")
	if err != nil {
		return err
	}
	defer u.Close()
	for content != "" {
		n := min(len(content), 100_000)
		if _, err := io.WriteString(u, content[:n]); err != nil {
			return err
		}
		content = content[n:]
	}
	staged, err := u.Seal(t.Context())
	if err != nil {
		return err
	}
	return s.Publish(t.Context(), staged, name)
}

func names(t testing.TB, s *http.Store, pattern string) string {
	t.Helper()
	objects, err := s.List(t.Context(), pattern)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, o := range objects {
		list = append(list, o.Name)
		if got := int64(len(read(t, s, o.Name))); got != o.Size || o.Modified.IsZero() {
			t.Errorf("%s: listed with %d bytes and time %s, has %d", o.Name, o.Size, o.Modified, got)
		}
	}
	return strings.Join(list, " ")
}

func TestList(t *testing.T) {
	ca := servers.CA(t)
	tls := ca.Localhost().TLS("")
	s := start(t, ca, map[string]string{
		"json": tls + "autoindex on; autoindex_format json;", "html": tls + "autoindex on;", "none": tls,
	})
	for _, name := range []string{"b.csv", "a.csv", "c&d.csv", "sub/d.csv", "sub/deep/e.csv", "x y#%.csv"} {
		s.write(t, name, name)
	}
	for _, kind := range []string{"json", "html"} {
		store := s.open(t, kind, "/")
		for pattern, want := range map[string]string{
			"*.csv": "a.csv b.csv c&d.csv x y#%.csv", "a.csv": "a.csv", "**/*.csv": "a.csv b.csv c&d.csv sub/d.csv sub/deep/e.csv x y#%.csv",
			"sub/*": "sub/d.csv", "{a,b}.csv": "a.csv b.csv", "*.none": "", "nowhere/*": "",
		} {
			if got := names(t, store, pattern); got != want {
				t.Errorf("%s: list %s: %q, want %q", kind, pattern, got, want)
			}
		}
		if got := names(t, s.open(t, kind, "/sub/"), "**"); got != "d.csv deep/e.csv" {
			t.Errorf("%s: below sub: %q", kind, got)
		}
	}
	none := s.open(t, "none", "/")
	_, err := none.List(t.Context(), "*.csv")
	if err == nil || !strings.Contains(err.Error(), "listing") {
		t.Errorf("without a listing: %v", err)
	}
	if got := names(t, none, "a.csv"); got != "a.csv" {
		t.Errorf("a named file: %q", got)
	}
}

func TestOneFile(t *testing.T) {
	ca := servers.CA(t)
	s := start(t, ca, map[string]string{"web": ca.Localhost().TLS("")})
	s.write(t, "export/orders.csv", "id\n1\n")
	store := s.open(t, "web", "/export/orders.csv?format=csv&key=topsecret")
	for pattern, want := range map[string]string{"orders.csv": "orders.csv", "*": "orders.csv", "*.csv": "orders.csv", "*.json": ""} {
		if got := names(t, store, pattern); got != want {
			t.Errorf("list %s: %q", pattern, got)
		}
	}
	if !strings.Contains(s.Log(t), "GET /export/orders.csv?format=csv&key=topsecret") {
		t.Errorf("the query was lost:\n%s", s.Log(t))
	}
	_, err := store.Open(t.Context(), "other.csv", 0)
	if !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "topsecret") {
		t.Error(err)
	}
	gone := s.open(t, "web", "/export/gone.csv?key=topsecret")
	if _, err := gone.List(t.Context(), "*"); !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "topsecret") {
		t.Error(err)
	}
}

// TestRefused meets servers that must not be spoken to: refused with nothing sent. The
// rules' class is "binary".
func TestRefused(t *testing.T) {
	ca, stranger := servers.CA(t), servers.CA(t)
	good, rsa := ca.Localhost().TLS(""), ca.LocalhostRSA()
	s := start(t, ca, map[string]string{
		"tls10": rsa.TLS("TLSv1"), "tls11": rsa.TLS("TLSv1.1"), "expired": ca.Expired().TLS(""), "wrong": ca.WrongHost().TLS(""),
		"self": ca.SelfSigned().TLS(""), "stranger": stranger.Localhost().TLS(""), "clear": "# clear",
		"down":     good + "return 302 http://@clear@/a.csv;",
		"metadata": good + "return 302 https://169.254.169.254/latest/meta-data/;",
		"mapped":   good + "return 302 https://[::ffff:169.254.169.254]/;",
		"inside":   good + "return 302 https://10.0.0.1/;",
		"tls12":    ca.Localhost().TLS("TLSv1.2"),
	})
	s.write(t, "a.csv", "rows")
	floor := connector.NetworkPolicy{TLSFloor: "1.3"}
	for at, want := range map[string]string{
		"tls10": "older", "tls11": "older", "expired": "expired on", "wrong": "elsewhere.example", "self": "self-signed", "stranger": "who is not trusted",
		"clear": "does not answer with TLS", "down": "from https to http", "metadata": "169.254.169.254", "mapped": "169.254.169.254", "inside": "private address",
		"tls12": "older",
	} {
		env := connector.Env{Connection: "web", Secrets: secrets(nil)}
		if at == "tls12" {
			env.Network = floor
		}
		store, err := http.Open(env, http.Config{URL: "https://" + s.at[at] + "/a.csv", CA: s.ca.File, Token: "secret:token"})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		_, err = store.WithoutPauses().Open(t.Context(), "a.csv", 0)
		if !errors.Is(err, connector.ErrRefused) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want %q", at, err, want)
		}
	}
	for _, line := range strings.Split(s.Log(t), "\n") {
		if strings.Contains(line, " 200 ") {
			t.Errorf("an answer was had: %s", line)
		}
	}
	store, err := http.Open(connector.Env{Connection: "web"}, http.Config{URL: "http://" + s.at["clear"] + "/a.csv"})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if _, err := store.Open(t.Context(), "a.csv", 0); !errors.Is(err, connector.ErrRefused) || !strings.Contains(err.Error(), "in clear") {
		t.Error(err)
	}
}

func TestInClear(t *testing.T) {
	s := start(t, servers.CA(t), map[string]string{"clear": "# clear"})
	s.write(t, "a.csv", "rows")
	var told []connector.Notice
	env := connector.Env{Connection: "web", Secrets: secrets(nil), Network: connector.NetworkPolicy{Plaintext: []string{s.at["clear"]}}, Notice: func(n connector.Notice) { told = append(told, n) }}
	cfg := http.Config{URL: "http://" + s.at["clear"] + "/", Plaintext: &netguard.Plaintext{Reason: "a lab", Until: "2999-12-31"}}
	store, err := http.Open(env, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if got := read(t, store, "a.csv"); got != "rows" || len(told) != 1 || told[0].Kind != connector.PlaintextUsed {
		t.Errorf("%q, told %v", got, told)
	}
	cfg.Token = "secret:token"
	store, err = http.Open(env, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if _, err := store.Open(t.Context(), "a.csv", 0); !errors.Is(err, connector.ErrRefused) || !strings.Contains(err.Error(), "credentials") {
		t.Error(err)
	}
}

func TestLogin(t *testing.T) {
	ca := servers.CA(t)
	tls, me := ca.Localhost().TLS(""), ca.Client("me")
	s := start(t, ca, map[string]string{
		"token":  tls + `if ($http_authorization != "Bearer ` + token + `") { return 401; }`,
		"header": tls + `if ($http_x_api_key != "` + token + `") { return 403; }`,
		"basic":  tls + `if ($http_authorization != "Basic bWU6aHVudGVyMi1wYXNzd29yZA==") { return 401; }`,
		"extra":  tls + `if ($http_x_shop != "7") { return 401; }`,
		"mutual": tls + `ssl_client_certificate ` + ca.File + `; ssl_verify_client on;`,
	})
	s.write(t, "a.csv", "rows")
	login := map[string]func(*http.Config){
		"token":  func(c *http.Config) { c.Token = "secret:token" },
		"header": func(c *http.Config) { c.Token, c.TokenHeader = "secret:token", "X-Api-Key" },
		"basic":  func(c *http.Config) { c.User, c.Password = "me", "secret:password" },
		"extra":  func(c *http.Config) { c.Headers = map[string]string{"x-shop": "7"} },
		"mutual": func(c *http.Config) { c.ClientCert, c.ClientKey = me.Cert, "secret:key" },
	}
	for at, with := range login {
		env := connector.Env{Connection: "web", Secrets: secrets(map[string]string{"key": me.Key})}
		cfg := http.Config{URL: "https://" + s.at[at] + "/", CA: ca.File}
		without, err := http.Open(env, cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer without.Close()
		if _, err := without.Open(t.Context(), "a.csv", 0); !errors.Is(err, connector.ErrUnreachable) {
			t.Errorf("%s without a login: %v", at, err)
		}
		with(&cfg)
		store, err := http.Open(env, cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		if got := read(t, store, "a.csv"); got != "rows" {
			t.Errorf("%s: %q", at, got)
		}
	}
}

func TestConfig(t *testing.T) {
	for _, c := range []struct {
		cfg  http.Config
		want string
	}{
		{http.Config{URL: "ftp://x/"}, "https://"}, {http.Config{URL: "https://u:topsecret@x/"}, "do not belong"}, {http.Config{URL: "x/y"}, "https://"},
		{http.Config{URL: "https://x/?a=b"}, "no query"}, {http.Config{URL: "https://x/y#z"}, "#"}, {http.Config{URL: "https://topsecret:%zz/"}, "not a web address"},
		{http.Config{URL: "https://x/", Token: "secret:a", User: "u", Password: "secret:b"}, "not both"}, {http.Config{URL: "https://x/", User: "u"}, "together"},
		{http.Config{URL: "https://x/", Headers: map[string]string{"authorization": "topsecret"}}, "token: secret"},
		{http.Config{URL: "https://x/", Headers: map[string]string{"X": "a\r\nHost: b"}}, "line break"},
	} {
		_, err := http.Open(connector.Env{Connection: "web"}, c.cfg)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "topsecret") {
			t.Errorf("%s: %v, want %q", c.cfg.URL, err, c.want)
		}
	}
}

func TestProbe(t *testing.T) {
	ca := servers.CA(t)
	leaf := ca.Localhost()
	s := start(t, ca, map[string]string{"web": leaf.TLS("") + "autoindex on;"})
	p, err := http.Type().Test(t.Context(), connector.Env{Connection: "web"}, &http.Config{URL: "https://" + s.at["web"] + "/", CA: ca.File})
	if err != nil {
		t.Fatal(err)
	}
	if p.Protocol != "TLS 1.3" || !strings.HasPrefix(p.Peer, "nginx") || !p.Expires.Equal(leaf.X509.NotAfter) || !p.Read || p.Write || !strings.Contains(p.Cipher, "X25519") {
		t.Errorf("%+v", p)
	}
	// A server that has files and no folder is there all the same.
	p, err = http.Type().Test(t.Context(), connector.Env{Connection: "web"}, &http.Config{URL: "https://" + s.at["web"] + "/none/", CA: ca.File})
	if err != nil || p.Protocol != "TLS 1.3" || p.Read || !strings.Contains(strings.Join(p.Notes, " "), "cannot list") {
		t.Errorf("%+v, %v", p, err)
	}
}
