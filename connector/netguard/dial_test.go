package netguard_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/netguard"
)

// wantMarked checks an error's mark and words.
func wantMarked(t testing.TB, err, kind error, words ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%v: not marked %q", err, kind)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q lacks %q", err, w)
		}
	}
}

// listen accepts connections, counts them and sends hello.
func listen(t testing.TB, network, address string) (at string, count func() int) {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var mu sync.Mutex
	n := 0
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			n++
			mu.Unlock()
			io.WriteString(c, "hello")
			c.Close()
		}
	}()
	return l.Addr().String(), func() int { mu.Lock(); defer mu.Unlock(); return n }
}

// dns answers the nth question of a type with the addresses that answer gives.
func dns(t testing.TB, answer func(question int) []string) *net.Resolver {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close() })
	go func() {
		buf := make([]byte, 1500)
		asked := map[dnsmessage.Type]int{}
		for {
			size, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:size]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Header.Response, m.Header.Authoritative, m.Header.RecursionAvailable, m.Additionals = true, true, true, nil
			q := m.Questions[0]
			h := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, Type: q.Type}
			asked[q.Type]++
			answers := answer(asked[q.Type])
			if len(answers) == 0 {
				m.Header.RCode = dnsmessage.RCodeNameError
			}
			for _, text := range answers {
				a := netip.MustParseAddr(text)
				if q.Type == dnsmessage.TypeA && a.Is4() {
					m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: a.As4()}})
				}
				if q.Type == dnsmessage.TypeAAAA && a.Is6() {
					m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
				}
			}
			if out, err := m.Pack(); err == nil {
				pc.WriteTo(out, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", pc.LocalAddr().String())
	}}
}

// TestRefusedAddresses dials in every spelling what must not be dialled. The rule's
// class is "binary": this program keeps it.
func TestRefusedAddresses(t *testing.T) {
	g := netguard.New(connector.Env{Connection: "c"}, netguard.Plaintext{})
	for _, address := range []string{
		"169.254.169.254:80", "[::ffff:169.254.169.254]:80", "[::ffff:a9fe:a9fe]:80", "[64:ff9b::169.254.169.254]:80", "[2002:a9fe:a9fe::1]:80",
		"[fe80::1]:80", "[fd00:ec2::254]:80", "100.100.100.200:80", "0.0.0.0:80", "[::]:80", "255.255.255.255:80", "224.0.0.1:80", "[ff02::1]:80",
	} {
		_, err := g.Dial(t.Context(), "tcp", address)
		wantMarked(t, err, connector.ErrRefused, address)
	}
	for _, address := range []string{"", "host", ":80", "host:"} {
		_, err := g.Dial(t.Context(), "tcp", address)
		wantMarked(t, err, connector.ErrRefused, "host:port")
	}
}

