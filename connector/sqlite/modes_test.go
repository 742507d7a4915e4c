package sqlite_test

import (
	"slices"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/sqltest"
	"github.com/headgate/headgate/connector/sqlite"
)

func TestUpdateMode(t *testing.T) {
	dir := t.TempDir()
	shell(t, dir, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL); INSERT INTO t VALUES (1, 'n')")
	req := connector.SinkRequest{Table: "t", Mode: "update", Key: []string{"id"}}
	if out := in(dir).Load(t, req, sqltest.RowsOf(t, "name string; id int", "x|NULL")); len(out.Rejects) != 1 {
		t.Errorf("rejects %q", out.Rejects)
	}
	in(dir).Load(t, req, sqltest.RowsOf(t, "id int", "1"))
	in(dir).Want(t, "SELECT * FROM t", "1|n")
	req.Key = []string{"name"}
	sqltest.WantError(t, refused(t, dir, req, sqltest.RowsOf(t, "id int; name string")), "an index on the key", "CREATE INDEX")
}

func TestDeleteMode(t *testing.T) {
	dir := t.TempDir()
	shell(t, dir, "CREATE TABLE t (a INT, b TEXT, c TEXT); CREATE INDEX i ON t (b, a, c); INSERT INTO t VALUES (1,'x','1'),(1,'x','2'),(1,'y','3'),(2,'x','4')")
	in(dir).Load(t, connector.SinkRequest{Table: "t", Mode: "delete", Key: []string{"a", "b"}}, sqltest.RowsOf(t, "unknown string; b string; a int", "u|x|1", "u|x|1", "u|z|1"))
	in(dir).Want(t, "SELECT * FROM t ORDER BY c", "1|y|3\n2|x|4")
}

func TestMirror(t *testing.T) {
	dir := t.TempDir()
	shell(t, dir, "CREATE TABLE t (id TEXT COLLATE NOCASE PRIMARY KEY, name TEXT); INSERT INTO t VALUES ('A','old'),('gone','x'),('b','old')")
	req := connector.SinkRequest{Table: "t", Mode: "mirror", Key: []string{"id"}}
	out := in(dir).Load(t, req, sqltest.RowsOf(t, "id string; name string", "a|new", "c|new", "b|old", "c|twice"))
	if out.Result.Deleted != 1 {
		t.Errorf("%+v", out.Result)
	}
	in(dir).Want(t, "SELECT * FROM t ORDER BY id", "A|new\nb|old\nc|twice")
	in(dir).Want(t, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1", "_headgate_state\nt")
}

// TestKeysAreCarried makes a table like one of another database.
func TestKeysAreCarried(t *testing.T) {
	dir := t.TempDir()
	rows := sqltest.RowsOf(t, "b string; a int; c string", "x|1|NULL", "x|1|y", "y|1|NULL")
	for i := range rows.Schema.Fields {
		f := &rows.Schema.Fields[i]
		f.Native.As, f.Native.Dialect, f.Native.Name = f.Type, "another", "its own"
		f.Native.Key, f.Native.NotNull = []int{2, 1, 0}[i], i < 2
	}
	out := in(dir).Load(t, connector.SinkRequest{Table: "t", Mode: "replace"}, rows)
	if len(out.Rejects) != 1 {
		t.Errorf("rejects %q", out.Rejects)
	}
	in(dir).Want(t, "SELECT sql FROM sqlite_schema WHERE name = 't'", `CREATE TABLE "t" ("b" TEXT NOT NULL, "a" INTEGER NOT NULL, "c" TEXT, PRIMARY KEY ("a", "b"))`)
	src := in(dir).Source(t, connector.SourceRequest{Table: "t"})
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
	sqltest.WantError(t, err, "did you mean `t`")
}

func TestNoNullsAndNoLag(t *testing.T) {
	dir := t.TempDir()
	shell(t, dir, "CREATE TABLE t (id INTEGER, at DATE); INSERT INTO t VALUES (99, NULL)")
	for _, inc := range []connector.Incremental{{Cursor: "at", Nulls: "fail"}, {Cursor: "at", TieBreaker: "id", Lag: 1}} {
		if _, err := in(dir).Source(t, connector.SourceRequest{Table: "t", Incremental: &inc}).Discover(t.Context()); err == nil {
			t.Errorf("%+v: no error", inc)
		}
	}
}
