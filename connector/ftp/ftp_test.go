package ftp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/servers"
	"github.com/headgate/headgate/connector/ftp"
	"github.com/headgate/headgate/connector/spec"
)

// vault is what a connection's references stand for.
type vault map[string]string

func (v vault) get(_ context.Context, ref string) (connector.Secret, error) {
	s, ok := v[ref]
	if !ok {
		return connector.Secret{}, errors.New("no such secret")
	}
	return connector.NewSecret([]byte(s)), nil
}

// login is the configuration of the server's user.
func login(f *servers.FTP, ca *servers.Authority, o servers.FTPOptions) (connector.Env, ftp.Config) {
	cfg := ftp.Config{Host: "localhost", Port: f.Port, User: f.User, Password: "secret:p", Timeout: 10 * time.Second, CA: ca.File, TLS: "explicit"}
	if o.Implicit {
		cfg.TLS = "implicit"
	}
	return connector.Env{Connection: "drop", Secrets: vault{"secret:p": f.Password}.get}, cfg
}

// kinds of servers.
var kinds = map[string]func(testing.TB, servers.FTPOptions) *servers.FTP{"proftpd": servers.ProFTPD, "vsftpd": servers.VSFTPD}

func TestConfig(t *testing.T) {
	if err := spec.Lint(&ftp.Config{}); err != nil {
		t.Error(err)
	}
	var bound []string
	for _, b := range spec.Bindings(&ftp.Config{}) {
		bound = append(bound, b.Key)
	}
	if got := fmt.Sprint(bound); got != "[host port user tls tls_ca tls_pins tls_min plaintext]" {
		t.Errorf("secrets are bound to %s", got)
	}
}

// TestStore runs the suite of stores against both servers, which insist on TLS and on data
// connections that resume its session.
func TestStore(t *testing.T) {
	ca := servers.CA(t)
	for name, start := range kinds {
		t.Run(name, func(t *testing.T) {
			o := servers.FTPOptions{Leaf: ca.LocalhostRSA()}
			f, ca := shared(t, func() *servers.FTP { return start(t, o) }, ca)
			conntest.RunStore(t, conntest.StoreHarness{
				Open: func(t testing.TB, dir string) connector.Store {
					env, cfg := login(f, ca, o)
					return ftp.Open(env, below(t, f, cfg, dir))
				},
				All: conntest.Files,
			})
		})
	}
}

// serverOf names, for a process that a test starts to have it crash, the server of that test.
const serverOf = "HEADGATE_FTP_TEST_SERVER"

// shared is a server that this test starts, or that of the test that started this process.
func shared(t *testing.T, start func() *servers.FTP, ca *servers.Authority) (*servers.FTP, *servers.Authority) {
	t.Helper()
	var both struct {
		FTP *servers.FTP
		CA  *servers.Authority
	}
	if text := os.Getenv(serverOf); text != "" {
		if err := json.Unmarshal([]byte(text), &both); err != nil {
			t.Fatal(err)
		}
		return both.FTP, both.CA
	}
	both.FTP, both.CA = start(), ca
	text, err := json.Marshal(both)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(serverOf, string(text))
	return both.FTP, ca
}

// below is cfg for dir, a folder of the test that has to lie in the server's home.
func below(t testing.TB, f *servers.FTP, cfg ftp.Config, dir string) ftp.Config {
	t.Helper()
	name := filepath.Base(filepath.Dir(dir)) + filepath.Base(dir)
	home := filepath.Join(f.Home, name)
	if info, err := os.Lstat(dir); err == nil && info.IsDir() {
		// The suite looks at dir: what the server writes must appear there.
		if err := os.Remove(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(home, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(home, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(home, dir); err != nil {
			t.Fatal(err)
		}
	}
	cfg.Path = filepath.ToSlash(filepath.Join(f.Path, name))
	return cfg
}

// TestVariants moves a large, an empty and a small file in every way the servers can be
// set up.
func TestBandwidthLimit(t *testing.T) {
	ca := servers.CA(t)
	o := servers.FTPOptions{Leaf: ca.LocalhostRSA()}
	env, cfg := login(servers.ProFTPD(t, o), ca, o)
	cfg.Bandwidth = conntest.Bandwidth
	s := ftp.Open(env, cfg)
	defer s.Close()
	conntest.RunBandwidth(t, s)
}

func TestVariants(t *testing.T) {
	ca := servers.CA(t)
	for name, start := range kinds {
		for _, o := range []servers.FTPOptions{
			{}, {Implicit: true}, {NoReuse: true}, {TLS: "1.2"}, {TLS: "1.3"}, {TLS: "1.2", Implicit: true},
		} {
			if name == "vsftpd" && o.TLS != "" {
				continue // cannot be told
			}
			t.Run(fmt.Sprintf("%s/implicit=%v,any=%v,%s", name, o.Implicit, o.NoReuse, o.TLS), func(t *testing.T) {
				conntest.NoLeak(t)
				o.Leaf = ca.LocalhostRSA()
				if o.TLS == "1.2" {
					// Sessions by number, which this server has instead, are not in Go's library.
					o.Config = []string{"TLSSessionTickets on"}
				}
				f := start(t, o)
				env, cfg := login(f, ca, o)
				s := ftp.Open(env, cfg)
				defer s.Close()
				for i, size := range []int{3<<20 + 17, 0, 1, 256 << 10} {
					data := strings.Repeat("0123456789abcdef", size/16+1)[:size]
					name := fmt.Sprintf("sub/f%d", i)
					if err := conntest.Put(t.Context(), s, name, strings.NewReader(data)); err != nil {
						t.Fatal(err)
					}
					if got, err := conntest.Get(t.Context(), s, name, 0); string(got) != data || err != nil {
						t.Errorf("%d bytes: %d, %v", size, len(got), err)
					}
				}
				p, err := ftp.Type().Test(t.Context(), env, &cfg)
				if err != nil || !p.Read || !p.Write || p.Expires.IsZero() || o.TLS != "" && p.Protocol != "FTP over TLS "+o.TLS {
					t.Errorf("%+v, %v", p, err)
				}
			})
		}
	}
}
