package sftp_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/servers"
	"github.com/headgate/headgate/connector/sftp"
)

// bastion is a tunnel through d.
func bastion(t *testing.T, d *servers.SSHD) connector.Tunnel {
	t.Helper()
	env, c := login(d, "")
	tunnel, err := sftp.Bastion().Tunnel(t.Context(), env, &sftp.BastionConfig{
		Host: c.Host, Port: c.Port, User: c.User, PrivateKey: c.PrivateKey, HostKeys: c.HostKeys, Timeout: c.Timeout})
	if err != nil {
		t.Fatal(err)
	}
	return tunnel
}

// echo gives back what it gets, with the host it was reached under.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.Copy(c, c)
			}()
		}
	}()
	return l.Addr().String()
}

func TestTunnel(t *testing.T) {
	conntest.NoLeak(t)
	t.Run("run", func(t *testing.T) {
		to := echo(t)
		d := servers.OpenSSH(t, servers.SSHOptions{Config: []string{"AllowTcpForwarding local", "PermitOpen " + to}})
		tunnel := bastion(t, d)
		defer tunnel.Close()
		c, err := tunnel.Dial(t.Context(), "tcp", to)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprint(c, "hello")
		got := make([]byte, 5)
		if _, err := io.ReadFull(c, got); err != nil || string(got) != "hello" {
			t.Errorf("%q, %v", got, err)
		}
		if err := c.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
			t.Error(err)
		}
		if _, err := c.Read(got); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("after the deadline: %v", err)
		}
		if c.RemoteAddr().String() != to {
			t.Errorf("remote address %s", c.RemoteAddr())
		}
		if _, err := tunnel.Dial(t.Context(), "tcp", "127.0.0.1:9"); !errors.Is(err, connector.ErrUnreachable) || connector.IsTransient(err) {
			t.Errorf("forbidden: %v", err)
		}
		if err := errors.Join(tunnel.Close(), tunnel.Close()); err != nil {
			t.Error(err)
		}
		if _, err := c.Read(got); err == nil {
			t.Error("still open after the tunnel was closed")
		}
		if c, err := tunnel.Dial(t.Context(), "tcp", to); err != nil {
			t.Errorf("again: %v", err)
		} else {
			c.Close()
		}
	})
}

// TestThroughTunnel reaches one SFTP server through another, and again after the way was lost.
func TestThroughTunnel(t *testing.T) {
	x := servers.Toxi(t)
	target, middle := servers.OpenSSH(t, servers.SSHOptions{}), servers.OpenSSH(t, servers.SSHOptions{})
	way := x.Before(middle.Address)
	env, c := login(middle, "")
	c.Host, c.Port = hostPort(t, way.Address)
	tunnel, err := sftp.Type().Tunnel(t.Context(), env, &c)
	if err != nil {
		t.Fatal(err)
	}
	defer tunnel.Close()
	env, cfg := login(target, t.TempDir())
	env.Tunnel = tunnel.Dial
	s := sftp.Open(env, cfg)
	defer s.Close()
	data := strings.Repeat("through", 1<<18)
	if err := conntest.Put(t.Context(), s, "a", strings.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	way.Cut()
	if _, err := conntest.Get(t.Context(), s, "a", 0); !connector.IsTransient(err) {
		t.Errorf("cut: %v", err)
	}
	way.Mend()
	if got, err := conntest.Get(t.Context(), s, "a", 0); string(got) != data || err != nil {
		t.Errorf("mended: %d bytes, %v", len(got), err)
	}
}

func TestTunnelRefused(t *testing.T) {
	d := servers.OpenSSH(t, servers.SSHOptions{})
	d.HostKeys = []string{"SHA256:" + strings.Repeat("A", 43)}
	tunnel := bastion(t, d)
	defer tunnel.Close()
	if _, err := tunnel.Dial(t.Context(), "tcp", echo(t)); !errors.Is(err, connector.ErrRefused) {
		t.Error(err)
	}
}
