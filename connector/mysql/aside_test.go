package mysql_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/sqltest"
)

// loadDatabase makes the database of a new table.
func loadDatabase(t *testing.T, b base) {
	b.SQL(t, "", "DROP DATABASE IF EXISTS `new ``one`")
	req := connector.SinkRequest{Table: "`new ``one`.t"}
	out := b.Load(t, req, sqltest.RowsOf(t, "id int", "1"))
	if !strings.HasPrefix(out.Session.Changes[0], "CREATE DATABASE IF NOT EXISTS `new ``one`") {
		t.Errorf("%q", out.Session.Changes)
	}
	b.Want(t, "SELECT id, (SELECT count(*) FROM `new ``one`._headgate_state) FROM `new ``one`.t", "1|1")
}

// loadSwap has a reader that keeps the new table from its place after the commit. The next process, or the next run
// where nobody remembers this one, finishes.
func loadSwap(t *testing.T, b base) {
	for _, test := range []struct{ mode, want string }{{"replace", "new"}, {"append", "new"}} {
		for _, by := range []string{"commit", "next run"} {
			b.SQL(t, b.name, "DROP TABLE IF EXISTS t, _headgate_state")
			if test.mode == "replace" {
				b.SQL(t, b.name, "CREATE TABLE t (name varchar(9)) COMMENT 'own'; INSERT INTO t VALUES ('old')")
			}
			cfg := b.config(b.name)
			cfg.LockTimeout = 1e9
			req := connector.SinkRequest{Table: "t", Mode: test.mode}
			s := b.sinkOf(t, cfg, req)
			rows := sqltest.RowsOf(t, "name string", "new")
			out := conntest.Load{Rows: rows, Run: sqltest.Run}.Stage(t, s)
			aside := strings.Fields(b.SQL(t, b.name, "SHOW TABLES"))[0]
			release := b.holds(t, aside)
			st := connector.State{Flow: "flow", Run: "run-1", Cursor: json.RawMessage("7")}
			if _, err := s.Commit(t.Context(), out.Session, out.Receipts, st); err == nil || !strings.Contains(err.Error(), "are committed in") {
				t.Errorf("%s: %v", test.mode, err)
			}
			if err := s.Abort(t.Context(), out.Session, out.Receipts); err != nil { // which must not drop it
				t.Error(err)
			}
			s.Close()
			release()
			other := b.Sink(t, req)
			if by == "commit" {
				if _, err := other.Commit(t.Context(), out.Session, out.Receipts, st); err != nil {
					t.Error(err)
				}
				b.Want(t, "SELECT * FROM t", "new")
			} else {
				ses, err := other.Prepare(t.Context(), rows.Schema, connector.Run{ID: "run-2", Flow: "flow"}, false)
				if err != nil || string(ses.Cursor) != "7" {
					t.Errorf("%+v, %v", ses, err)
				}
				b.Want(t, "SELECT * FROM t", "new")
				if err := other.Abort(t.Context(), ses, nil); err != nil {
					t.Error(err)
				}
			}
			other.Close()
			b.Want(t, "SHOW TABLES", "_headgate_state\nt")
			b.Want(t, "SELECT TABLE_COMMENT FROM information_schema.TABLES WHERE TABLE_NAME = 't' AND TABLE_SCHEMA = DATABASE()", map[string]string{"replace": "own", "append": ""}[test.mode])
		}
	}
}

// holds has another session read a table in a transaction that stays open until release.
func (b base) holds(t *testing.T, table string) (release func()) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), b.Client(), "--no-defaults", "--unbuffered", "--batch", "--socket="+b.Socket(), "--user=root", b.name)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(in, "START TRANSACTION; SELECT count(*) FROM `%s`; SELECT 'held';\n", table)
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "held"; {
	}
	return func() {
		in.Close()
		go io.Copy(io.Discard, out)
		cmd.Wait()
	}
}