func TestPrivateIsForNamedHosts(t *testing.T) {
	at, count := listen(t, "tcp", "127.0.0.1:0")
	g := netguard.New(connector.Env{}, netguard.Plaintext{})
	c, err := g.Dial(t.Context(), "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	_, err = g.FromData().Dial(t.Context(), "tcp", at)
	wantMarked(t, err, connector.ErrRefused, "this machine", "only hosts that a connection names")
	if n := count(); n > 1 {
		t.Errorf("%d connections arrived", n)
	}
}

// TestRebinding resolves a name to something harmless first and to a forbidden address
// afterwards: the guard looks at what is dialled and not at what was looked up before.
func TestRebinding(t *testing.T) {
	at, _ := listen(t, "tcp", "127.0.0.1:0")
	_, port, _ := net.SplitHostPort(at)
	for _, evil := range []string{"169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "fd00:ec2::254", "0.0.0.0"} {
		g := netguard.New(connector.Env{}, netguard.Plaintext{}).WithResolver(dns(t, func(question int) []string {
			if question == 1 {
				return []string{"127.0.0.1"}
			}
			return []string{evil}
		}))
		c, err := g.Dial(t.Context(), "tcp", "rebind.example:"+port)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		_, err = g.Dial(t.Context(), "tcp", "rebind.example:"+port)
		wantMarked(t, err, connector.ErrRefused, "rebind.example")
	}
	inside := netguard.New(connector.Env{}, netguard.Plaintext{}).WithResolver(dns(t, func(int) []string { return []string{"127.0.0.1"} }))
	_, err := inside.FromData().Dial(t.Context(), "tcp", "data.example:"+port)
	wantMarked(t, err, connector.ErrRefused, "data.example", "this machine")
}

func TestHostList(t *testing.T) {
	at, count := listen(t, "tcp", "127.0.0.1:0")
	var told []connector.Notice
	notice := func(n connector.Notice) { told = append(told, n) }
	g := netguard.New(connector.Env{Connection: "dwh", Notice: notice, Network: connector.NetworkPolicy{Hosts: []string{"*.corp:5432"}}}, netguard.Plaintext{})
	_, err := g.Dial(t.Context(), "tcp", at)
	wantMarked(t, err, connector.ErrRefused, at, "list of hosts", "policy set network.hosts")
	if len(told) != 1 || told[0].Kind != connector.PolicyRefused || told[0].Connection != "dwh" || !strings.Contains(told[0].Text, at) {
		t.Errorf("told %v", told)
	}
	if n := count(); n != 0 {
		t.Errorf("%d connections arrived", n)
	}
	g = netguard.New(connector.Env{Network: connector.NetworkPolicy{Hosts: []string{"*.corp:5432", at}}}, netguard.Plaintext{})
	c, err := g.Dial(t.Context(), "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

func TestTunnel(t *testing.T) {
	asked := ""
	env := connector.Env{Tunnel: func(_ context.Context, _, address string) (net.Conn, error) {
		asked = address
		a, b := net.Pipe()
		b.Close()
		return a, nil
	}}
	g := netguard.New(env, netguard.Plaintext{})
	c, err := g.Dial(t.Context(), "tcp", "db.inside:5432")
	if err != nil || asked != "db.inside:5432" {
		t.Fatal(asked, err)
	}
	c.Close()
	asked = ""
	for _, dial := range []func() error{
		func() error { _, err := g.Dial(t.Context(), "tcp", "169.254.169.254:80"); return err },
		func() error { _, err := g.Dial(t.Context(), "tcp", "metadata.google.internal:80"); return err },
		func() error { _, err := g.Dial(t.Context(), "tcp", "2852039166:80"); return err },
		func() error { _, err := g.FromData().Dial(t.Context(), "tcp", "db.inside:5432"); return err },
		func() error { _, err := g.FromData().Dial(t.Context(), "tcp", "10.0.0.1:80"); return err },
	} {
		wantMarked(t, dial(), connector.ErrRefused)
	}
	if asked != "" {
		t.Errorf("the tunnel was asked for %s", asked)
	}
}

func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	l.Close()
	g := netguard.New(connector.Env{}, netguard.Plaintext{})
	_, err = g.Dial(t.Context(), "tcp", at)
	wantMarked(t, err, connector.ErrUnreachable, at, "connection refused")
	if !connector.IsTransient(err) {
		t.Error("not worth another try")
	}
	_, err = g.WithResolver(dns(t, func(int) []string { return nil })).Dial(t.Context(), "tcp", "nobody.example:1")
	wantMarked(t, err, connector.ErrUnreachable, "nobody.example", "no such host")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.Dial(ctx, "tcp", at); !errors.Is(err, context.Canceled) || errors.Is(err, connector.ErrUnreachable) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestIdle(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		if c, err := l.Accept(); err == nil {
			defer c.Close()
			io.Copy(io.Discard, c) // says nothing
		}
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, err = netguard.IdleAfter(c, 20*time.Millisecond).Read(make([]byte, 1))
	wantMarked(t, netguard.Explain(err, "x"), connector.ErrUnreachable, "no answer in time")
}

func TestPlaintext(t *testing.T) {
	now := time.Date(2026, 5, 31, 23, 0, 0, 0, time.UTC)
	asks := netguard.Plaintext{Reason: "an old machine", Until: "2026-05-31"}
	allows := connector.NetworkPolicy{Plaintext: []string{"old.example:21"}}
	for name, c := range map[string]struct {
		plain   netguard.Plaintext
		network connector.NetworkPolicy
		now     time.Time
		want    string
	}{
		"both":         {asks, allows, now, ""},
		"no reason":    {netguard.Plaintext{Until: "2026-05-31"}, allows, now, "does not ask"},
		"no date":      {netguard.Plaintext{Reason: "x"}, allows, now, "does not ask"},
		"no policy":    {asks, connector.NetworkPolicy{}, now, "policy"},
		"other host":   {asks, connector.NetworkPolicy{Plaintext: []string{"*.example:80"}}, now, "policy"},
		"over":         {asks, allows, now.Add(time.Hour), "until 2026-05-31"},
		"not a date":   {netguard.Plaintext{Reason: "x", Until: "forever"}, allows, now, "not a date"},
		"none of them": {netguard.Plaintext{}, connector.NetworkPolicy{}, now, "does not ask"},
	} {
		var told []connector.Notice
		g := netguard.New(connector.Env{Connection: "old", Network: c.network, Notice: func(n connector.Notice) { told = append(told, n) }}, c.plain).At(c.now)
		err := errors.Join(g.AllowPlaintext("old.example:21"), g.FromData().AllowPlaintext("old.example:21"))
		if c.want != "" {
			wantMarked(t, err, connector.ErrRefused, "old.example:21", c.want)
			if denied := len(told) == 1 && told[0].Kind == connector.PolicyRefused; denied != (c.want == "policy") || !denied && len(told) != 0 {
				t.Errorf("%s: told %v", name, told)
			}
			continue
		}
		if err != nil || len(told) != 1 || told[0].Kind != connector.PlaintextUsed || told[0].Connection != "old" || !strings.Contains(told[0].Text, "an old machine") {
			t.Errorf("%s: %v, told %v", name, err, told)
		}
		wantMarked(t, g.AllowPlaintextCredentials("old.example:21"), connector.ErrRefused, "credentials")
	}
	asks.Credentials = true
	if err := netguard.New(connector.Env{Network: allows}, asks).At(now).AllowPlaintextCredentials("old.example:21"); err != nil {
		t.Error(err)
	}
}
