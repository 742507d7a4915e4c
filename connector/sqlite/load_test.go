package sqlite_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/sqltest"
)

// refused is the error that Prepare comes to; nothing is left in dir.
func refused(t testing.TB, dir string, req connector.SinkRequest, rows conntest.Rows) error {
	t.Helper()
	before := entries(t, dir)
	err := in(dir).Refused(t, req, rows)
	if !slices.Equal(before, entries(t, dir)) {
		t.Errorf("left: %q", entries(t, dir))
	}
	return err
}

func TestStoredTypes(t *testing.T) {
	dir := t.TempDir()
	rows := sqltest.RowsOf(t, "i int; b bool; f float; d decimal(12,2); big decimal(16,2); s string; day date; at timestamp; raw bytes",
		"7|true|0.1|12.30|12.30|007|2024-01-02|2024-01-02T03:04:05Z|AAE=")
	out := in(dir).Load(t, connector.SinkRequest{Table: "t"}, rows)
	in(dir).Want(t, "SELECT typeof(i), typeof(b), typeof(f), typeof(d), typeof(big), typeof(s), typeof(day), typeof(at), typeof(raw) FROM t",
		"integer|integer|real|real|text|text|text|text|blob")
	in(dir).Want(t, "SELECT i, b, f, d, big, s, day, at, hex(raw), date(at, '+1 day') FROM t",
		"7|1|0.1|12.3|12.30|007|2024-01-02|2024-01-02T03:04:05Z|0001|2024-01-03")
	if want := "`big`: decimal(16,2) has more than 15 digits, stored as TEXT"; !slices.Contains(out.Session.Notes, want) {
		t.Errorf("notes %q lack %q", out.Session.Notes, want)
	}
}

// TestDecimals sums what floats would get wrong when they are added up.
func TestDecimals(t *testing.T) {
	dir := t.TempDir()
	rows := sqltest.RowsOf(t, "d decimal(15,2)", "0.01", "0.07", "1234567890123.45", "-9999999999999.99", "100.00")
	in(dir).Load(t, connector.SinkRequest{Table: "t"}, rows)
	_, got, _ := conntest.Read(t, in(dir).Source(t, connector.SourceRequest{Table: "t"}), nil)
	conntest.Same(t, "decimals", got, rows.Cells)
	in(dir).Want(t, "SELECT sum(round(d * 100)) FROM t", "-876543210977646.0")
}

func TestUpsert(t *testing.T) {
	dir := t.TempDir()
	req := connector.SinkRequest{Table: "t", Mode: "upsert", Key: []string{"id"}}
	out := in(dir).Load(t, req, sqltest.RowsOf(t, "id int; name string", "1|a", "2|b"))
	if out.Result.Inserted != 2 || out.Result.Updated != 0 {
		t.Errorf("first: %+v", out.Result)
	}
	out = in(dir).Load(t, req, sqltest.RowsOf(t, "name string; id int", "B|2", "c|3", "x|NULL", "C|3"))
	if out.Result.Inserted != 1 || out.Result.Updated != 2 {
		t.Errorf("second: %+v", out.Result)
	}
	if !slices.Equal(out.Rejects, []string{"id: the key must not be NULL"}) {
		t.Errorf("rejects %q", out.Rejects)
	}
	in(dir).Want(t, "SELECT * FROM t ORDER BY id", "1|a\n2|B\n3|C")
	_, rows, _ := conntest.Read(t, in(dir).Source(t, connector.SourceRequest{Table: "t", Select: []string{"name"}}), nil)
	conntest.Same(t, "selected", rows, [][]string{{"a"}, {"B"}, {"C"}})
}

