package mysql_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/servers"
	"github.com/headgate/headgate/connector/mysql"
	"github.com/headgate/headgate/connector/netguard"
)

// attempt is one run of a sink, up to where it fails.
func attempt(ctx context.Context, t *testing.T, s connector.Sink, rows conntest.Rows, id string) (*connector.Session, []connector.Receipt, error) {
	ses, err := s.Prepare(ctx, rows.Schema, connector.Run{ID: id, Flow: "flow"}, false)
	if err != nil {
		return nil, nil, err
	}
	w, err := s.Open(ctx, ses, connector.Split{})
	if err != nil {
		return ses, nil, err
	}
	defer w.Close()
	const batch = 200
	for from := 0; from < len(rows.Cells); from += batch {
		var m connector.Morsel
		rows.Fill(t, &m, from, min(from+batch, len(rows.Cells)))
		if err := w.Encode(&m); err != nil {
			return ses, nil, err
		}
		if err := w.Append(ctx, &m); err != nil {
			return ses, nil, err
		}
	}
	r, err := w.Seal(ctx)
	if err != nil {
		return ses, nil, err
	}
	rs := []connector.Receipt{r}
	_, err = s.Commit(ctx, ses, rs, connector.State{Flow: "flow", Run: id, Cursor: json.RawMessage(`"` + id + `"`)})
	return ses, rs, err
}

// recovered does what the next run does first: it finishes or undoes the one that broke off.
func (b base) recovered(t *testing.T, req connector.SinkRequest, ses *connector.Session, rs []connector.Receipt, id string) (committed bool) {
	t.Helper()
	if ses == nil {
		return false
	}
	s := b.sink(t, b.name, req)
	defer s.Close()
	_, err := s.Commit(t.Context(), ses, rs, connector.State{Flow: "flow", Run: id, Cursor: json.RawMessage(`"` + id + `"`)})
	if err == nil {
		return true
	}
	if !errors.Is(err, connector.ErrNothingStaged) {
		t.Fatalf("commit again: %v", err)
	}
	if err := s.Abort(t.Context(), ses, rs); err != nil {
		t.Fatalf("abort: %v", err)
	}
	return false
}

// brokenModes are the modes with what they make of the table that fill makes and the rows of newRows.
var brokenModes = map[string]string{"append": "3000|2000|1000", "replace": "2000|2000|0", "truncate": "2000|2000|0", "upsert": "2500|2000|500",
	"mirror": "2000|2000|0", "update": "1000|500|500", "delete": "500|0|500"}

const (
	fill     = "DROP TABLE IF EXISTS t; CREATE TABLE t (id int, name text); INSERT INTO t SELECT seq, 'old' FROM seq_0_to_999; "
	fillKey  = "ALTER TABLE t ADD PRIMARY KEY (id); "
	describe = "SELECT count(*), sum(name <> 'old'), sum(name = 'old') FROM t"
)

// newRows are ids from 500 to 2499.
func newRows(t *testing.T) conntest.Rows {
	rows := conntest.Rows{Schema: conntest.Schema(t, "id int", "name string")}
	for i := 500; i < 2500; i++ {
		rows.Cells = append(rows.Cells, []string{strconv.Itoa(i), fmt.Sprintf("new %d", i)})
	}
	return rows
}

func request(mode string) connector.SinkRequest {
	req := connector.SinkRequest{Table: "t", Mode: mode}
	if mode != "append" && mode != "replace" && mode != "truncate" {
		req.Key = []string{"id"}
	}
	return req
}

func prepared(mode string) string {
	if request(mode).Key != nil {
		return fill + fillKey
	}
	return fill
}

