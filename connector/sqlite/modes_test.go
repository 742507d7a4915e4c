package sqlite_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/sqlite"
)

func TestUpdateMode(t *testing.T) {
	dir := t.TempDir()
	shell(t, dir, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, other TEXT DEFAULT 'kept'); INSERT INTO t (id, name) VALUES (1,'n1'),(2,'n2'),(4,'n4'),(5,'n5')")
	req := connector.SinkRequest{Table: "t", Mode: "update", Key: []string{"id"}}
	out := load(t, dir, req, rowsOf(t, "name string; id int", "first|2", "last|2", "nobody|9", "NULL|4", "five|5", "x|NULL"))
	if len(out.Rejects) != 2 || !strings.Contains(out.Rejects[0]+out.Rejects[1], "NOT NULL") {
		t.Errorf("rejects %q", out.Rejects)
	}
	wantShell(t, dir, "SELECT * FROM t ORDER BY id", "1|n1|kept\n2|last|kept\n4|n4|kept\n5|five|kept")
	load(t, dir, req, rowsOf(t, "id int", "1"))
	wantError(t, refused(t, dir, connector.SinkRequest{Table: "none", Mode: "update", Key: []string{"id"}}, rowsOf(t, "id int")), "no table `none`", "update")
	wantError(t, refused(t, dir, connector.SinkRequest{Table: "t", Mode: "update", Key: []string{"name"}}, rowsOf(t, "id int; name string")), "an index on the key", "CREATE INDEX")
}

func TestDeleteMode(t *testing.T) {
	dir := t.TempDir()
	shell(t, dir, "CREATE TABLE t (a INT, b TEXT, c TEXT); CREATE INDEX i ON t (b, a, c); INSERT INTO t VALUES (1,'x','1'),(1,'x','2'),(1,'y','3'),(2,'x','4')")
	load(t, dir, connector.SinkRequest{Table: "t", Mode: "delete", Key: []string{"a", "b"}}, rowsOf(t, "unknown string; b string; a int", "u|x|1", "u|x|1", "u|z|1"))
	wantShell(t, dir, "SELECT * FROM t ORDER BY c", "1|y|3\n2|x|4")
}

