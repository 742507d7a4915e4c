package netguard_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest/servers"
	"github.com/headgate/headgate/connector/netguard"
)

// web is an HTTPS server, or an HTTP server without certificates.
func web(t testing.TB, certs []tls.Certificate, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = nil
	if certs == nil {
		s.Start()
	} else {
		s.TLS = &tls.Config{Certificates: certs}
		s.StartTLS()
	}
	t.Cleanup(s.Close)
	return s
}

func get(t testing.TB, c *http.Client, to string) (string, error) {
	t.Helper()
	t.Cleanup(c.CloseIdleConnections)
	req, err := http.NewRequest(http.MethodGet, to, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer topsecret")
	req.Header.Set("X-Api-Key", "topsecret")
	req.Header.Set("Range", "bytes=0-9")
	res, err := c.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return string(body), err
}

// echo answers with the headers of the request.
func echo(w http.ResponseWriter, r *http.Request) {
	r.Header.Write(w)
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		io.WriteString(w, "client certificate\n")
	}
}

// TestRedirects follows redirects of real servers. The rules' class is "binary".
func TestRedirects(t *testing.T) {
	ca := servers.CA(t)
	certs := pair(t, ca.Localhost())
	arrived := false
	plain := web(t, nil, func(http.ResponseWriter, *http.Request) { arrived = true })
	other := web(t, certs, echo)
	to := ""
	s := web(t, certs, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			http.Redirect(w, r, to, http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/echo":
			echo(w, r)
		}
	})
	name := s.Listener.Addr().String()
	host, port, _ := net.SplitHostPort(name)
	for _, c := range []struct {
		named, to, want string // want: words of the refusal, or of the answer after =
	}{
		{name, "/echo", "=X-Api-Key: topsecret"},
		{name, "https://localhost:" + port + "/echo", "this machine"},
		{name, other.URL, "this machine"},
		{host, other.URL, "=Range: bytes=0-9"},
		{name, plain.URL, "https to http"},
		{host, plain.URL, "https to http"},
		{name, "/loop", "more than 5"},
		{name, "https://169.254.169.254/latest/meta-data/", "169.254.169.254"},
		{name, "https://[::ffff:a9fe:a9fe]/", "169.254.169.254"},
		{name, "https://[64:ff9b::a9fe:a9fe]/", "169.254.169.254"},
		{name, "https://10.0.0.1/", "private"},
		{name, "file:///etc/passwd", "not a web address"},
	} {
		to = c.to
		client, err := netguard.New(connector.Env{}, netguard.Plaintext{}).HTTP(c.named, netguard.TLSOptions{CA: ca.File})
		if err != nil {
			t.Fatal(err)
		}
		body, err := get(t, client, s.URL)
		if want, ok := strings.CutPrefix(c.want, "="); ok {
			if err != nil && c.to == other.URL {
				// To the client another port is another host's, with the system's authorities.
				t.Errorf("%s to %s: %v", c.named, c.to, err)
				continue
			}
			if err != nil || !strings.Contains(body, want) {
				t.Errorf("%s to %s: %v, %q", c.named, c.to, err, body)
			}
			if c.to == other.URL && strings.Contains(body, "topsecret") {
				t.Errorf("credentials went to another origin: %s", body)
			}
			continue
		}
		wantMarked(t, err, connector.ErrRefused, c.want)
		if err != nil && strings.Contains(err.Error(), "topsecret") {
			t.Errorf("the error shows the credential: %v", err)
		}
	}
	if arrived {
		t.Error("the http server was asked")
	}
}

