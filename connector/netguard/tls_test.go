package netguard_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest/servers"
	"github.com/headgate/headgate/connector/netguard"
)

// secure accepts TLS connections and writes down what clients say after the handshake.
func secure(t testing.TB, config *tls.Config) (at string, heard *bytes.Buffer, done func()) {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	heard = &bytes.Buffer{}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if c.(*tls.Conn).Handshake() == nil {
				io.Copy(heard, c)
			}
			c.Close()
		}
	}()
	done = func() { l.Close(); <-ended }
	t.Cleanup(done)
	return l.Addr().String(), heard, done
}

func pair(t testing.TB, l servers.Leaf) []tls.Certificate {
	t.Helper()
	c, err := tls.LoadX509KeyPair(l.Cert, l.Key)
	if err != nil {
		t.Fatal(err)
	}
	return []tls.Certificate{c}
}

// talk connects as a connector does, and says a word or listens.
func talk(ctx context.Context, g *netguard.Guard, at, name string, o netguard.TLSOptions, listen bool) (*tls.ConnectionState, error) {
	config, err := g.TLS(name, o)
	if err != nil {
		return nil, err
	}
	c, err := g.Dial(ctx, "tcp", at)
	if err != nil {
		return nil, err
	}
	t, err := netguard.Handshake(ctx, c, config, at)
	if err != nil {
		return nil, err
	}
	state := t.ConnectionState()
	if listen {
		// What a server of TLS 1.3 thinks of our certificate comes with the first read; writing
		// before could make its system forget what it said.
		_, err = t.Read(make([]byte, 1))
	} else {
		_, err = io.WriteString(t, "credential")
	}
	return &state, errors.Join(netguard.Explain(err, at), t.Close())
}

// TestTLSRefused shows who is not spoken to. The rules' class is "binary".
func TestTLSRefused(t *testing.T) {
	ca, stranger := servers.CA(t), servers.CA(t)
	good := pair(t, ca.Localhost())
	rsa := pair(t, ca.LocalhostRSA())
	trusted := netguard.TLSOptions{CA: ca.File}
	otherPin := netguard.Pin(ca.WrongHost().X509)
	for name, c := range map[string]struct {
		server  *tls.Config
		options netguard.TLSOptions
		network connector.NetworkPolicy
		want    string
	}{
		"TLS 1.0":        {&tls.Config{Certificates: rsa, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, trusted, connector.NetworkPolicy{}, "older"},
		"TLS 1.1":        {&tls.Config{Certificates: rsa, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, trusted, connector.NetworkPolicy{}, "older"},
		"floor 1.3":      {&tls.Config{Certificates: good, MaxVersion: tls.VersionTLS12}, trusted, connector.NetworkPolicy{TLSFloor: "1.3"}, "older"},
		"ratchet":        {&tls.Config{Certificates: good, MaxVersion: tls.VersionTLS12}, netguard.TLSOptions{CA: ca.File, Min: "1.3"}, connector.NetworkPolicy{}, "older"},
		"expired":        {&tls.Config{Certificates: pair(t, ca.Expired())}, trusted, connector.NetworkPolicy{}, `"localhost" expired on`},
		"wrong host":     {&tls.Config{Certificates: pair(t, ca.WrongHost())}, trusted, connector.NetworkPolicy{}, "is for elsewhere.example, not for this host"},
		"self-signed":    {&tls.Config{Certificates: pair(t, ca.SelfSigned())}, trusted, connector.NetworkPolicy{}, "self-signed"},
		"stranger":       {&tls.Config{Certificates: pair(t, stranger.Localhost())}, trusted, connector.NetworkPolicy{}, `signed by "CN=test authority", who is not trusted`},
		"system's roots": {&tls.Config{Certificates: good}, netguard.TLSOptions{}, connector.NetworkPolicy{}, "who is not trusted"},
		"other pin":      {&tls.Config{Certificates: good}, netguard.TLSOptions{CA: ca.File, Pins: []string{otherPin}}, connector.NetworkPolicy{}, "none of the connection's pins"},
		"client's use":   {&tls.Config{Certificates: pair(t, ca.Client("x"))}, trusted, connector.NetworkPolicy{}, "no host at all"},
	} {
		t.Run(name, func(t *testing.T) {
			at, heard, done := secure(t, c.server)
			_, err := talk(t.Context(), netguard.New(connector.Env{Network: c.network}, netguard.Plaintext{}), at, "127.0.0.1", c.options, false)
			wantMarked(t, err, connector.ErrRefused, at, c.want)
			if done(); heard.Len() != 0 {
				t.Errorf("the server heard %q", heard)
			}
		})
	}
}

func TestTLS(t *testing.T) {
	ca := servers.CA(t)
	leaf, client := ca.Localhost(), ca.Client("me")
	server := pair(t, leaf)
	mutual := &tls.Config{Certificates: server, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.Pool()}
	mine := netguard.TLSOptions{CA: ca.File, ClientCert: client.Cert, ClientKey: connector.NewSecret(client.KeyPEM(t))}
	for name, c := range map[string]struct {
		server  *tls.Config
		options netguard.TLSOptions
		version uint16
		want    string
	}{
		"1.3":                {&tls.Config{Certificates: server}, netguard.TLSOptions{CA: ca.File}, tls.VersionTLS13, ""},
		"1.2":                {&tls.Config{Certificates: server, MaxVersion: tls.VersionTLS12}, netguard.TLSOptions{CA: ca.File}, tls.VersionTLS12, ""},
		"pin":                {&tls.Config{Certificates: server}, netguard.TLSOptions{CA: ca.File, Pins: []string{netguard.Pin(leaf.X509)}}, tls.VersionTLS13, ""},
		"client certificate": {mutual, mine, tls.VersionTLS13, ""},
		"none of ours":       {mutual, netguard.TLSOptions{CA: ca.File}, tls.VersionTLS13, "wants a certificate of ours"},
	} {
		t.Run(name, func(t *testing.T) {
			at, heard, done := secure(t, c.server)
			state, err := talk(t.Context(), netguard.New(connector.Env{}, netguard.Plaintext{}), at, "127.0.0.1", c.options, c.want != "")
			done()
			if c.want != "" {
				wantMarked(t, err, connector.ErrUnreachable, c.want)
				return
			}
			if err != nil || state.Version != c.version || heard.String() != "credential" {
				t.Fatalf("%v, %+v, heard %q", err, state, heard)
			}
			if c.version == tls.VersionTLS13 && state.CurveID != tls.X25519MLKEM768 {
				t.Errorf("key exchange %s", state.CurveID)
			}
		})
	}
}

func TestTLSOptions(t *testing.T) {
	ca := servers.CA(t)
	client := ca.Client("me")
	empty := servers.Write(t, ca.Dir, "empty.pem", "nothing")
	g := netguard.New(connector.Env{Project: ca.Dir}, netguard.Plaintext{})
	for _, c := range []struct {
		o    netguard.TLSOptions
		want string
	}{
		{netguard.TLSOptions{CA: "nowhere.pem"}, "tls_ca"},
		{netguard.TLSOptions{CA: empty}, "no certificate"},
		{netguard.TLSOptions{Pins: []string{"sha256/short"}}, "pin"},
		{netguard.TLSOptions{ClientCert: client.Cert}, "client_key"},
		{netguard.TLSOptions{ClientCert: client.Cert, ClientKey: connector.NewSecret([]byte("hunter2"))}, "client_key"},
		{netguard.TLSOptions{ClientCert: "nowhere.pem", ClientKey: connector.NewSecret([]byte("hunter2"))}, "client_cert"},
	} {
		_, err := g.TLS("host", c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v lacks %q", err, c.want)
		}
	}
	if _, err := g.TLS("host", netguard.TLSOptions{CA: "ca.crt"}); err != nil {
		t.Error(err)
	}
	config, err := g.TLS("host", netguard.TLSOptions{})
	if err != nil || config.InsecureSkipVerify || config.MinVersion != tls.VersionTLS12 || config.ServerName != "host" {
		t.Errorf("%v, %+v", err, config)
	}
}

// TestNoWayToSkip reads the source: nobody in this package sets the field that turns
// verification off.
func TestNoWayToSkip(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		text, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("InsecureSkip")) || bytes.Contains(text, []byte("InsecureIgnore")) {
			t.Errorf("%s can skip verification", f.Name())
		}
	}
}

