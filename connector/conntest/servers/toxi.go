package servers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// Toxiproxy spoils connections on purpose.
type Toxiproxy struct {
	t      testing.TB
	api    string
	client *http.Client
	number int
}

// Toxi starts a toxiproxy.
func Toxi(t testing.TB) *Toxiproxy {
	t.Helper()
	path := Find(t, "toxiproxy-server")
	host, port, err := net.SplitHostPort(Address(t))
	if err != nil {
		t.Fatal(err)
	}
	x := &Toxiproxy{t: t, api: "http://" + net.JoinHostPort(host, port), client: &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}}
	t.Cleanup(x.client.CloseIdleConnections)
	Start(t, Options{Path: path, Args: []string{"-host", host, "-port", port}, Address: net.JoinHostPort(host, port)})
	return x
}

// Proxy stands before a server.
type Proxy struct {
	Address string // dial this instead of the server
	x       *Toxiproxy
	name    string
}

// Before makes a proxy before the server at address.
func (x *Toxiproxy) Before(address string) *Proxy { return x.At("127.0.0.1:0", address) }

// At is Before, listening where told.
func (x *Toxiproxy) At(listen, address string) *Proxy {
	x.t.Helper()
	x.number++
	p := &Proxy{x: x, name: fmt.Sprintf("p%d", x.number)}
	var made struct{ Listen string }
	x.call(http.MethodPost, "/proxies", map[string]any{"name": p.name, "upstream": address, "listen": listen, "enabled": true}, &made)
	p.Address = made.Listen
	return p
}

// Toxic adds one to the stream ("downstream": from the server; "upstream": to it) and
// returns what takes it away. Kinds and attributes are toxiproxy's: latency {latency, jitter}, bandwidth
// {rate KB/s}, slow_close {delay}, timeout {timeout}, reset_peer {timeout}, limit_data {bytes},
// slicer. One that cuts counts for connections made after it.
func (p *Proxy) Toxic(kind, stream string, attributes map[string]any) (remove func()) {
	p.x.t.Helper()
	var made struct{ Name string }
	p.x.call(http.MethodPost, "/proxies/"+p.name+"/toxics", map[string]any{"type": kind, "stream": stream, "attributes": attributes}, &made)
	return func() { p.x.call(http.MethodDelete, "/proxies/"+p.name+"/toxics/"+made.Name, nil, nil) }
}

// Cut ends the connections that are open and refuses new ones, until Mend.
func (p *Proxy) Cut() { p.enable(false) }

// Mend lets connections through again.
func (p *Proxy) Mend() { p.enable(true) }

func (p *Proxy) enable(on bool) {
	p.x.t.Helper()
	p.x.call(http.MethodPost, "/proxies/"+p.name, map[string]any{"enabled": on}, nil)
}

func (x *Toxiproxy) call(method, path string, in, out any) {
	x.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		x.t.Fatal(err)
	}
	req, err := http.NewRequest(method, x.api+path, bytes.NewReader(body))
	if err != nil {
		x.t.Fatal(err)
	}
	res, err := x.client.Do(req)
	if err != nil {
		x.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		x.t.Fatalf("toxiproxy %s %s: %s %s %v", method, path, res.Status, answer, err)
	}
	if out != nil {
		if err := json.Unmarshal(answer, out); err != nil {
			x.t.Fatal(err)
		}
	}
}
