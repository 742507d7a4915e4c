//go:build unix

package acceptance

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/headgate/headgate/connector/conntest/servers"
)

const readIt = "version: 1\nflow: get\nsource: {connection: shop, files: \"*.csv\", columns: {id: int}}\nsink: {file: out.csv}\nrun: {retry: {attempts: 2, backoff: 10ms}}\n"

// newVisitor is a client with a connection of the lines given, whose secret is set.
func newVisitor(t *testing.T, lines ...string) *client {
	t.Helper()
	d := &depot{lines: lines[1:], at: func(string) []string { return nil }, key: lines[0], secret: tapSecret}
	return newClient(t, d, nil, "flows/get.yaml", readIt)
}

// protocols are the connections that speak TLS.
var protocols = []struct {
	name  string
	ftp   bool
	lines func(address, ca string) []string
}{
	{"http", false, func(address, ca string) []string {
		return []string{"token", "type: http", "url: https://" + address + "/", "tls_ca: " + ca}
	}},
	{"s3", false, func(address, ca string) []string {
		return []string{"secret_key", "type: s3", "endpoint: https://" + address, "bucket: shop", "access_key: k", "tls_ca: " + ca}
	}},
	{"ftp", true, func(address, ca string) []string {
		return append([]string{"password", "type: ftp", "user: u", "tls_ca: " + ca}, hostAndPort(address)...)
	}},
	{"ftp, implicit", false, func(address, ca string) []string {
		return append([]string{"password", "type: ftp", "tls: implicit", "user: u", "tls_ca: " + ca}, hostAndPort(address)...)
	}},
}

// TestRefusedTLS meets servers that are not who they should be, or do not speak TLS as it must be
// spoken: exit 12, and they are told no credential. A good one is told.
func TestRefusedTLS(t *testing.T) {
	ca, stranger := servers.CA(t), servers.CA(t)
	old := func(version uint16) *tls.Config { return certificate(t, ca.LocalhostRSA(), version, version) }
	cases := []struct {
		name   string
		config *tls.Config
		says   string
	}{
		{"TLS 1.0", old(tls.VersionTLS10), "older than what is allowed"},
		{"TLS 1.1", old(tls.VersionTLS11), "older than what is allowed"},
		{"expired", certificate(t, ca.Expired(), 0, 0), "expired on"},
		{"wrong name", certificate(t, ca.WrongHost(), 0, 0), "elsewhere.example"},
		{"self-signed", certificate(t, ca.SelfSigned(), 0, 0), "self-signed"},
		{"stranger", certificate(t, stranger.Localhost(), 0, 0), "who is not trusted"},
		{"in clear", nil, ""},
		{"good", certificate(t, ca.Localhost(), 0, 0), ""},
	}
	for _, p := range protocols {
		c := newVisitor(t, p.lines("127.0.0.1:1", ca.File)...)
		for _, k := range cases {
			t.Run(p.name+"/"+k.name, func(t *testing.T) {
				if p.name == "ftp, implicit" && (k.config == nil || k.name == "good") {
					return // the server is waited for, in vain
				}
				a := (&tap{tls: k.config, ftp: p.ftp}).listen(t, "")
				at := *c
				at.household = &household{&project{t: t, dir: c.dir}}
				d := *c.d
				d.lines, at.d = p.lines(a.address, ca.File)[1:], &d
				at.connect("")
				o := at.job("get")
				if k.name == "good" {
					if !a.told() {
						t.Fatalf("exit %d from a good server, which heard %q", o.exit, heard(a))
					}
					return
				}
				o.exits(12).says(k.says)
				text, calls := a.text()
				if a.told() || p.ftp && strings.TrimSuffix(text, "QUIT\r\n") != "AUTH TLS\r\n" || !p.ftp && k.config != nil && text != "" {
					t.Errorf("the server was told %q", text)
				}
				if calls == 0 {
					t.Error("nobody called")
				}
				if _, err := os.Stat(at.path("out.csv")); !os.IsNotExist(err) {
					t.Errorf("a file was written: %v", err)
				}
			})
		}
	}
}

