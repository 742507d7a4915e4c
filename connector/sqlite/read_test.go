package sqlite_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/sqltest"
	"github.com/headgate/headgate/connector/record"
)

func TestDiscoveredTypes(t *testing.T) {
	dir := t.TempDir()
	shell(t, dir, `CREATE TABLE t (i INTEGER, big BIGINT, b BOOLEAN, odd BOOLEAN, d DECIMAL(10,2), n NUMERIC, nf NUMERIC, s VARCHAR(9), t TEXT,
			r REAL, raw BLOB, day DATE, epoch DATE, at DATETIME, local TIMESTAMP, j JSON, u UUID, none, mixed, empty NUMERIC);
		INSERT INTO t VALUES (1, 2, 1, 1, 12.3, 5, 5, 'x', '007', 1.5, x'00', '2024-01-02', 1700000000, '2024-01-02 03:04:05', '2024-01-02T03:04:05Z', '{"a":1}', '123E4567-e89b-12d3-a456-426614174000', 5, 'x', NULL),
			(NULL, -2, 0, 7, 12.34, 6, 6.5, 'y', '8', 2, 'text', NULL, 1700000001, NULL, NULL, '[]', NULL, NULL, 2, NULL)`)
	st, rows, _ := conntest.Read(t, in(dir).Source(t, connector.SourceRequest{Table: "t"}), nil)
	var got []string
	for _, f := range st.Schema.Fields {
		got = append(got, f.Name+" "+f.Type.String())
	}
	want := strings.Split("i int,big int,b bool,odd int,d decimal(10.2),n int,nf float,s string,t string,r float,raw bytes,day date,epoch int,at timestamp,local timestamp,j json,u uuid,none int,mixed string,empty string", ",")
	for i := range want {
		want[i] = strings.ReplaceAll(want[i], ".", ",")
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	conntest.Same(t, "rows", rows, [][]string{
		{"1", "2", "true", "1", "12.30", "5", "5", "x", "007", "1.5", "AA==", "2024-01-02", "1700000000", "2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z", `{"a":1}`, "123e4567-e89b-12d3-a456-426614174000", "5", "x", conntest.Null},
		{conntest.Null, "-2", "false", "7", "12.34", "6", "6.5", "y", "8", "2", "dGV4dA==", conntest.Null, "1700000001", conntest.Null, conntest.Null, "[]", conntest.Null, conntest.Null, "2", conntest.Null},
	})
	for _, name := range []string{"`odd`", "`epoch`"} {
		if !slices.ContainsFunc(st.Notes, func(n string) bool { return strings.Contains(n, name) }) {
			t.Errorf("notes %q lack %s", st.Notes, name)
		}
	}
}

// TestMisfits reads values that are not of their column's type.
func TestMisfits(t *testing.T) {
	dir := t.TempDir()
	shell(t, dir, `CREATE TABLE t (i INTEGER, d DECIMAL(4,2), s TEXT);
		INSERT INTO t VALUES ('abc', 12.345, x'ff'), (1.5, 123.0, 5), (3.0, '1.50', CAST(x'fffe' AS TEXT)), ('4', 'x', 'fine')`)
	declared := conntest.Schema(t, "i int", "d decimal(4,2)", "s string").Fields
	_, rows, _ := conntest.Read(t, in(dir).Source(t, connector.SourceRequest{Table: "t", Columns: declared}), nil)
	want := [][]string{
		{`!"abc" is not an int`, `!"12.345" has more than 2 decimals`, "!a blob of 1 bytes is no string"},
		{`!"1.5" is not an int`, `!"123" does not fit decimal(4,2)`, "5"},
		{"3", "1.50", `!"\xff\xfe" is not UTF-8`},
		{"4", `!"x" is not a decimal`, "fine"},
	}
	conntest.Same(t, "misfits", rows, want)
}

func TestRecord(t *testing.T) {
	dir := t.TempDir()
	shell(t, dir, `CREATE TABLE t (i INTEGER, f REAL, s TEXT, raw BLOB); INSERT INTO t VALUES (1, 1.5, 'a"b', x'00ff'), (NULL, 9e999, '', NULL)`)
	src := in(dir).Source(t, connector.SourceRequest{Table: "t"})
	_, _, plan := conntest.Read(t, src, nil)
	r, err := src.Open(t.Context(), plan.Splits[0])
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var m connector.Morsel
	if err := errors.Join(r.Next(t.Context(), &m), r.Decode(&m)); err != nil {
		t.Fatal(err)
	}
	b := &m.Batch
	for i, want := range []string{`{"i":1,"f":1.5,"s":"a\"b","raw":"x'00ff'"}`, `{"i":null,"f":"+Inf","s":"","raw":null}`} {
		if got := string(b.Origin.Record(b, int32(i))); got != want {
			t.Errorf("record %d: %s, want %s", i, got, want)
		}
		if p := b.Origin.Position(b, int32(i)); p != (record.Position{File: "shop:t", Line: int64(i) + 1}) {
			t.Errorf("position %d: %+v", i, p)
		}
	}
}

func TestQuery(t *testing.T) {
	dir := t.TempDir()
	shell(t, dir, `CREATE TABLE t (id INTEGER, name TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c'); CREATE VIEW v AS SELECT id * 2 AS twice FROM t`)
	read := func(req connector.SourceRequest) ([][]string, error) {
		src := in(dir).Source(t, req)
		if _, err := src.Discover(t.Context()); err != nil {
			return nil, err
		}
		_, rows, _ := conntest.Read(t, src, nil)
		return rows, nil
	}
	for _, test := range []struct {
		req  connector.SourceRequest
		want string // rows, or ! and the error
	}{
		{connector.SourceRequest{Query: "SELECT name, id FROM t WHERE id > :least; -- done", Args: map[string]any{"least": int64(1)}}, "b 2,c 3"},
		{connector.SourceRequest{Query: "SELECT count(*) AS n FROM t WHERE name = $name OR :x IS NULL", Args: map[string]any{"name": "a' OR 1=1 --", "x": false}}, "0"},
		{connector.SourceRequest{Query: "WITH x AS (SELECT 1.5 AS f) SELECT * FROM x"}, "1.5"},
		{connector.SourceRequest{Table: "v"}, "2,4,6"},
		{connector.SourceRequest{Table: "T", Select: []string{"NAME"}}, "a,b,c"},
		{connector.SourceRequest{Query: "SELECT id FROM t WHERE name = :nam", Args: map[string]any{"name": "a"}}, "!read shop:query: no value for the parameter :nam (did you mean `name`?)"},
		{connector.SourceRequest{Query: "SELECT id FROM t", Args: map[string]any{"name": "a"}}, "!the query has no parameter :name"},
		{connector.SourceRequest{Query: "SELECT id FROM t WHERE id = ?"}, "!parameter 1 has no name"},
		{connector.SourceRequest{Query: "SELECT idd FROM t"}, "!no such column: idd"},
		{connector.SourceRequest{Query: `SELECT "idd" FROM t`}, "!no such column"},
		{connector.SourceRequest{Query: "DELETE FROM t"}, "!the query yields no columns"},
		{connector.SourceRequest{Query: "SELECT 1) ; DROP TABLE t; --"}, "!syntax error"},
		{connector.SourceRequest{Query: "SELECT 1; DROP TABLE t"}, "!more than one statement"},
		{connector.SourceRequest{Query: "-- nothing"}, "!the query is empty"},
		{connector.SourceRequest{Table: "tt"}, "!read shop:tt: no table or view `tt` (did you mean `t`?)"},
		{connector.SourceRequest{Table: "t", Select: []string{"nam"}}, "!no column `nam` (did you mean `name`?)"},
	} {
		rows, err := read(test.req)
		if message, bad := strings.CutPrefix(test.want, "!"); bad {
			sqltest.WantError(t, err, message)
			continue
		}
		var got []string
		for _, r := range rows {
			got = append(got, strings.Join(r, " "))
		}
		if err != nil || strings.Join(got, ",") != test.want {
			t.Errorf("%+v: %q, %v, want %q", test.req, got, err, test.want)
		}
	}
}

func TestIncremental(t *testing.T) {
	dir := t.TempDir()
	shell(t, dir, `CREATE TABLE t (id INTEGER, at TEXT); INSERT INTO t VALUES (3, '2024-01-02'), (1, '2024-01-01'), (2, '2024-01-02'), (9, NULL)`)
	read := func(inc connector.Incremental, cursor string) ([]string, string, []string) {
		src := in(dir).Source(t, connector.SourceRequest{Table: "t", Select: []string{"id"}, Incremental: &inc})
		st, rows, plan := conntest.Read(t, src, []byte(cursor))
		var ids []string
		for _, r := range rows {
			ids = append(ids, r[0])
		}
		return ids, string(plan.Cursor), st.Notes
	}
	both := connector.Incremental{Cursor: "at", TieBreaker: "id"}
	ids, cursor, notes := read(both, "")
	if want := `{"cursor":"2024-01-02","tie":3,"by":"id"}`; strings.Join(ids, " ") != "1 2 3" || cursor != want {
		t.Errorf("first: %q, cursor %s", ids, cursor)
	}
	if len(notes) != 1 || !strings.Contains(notes[0], "NULL") {
		t.Errorf("notes %q", notes)
	}
	if ids, again, _ := read(both, cursor); len(ids) != 0 || again != cursor {
		t.Errorf("nothing new: %q, cursor %s", ids, again)
	}
	shell(t, dir, `INSERT INTO t VALUES (4, '2024-01-02'), (1, '2024-01-03'), (0, '2024-01-01')`)
	if ids, next, _ := read(both, cursor); strings.Join(ids, " ") != "4 1" || next != `{"cursor":"2024-01-03","tie":1,"by":"id"}` {
		t.Errorf("next: %q, cursor %s", ids, next)
	}
	if ids, _, _ := read(connector.Incremental{Cursor: "at", Start: "2024-01-02"}, ""); strings.Join(ids, " ") != "1" {
		t.Errorf("from a start: %q", ids)
	}
	if ids, next, _ := read(connector.Incremental{Cursor: "id", Start: "3"}, "null"); strings.Join(ids, " ") != "4 9" || next != `{"cursor":9,"ties":1}` {
		t.Errorf("from a number: %q, cursor %s", ids, next)
	}
	for tie, want := range map[string]string{"": "none now", "at": "`at` now"} {
		src := in(dir).Source(t, connector.SourceRequest{Table: "t", Incremental: &connector.Incremental{Cursor: "at", TieBreaker: tie}})
		if _, err := src.Discover(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, err := src.Plan(t.Context(), []byte(cursor))
		sqltest.WantError(t, err, "the tie_breaker `id`, and the flow has "+want, `headgate state set FLOW "2024-01-02"`)
		if _, err := src.Plan(t.Context(), []byte(`{"cursor":"2024-01-02","tie":3}`)); (err == nil) != (tie != "") {
			t.Errorf("%q, a cursor that does not say by what: %v", tie, err)
		}
	}
	src := in(dir).Source(t, connector.SourceRequest{Table: "t", Incremental: &connector.Incremental{Cursor: "att"}})
	_, err := src.Discover(t.Context())
	sqltest.WantError(t, err, "incremental: no column `att` (did you mean `at`?)")
}

// TestSplit cuts by a column: it must be there, and the plan says that nothing comes of it.
func TestSplit(t *testing.T) {
	dir := t.TempDir()
	shell(t, dir, `CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1), (2)`)
	st, rows, plan := conntest.Read(t, in(dir).Source(t, connector.SourceRequest{Table: "t", Split: &connector.SplitBy{Column: "ID", TargetRows: 1}}), nil)
	if len(rows) != 2 || len(plan.Splits) != 1 || len(st.Notes) != 1 || !strings.Contains(st.Notes[0], "in one piece") {
		t.Errorf("%q in %d splits, notes %q", rows, len(plan.Splits), st.Notes)
	}
	_, err := in(dir).Source(t, connector.SourceRequest{Table: "t", Split: &connector.SplitBy{Column: "idd"}}).Discover(t.Context())
	sqltest.WantError(t, err, "split: no column `idd` (did you mean `id`?)")
}

// TestFrozenPlan adds rows after the plan: the split does not have them.
func TestFrozenPlan(t *testing.T) {
	dir := t.TempDir()
	shell(t, dir, `CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1), (2)`)
	src := in(dir).Source(t, connector.SourceRequest{Table: "t", Incremental: &connector.Incremental{Cursor: "id"}})
	_, _, plan := conntest.Read(t, src, nil)
	shell(t, dir, "INSERT INTO t VALUES (3)")
	rows, err := conntest.ReadSplit(t.Context(), src, plan.Splits[0])
	if err != nil {
		t.Fatal(err)
	}
	conntest.Same(t, "frozen", rows, [][]string{{"1"}, {"2"}})
}

func TestNoDatabase(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "shops.db"), []byte("no database, but long enough to look at\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	_, err := in(dir).Source(t, connector.SourceRequest{Table: "t"}).Discover(t.Context())
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("not fs.ErrNotExist: %v", err)
	}
	sqltest.WantError(t, err, "read shop:t: open", "shop.db", "did you mean `shops.db`?")
	if err := os.Rename(filepath.Join(dir, "shops.db"), filepath.Join(dir, "shop.db")); err != nil {
		t.Fatal(err)
	}
	_, err = in(dir).Source(t, connector.SourceRequest{Table: "t"}).Discover(t.Context())
	sqltest.WantError(t, err, "file is not a database")
	sqltest.WantError(t, refused(t, dir, connector.SinkRequest{Table: "t"}, sqltest.RowsOf(t, "id int", "1")), "file is not a database")
}

func TestDrift(t *testing.T) {
	dir := t.TempDir()
	shell(t, dir, `CREATE TABLE t (id INTEGER, name TEXT, more REAL); INSERT INTO t VALUES (1, 'a', 2.5)`)
	declared := conntest.Schema(t, "name string", "nam string").Fields
	for _, test := range []struct {
		newColumn, missing string
		want               string
	}{
		{"", "", "!it has no column `nam` (did you mean `name`?)"},
		{"", "ignore", "name nam: a NULL"},
		{"add", "ignore", "name nam id more: a NULL 1 2.5"},
		{"fail", "ignore", "!it has a new column, `id`, `more`"},
	} {
		src := in(dir).Source(t, connector.SourceRequest{Table: "t", Columns: declared, NewColumn: test.newColumn, MissingColumn: test.missing})
		if message, bad := strings.CutPrefix(test.want, "!"); bad {
			_, err := src.Discover(t.Context())
			sqltest.WantError(t, err, "read shop:t: "+message)
			continue
		}
		st, rows, _ := conntest.Read(t, src, nil)
		got := strings.Join(st.Schema.Names(), " ") + ": " + strings.ReplaceAll(strings.Join(rows[0], " "), conntest.Null, "NULL")
		if got != test.want || !slices.Equal(st.Missing, []string{"nam"}) || !slices.Equal(st.Extra, []string{"id", "more"}) {
			t.Errorf("%+v: %q, missing %q, extra %q", test, got, st.Missing, st.Extra)
		}
	}
}