func TestMirror(t *testing.T) {
	dir := t.TempDir()
	shell(t, dir, "CREATE TABLE t (id TEXT COLLATE NOCASE PRIMARY KEY, name TEXT); INSERT INTO t VALUES ('A','old'),('gone','x'),('b','old')")
	req := connector.SinkRequest{Table: "t", Mode: "mirror", Key: []string{"id"}}
	out := load(t, dir, req, rowsOf(t, "id string; name string", "a|new", "c|new", "b|old", "c|twice"))
	if out.Result.Deleted != 1 {
		t.Errorf("%+v", out.Result)
	}
	wantShell(t, dir, "SELECT * FROM t ORDER BY id", "A|new\nb|old\nc|twice")
	wantShell(t, dir, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1", "_headgate_state\nt")
}

func TestMaxShrink(t *testing.T) {
	dir := t.TempDir()
	shell(t, dir, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO t SELECT value, 'old' FROM generate_series(1, 100)")
	half := 0.5
	for _, req := range []connector.SinkRequest{{Table: "t", Mode: "replace", MaxShrink: &half}, {Table: "t", Mode: "mirror", Key: []string{"id"}, MaxShrink: &half}} {
		s := newSink(t, dir, req)
		out := conntest.Load{Rows: conntest.Numbered(t, 49), Run: run}.Stage(t, s)
		_, err := s.Commit(t.Context(), out.Session, out.Receipts, connector.State{Flow: "flow", Run: "run-1"})
		wantError(t, err, "from 100 rows to", "max_shrink")
		s.Close()
		wantShell(t, dir, "SELECT count(*), min(name) FROM t", "100|old")
	}
	load(t, dir, connector.SinkRequest{Table: "t", Mode: "replace", MaxShrink: &half}, conntest.Numbered(t, 50))
	wantShell(t, dir, "SELECT count(*) FROM t", "50")
}

// TestKeysAreCarried makes a table like one of another database.
func TestKeysAreCarried(t *testing.T) {
	dir := t.TempDir()
	rows := rowsOf(t, "b string; a int; c string", "x|1|NULL", "x|1|y", "y|1|NULL")
	for i := range rows.Schema.Fields {
		f := &rows.Schema.Fields[i]
		f.Native.As, f.Native.Dialect, f.Native.Name = f.Type, "another", "its own"
		f.Native.Key, f.Native.NotNull = []int{2, 1, 0}[i], i < 2
	}
	out := load(t, dir, connector.SinkRequest{Table: "t", Mode: "replace"}, rows)
	if len(out.Rejects) != 1 {
		t.Errorf("rejects %q", out.Rejects)
	}
	wantShell(t, dir, "SELECT sql FROM sqlite_schema WHERE name = 't'", `CREATE TABLE "t" ("b" TEXT NOT NULL, "a" INTEGER NOT NULL, "c" TEXT, PRIMARY KEY ("a", "b"))`)
	src := newSource(t, dir, connector.SourceRequest{Table: "t"})
	st, _, _ := conntest.Read(t, src, nil)
	var keys []int
	for _, f := range st.Schema.Fields {
		keys = append(keys, f.Origin().Key)
	}
	if !slices.Equal(keys, []int{2, 1, 0}) || !st.Schema.Fields[0].Origin().NotNull || st.Schema.Fields[0].Origin().Name != "TEXT" {
		t.Errorf("%+v", st.Schema.Fields)
	}
}

func TestDescribe(t *testing.T) {
	dir := t.TempDir()
	shell(t, dir, "CREATE TABLE t (a DECIMAL(10,2), b TEXT NOT NULL, any, PRIMARY KEY (b, a)); CREATE VIEW v AS SELECT 1; CREATE INDEX i ON t (a)")
	describe := func(name string) ([]connector.Relation, error) {
		return sqlite.Type().Table.Describe(t.Context(), connector.Env{Project: dir}, &sqlite.Config{Path: "shop.db"}, name)
	}
	all, err := describe("")
	if err != nil || len(all) != 2 || all[0].Name != "t" || all[1].Kind != "view" {
		t.Errorf("%+v, %v", all, err)
	}
	one, err := describe("T")
	if err != nil || len(one) != 1 || len(one[0].Columns) != 3 || len(one[0].Indexes) != 1 {
		t.Fatalf("%+v, %v", one, err)
	}
	if want := (connector.RelationColumn{Name: "a", Type: "DECIMAL(10,2)", As: "decimal(10,2)", Key: 2}); one[0].Columns[0] != want {
		t.Errorf("%+v, want %+v", one[0].Columns[0], want)
	}
	_, err = describe("tt")
	wantError(t, err, "did you mean `t`")
}

func TestBackfillAndNulls(t *testing.T) {
	dir := t.TempDir()
	shell(t, dir, "CREATE TABLE t (id INTEGER, at DATE); INSERT INTO t SELECT value, date('2024-01-01', '+' || value || ' days') FROM generate_series(1, 10); INSERT INTO t VALUES (99, NULL)")
	read := func(inc connector.Incremental, cursor string) (string, string) {
		src := newSource(t, dir, connector.SourceRequest{Table: "t", Select: []string{"id"}, Incremental: &inc})
		_, rows, plan := conntest.Read(t, src, []byte(cursor))
		var ids []string
		for _, r := range rows {
			ids = append(ids, r[0])
		}
		return strings.Join(ids, " "), string(plan.Cursor)
	}
	for _, test := range []struct {
		inc    connector.Incremental
		cursor string
		want   string
		next   string
	}{
		{connector.Incremental{From: "2024-01-05", To: "2024-01-08"}, `{"cursor":"2024-01-09"}`, "4 5 6", ""},
		{connector.Incremental{To: "2024-01-03"}, "", "1", ""},
		{connector.Incremental{From: "2024-01-10"}, "", "9 10", ""},
		{connector.Incremental{Nulls: "include"}, `{"cursor":"2024-01-10"}`, "99 10", `{"cursor":"2024-01-11"}`},
		{connector.Incremental{Nulls: "skip"}, `{"cursor":"2024-01-10"}`, "10", `{"cursor":"2024-01-11"}`},
	} {
		test.inc.Cursor = "at"
		if got, next := read(test.inc, test.cursor); got != test.want || next != test.next {
			t.Errorf("%+v: %q, cursor %s", test.inc, got, next)
		}
	}
	for _, inc := range []connector.Incremental{{Cursor: "at", Nulls: "fail"}, {Cursor: "at", TieBreaker: "id", Lag: 1}} {
		if _, err := newSource(t, dir, connector.SourceRequest{Table: "t", Incremental: &inc}).Discover(t.Context()); err == nil {
			t.Errorf("%+v: no error", inc)
		}
	}
}