func heard(a *tap) string { text, _ := a.text(); return text }

// TestRefusedClear asks for connections in clear: exit 12 and nobody is called, until the
// connection has a dated reason and the policy agrees; then each run is in the audit log.
func TestRefusedClear(t *testing.T) {
	for _, k := range []struct {
		name  string
		lines func(address string) []string
	}{
		{"http", func(address string) []string { return []string{"token", "type: http", "url: http://" + address + "/"} }},
		{"s3", func(address string) []string {
			return []string{"secret_key", "type: s3", "endpoint: http://" + address, "bucket: shop", "access_key: k"}
		}},
		{"ftp", func(address string) []string {
			return append([]string{"password", "type: ftp", "tls: \"off\"", "user: u"}, hostAndPort(address)...)
		}},
	} {
		t.Run(k.name, func(t *testing.T) {
			a := (&tap{ftp: k.name == "ftp"}).listen(t, "")
			lines := k.lines(a.address)
			c := newVisitor(t, lines...)
			refused := func(says string) {
				t.Helper()
				c.job("get").exits(12).says(says)
				c.as("owner", "connection", "test", "shop").exits(12)
				if _, calls := a.text(); calls > 0 {
					t.Fatalf("somebody called, and said %q", heard(a))
				}
			}
			refused("clear")
			until := time.Now().AddDate(0, 0, 3).Format(time.DateOnly)
			c.d.lines = append(lines[1:], `plaintext: {reason: old machine, until: "`+until+`", credentials: true}`)
			c.connect("")
			refused("policy")
			c.as("owner", "policy", "set", "network.plaintext", a.address).exits(0)
			before := (founded{c.project}).count("plaintext.used", "")
			if o := c.job("get"); o.exit == 12 || !a.told() {
				t.Errorf("exit %d, heard %q", o.exit, heard(a))
			}
			if n := (founded{c.project}).count("plaintext.used", ""); n != before+1 {
				t.Errorf("%d entries in the audit log, before %d", n, before)
			}
			c.d.lines = append(lines[1:], `plaintext: {reason: old machine, until: "2020-01-01", credentials: true}`)
			c.connect("")
			_, calls := a.text()
			c.job("get").exits(12).says("2020-01-01")
			if _, n := a.text(); n != calls {
				t.Error("somebody called after the date")
			}
		})
	}
}

// TestRefusedRedirect follows nobody from https to http, to a metadata service, or inside.
func TestRefusedRedirect(t *testing.T) {
	ca := servers.CA(t)
	target := (&tap{}).listen(t, "")
	for name, to := range map[string]string{
		"http": "http://" + target.address + "/a.csv", "metadata": "http://169.254.169.254/latest/meta-data/", "metadata, https": "https://169.254.169.254/",
		"mapped": "https://[::ffff:169.254.169.254]/", "inside": "https://10.0.0.1/", "itself, in clear": "http://localhost/",
	} {
		t.Run(name, func(t *testing.T) {
			a := (&tap{tls: certificate(t, ca.Localhost(), 0, 0), answer: "HTTP/1.1 302 Found\r\nLocation: " + to + "\r\nContent-Length: 0\r\n\r\n"}).listen(t, "")
			c := newVisitor(t, "token", "type: http", "url: https://"+a.address+"/", "tls_ca: "+ca.File)
			c.job("get").exits(12)
			c.as("owner", "connection", "test", "shop").exits(12)
			if _, calls := target.text(); calls > 0 {
				t.Errorf("the target was called, and heard %q", heard(target))
			}
			if !a.told() {
				t.Error("who redirects was not asked")
			}
		})
	}
}

// TestRefusedElsewhere follows a redirect to another server, and gives it no credential.
func TestRefusedElsewhere(t *testing.T) {
	ca := servers.CA(t)
	other := (&tap{tls: certificate(t, ca.Localhost(), 0, 0)}).listen(t, "")
	a := (&tap{tls: certificate(t, ca.Localhost(), 0, 0), answer: "HTTP/1.1 302 Found\r\nLocation: https://" + other.address + "/a.csv\r\nContent-Length: 0\r\n\r\n"}).listen(t, "")
	c := newVisitor(t, "token", "type: http", "url: https://"+a.address+"/", "tls_ca: "+ca.File)
	if o := c.job("get"); o.exit == 0 || !a.told() || other.told() {
		t.Errorf("exit %d; the other server heard %q", o.exit, heard(other))
	}
}