func TestUpsertKeys(t *testing.T) {
	dir := t.TempDir()
	rows := sqltest.RowsOf(t, "a int; b string; c int", "1|x|1", "1|y|2", "1|x|3")
	two := connector.SinkRequest{Table: "two", Mode: "upsert", Key: []string{"b", "a"}}
	in(dir).Load(t, two, rows)
	in(dir).Want(t, "SELECT * FROM two ORDER BY c", "1|y|2\n1|x|3")
	shell(t, dir, `CREATE TABLE loose (a, b, c); CREATE INDEX i ON loose(a, b); CREATE UNIQUE INDEX p ON loose(a, b) WHERE c > 0; CREATE UNIQUE INDEX e ON loose(a, lower(b))`)
	loose := connector.SinkRequest{Table: "loose", Mode: "upsert", Key: []string{"a", "b"}}
	sqltest.WantError(t, refused(t, dir, loose, rows), "write shop:loose: upsert needs a unique index", `CREATE UNIQUE INDEX "loose_a_b" ON "loose" ("a", "b")`)
	shell(t, dir, `CREATE UNIQUE INDEX u ON loose(B, A)`)
	in(dir).Load(t, loose, rows)
	in(dir).Want(t, "SELECT * FROM loose ORDER BY c", "1|y|2\n1|x|3")
	all := connector.SinkRequest{Table: "all_key", Mode: "upsert", Key: []string{"a", "b"}}
	in(dir).Load(t, all, sqltest.RowsOf(t, "a int; b string", "1|x", "1|x"))
	in(dir).Want(t, "SELECT * FROM all_key", "1|x")
	sqltest.WantError(t, refused(t, dir, connector.SinkRequest{Table: "two", Mode: "upsert"}, rows), "needs a key")
	sqltest.WantError(t, refused(t, dir, connector.SinkRequest{Table: "two", Mode: "upsert", Key: []string{"aa"}}, rows), "key `aa` is not a column", "did you mean `a`?")
}

func TestCreateAndEvolve(t *testing.T) {
	dir := t.TempDir()
	rows := sqltest.RowsOf(t, "id int; total decimal(12,2)", "1|2.50")
	sqltest.WantError(t, refused(t, dir, connector.SinkRequest{Table: "t", Create: "never"}, rows), "does not exist", "create: never")
	shell(t, dir, "CREATE TABLE Orders (id INTEGER)")
	err := refused(t, dir, connector.SinkRequest{Table: "order", Create: "never"}, rows)
	sqltest.WantError(t, err, "no table or view `order`", "did you mean `Orders`?", "create: never")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error("not fs.ErrNotExist")
	}
	sqltest.WantError(t, refused(t, dir, connector.SinkRequest{Table: "orders"}, rows), "no column `total`", "evolve: add_columns")
	out := in(dir).Load(t, connector.SinkRequest{Table: "orders", Evolve: "add_columns"}, rows)
	if want := `ALTER TABLE "Orders" ADD COLUMN "total" DECIMAL(12,2)`; !slices.Contains(out.Session.Changes, want) {
		t.Errorf("changes %q", out.Session.Changes)
	}
	in(dir).Want(t, "SELECT * FROM orders", "1|2.5")
	shell(t, dir, "CREATE TABLE strict_one (id INTEGER, must TEXT NOT NULL, twice INT AS (id * 2)); CREATE VIEW v AS SELECT 1 AS id")
	sqltest.WantError(t, refused(t, dir, connector.SinkRequest{Table: "strict_one"}, sqltest.RowsOf(t, "id int", "1")), "`must`", "must not be NULL")
	sqltest.WantError(t, refused(t, dir, connector.SinkRequest{Table: "strict_one"}, sqltest.RowsOf(t, "id int; must string; twice int", "1|x|2")), "`twice` is computed")
	sqltest.WantError(t, refused(t, dir, connector.SinkRequest{Table: "v"}, sqltest.RowsOf(t, "id int", "1")), "`v` is not a plain table", "view")
	sqltest.WantError(t, refused(t, dir, connector.SinkRequest{Table: "t"}, sqltest.RowsOf(t, "id int; ID int", "1|2")), "`id` and `ID` have the same name")
	sqltest.WantError(t, refused(t, dir, connector.SinkRequest{Table: "_headgate_state"}, rows), "headgate's own")
	in(dir).Load(t, connector.SinkRequest{Table: `odd "name"`}, sqltest.RowsOf(t, `a "b" int; select string`, "1|x"))
	in(dir).Want(t, `SELECT "a ""b""", "select" FROM "odd ""name"""`, "1|x")
}

func TestConstraints(t *testing.T) {
	dir := t.TempDir()
	shell(t, dir, `CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, n INT CHECK (n > 0), u INT UNIQUE ON CONFLICT REPLACE)`)
	rows := sqltest.RowsOf(t, "id int; name string; n int; u int", "1|a|1|1", "2|NULL|1|2", "3|c|0|3", "1|d|1|4", "5|e|1|1", "6|f|1|6")
	for i := range 200 {
		rows.Cells = append(rows.Cells, []string{conntest.Null, "more", strconv.Itoa(i + 1), conntest.Null})
	}
	out := in(dir).Load(t, connector.SinkRequest{Table: "t"}, rows)
	want := []string{
		": NOT NULL constraint failed: t.name", ": CHECK constraint failed: n > 0",
		": UNIQUE constraint failed: t.id", ": UNIQUE constraint failed: t.u",
	}
	if !slices.Equal(out.Rejects, want) {
		t.Errorf("rejects %q", out.Rejects)
	}
	if out.Result.Inserted != 202 {
		t.Errorf("inserted %d", out.Result.Inserted)
	}
	in(dir).Want(t, "SELECT count(*), sum(u) FROM t", "202|7")
}

