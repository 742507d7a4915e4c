//go:build unix

package acceptance

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/headgate/headgate/connector/conntest/servers"
)

// TestCanariesOfAnEchoingServer: a server answers with what it was sent, in every place
// that a message of ours might quote.
func TestCanariesOfAnEchoingServer(t *testing.T) {
	const token, password = "canary-Token/0005+", "canary-Password/0006+"
	c := watch(t, token, password)
	authority := servers.CA(t)
	leaf := authority.Localhost()
	pair, err := tls.LoadX509KeyPair(leaf.Cert, leaf.Key)
	if err != nil {
		t.Fatal(err)
	}
	var heard sync.Map // paths that were asked for with a secret
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent := r.Header.Get("Authorization")
		if _, pw, ok := r.BasicAuth(); ok {
			sent += " " + pw
		}
		if strings.Contains(sent, "canary") {
			heard.Store(r.URL.Path, true)
		}
		w.Header().Set("X-Echo", sent)
		w.Header().Set("Www-Authenticate", `Bearer realm="`+sent+`"`)
		w.Header().Set("Content-Type", sent)
		switch strings.Trim(r.URL.Path, "/") {
		case "refuse.csv":
			w.WriteHeader(http.StatusUnauthorized)
		case "break.csv":
			w.WriteHeader(http.StatusNotImplemented)
		case "away.csv":
			w.Header().Set("Location", "https://elsewhere.invalid/"+url.PathEscape(sent)+"?q="+url.QueryEscape(sent))
			w.WriteHeader(http.StatusFound)
		case "missing.csv":
			w.WriteHeader(http.StatusNotFound)
		}
		fmt.Fprintf(w, "you sent %s\n", sent)
	}))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	s.StartTLS()
	defer s.Close()
	base := strings.Replace(s.URL, "127.0.0.1", "localhost", 1)

	h := newHousehold(t)
	connections := strings.TrimSuffix(householdConnections[:strings.Index(householdConnections, "keys:")], "\n") + "\n"
	for name, auth := range map[string]string{"bearer": "token: secret:token", "basic": "user: etl, password: secret:password"} {
		connections += fmt.Sprintf("  %s: {type: http, url: \"%s/\", tls_ca: %q, %s}\n", name, base, authority.File, auth)
	}
	h.write("connections.yaml", connections+householdConnections[strings.Index(householdConnections, "keys:"):])
	h.with(token, keyed("editor", "secret", "set", "token", "--connection", "bearer", "--stdin")...).exits(0)
	h.with(password, keyed("editor", "secret", "set", "password", "--connection", "basic", "--stdin")...).exits(0)
	for _, name := range []string{"bearer", "basic"} {
		for _, file := range []string{"refuse", "break", "away", "missing"} {
			flow := name + "-" + file
			h.write("flows/"+flow+".yaml", fmt.Sprintf("version: 1\nflow: %s\nsource: {connection: %s, files: %s.csv, columns: {id: int}}\nsink: {file: out.csv}\nrun: {retry: {attempts: 1}}\n", flow, name, file))
			for _, args := range [][]string{{"run", flow}, {"--json", "run", flow}, {"--log-format", "json", "preview", flow}} {
				if o := c.outcome(strings.Join(args, " "), h.as("editor", args...)); o.exit == 0 {
					t.Errorf("%v ends well: %s%s", args, o.stdout, o.stderr)
				}
			}
			if _, asked := heard.Load("/" + file + ".csv"); !asked {
				t.Errorf("%s was not asked for with the secret", file)
			}
		}
	}
	c.outcome("audit export", h.as("owner", "audit", "export")).exits(0)
	c.files(h.dir)
}
