package http_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest/servers"
	"github.com/headgate/headgate/connector/http"
	"github.com/headgate/headgate/connector/sftp"
)

// hostile is a server of our own, for answers that no honest one gives.
func hostile(t *testing.T, h nethttp.HandlerFunc) *http.Store {
	t.Helper()
	ca := servers.CA(t)
	leaf := ca.Localhost()
	pair, err := tls.LoadX509KeyPair(leaf.Cert, leaf.Key)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(h)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	s.StartTLS()
	t.Cleanup(s.Close)
	store, err := http.Open(connector.Env{Connection: "web", Secrets: secrets(nil)}, http.Config{URL: s.URL + "/", CA: ca.File, Token: "secret:token"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store.WithoutPauses()
}

func TestHostileListings(t *testing.T) {
	endless := func(media, begin, entry string) nethttp.HandlerFunc {
		return func(w nethttp.ResponseWriter, _ *nethttp.Request) {
			w.Header().Set("Content-Type", media)
			io.WriteString(w, begin)
			for i := range 10_000_000 {
				if _, err := io.WriteString(w, strings.ReplaceAll(entry, "N", strconv.Itoa(i))); err != nil {
					return
				}
			}
		}
	}
	listing := func(names ...string) nethttp.HandlerFunc {
		return func(w nethttp.ResponseWriter, _ *nethttp.Request) {
			w.Header().Set("Content-Type", "application/json")
			var list []map[string]any
			for _, name := range names {
				list = append(list, map[string]any{"name": name, "type": "file", "mtime": "Sun, 22 Nov 2026 12:00:10 GMT", "size": 1})
			}
			json.NewEncoder(w).Encode(list)
		}
	}
	for name, c := range map[string]struct {
		h    nethttp.HandlerFunc
		want string
	}{
		"ten million links":   {endless("text/html", "<html>", "<a href=N>"), "refused"},
		"ten million entries": {endless("application/json", "[", `{"name":"N","type":"file"},`), "refused"},
		"no end":              {endless("text/html", "<html>", "N no links here, and no end, no end, no end at all"), "refused"},
		"leads out":           {listing("../../etc/passwd"), "slash"},
		"itself":              {listing(".."), "refused"},
		"control characters":  {listing("a\x1b[2J.csv"), "control characters"},
		"no name":             {listing(""), "refused"},
		"not a listing":       {func(w nethttp.ResponseWriter, _ *nethttp.Request) { io.WriteString(w, "hello") }, "does not list"},
		"half of one": {func(w nethttp.ResponseWriter, _ *nethttp.Request) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `[{"name":"a"`)
		}, "does not list"},
		"deeper and deeper": {func(w nethttp.ResponseWriter, _ *nethttp.Request) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `[{"name":"d","type":"directory","mtime":""}]`)
		}, "refused"},
	} {
		_, err := hostile(t, c.h).List(t.Context(), "**")
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.ContainsRune(err.Error(), '\x1b') {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEchoedToken has a server that puts what it got wherever it can: the token stays out
// of the errors.
func TestEchoedToken(t *testing.T) {
	for _, h := range []nethttp.HandlerFunc{
		func(w nethttp.ResponseWriter, r *nethttp.Request) {
			w.WriteHeader(418)
			io.WriteString(w, r.Header.Get("Authorization"))
		},
		func(w nethttp.ResponseWriter, r *nethttp.Request) {
			nethttp.Redirect(w, r, "http://other.example/?t="+url.QueryEscape(r.Header.Get("Authorization")), nethttp.StatusFound)
		},
		func(w nethttp.ResponseWriter, r *nethttp.Request) {
			nethttp.Redirect(w, r, "https://"+url.UserPassword("u", token).String()+"@10.0.0.1/"+token, nethttp.StatusFound)
		},
	} {
		store := hostile(t, h)
		_, err := store.Open(t.Context(), "a", 0)
		_, err2 := store.List(t.Context(), "*")
		for _, err := range []error{err, err2} {
			if err == nil || strings.Contains(err.Error(), token) {
				t.Errorf("the token shows: %v", err)
			}
		}
	}
}

// TestThroughTunnel reads through a real SSH server.
func TestThroughTunnel(t *testing.T) {
	ca := servers.CA(t)
	s := start(t, ca, map[string]string{"web": ca.Localhost().TLS("") + "autoindex on;"})
	content := noise(1 << 20)
	s.write(t, "a.csv", content)
	d := servers.OpenSSH(t, servers.SSHOptions{})
	key := func() connector.Secret { return connector.NewSecret(append([]byte{}, d.Key...)) }
	env := connector.Env{Connection: "jump", Secrets: func(_ context.Context, _ string) (connector.Secret, error) { return key(), nil }}
	tunnel := sftp.OpenTunnel(env, sftp.BastionConfig{Host: d.Host, Port: d.Port, User: d.User, PrivateKey: "secret:key", HostKeys: d.HostKeys[:1]})
	defer tunnel.Close()
	dialled := 0
	store, err := http.Open(connector.Env{Connection: "web", Tunnel: func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled++
		return tunnel.Dial(ctx, network, address)
	}}, http.Config{URL: "https://" + s.at["web"] + "/", CA: ca.File})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if got := read(t, store, "a.csv"); got != content || dialled == 0 {
		t.Errorf("%d bytes, %d connections", len(got), dialled)
	}
	if got := names(t, store, "*"); got != "a.csv" {
		t.Errorf("listed %q", got)
	}
}

// TestTokenOfAnotherKind: a secret that no header can carry is refused before anybody is
// called, and not shown.
func TestTokenOfAnotherKind(t *testing.T) {
	env := connector.Env{Connection: "web", Secrets: func(context.Context, string) (connector.Secret, error) {
		return connector.NewSecret([]byte("canary\x00\nX: y")), nil
	}}
	store, err := http.Open(env, http.Config{URL: "https://localhost:1/", Token: "secret:token"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.List(t.Context(), "a.csv")
	if err == nil || connector.IsTransient(err) || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "no request can carry") {
		t.Error(err)
	}
}