// TestRefusedBounce is told by an FTP server to fetch data from another machine: nobody goes there.
func TestRefusedBounce(t *testing.T) {
	a := (&tap{ftp: true}).listen(t, "")
	var bounced atomic.Int64
	until := time.Now().AddDate(0, 0, 3).Format(time.DateOnly)
	c := newVisitor(t, append([]string{"password", "type: ftp", "tls: \"off\"", "user: u", `plaintext: {reason: test, until: "` + until + `", credentials: true}`}, hostAndPort(a.address)...)...)
	c.as("owner", "policy", "set", "network.plaintext", a.address).exits(0)
	// Whatever port is named, the other machine is this one by another address.
	victims, err := net.Listen("tcp", "127.0.0.3:0")
	if err != nil {
		t.Fatal(err)
	}
	defer victims.Close()
	go func() {
		for {
			conn, err := victims.Accept()
			if err != nil {
				return
			}
			bounced.Add(1)
			conn.Close()
		}
	}()
	a.mu.Lock()
	a.bounce = victims.Addr().(*net.TCPAddr).Port
	a.mu.Unlock()
	c.job("get").exits(3)
	if bounced.Load() > 0 || !strings.Contains(heard(a), "PASV") {
		t.Errorf("%d connections to the victim; heard %q", bounced.Load(), heard(a))
	}
}

// relay sends its connections on to a server that can be exchanged.
type relay struct {
	address string
	to      atomic.Pointer[string]
}

func newRelay(t *testing.T, to string) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	r := &relay{address: l.Addr().String()}
	r.to.Store(&to)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go r.pass(c)
		}
	}()
	return r
}

func (r *relay) pass(c net.Conn) {
	defer c.Close()
	s, err := net.Dial("tcp", *r.to.Load())
	if err != nil {
		return
	}
	defer s.Close()
	go func() { copyAll(s, c); s.Close() }()
	copyAll(c, s)
}

// TestRefusedHostKey meets SSH servers that are not known, and one in the place of another: exit
// 12, nobody logs in, and the audit log has it.
func TestRefusedHostKey(t *testing.T) {
	d := sshDepot(t)
	d.put(t, "a.csv", []byte("id\n1\n"))
	way := newRelay(t, d.address)
	c := newClient(t, d, nil, "flows/get.yaml", readIt)
	c.write("connections.yaml", "version: 1\nconnections:\n  shop:\n"+d.connection(way.address))
	c.setSecret()
	logins := d.process.Output()
	silent := func(p *servers.Process, before string) {
		t.Helper()
		said := strings.TrimPrefix(p.Output(), before)
		for _, word := range []string{"Accepted", "Failed", "Invalid user", "authenticating user"} {
			if strings.Contains(said, word) {
				t.Errorf("a login was tried:\n%s", said)
			}
		}
	}
	c.job("get").exits(12).says("host key")
	c.as("owner", "connection", "test", "shop").exits(12)
	silent(d.process, logins)
	c.connect(way.address)
	c.job("get").exits(0)
	if c.read("out.csv") != "id\n1\n" {
		t.Errorf("%q", c.read("out.csv"))
	}
	other := sshDepot(t)
	way.to.Store(&other.address)
	before := (founded{c.project}).count("hostkey.changed", "")
	c.job("get").exits(12).says("connection trust")
	c.as("owner", "connection", "test", "shop").exits(12)
	silent(other.process, "")
	if n := (founded{c.project}).count("hostkey.changed", ""); n < before+1 {
		t.Errorf("%d entries in the audit log, before %d", n, before)
	}
	// Trusting the new one unbinds the secret.
	c.as("owner", "connection", "trust", "shop", "--fingerprint", other.trust[0]).exits(0)
	c.job("get").exits(12).says("bound")
	silent(other.process, "")
}