// TestCredentialsStayHome walks the redirects that need several public hosts.
func TestCredentialsStayHome(t *testing.T) {
	request := func(to string, body io.Reader) *http.Request {
		r, err := http.NewRequest(http.MethodPut, to, body)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range []string{"Authorization", "Cookie", "X-Api-Key", "Referer", "Range", "X-Amz-Security-Token"} {
			r.Header.Set(h, "secret")
		}
		return r
	}
	for _, c := range []struct {
		way  []string
		last string
		left int // headers
	}{
		{[]string{"https://a.example/x"}, "https://a.example/y", 5},
		{[]string{"https://a.example/x"}, "https://a.example:443/y", 5},
		{[]string{"https://a.example/x"}, "https://A.EXAMPLE/y", 5},
		{[]string{"https://a.example/x"}, "https://sub.a.example/y", 1},
		{[]string{"https://a.example/x"}, "https://a.example:8443/y", 1},
		{[]string{"https://a.example/x"}, "https://b.example/y", 1},
		{[]string{"https://a.example/x", "https://b.example/y"}, "https://a.example/z", 1},
	} {
		var via []*http.Request
		for _, w := range c.way {
			via = append(via, request(w, nil))
		}
		next := request(c.last, nil)
		next.URL.User = url.UserPassword("u", "p")
		if err := netguard.CheckRedirect(next, via); err != nil || len(next.Header) != c.left || next.URL.User != nil {
			t.Errorf("%v to %s: %v, %v", c.way, c.last, err, next.Header)
		}
	}
	err := netguard.CheckRedirect(request("https://b.example/y", strings.NewReader("rows")), []*http.Request{request("https://a.example/x", nil)})
	wantMarked(t, err, connector.ErrRefused, "upload")
}

func TestHTTPInClear(t *testing.T) {
	s := web(t, nil, echo)
	at := s.Listener.Addr().String()
	env := connector.Env{Network: connector.NetworkPolicy{Plaintext: []string{"127.0.0.1:*"}}}
	for _, c := range []struct {
		plain netguard.Plaintext
		want  string
	}{{netguard.Plaintext{}, "in clear"}, {netguard.Plaintext{Reason: "a lab", Until: "2999-01-01"}, ""}} {
		client, err := netguard.New(env, c.plain).HTTP(at, netguard.TLSOptions{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = get(t, client, s.URL)
		if c.want == "" && err != nil {
			t.Error(err)
		} else if c.want != "" {
			wantMarked(t, err, connector.ErrRefused, c.want)
		}
	}
}

func TestClientCertificateStaysHome(t *testing.T) {
	ca := servers.CA(t)
	mine := ca.Client("me")
	s := httptest.NewUnstartedServer(http.HandlerFunc(echo))
	s.TLS = &tls.Config{Certificates: pair(t, ca.Localhost()), ClientAuth: tls.RequestClientCert}
	s.StartTLS()
	defer s.Close()
	o := netguard.TLSOptions{CA: ca.File, ClientCert: mine.Cert, ClientKey: connector.NewSecret(mine.KeyPEM(t))}
	for _, named := range []string{s.Listener.Addr().String(), "elsewhere.example"} {
		client, err := netguard.New(connector.Env{}, netguard.Plaintext{}).HTTP(named, o)
		if err != nil {
			t.Fatal(err)
		}
		body, err := get(t, client, s.URL)
		if named == "elsewhere.example" {
			wantMarked(t, err, connector.ErrRefused)
		} else if err != nil || !strings.Contains(body, "client certificate") {
			t.Errorf("%v %q", err, body)
		}
	}
}

// TestProxyIsIgnored sets the variables that make other programs dial a proxy.
func TestProxyIsIgnored(t *testing.T) {
	asked := false
	proxy := web(t, nil, func(http.ResponseWriter, *http.Request) { asked = true })
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, proxy.URL)
	}
	client, err := netguard.New(connector.Env{}, netguard.Plaintext{}).HTTP("nobody.invalid", netguard.TLSOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := get(t, client, "https://nobody.invalid/"); err == nil || asked {
		t.Errorf("%v, the proxy was asked: %v", err, asked)
	}
	if tr := client.Transport.(*http.Transport); tr.Proxy != nil {
		t.Error("a proxy is set")
	}
}