// TestAffinity writes values that the column's affinity would change.
func TestAffinity(t *testing.T) {
	dir := t.TempDir()
	shell(t, dir, `CREATE TABLE t (n NUMERIC, i INTEGER, r REAL, s TEXT, x)`)
	for _, test := range []struct {
		fields, row string
		want        string // what the shell shows, or of the reject
	}{
		{"n string", "007", "!\"007\" would become a number in column `n` (NUMERIC)"},
		{"n string", "7", "7"}, {"n string", "12.5", "12.5"}, {"n string", "abc", "abc"}, {"n string", "2024-01-02", "2024-01-02"},
		{"n string", "12.50", "!would become a number"}, {"n string", " 7", "!would become a number"}, {"n string", "1e5", "!would become a number"},
		{"n string", "12345678901234567890", "!would become a number"}, {"n string", "Infinity", "Infinity"}, {"n string", "1e999", "!would become a number"},
		{"r string", "7", "!would become a number"}, {"i string", "-0", "!would become a number"}, {"s string", "007", "007"}, {"x string", "007", "007"},
		{"r int", "9007199254740993", "!would be rounded in column `r` (REAL)"}, {"i int", "9007199254740993", "9007199254740993"},
		{"n decimal(20,2)", "123456789012345678.00", "123456789012345678"}, {"n decimal(20,2)", "123456789012345678.01", "!has more than 15 digits"},
		{"n decimal(20,2)", "1234567890123.45", "1234567890123.45"}, {"s decimal(20,2)", "123456789012345678.01", "123456789012345678.01"},
		{"x decimal(20,2)", "123456789012345678.01", "123456789012345678.01"}, {"r decimal(38,30)", "0.000000000000000000000000000012", "1.2e-29"},
		{"s float", "0.30000000000000004", "0.30000000000000004"}, {"r float", "NaN", "!NaN would become NULL"},
		{"n json", "1.0", "!would become a number"}, {"s json", "1.0", "1.0"},
	} {
		field, _, _ := strings.Cut(test.fields, " ")
		out := in(dir).Load(t, connector.SinkRequest{Table: "t", Mode: "truncate"}, sqltest.RowsOf(t, test.fields, test.row))
		reject, want := strings.Join(out.Rejects, ""), test.want
		if message, ok := strings.CutPrefix(want, "!"); ok {
			if !strings.Contains(reject, message) {
				t.Errorf("%s %s: rejects %q, want %q", test.fields, test.row, reject, message)
			}
			continue
		}
		if got := shell(t, dir, "SELECT "+field+" FROM t"); got != want || reject != "" {
			t.Errorf("%s %s: stored %q, want %q; rejects %q", test.fields, test.row, got, want, reject)
		}
	}
}

func TestReplace(t *testing.T) {
	dir := t.TempDir()
	shell(t, dir, `CREATE TABLE [t] (id INTEGER PRIMARY KEY, name TEXT DEFAULT 'none' CHECK (name <> 'bad'));
		CREATE INDEX by_name ON t(name); CREATE VIEW v AS SELECT name FROM t; CREATE TABLE log (x);
		CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.id); END;
		INSERT INTO t VALUES (1, 'old'); DELETE FROM log`)
	req := connector.SinkRequest{Table: "t", Mode: "replace"}
	out := in(dir).Load(t, req, sqltest.RowsOf(t, "name string; id int", "new|5", "bad|6"))
	if !slices.Equal(out.Rejects, []string{": CHECK constraint failed: name <> 'bad'"}) {
		t.Errorf("rejects %q", out.Rejects)
	}
	in(dir).Want(t, "SELECT * FROM t; SELECT * FROM v; SELECT count(*) FROM log", "5|new\nnew\n0")
	in(dir).Want(t, "SELECT name FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE '%headgate%' ORDER BY name", "by_name\nlog\nt\ntr\nv")
	shell(t, dir, "INSERT INTO t (id) VALUES (9)")
	in(dir).Want(t, "SELECT name FROM t WHERE id = 9; SELECT * FROM log", "none\n9")
	out = in(dir).Load(t, req, sqltest.RowsOf(t, "id int; name string; extra date", "7|other|2024-01-02"))
	if !strings.Contains(strings.Join(out.Session.Changes, "\n"), "other columns") {
		t.Errorf("changes %q", out.Session.Changes)
	}
	in(dir).Want(t, "SELECT * FROM t; PRAGMA integrity_check", "7|other|2024-01-02\nok")
	s := in(dir).Sink(t, req)
	staged := conntest.Load{Rows: sqltest.RowsOf(t, "id int; extra date", "8|2024-01-02"), Run: sqltest.Run}.Stage(t, s)
	_, err := s.Commit(t.Context(), staged.Session, staged.Receipts, connector.State{Flow: "flow", Run: "two"})
	sqltest.WantError(t, err, "CREATE INDEX by_name", "no such column: name") // the index cannot be kept
	s.Close()
	in(dir).Want(t, "SELECT * FROM t", "7|other|2024-01-02")
}

