package servers_test

import (
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector/conntest/servers"
)

func TestToxiproxy(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			io.WriteString(c, strings.Repeat("x", 1000))
			c.Close()
		}
	}()
	p := servers.Toxi(t).Before(l.Addr().String())
	read := func() int {
		c, err := net.Dial("tcp", p.Address)
		if err != nil {
			return -1
		}
		defer c.Close()
		data, _ := io.ReadAll(c)
		return len(data)
	}
	if n := read(); n != 1000 {
		t.Errorf("through the proxy: %d bytes", n)
	}
	remove := p.Toxic("limit_data", "downstream", map[string]any{"bytes": 100})
	if n := read(); n != 100 {
		t.Errorf("limited: %d bytes", n)
	}
	remove()
	p.Cut()
	if n := read(); n != -1 {
		t.Errorf("cut: %d bytes", n)
	}
	p.Mend()
	if n := read(); n != 1000 {
		t.Errorf("mended: %d bytes", n)
	}
}

func TestAuthority(t *testing.T) {
	ca := servers.CA(t)
	for name, c := range map[string]struct {
		leaf servers.Leaf
		want string
	}{
		"localhost": {ca.Localhost(), ""}, "rsa": {ca.LocalhostRSA(), ""}, "wrong host": {ca.WrongHost(), "IP SANs"},
		"expired": {ca.Expired(), "expired"}, "self-signed": {ca.SelfSigned(), "unknown authority"},
	} {
		pair, err := tls.LoadX509KeyPair(c.leaf.Cert, c.leaf.Key)
		if err != nil {
			t.Fatal(err)
		}
		l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			if c, err := l.Accept(); err == nil {
				c.(*tls.Conn).Handshake()
				c.Close()
			}
		}()
		conn, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{RootCAs: ca.Pool(), ServerName: "127.0.0.1"})
		if err == nil {
			conn.Close()
		}
		l.Close()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestProcess(t *testing.T) {
	p := servers.Start(t, servers.Options{Path: servers.Find(t, "sh"), Args: []string{"-c", "echo up; sleep 100 & sleep 100"}})
	if p.Pid() == 0 {
		t.Error("no process")
	}
	p.Kill()
	p.Stop()
	if !strings.HasPrefix(p.Output(), "up") && p.Output() != "" {
		t.Errorf("said %q", p.Output())
	}
}