// TestCut cuts the connection after so many bytes in either direction. The table is then as it
// was or as it is to be, whichever the sink says, and the next run brings it there once.
func TestCut(t *testing.T) {
	d := start(t)
	toxi := servers.Toxi(t)
	for mode, want := range brokenModes {
		t.Run(mode, func(t *testing.T) {
			b := d.base(t)
			failed, finished := 0, 0
			for _, direction := range []string{"upstream", "downstream"} {
				for _, size := range []int{100, 3500, 5000, 7500, 12_000, 40_000} {
					b.SQL(t, b.name, prepared(mode))
					proxy := toxi.Before(net.JoinHostPort("127.0.0.1", strconv.Itoa(d.port)))
					proxy.Toxic("limit_data", direction, map[string]any{"bytes": size})
					cfg := b.config(b.name)
					_, port, _ := net.SplitHostPort(proxy.Address)
					cfg.Port, _ = strconv.Atoi(port)
					s := b.sinkOf(t, cfg, request(mode))
					id := fmt.Sprintf("run-%s-%d", direction, size)
					ses, rs, err := attempt(t.Context(), t, s, newRows(t), id)
					s.Close()
					if err != nil {
						failed++
						if !errors.Is(err, connector.ErrUnreachable) {
							t.Errorf("%s: %v", id, err)
						}
						if b.recovered(t, request(mode), ses, rs, id) {
							finished++
						} else {
							b.want(t, describe, "1000|0|1000")
							again := b.sink(t, b.name, request(mode))
							if _, _, err := attempt(t.Context(), t, again, newRows(t), id+"-again"); err != nil {
								t.Fatal(err)
							}
							again.Close()
						}
					}
					b.want(t, describe, want)
				}
			}
			t.Logf("%d runs failed, %d of them had committed", failed, finished)
			if failed < 7 {
				t.Errorf("only %d runs failed", failed)
			}
			b.want(t, "SHOW TABLES", "_headgate_state\nt")
		})
	}
}

// TestServerKilled kills the server while rows are under way and after they were sealed.
func TestServerKilled(t *testing.T) {
	d, whole := start(t), t
	for mode, want := range brokenModes {
		t.Run(mode, func(t *testing.T) {
			b := d.base(t)
			b.SQL(t, b.name, prepared(mode))
			s := b.sink(t, b.name, request(mode))
			out := conntest.Load{Rows: newRows(t), Run: run, Batch: 500}.Stage(t, s)
			d.Process.Kill()
			d.Restart(whole)
			st := connector.State{Flow: "flow", Run: "run-1"}
			if _, err := s.Commit(t.Context(), out.Session, out.Receipts, st); !errors.Is(err, connector.ErrUnreachable) && err == nil {
				t.Errorf("commit: %v", err)
			}
			s.Close()
			if b.recovered(t, request(mode), out.Session, out.Receipts, "run-1") {
				t.Error("the run is said to be committed")
			}
			b.want(t, describe, "1000|0|1000")
			if _, _, err := attempt(t.Context(), t, b.sink(t, b.name, request(mode)), newRows(t), "run-2"); err != nil {
				t.Fatal(err)
			}
			b.want(t, describe, want)
		})
	}
}

// TestLeftBehind leaves a process's transaction open on the server, as a cut network does.
func TestLeftBehind(t *testing.T) {
	d := start(t)
	b := d.base(t)
	b.SQL(t, b.name, prepared("upsert"))
	s := b.sink(t, b.name, request("upsert"))
	out := conntest.Load{Rows: newRows(t), Run: run}.Stage(t, s)
	if b.recovered(t, request("upsert"), out.Session, out.Receipts, "run-1") {
		t.Error("the run is said to be committed")
	}
	if _, err := s.Commit(t.Context(), out.Session, out.Receipts, connector.State{Flow: "flow", Run: "run-1"}); err == nil {
		t.Error("a run that was undone commits")
	}
	b.want(t, describe, "1000|0|1000")
}