func TestStatements(t *testing.T) {
	dir := t.TempDir()
	req := connector.SinkRequest{Table: "t", Before: []string{"CREATE TABLE log (what); INSERT INTO log VALUES ('before')"},
		After: []string{"INSERT INTO log SELECT 'after ' || count(*) FROM t"}}
	in(dir).Load(t, req, sqltest.RowsOf(t, "id int", "1", "2"))
	in(dir).Want(t, "SELECT * FROM log", "before\nafter 2")
	for _, bad := range []connector.SinkRequest{
		{Table: "t", Before: []string{"nonsense"}}, {Table: "t", Before: []string{"COMMIT"}}, {Table: "t", After: []string{"SELECT 1", "INSERT INTO nowhere VALUES (1)"}},
	} {
		s := in(dir).Sink(t, bad)
		ses, err := s.Prepare(t.Context(), sqltest.RowsOf(t, "id int").Schema, sqltest.Run, false)
		if err == nil {
			_, err = s.Commit(t.Context(), ses, nil, connector.State{Flow: "flow", Run: "bad"})
		}
		sqltest.WantError(t, err, "write shop:t:", "statement")
		s.Close()
	}
	in(dir).Want(t, "SELECT count(*) FROM t; SELECT run FROM _headgate_state", "2\nrun-1")
}

func TestLocked(t *testing.T) {
	dir := t.TempDir()
	in(dir).Load(t, connector.SinkRequest{Table: "t"}, sqltest.RowsOf(t, "id int", "1"))
	holder := in(dir).Sink(t, connector.SinkRequest{Table: "t"})
	if _, err := holder.Prepare(t.Context(), sqltest.RowsOf(t, "id int").Schema, sqltest.Run, false); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := contextWithTimeout(t)
	defer cancel()
	s := in(dir).Sink(t, connector.SinkRequest{Table: "t"})
	_, err := s.Prepare(ctx, sqltest.RowsOf(t, "id int").Schema, sqltest.Run, false)
	sqltest.WantError(t, err, "deadline")
	_, rows, _ := conntest.Read(t, in(dir).Source(t, connector.SourceRequest{Table: "t"}), nil) // readers are not kept out
	conntest.Same(t, "read beside a writer", rows, [][]string{{"1"}})
}

// TestCrashAfterSpill kills a process whose transaction has outgrown the cache, so that
// the database file itself holds rows that SQLite must take out again.
func TestCrashAfterSpill(t *testing.T) {
	dir := t.TempDir()
	for _, old := range []int{0, 3} {
		before := conntest.Numbered(t, old)
		if old > 0 {
			in(dir).Load(t, connector.SinkRequest{Table: "t"}, before)
		}
		conntest.Crash(t, dir, func(dir string) {
			s := in(dir).Sink(t, connector.SinkRequest{Table: "t"})
			rows := conntest.Numbered(t, 1000)
			for i := range rows.Cells {
				rows.Cells[i][1] = strings.Repeat("long ", 5000)
			}
			conntest.Load{Rows: rows, Run: sqltest.Run}.Stage(t, s)
			if info, err := os.Stat(filepath.Join(dir, "shop.db")); err != nil || info.Size() < 1<<20 {
				t.Fatalf("nothing has spilled: %v, %v", info.Size(), err)
			}
		})
		s := in(dir).Sink(t, connector.SinkRequest{Table: "t"})
		ses := &connector.Session{ID: sqltest.Run.ID, Spec: []byte(`{"made":true}`)}
		if err := s.Abort(t.Context(), ses, nil); err != nil {
			t.Fatal(err)
		}
		if old == 0 {
			if left := entries(t, dir); len(left) > 0 {
				t.Errorf("left: %q", left)
			}
			continue
		}
		got, _ := in(dir).Visible(t, "t", nil)
		conntest.Same(t, "after the crash", got, before.Cells)
	}
}
