package sftp_test

import (
	"bytes"
	"context"
	"fmt"
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
	"github.com/headgate/headgate/connector/sftp"
)

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

// runs is how many transfers are spoiled; HEADGATE_FAULT_RUNS asks for more.
func runs(t *testing.T) int {
	if n, err := strconv.Atoi(os.Getenv("HEADGATE_FAULT_RUNS")); err == nil {
		return n
	}
	return 40
}

// spoiled is a store behind a proxy.
func spoiled(t *testing.T, x *servers.Toxiproxy, d *servers.SSHD, dir string) (*servers.Proxy, *sftp.Store) {
	t.Helper()
	p := x.Before(d.Address)
	env, cfg := login(d, dir)
	cfg.Host, cfg.Port = hostPort(t, p.Address)
	cfg.Timeout = 2 * time.Second
	return p, sftp.Open(env, cfg)
}

func hostPort(t *testing.T, address string) (string, int) {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return host, n
}

// TestFaults spoils transfers at random moments: each ends right or with an error, and never
// leaves part of a file under its final name.
func TestFaults(t *testing.T) {
	d, x := servers.OpenSSH(t, servers.SSHOptions{}), servers.Toxi(t)
	dir := t.TempDir()
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	var good, bad int
	for i := range runs(t) {
		data := make([]byte, 1+r.IntN(3<<20))
		for j := range data {
			data[j] = byte(j*7 + i)
		}
		if err := os.WriteFile(filepath.Join(dir, "in"), data, 0o644); err != nil {
			t.Fatal(err)
		}
		old := fmt.Appendf(nil, "old %d", i)
		if err := os.WriteFile(filepath.Join(dir, "out"), old, 0o644); err != nil {
			t.Fatal(err)
		}
		p, s := spoiled(t, x, d, dir)
		kind, stream, attributes := toxic(r, len(data))
		what := fmt.Sprintf("seed %d, run %d, %d bytes, %s %s %v", seed, i, len(data), kind, stream, attributes)
		p.Toxic(kind, stream, attributes)
		for _, err := range conntest.Spoiled(t, s, dir, data, old, what) {
			if err != nil {
				bad++
			} else {
				good++
			}
		}
		p.Cut()
		if err := s.Close(); err != nil {
			t.Errorf("%s: close: %v", what, err)
		}
	}
	t.Logf("seed %d: %d transfers were right, %d failed", seed, good, bad)
	if good == 0 || bad == 0 {
		t.Error("nothing was spoiled, or everything")
	}
}

// TestResume goes on where a read was cut, on a new connection.
func TestResume(t *testing.T) {
	d, x := servers.OpenSSH(t, servers.SSHOptions{}), servers.Toxi(t)
	dir := t.TempDir()
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<18)
	if err := os.WriteFile(filepath.Join(dir, "in"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	p, s := spoiled(t, x, d, dir)
	defer s.Close()
	p.Toxic("limit_data", "downstream", map[string]any{"bytes": 1_000_000})
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
}

// TestSilence gives a server up that says nothing any more, and takes a new connection next.
func TestSilence(t *testing.T) {
	d, x := servers.OpenSSH(t, servers.SSHOptions{}), servers.Toxi(t)
	p, s := spoiled(t, x, d, t.TempDir())
	defer s.Close()
	if err := conntest.Put(t.Context(), s, "a", bytes.NewReader([]byte("x"))); err != nil {
		t.Fatal(err)
	}
	remove := p.Toxic("timeout", "downstream", map[string]any{"timeout": 0})
	if _, err := s.List(t.Context(), "*"); !connector.IsTransient(err) {
		t.Errorf("silent server: %v", err)
	}
	remove()
	if got, err := conntest.Get(t.Context(), s, "a", 0); string(got) != "x" || err != nil {
		t.Errorf("afterwards: %q, %v", got, err)
	}
	p.Toxic("timeout", "downstream", map[string]any{"timeout": 0})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := s.List(ctx, "*"); err == nil || time.Since(start) > time.Second {
		t.Errorf("cancelled: %v after %s", err, time.Since(start))
	}
}