func TestExplain(t *testing.T) {
	if netguard.Explain(nil, "h") != nil {
		t.Error("nil became an error")
	}
	if err := netguard.Explain(context.Canceled, "h"); !errors.Is(err, context.Canceled) || errors.Is(err, connector.ErrUnreachable) {
		t.Error(err)
	}
	refused := connector.Mark(errors.New("no"), connector.ErrRefused)
	if err := netguard.Explain(refused, "h"); err.Error() != "no" {
		t.Error(err)
	}
	wantMarked(t, netguard.Explain(&net.OpError{Op: "read", Err: io.ErrUnexpectedEOF}, "h:1"), connector.ErrUnreachable, "h:1: the connection was closed")
	wantMarked(t, netguard.Explain(errors.New("odd"), "h:1"), connector.ErrUnreachable, "h:1: odd")
	wantMarked(t, netguard.Explain(tls.RecordHeaderError{}, "h:1"), connector.ErrRefused, "does not answer with TLS")
	wantMarked(t, netguard.Explain(&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.TooManyIntermediates}}, "h:1"), connector.ErrRefused, "does not verify")
}

// TestMidway breaks a connection by words in clear in the middle of it: another try may help, while a
// server that begins so is refused.
func TestMidway(t *testing.T) {
	ca := servers.CA(t)
	leaf := ca.Localhost()
	pair, err := tls.LoadX509KeyPair(leaf.Cert, leaf.Key)
	if err != nil {
		t.Fatal(err)
	}
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
			s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{pair}})
			s.Write([]byte("x"))
			io.WriteString(c, "500 OOPS: child died\r\n")
			io.Copy(io.Discard, s)
			s.Close()
		}
	}()
	c, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{RootCAs: ca.Pool(), ServerName: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, err = io.ReadAll(c)
	got := netguard.Explain(err, "h:1")
	wantMarked(t, got, connector.ErrUnreachable, "not TLS any more")
	if !connector.IsTransient(got) {
		t.Error("not worth another try")
	}
}