// TestAnswerLost loses the server's answer to the COMMIT: the sink finds out that it happened. The
// connection is in clear, so that the test sees it.
func TestAnswerLost(t *testing.T) {
	d := start(t)
	b := d.base(t)
	b.SQL(t, b.name, prepared("append"))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go deafAfterCommit(l, net.JoinHostPort("127.0.0.1", strconv.Itoa(d.port)))
	cfg := b.config(b.name)
	cfg.Port = l.Addr().(*net.TCPAddr).Port
	cfg.CA, cfg.User = "", servers.MariaPlain
	cfg.Plaintext = &netguard.Plaintext{Reason: "a test", Until: "2999-01-01"}
	e := env()
	if _, err := testConnection(t.Context(), e, cfg); !errors.Is(err, connector.ErrRefused) {
		t.Errorf("without the policy: %v", err)
	}
	e.Network.Plaintext = []string{"localhost"}
	if _, err := testConnection(t.Context(), e, cfg); !errors.Is(err, connector.ErrRefused) || !strings.Contains(err.Error(), "credentials: true") {
		t.Errorf("with a password: %v", err)
	}
	cfg.Plaintext.Credentials = true
	var notices []connector.Notice
	e.Notice = func(n connector.Notice) { notices = append(notices, n) }
	s, err := mysql.Type().Table.NewSink(t.Context(), e, cfg, request("append"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, _, err := attempt(t.Context(), t, s, newRows(t), "run-1"); err != nil {
		t.Errorf("commit: %v", err)
	}
	b.want(t, describe, "3000|2000|1000")
	b.want(t, "SELECT run FROM _headgate_state", "run-1")
	if len(notices) == 0 || notices[0].Kind != connector.PlaintextUsed {
		t.Errorf("notices %v", notices)
	}
}

// deafAfterCommit passes connections on to a server, and ends the first one that sends a COMMIT once
// the server has answered it, without the answer.
func deafAfterCommit(l net.Listener, server string) {
	var done atomic.Bool // a COMMIT was seen
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		upstream, err := net.Dial("tcp", server)
		if err != nil {
			client.Close()
			return
		}
		var committing atomic.Bool
		go func() {
			defer upstream.Close()
			buf := make([]byte, 64<<10)
			for {
				n, err := client.Read(buf)
				if err != nil {
					return
				}
				if bytes.Contains(buf[:n], []byte("\x07\x00\x00\x00\x03COMMIT")) && !done.Swap(true) {
					committing.Store(true)
				}
				upstream.Write(buf[:n])
			}
		}()
		go func() {
			defer client.Close()
			buf := make([]byte, 64<<10)
			for {
				n, err := upstream.Read(buf)
				if err != nil || committing.Load() {
					return
				}
				client.Write(buf[:n])
			}
		}()
	}
}

func TestLogin(t *testing.T) {
	d := start(t)
	other := servers.CA(t)
	client := d.CA.Client(servers.MariaCert)
	for name, c := range map[string]struct {
		change func(cfg *mysql.Config)
		kind   error
		words  string
	}{
		"good":           {func(*mysql.Config) {}, nil, ""},
		"other CA":       {func(c *mysql.Config) { c.CA = other.File }, connector.ErrRefused, ""},
		"no CA":          {func(c *mysql.Config) { c.CA = "" }, connector.ErrRefused, ""},
		"no database":    {func(c *mysql.Config) { c.Database = "nowhere" }, connector.ErrUnreachable, "error 1049"},
		"wrong user":     {func(c *mysql.Config) { c.User = "nobody" }, connector.ErrUnreachable, "error 1045"},
		"no certificate": {func(c *mysql.Config) { c.User = servers.MariaCert }, connector.ErrUnreachable, "error 1045"},
		"certificate": {func(c *mysql.Config) {
			c.User, c.ClientCert, c.ClientKey = servers.MariaCert, client.Cert, "secret:key"
		}, nil, ""},
		"nobody listens": {func(c *mysql.Config) { c.Port = servers.Port(t) }, connector.ErrUnreachable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := d.config("mysql")
			c.change(cfg)
			e := env()
			secrets := e.Secrets
			e.Secrets = func(ctx context.Context, ref string) (connector.Secret, error) {
				if ref == "secret:key" {
					return connector.NewSecret(client.KeyPEM(t)), nil
				}
				return secrets(ctx, ref)
			}
			probe, err := testConnection(t.Context(), e, cfg)
			if !errors.Is(err, c.kind) || err != nil && (!strings.Contains(err.Error(), c.words) || strings.Contains(err.Error(), password)) {
				t.Fatalf("%v, want %v with %q", err, c.kind, c.words)
			}
			if err == nil && (probe.Protocol != "TLS 1.3" || !strings.HasPrefix(probe.Peer, "MariaDB 10") || !probe.Read || !probe.Write || len(probe.Notes) == 0) {
				t.Errorf("%+v", probe)
			}
		})
	}
}
