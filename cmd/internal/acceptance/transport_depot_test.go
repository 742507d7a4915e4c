//go:build unix

package acceptance

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/connector/conntest/servers"
)

// depot is a real server that keeps files, and how a connection to it is written.
type depot struct {
	name    string
	folder  string   // where its files lie on this machine
	lines   []string // of the connection, without address and secret
	at      func(address string) []string
	address string
	secret  string   // the value
	key     string   // of the connection that takes the secret: password
	trust   []string // host keys
	fixed   bool     // its files cannot be moved or deleted
	ports   []int    // that data comes from, beside that of the address
	process *servers.Process
}

// connection is the definition of a connection to the depot, or to what stands before it.
func (d *depot) connection(address string) string {
	lines := append(append([]string{}, d.lines...), d.at(address)...)
	lines = append(lines, d.key+": secret:shop")
	return "    " + strings.Join(lines, "\n    ") + "\n"
}

func hostAndPort(address string) []string {
	host, port, _ := strings.Cut(address, ":")
	return []string{"host: " + host, "port: " + port}
}

// sshDepot is an OpenSSH server.
func sshDepot(t *testing.T) *depot {
	t.Helper()
	s, dir := servers.OpenSSH(t, servers.SSHOptions{}), servers.Dir(t)
	return &depot{name: "sftp", folder: dir, lines: []string{"type: sftp", "user: " + s.User, "path: " + dir}, at: hostAndPort,
		address: s.Address, secret: string(s.Key), key: "private_key", trust: s.HostKeys, process: s.Process}
}

// away is another address of this machine: FTP's data connections go where the control connection
// leads to, so that proxies listen there on the same ports.
const away = "127.0.0.2"

// ftpDepot is a proftpd or a vsftpd, which speak TLS and want each data connection to resume
// the session.
func ftpDepot(t *testing.T, name string, start func(testing.TB, servers.FTPOptions) *servers.FTP, o servers.FTPOptions) *depot {
	t.Helper()
	ca := servers.CA(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	o.Leaf = ca.Leaf("both-rsa", key, &x509.Certificate{
		SerialNumber: big.NewInt(7), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, IPAddresses: []net.IP{net.ParseIP("127.0.0.1"), net.ParseIP(away)},
	})
	f := start(t, o)
	return &depot{name: name, ports: f.Ports, folder: f.Home, lines: []string{"type: ftp", "user: " + f.User, "path: " + f.Path, "tls_ca: " + ca.File}, at: hostAndPort,
		address: f.Address, secret: f.Password, key: "password", process: f.Process}
}

// webDepot is an nginx that shows its folders and takes uploads.
func webDepot(t *testing.T) *depot {
	t.Helper()
	ca, dir, address := servers.CA(t), servers.Dir(t), servers.Address(t)
	folder := filepath.Join(dir, "files")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	n := servers.StartNginx(t, dir, address, "server { listen "+address+" ssl; root "+folder+"; "+ca.Localhost().TLS("")+
		" autoindex on; autoindex_format json; dav_methods PUT DELETE; create_full_put_path on; client_max_body_size 0; default_type application/octet-stream; }")
	return &depot{name: "https", folder: folder, lines: []string{"type: http", "tls_ca: " + ca.File},
		at:      func(address string) []string { return []string{"url: https://" + address + "/"} },
		address: address, secret: "a-token-for-tests", key: "token", fixed: true, process: n.Process}
}

// bucketDepot is an S3 server.
func bucketDepot(t *testing.T) *depot {
	t.Helper()
	ca := servers.CA(t)
	s := servers.VersityGW(t, ca.Localhost(), "shop")
	return &depot{name: "s3", folder: filepath.Join(s.Root, "shop"), lines: []string{"type: s3", "bucket: shop", "access_key: " + s.AccessKey, "tls_ca: " + ca.File},
		at:      func(address string) []string { return []string{"endpoint: https://" + address} },
		address: s.Address, secret: s.SecretKey, key: "secret_key", process: s.Process}
}

// depots are all kinds.
var depots = []struct {
	name  string
	start func(t *testing.T) *depot
}{
	{"sftp", sshDepot},
	{"proftpd", func(t *testing.T) *depot {
		return ftpDepot(t, "proftpd", servers.ProFTPD, servers.FTPOptions{TLS: "1.3", Ports: 6})
	}},
	{"vsftpd", func(t *testing.T) *depot {
		return ftpDepot(t, "vsftpd", servers.VSFTPD, servers.FTPOptions{Ports: 6})
	}},
	{"https", webDepot},
	{"s3", bucketDepot},
}

// put lays a file into the depot, in one step.
func (d *depot) put(t *testing.T, name string, data []byte) {
	t.Helper()
	path := filepath.Join(d.folder, name)
	err := os.MkdirAll(filepath.Dir(path), 0o777)
	if err == nil {
		err = os.Chmod(filepath.Dir(path), 0o777)
	}
	if err == nil {
		err = os.WriteFile(path+".tmp", data, 0o644)
	}
	if err == nil {
		err = os.Rename(path+".tmp", path)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (d *depot) get(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(d.folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// names are the files below a folder of the depot.
func (d *depot) names(t *testing.T, folder string) []string {
	t.Helper()
	list, err := os.ReadDir(filepath.Join(d.folder, folder))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// client is a project of ours with a store, a connection shop to a depot, and the keys of the
// partner's messages.
type client struct {
	*household
	d *depot
}

const partnerKeys = `  out: {type: sqlite, path: out.db}
keys:
  shop-inbound: {pgp_private: secret:pgp/shop-inbound}
  shop-signing: {pgp_public: keys/partner.asc}
  other: {pgp_public: keys/other.asc}
  us: {pgp_public: keys/us.asc}
  pii-pepper: {bytes: secret:pii-pepper}
`

// newClient sets everything up as a person would. Files are given as path and content in turn.
func newClient(t *testing.T, d *depot, g *gnupg, files ...string) *client {
	t.Helper()
	c := &client{&household{newProject(t, files...)}, d}
	c.run("init", "--email", "owner@example.com", "--key-out", "owner.key", "--no-keyring").exits(0)
	c.connect(d.address)
	if g != nil {
		for _, name := range []string{"partner", "other", "us"} {
			c.write("keys/"+name+".asc", g.public(name))
		}
		c.with(g.private("us"), keyed("owner", "secret", "set", "pgp/shop-inbound", "--key", "shop-inbound", "--stdin")...).exits(0)
		c.with(pepper, keyed("owner", "secret", "set", "pii-pepper", "--key", "pii-pepper", "--stdin")...).exits(0)
	}
	return c
}

// connect points the connection at an address, trusts who answers there and sets the secret.
func (c *client) connect(address string) {
	c.t.Helper()
	keys := partnerKeys
	if len(c.d.trust) > 0 {
		c.write("connections.yaml", "version: 1\nconnections:\n  shop:\n"+c.d.connection(address)+keys)
		c.as("owner", "connection", "trust", "shop", "--fingerprint", c.d.trust[0]).exits(0)
	} else {
		c.write("connections.yaml", "version: 1\nconnections:\n  shop:\n"+c.d.connection(address)+keys)
	}
	c.setSecret()
}

func (c *client) setSecret() {
	c.t.Helper()
	c.with(c.d.secret, keyed("owner", "secret", "set", "shop", "--connection", "shop", "--stdin")...).exits(0)
}

// job runs a flow.
func (c *client) job(flow string, more ...string) outcome {
	c.t.Helper()
	return c.as("owner", append([]string{"run", flow, "--json"}, more...)...)
}
