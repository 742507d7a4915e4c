package sqltest

import (
	"bytes"
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
)

// brokenModes are the modes with what they make of the table that prepare makes and the rows of
// newRows: how many there are, how many are new, how many old.
var brokenModes = map[string]string{"append": "3000|2000|1000", "replace": "2000|2000|0", "truncate": "2000|2000|0", "upsert": "2500|2000|500",
	"mirror": "2000|2000|0", "update": "1000|500|500", "delete": "500|0|500"}

const (
	describe = "SELECT count(*), sum(CASE WHEN name <> 'old' THEN 1 ELSE 0 END), sum(CASE WHEN name = 'old' THEN 1 ELSE 0 END) FROM t"
	before   = "1000|0|1000" // of the table that prepare makes
)

// newRows are ids from 500 to 2499.
func newRows(t testing.TB) conntest.Rows {
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

// prepare makes a table with ids from 0 to 999.
func (s Server) prepare(t testing.TB, b Base, mode string) {
	t.Helper()
	b.Query(t, "DROP TABLE IF EXISTS t; CREATE TABLE t (id int, name text); INSERT INTO t SELECT i, 'old' FROM "+s.Sequence(0, 999))
	if request(mode).Key != nil {
		b.Query(t, "ALTER TABLE t ADD PRIMARY KEY (id)")
	}
}

// recovered does what the next run does first: it finishes or undoes the one that broke off.
func (b Base) recovered(t testing.TB, req connector.SinkRequest, ses *connector.Session, rs []connector.Receipt, id string) (committed bool) {
	t.Helper()
	if ses == nil {
		return false
	}
	s := b.Sink(t, req)
	defer s.Close()
	_, err := s.Commit(t.Context(), ses, rs, stateOf(id))
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

// again is the run after one that was undone.
func (b Base) again(t testing.TB, req connector.SinkRequest, id string) {
	t.Helper()
	b.Want(t, describe, before)
	s := b.Sink(t, req)
	defer s.Close()
	if _, _, err := Attempt(t.Context(), t, s, newRows(t), id); err != nil {
		t.Fatal(err)
	}
}

// RunCut cuts the connection after so many bytes in either direction. The table is then as it
// was or as it is to be, whichever the sink says, and the next run brings it there once.
func (s Server) RunCut(t *testing.T) {
	toxi := servers.Toxi(t)
	for mode, want := range brokenModes {
		t.Run(mode, func(t *testing.T) {
			b := s.Base(t, t.Name())
			failed, finished := 0, 0
			for _, direction := range []string{"upstream", "downstream"} {
				for _, size := range []int{100, 3500, 5000, 7500, 12_000, 40_000} {
					s.prepare(t, b, mode)
					proxy := toxi.Before(s.Address)
					proxy.Toxic("limit_data", direction, map[string]any{"bytes": size})
					id := fmt.Sprintf("run-%s-%d", direction, size)
					switch broke, committed := b.cut(t, request(mode), proxy.Address, id); {
					case committed:
						failed, finished = failed+1, finished+1
					case broke:
						failed++
						b.again(t, request(mode), id+"-again")
					}
					b.Want(t, describe, want)
				}
			}
			t.Logf("%d runs failed, %d of them had committed", failed, finished)
			if failed < 7 {
				t.Errorf("only %d runs failed", failed)
			}
			for _, name := range s.Left(t, t.Name()) {
				if table := strings.TrimSuffix(name, "_pkey"); table != "t" && table != "_headgate_state" {
					t.Errorf("left: %s", name)
				}
			}
		})
	}
}

// cut makes a run through a proxy that cuts it, and recovers.
func (b Base) cut(t *testing.T, req connector.SinkRequest, address, id string) (broke, committed bool) {
	t.Helper()
	_, port, _ := net.SplitHostPort(address)
	n, _ := strconv.Atoi(port)
	s := b.With(t, Options{Port: n}, req)
	ses, rs, err := Attempt(t.Context(), t, s, newRows(t), id)
	s.Close()
	if err == nil {
		return false, false
	}
	if !errors.Is(err, connector.ErrUnreachable) {
		t.Errorf("%s: %v", id, err)
	}
	return true, b.recovered(t, req, ses, rs, id)
}

// RunServerKilled kills the server while rows are under way and after they were sealed.
func (s Server) RunServerKilled(t *testing.T) {
	whole := t
	for mode, want := range brokenModes {
		t.Run(mode, func(t *testing.T) {
			b := s.Base(t, t.Name())
			s.prepare(t, b, mode)
			sink := b.Sink(t, request(mode))
			out := conntest.Load{Rows: newRows(t), Run: Run, Batch: 500}.Stage(t, sink)
			s.Kill()
			s.Restart(whole)
			if _, err := sink.Commit(t.Context(), out.Session, out.Receipts, connector.State{Flow: Run.Flow, Run: Run.ID}); !errors.Is(err, connector.ErrUnreachable) {
				t.Errorf("commit: %v", err)
			}
			sink.Close()
			if b.recovered(t, request(mode), out.Session, out.Receipts, Run.ID) {
				t.Error("the run is said to be committed")
			}
			b.again(t, request(mode), "run-2")
			b.Want(t, describe, want)
		})
	}
}

// RunLeftBehind leaves a process's transaction open on the server, as a cut network does.
func (s Server) RunLeftBehind(t *testing.T) {
	b := s.Base(t, t.Name())
	s.prepare(t, b, "upsert")
	sink := b.Sink(t, request("upsert"))
	out := conntest.Load{Rows: newRows(t), Run: Run}.Stage(t, sink)
	if b.recovered(t, request("upsert"), out.Session, out.Receipts, Run.ID) {
		t.Error("the run is said to be committed")
	}
	if _, err := sink.Commit(t.Context(), out.Session, out.Receipts, connector.State{Flow: Run.Flow, Run: Run.ID}); err == nil {
		t.Error("a run that was undone commits")
	}
	b.Want(t, describe, before)
}

// RunAnswerLost loses the server's answer to the COMMIT: the sink finds out that it happened.
// clear is a connection to b in clear through a port of this machine, so that the test sees it.
func (s Server) RunAnswerLost(t *testing.T, b Base, clear func(port int, req connector.SinkRequest) connector.Sink) {
	s.prepare(t, b, "append")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go s.deafAfterCommit(l)
	sink := clear(l.Addr().(*net.TCPAddr).Port, request("append"))
	defer sink.Close()
	if _, _, err := Attempt(t.Context(), t, sink, newRows(t), "run-1"); err != nil {
		t.Errorf("commit: %v", err)
	}
	b.Want(t, describe, brokenModes["append"])
	b.Want(t, "SELECT run FROM _headgate_state", "run-1")
}

// deafAfterCommit passes connections on to the server, and ends the first one that sends a COMMIT once
// the server has answered it, without the answer.
func (s Server) deafAfterCommit(l net.Listener) {
	var done atomic.Bool // a COMMIT was seen
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		upstream, err := net.Dial("tcp", s.Address)
		if err != nil {
			client.Close()
			return
		}
		var committing atomic.Bool
		go pass(upstream, client, func(sent []byte) bool {
			if bytes.Contains(sent, []byte(s.Commit)) && !done.Swap(true) {
				committing.Store(true)
			}
			return true
		})
		go pass(client, upstream, func([]byte) bool { return !committing.Load() })
	}
}

// pass copies until it may not, and closes to.
func pass(to, from net.Conn, may func(sent []byte) bool) {
	defer to.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if err != nil || !may(buf[:n]) {
			return
		}
		to.Write(buf[:n])
	}
}
