package ftp_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/x509"
	"fmt"
	"math/big"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/servers"
	"github.com/headgate/headgate/connector/ftp"
)

// away is where the proxies listen: data connections go to the address that the control
// connection leads to, so that they go through proxies as well.
const away = "127.0.0.2"

// spoiled is a proftpd all of whose ports are behind proxies.
func spoiled(t *testing.T) (*servers.FTP, []*servers.Proxy, connector.Env, ftp.Config) {
	t.Helper()
	ca := servers.CA(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := ca.Leaf("away", key, &x509.Certificate{
		SerialNumber: big.NewInt(7), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, IPAddresses: []net.IP{net.ParseIP(away)},
	})
	o := servers.FTPOptions{Leaf: leaf, Ports: 4}
	f := servers.ProFTPD(t, o)
	x := servers.Toxi(t)
	var proxies []*servers.Proxy
	for _, port := range append([]int{f.Port}, f.Ports...) {
		proxies = append(proxies, x.At(net.JoinHostPort(away, strconv.Itoa(port)), net.JoinHostPort("127.0.0.1", strconv.Itoa(port))))
	}
	env, cfg := login(f, ca, o)
	cfg.Host, cfg.Timeout = away, 2*time.Second
	return f, proxies, env, cfg
}

// toxic is one thing that goes wrong on the way.
func toxic(r *rand.Rand, size int) (kind, stream string, attributes map[string]any) {
	stream = []string{"upstream", "downstream"}[r.IntN(2)]
	switch r.IntN(6) {
	case 0, 1:
		return "limit_data", stream, map[string]any{"bytes": r.IntN(size * 5 / 4)}
	case 2, 3:
		return "reset_peer", stream, map[string]any{"timeout": r.IntN(60)}
	case 4:
		return "latency", stream, map[string]any{"latency": r.IntN(8), "jitter": 4}
	default:
		return "bandwidth", stream, map[string]any{"rate": 4000 + r.IntN(40000)}
	}
}

// TestFaults spoils transfers at random moments, on the data connection or on the control
// connection: each ends right or with an error, and never leaves part of a file under its
// final name.
func TestFaults(t *testing.T) {
	f, proxies, env, cfg := spoiled(t)
	runs := 20
	if n, err := strconv.Atoi(os.Getenv("HEADGATE_FAULT_RUNS")); err == nil {
		runs = n
	}
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	var good, bad int
	for i := range runs {
		data := make([]byte, 1+r.IntN(3<<20))
		for j := range data {
			data[j] = byte(j*7 + i)
		}
		old := fmt.Appendf(nil, "old %d", i)
		for name, content := range map[string][]byte{"in": data, "out": old} {
			if err := os.WriteFile(filepath.Join(f.Home, name), content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		size := len(data)
		spoil := proxies[1:]
		if r.IntN(3) == 0 {
			spoil, size = proxies[:1], 8000
		}
		kind, stream, attributes := toxic(r, size)
		what := fmt.Sprintf("seed %d, run %d, %d bytes, %d proxies, %s %s %v", seed, i, len(data), len(spoil), kind, stream, attributes)
		var heal []func()
		for _, p := range spoil {
			heal = append(heal, p.Toxic(kind, stream, attributes))
		}
		s := ftp.Open(env, cfg)
		for _, err := range conntest.Spoiled(t, s, f.Home, data, old, what) {
			if err != nil {
				bad++
			} else {
				good++
			}
		}
		s.Close()
		for _, h := range heal {
			h()
		}
	}
	t.Logf("seed %d: %d transfers were right, %d failed", seed, good, bad)
	if good == 0 || bad == 0 {
		t.Error("nothing was spoiled, or everything")
	}
}

// TestResume goes on where a read was cut, and gives up a server that says nothing any more.
func TestResume(t *testing.T) {
	f, proxies, env, cfg := spoiled(t)
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<18)
	if err := os.WriteFile(filepath.Join(f.Home, "in"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	s := ftp.Open(env, cfg)
	defer s.Close()
	for _, p := range proxies[1:] {
		p.Toxic("limit_data", "downstream", map[string]any{"bytes": 1_000_000})
	}
	var got []byte
	tries := 0
	for len(got) < len(data) && tries < 20 {
		more, err := conntest.Get(t.Context(), s, "in", int64(len(got)))
		if err == nil && len(got)+len(more) != len(data) {
			t.Fatalf("a short read of %d bytes and no error", len(more))
		}
		got = append(got, more...)
		tries++
	}
	if !bytes.Equal(got, data) || tries < 4 {
		t.Errorf("%d bytes of %d after %d tries", len(got), len(data), tries)
	}
	remove := proxies[0].Toxic("timeout", "downstream", map[string]any{"timeout": 0})
	if _, err := s.List(t.Context(), "in"); !connector.IsTransient(err) {
		t.Errorf("silent server: %v", err)
	}
	remove()
	if _, err := s.List(t.Context(), "in"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