// TestRefusedRebinding resolves a name that is this machine at first, and a metadata service when
// it is asked again.
func TestRefusedRebinding(t *testing.T) {
	unshare := servers.Find(t, "unshare")
	resolver := newRebinder(t)
	conf := servers.Write(t, servers.Dir(t), "resolv.conf", "nameserver "+resolver.ip+"\n")
	inside := []string{"-m", "sh", "-c", `mount --bind "$0" /etc/resolv.conf && exec "$@"`, conf}
	if out, err := exec.Command(unshare, append(inside, "true")...).CombinedOutput(); err != nil {
		servers.Lack(t, fmt.Sprintf("the right to mount, for a resolver of our own (%v: %s)", err, out))
	}
	ca := servers.CA(t)
	key := certificate(t, leafFor(t, ca, "rebind.example"), 0, 0)
	a := (&tap{tls: key, answer: "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 90\r\n\r\n" +
		fmt.Sprintf("%-90s", `[{"name":"a.csv","type":"file","mtime":"Sun, 22 Nov 2026 12:00:10 GMT","size":5}]`)}).listen(t, "")
	a.once = true
	_, port, _ := net.SplitHostPort(a.address)
	c := newVisitor(t, "token", "type: http", "url: https://rebind.example:"+port+"/", "tls_ca: "+ca.File)
	s := c.command(keyed("owner", "run", "get", "--json")...)
	s.c.Path, s.c.Args = unshare, slices.Concat([]string{unshare}, inside, []string{program}, keyed("owner", "run", "get", "--json"))
	s.begin()
	s.stdin.Close()
	s.wait().exits(12).says("link-local")
	if _, calls := a.text(); calls != 1 || resolver.asked.Load() < 2 {
		t.Errorf("%d calls, %d questions", calls, resolver.asked.Load())
	}
}

// TestRefusedDowngrade meets a server that speaks an older TLS than when `connection test` looked: exit
// 12, it is told no credential, and the audit log has it, until somebody allows that.
func TestRefusedDowngrade(t *testing.T) {
	ca := servers.CA(t)
	var asked atomic.Int64
	serve := func(version uint16) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s := &http.Server{TLSConfig: certificate(t, ca.Localhost(), version, version), Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			io.WriteString(w, "id\n1\n")
		})}
		go s.ServeTLS(l, "", "")
		t.Cleanup(func() { s.Close() })
		return l.Addr().String()
	}
	newer, older := serve(tls.VersionTLS13), serve(tls.VersionTLS12)
	way := newRelay(t, older)
	c := newVisitor(t, "token", "type: http", "url: https://"+way.address+"/a.csv", "tls_ca: "+ca.File)
	c.write("flows/get.yaml", strings.Replace(readIt, `"*.csv"`, "a.csv", 1))
	c.as("owner", "connection", "test", "shop").exits(0)
	c.job("get").exits(0)
	way.to.Store(&newer)
	c.job("get").exits(0)
	way.to.Store(&older)
	c.job("get").exits(0) // only a test looks, and remembers
	way.to.Store(&newer)
	c.as("owner", "connection", "test", "shop").exits(0)
	c.job("get").exits(0)
	way.to.Store(&older)
	before := asked.Load()
	c.job("get").exits(12).says("headgate connection trust shop --tls 1.2")
	c.as("owner", "connection", "test", "shop").exits(12)
	if n := asked.Load(); n != before {
		t.Errorf("the server was asked %d times", n-before)
	}
	told := (founded{c.project}).count("tls.lowered", "")
	if told < 1 {
		t.Error("the audit log does not have it")
	}
	c.as("owner", "connection", "trust", "shop", "--tls", "1.1").exits(2)
	c.as("owner", "connection", "trust", "shop", "--tls", "1.2").exits(0)
	c.job("get").exits(0)
	if n := (founded{c.project}).count("tls.lowered", ""); n <= told {
		t.Error("the audit log does not have who allowed it")
	}
}