// loadReplace keeps what belongs to the table's name and shape.
func loadReplace(t *testing.T, b base) {
	b.SQL(t, b.name, `CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT, name varchar(20) UNIQUE, k int CHECK (k > 0), twice int AS (k * 2) STORED, KEY (k)) COMMENT 'the table''s own';
		INSERT INTO t (name, k) VALUES ('old', 1); CREATE VIEW v AS SELECT id, name FROM t`)
	before := b.SQL(t, b.name, "SHOW CREATE TABLE t")
	out := b.Load(t, connector.SinkRequest{Table: "t", Mode: "replace"}, sqltest.RowsOf(t, "id int; name string; k int", "5|new|1", "6|new|1", "7|bad|-1"))
	if len(out.Rejects) != 2 {
		t.Errorf("rejects %q", out.Rejects)
	}
	b.Want(t, "SELECT v.*, twice FROM v JOIN t USING (id)", "5|new|2")
	after := b.SQL(t, b.name, "SHOW CREATE TABLE t")
	if cut := func(s string) string {
		h, t, _ := strings.Cut(s, "AUTO_INCREMENT=")
		_, t, _ = strings.Cut(t, " ")
		return h + t
	}; cut(after) != cut(before) {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
	b.Want(t, "SHOW TABLES", "_headgate_state\nt\nv")
}

// loadInPlace replaces a table that others refer to.
func loadInPlace(t *testing.T, b base) {
	b.SQL(t, b.name, `CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE child (t int REFERENCES t (id), FOREIGN KEY (t) REFERENCES t (id)); INSERT INTO t VALUES (1), (2)`)
	out := b.Load(t, connector.SinkRequest{Table: "t", Mode: "replace"}, sqltest.RowsOf(t, "id int", "3"))
	if len(out.Session.Notes) != 1 || !strings.Contains(out.Session.Notes[0], "the table child refers to it") {
		t.Errorf("notes %q", out.Session.Notes)
	}
	b.Want(t, "SELECT * FROM t", "3")
}

func loadOtherColumns(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int PRIMARY KEY, gone text)")
	b.Load(t, connector.SinkRequest{Table: "t", Mode: "replace"}, sqltest.RowsOf(t, "id int; new string", "3|x"))
	b.Want(t, "SELECT * FROM t", "3|x")
}

// loadKeep reads, sets and forgets cursors outside of runs.
func loadKeep(t *testing.T, b base) {
	s := b.Sink(t, connector.SinkRequest{Table: "t"})
	keeper := s.(connector.Keeper)
	kept := func(wantCursor, wantRun string) {
		t.Helper()
		cursor, run, err := keeper.Kept(t.Context(), "flow")
		if err != nil || string(cursor) != wantCursor || run != wantRun {
			t.Errorf("%s, %q, %v", cursor, run, err)
		}
	}
	kept("", "")
	if err := keeper.Keep(t.Context(), "flow", nil); err != nil {
		t.Error(err)
	}
	b.Want(t, "SHOW TABLES", "")
	if err := keeper.Keep(t.Context(), "flow", json.RawMessage(`{"cursor":"5"}`)); err != nil {
		t.Error(err)
	}
	kept(`{"cursor":"5"}`, "")
	conntest.Load{Rows: sqltest.RowsOf(t, "id int", "1"), Run: sqltest.Run, Cursor: json.RawMessage("6")}.Write(t, b.Sink(t, connector.SinkRequest{Table: "t"}))
	kept("6", "run-1")
	if err := keeper.Keep(t.Context(), "flow", nil); err != nil {
		t.Error(err)
	}
	kept("", "run-1")

	src := b.Source(t, connector.SourceRequest{Query: "SELECT date '2024-01-02' AS d, id FROM t", Incremental: &connector.Incremental{Cursor: "d", TieBreaker: "id"}})
	if _, err := src.Discover(t.Context()); err != nil {
		t.Fatal(err)
	}
	at := src.(connector.Positioner)
	if p, err := at.Position(t.Context(), "2024-01-03", "7"); err != nil || string(p) != `{"cursor":"2024-01-03","tie":"7","by":"id"}` {
		t.Errorf("%s, %v", p, err)
	}
	for _, bad := range [][2]string{{"", ""}, {"yesterday", ""}, {"2024-01-03", "x"}} {
		if p, err := at.Position(t.Context(), bad[0], bad[1]); err == nil {
			t.Errorf("%q: %s", bad, p)
		}
	}
}
