package postgres_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
)

// rowsOf is test data: fields as conntest.Schema takes them, rows with cells between bars.
func rowsOf(t testing.TB, fields string, rows ...string) conntest.Rows {
	r := conntest.Rows{Schema: conntest.Schema(t, strings.Split(fields, "; ")...)}
	for _, row := range rows {
		r.Cells = append(r.Cells, strings.Split(strings.ReplaceAll(row, "NULL", conntest.Null), "|"))
	}
	return r
}

// base is an own database on a server that a test and its parts share.
type base struct {
	*db
	name string
}

func (d *db) base(t testing.TB) base { return base{d, d.Database(t, t.Name())} }

func (b base) want(t testing.TB, sql, want string) {
	t.Helper()
	if got := b.SQL(t, b.name, sql); got != want {
		t.Errorf("%s:\n%s\nwant\n%s", sql, got, want)
	}
}

// load writes rows and returns what came of it.
func (b base) load(t testing.TB, req connector.SinkRequest, rows conntest.Rows) conntest.Loaded {
	t.Helper()
	s := b.sink(t, b.name, req)
	defer s.Close()
	return conntest.Load{Rows: rows, Run: run}.Write(t, s)
}

// refused is the error that Prepare comes to, dry and not.
func (b base) refused(t testing.TB, req connector.SinkRequest, rows conntest.Rows, words ...string) {
	t.Helper()
	for _, dry := range []bool{true, false} {
		s := b.sink(t, b.name, req)
		_, err := s.Prepare(t.Context(), rows.Schema, run, dry)
		s.Close()
		if err == nil {
			t.Errorf("dry %t: no error, want one with %q", dry, words)
			continue
		}
		for _, w := range words {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("dry %t: error %q lacks %q", dry, err, w)
			}
		}
	}
}

func (b base) read(t testing.TB, req connector.SourceRequest) [][]string {
	t.Helper()
	s := b.source(t, b.name, req)
	defer s.Close()
	_, rows, _ := conntest.Read(t, s, nil)
	return rows
}

func TestLoad(t *testing.T) {
	d := start(t)
	for name, test := range map[string]func(*testing.T, base){
		"upsert": loadUpsert, "update": loadUpdate, "delete": loadDelete, "mirror": loadMirror, "shrink": loadShrink,
		"rejects": loadRejects, "many rejects": loadManyRejects, "evolve": loadEvolve, "refusals": loadRefusals, "names": loadNames,
		"wide": loadWide, "statements": loadStatements, "limits": loadLimits, "thousands": loadThousands, "identity": loadIdentity, "other types": loadOther,
		"row security": loadRowSecurity, "partitions": loadPartitions, "lock": loadLock, "notices": loadNotices,
	} {
		t.Run(name, func(t *testing.T) { test(t, d.base(t)) })
	}
}

func loadUpsert(t *testing.T, b base) {
	req := connector.SinkRequest{Table: "t", Mode: "upsert", Key: []string{"id"}}
	b.load(t, req, rowsOf(t, "id int; name string", "1|a", "2|b"))
	out := b.load(t, req, rowsOf(t, "name string; id int", "B|2", "c|3", "x|NULL", "C|3"))
	if !slices.Equal(out.Rejects, []string{"id: the key must not be NULL"}) {
		t.Errorf("rejects %q", out.Rejects)
	}
	b.want(t, "SELECT * FROM t ORDER BY id", "1|a\n2|B\n3|C")
	before := b.SQL(t, b.name, "SELECT ctid, xmin FROM t WHERE id = 1")
	b.load(t, req, rowsOf(t, "id int; name string", "1|a", "2|b2"))
	b.want(t, "SELECT ctid, xmin FROM t WHERE id = 1", before) // the same row: not written again
	b.want(t, "SELECT name FROM t WHERE id = 2", "b2")

	b.SQL(t, b.name, "CREATE TABLE two (a int, b int, c text, j json, UNIQUE (b, a))")
	req = connector.SinkRequest{Table: "two", Mode: "upsert", Key: []string{"a", "b"}}
	b.load(t, req, rowsOf(t, "a int; b int; c string; j json", "1|1|x|{}", "1|2|y|[1]"))
	b.load(t, req, rowsOf(t, "a int; b int; c string; j json", "1|1|z|{}", "1|2|y|[2]"))
	b.want(t, "SELECT * FROM two ORDER BY b", "1|1|z|{}\n1|2|y|[2]")
	b.load(t, connector.SinkRequest{Table: "keys", Mode: "upsert", Key: []string{"k"}}, rowsOf(t, "k int", "1", "1", "2"))
	b.want(t, "SELECT count(*) FROM keys", "2")
}

func loadUpdate(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int PRIMARY KEY, name text NOT NULL, other text DEFAULT 'kept')")
	b.SQL(t, b.name, "INSERT INTO t SELECT i, 'n' || i FROM generate_series(1, 5) i")
	req := connector.SinkRequest{Table: "t", Mode: "update", Key: []string{"id"}}
	out := b.load(t, req, rowsOf(t, "id int; name string", "2|first", "2|last", "9|nobody", "4|NULL", "5|five"))
	if len(out.Rejects) != 1 || !strings.Contains(out.Rejects[0], "23502") {
		t.Errorf("rejects %q", out.Rejects)
	}
	b.want(t, "SELECT * FROM t ORDER BY id", "1|n1|kept\n2|last|kept\n3|n3|kept\n4|n4|kept\n5|five|kept")
	b.refused(t, connector.SinkRequest{Table: "none", Mode: "update", Key: []string{"id"}}, rowsOf(t, "id int", "1"), "no table `public.none`", "update")
}

func loadDelete(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int, name text); CREATE INDEX ON t (id, name)")
	b.SQL(t, b.name, "INSERT INTO t SELECT i % 10, 'n' FROM generate_series(1, 100) i")
	b.load(t, connector.SinkRequest{Table: "t", Mode: "delete", Key: []string{"id"}}, rowsOf(t, "unknown string; id int", "x|2", "x|2", "y|3", "z|77"))
	b.want(t, "SELECT count(*), count(*) FILTER (WHERE id IN (2, 3)) FROM t", "80|0")
	b.refused(t, connector.SinkRequest{Table: "t", Mode: "delete", Key: []string{"name"}}, rowsOf(t, "name string", "n"), "CREATE INDEX")
}

func loadMirror(t *testing.T, b base) {
	req := connector.SinkRequest{Table: "t", Mode: "mirror", Key: []string{"id"}}
	b.load(t, req, rowsOf(t, "id int; name string", "1|a", "2|b", "3|c"))
	out := b.load(t, req, rowsOf(t, "id int; name string", "2|b", "3|C", "4|d"))
	b.want(t, "SELECT * FROM t ORDER BY id", "2|b\n3|C\n4|d")
	if out.Result.Deleted != 1 {
		t.Errorf("deleted %d", out.Result.Deleted)
	}
}

func loadShrink(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 100)")
	half := 0.5
	for _, mode := range []string{"mirror", "replace"} {
		req := connector.SinkRequest{Table: "t", Mode: mode, MaxShrink: &half}
		if mode == "mirror" {
			req.Key = []string{"id"}
		}
		s := b.sink(t, b.name, req)
		l := conntest.Load{Rows: conntest.Rows{Schema: conntest.Schema(t, "id int"), Cells: [][]string{{"1"}, {"2"}}}, Run: run}
		out := l.Stage(t, s)
		_, err := s.Commit(t.Context(), out.Session, out.Receipts, connector.State{Flow: "flow", Run: "run-1"})
		if err == nil || !strings.Contains(err.Error(), "from 100 rows to 2") {
			t.Errorf("%s: %v", mode, err)
		}
		if err := s.Abort(t.Context(), out.Session, out.Receipts); err != nil {
			t.Error(err)
		}
		b.want(t, "SELECT count(*) FROM t", "100")
		for i := 3; i <= 50; i++ {
			l.Rows.Cells = append(l.Rows.Cells, []string{strconv.Itoa(i)})
		}
		l.Write(t, b.sink(t, b.name, req))
		b.want(t, "SELECT count(*) FROM t", "50")
		b.SQL(t, b.name, "INSERT INTO t SELECT generate_series(51, 100)")
	}
}

func loadRejects(t *testing.T, b base) {
	b.SQL(t, b.name, `CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent VALUES (1);
		CREATE TABLE t (id int PRIMARY KEY, n int CHECK (n > 0), parent int REFERENCES parent, must text NOT NULL, few varchar(3), e numeric(4,1))`)
	rows := rowsOf(t, "id int; n int; parent int; must string; few string; e decimal(10,3)",
		"1|1|1|x|abc|1.5", "1|1|1|twice|a|1", "2|-1|1|check|a|1", "3|1|7|parent|a|1", "4|1|1|NULL|a|1", "5|1|1|long|abcd|1", "6|1|1|ü|äöü|999.9",
		"7|1|1|scale|a|1.23", "8|1|1|large|a|1000", "99999999999|1|1|int4|a|1", "9|1|1|good|NULL|NULL")
	for _, mode := range []string{"append", "upsert"} {
		b.SQL(t, b.name, "DELETE FROM t")
		req := connector.SinkRequest{Table: "t", Mode: mode}
		if mode == "upsert" {
			req.Key = []string{"id"}
		}
		out := b.load(t, req, rows)
		all := strings.Join(out.Rejects, "\n")
		for _, want := range []string{"23514", "23503", "must: null value", "23502", `few: "abcd" does not fit character varying(3)`, "e: 1.230 does not fit numeric(4,1)", "e: 1000.000", "id: 99999999999 does not fit integer"} {
			if !strings.Contains(all, want) {
				t.Errorf("%s: the rejects lack %q:\n%s", mode, want, all)
			}
		}
		want := map[string]string{"append": "1|x\n6|ü\n9|good", "upsert": "1|twice\n6|ü\n9|good"}[mode]
		if mode == "append" != strings.Contains(all, "23505") {
			t.Errorf("%s: %s", mode, all)
		}
		b.want(t, "SELECT id, must FROM t ORDER BY id", want)
	}
}

// loadManyRejects loads batches in which every second row is bad, and then every row.
func loadManyRejects(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int PRIMARY KEY, name text); INSERT INTO t SELECT i * 2, 'old' FROM generate_series(0, 249) i")
	rows := conntest.Numbered(t, 500)
	s := b.sink(t, b.name, connector.SinkRequest{Table: "t"})
	out := conntest.Load{Rows: rows, Run: run, Batch: 100}.Write(t, s)
	if len(out.Rejects) != 250 || out.Receipts[0].Rows != 250 {
		t.Errorf("%d rejects, %d rows", len(out.Rejects), out.Receipts[0].Rows)
	}
	b.want(t, "SELECT count(*), count(*) FILTER (WHERE name <> 'old') FROM t", "500|250")
	out = conntest.Load{Rows: rows, Run: run, Batch: 100}.Write(t, b.sink(t, b.name, connector.SinkRequest{Table: "t"}))
	if len(out.Rejects) != 500 {
		t.Errorf("%d rejects", len(out.Rejects))
	}
}

func loadEvolve(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (a smallint, b varchar(2), c numeric(4,2), d real)")
	rows := rowsOf(t, "a int; b string; c decimal(10,4); d float; e date", "100000|long|12345.6789|0.1|2024-01-02")
	b.refused(t, connector.SinkRequest{Table: "t"}, rows, "no column `e`", "evolve: add_columns")
	out := b.load(t, connector.SinkRequest{Table: "t", Evolve: "widen"}, rows)
	b.want(t, "SELECT * FROM t", "100000|long|12345.6789|0.1|2024-01-02")
	b.want(t, `SELECT string_agg(format_type(atttypid, atttypmod), ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0`,
		"bigint,text,numeric(10,4),double precision,date")
	if len(out.Session.Changes) != 6 {
		t.Errorf("changes %q", out.Session.Changes)
	}
}

func loadRefusals(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int PRIMARY KEY, must text NOT NULL, made int GENERATED ALWAYS AS (id * 2) STORED, n text); CREATE VIEW v AS SELECT 1 AS id")
	one := func(fields string) conntest.Rows { return rowsOf(t, fields) }
	b.refused(t, connector.SinkRequest{Table: "t"}, one("id int"), "`must` of the table must not be NULL")
	b.refused(t, connector.SinkRequest{Table: "t"}, one("id int; must string; made int"), "`made` is computed")
	b.refused(t, connector.SinkRequest{Table: "v"}, one("id int"), "is a view")
	b.refused(t, connector.SinkRequest{Table: "tt", Create: "never"}, one("id int"), "no table or view `tt`", "did you mean `t`", "create: never")
	b.refused(t, connector.SinkRequest{Table: "t", Mode: "upsert", Key: []string{"n"}}, one("id int; must string; n string"), "CREATE UNIQUE INDEX")
	b.refused(t, connector.SinkRequest{Table: "nowhere.t", Create: "never"}, one("id int"), "nowhere", "create: never")
	made := b.load(t, connector.SinkRequest{Table: "new schema.t"}, one("id int"))
	if len(made.Session.Changes) == 0 || made.Session.Changes[0] != `CREATE SCHEMA "new schema"` {
		t.Errorf("a schema that is missing: %q", made.Session.Changes)
	}
	b.refused(t, connector.SinkRequest{Table: "_headgate_x"}, one("id int"), "headgate's own")
	b.refused(t, connector.SinkRequest{Table: strings.Repeat("x", 64)}, one("id int"), "64 bytes")
	b.refused(t, connector.SinkRequest{Table: "n"}, one(strings.Repeat("ü", 32)+" int"), "64 bytes")
	s := b.sink(t, b.name, connector.SinkRequest{Table: "t"})
	if _, err := s.Prepare(t.Context(), conntest.Schema(t, "id string", "must string"), run, false); err == nil || !strings.Contains(err.Error(), "column `id` of the table is integer, but the rows have string") {
		t.Errorf("string into integer: %v", err)
	}
}

func loadNames(t *testing.T, b base) {
	b.SQL(t, b.name, `CREATE SCHEMA "we.ird"; CREATE SCHEMA "Ü""q"`)
	for _, table := range []string{`O'Brien; DROP TABLE x`, `"we.ird"."a""b"`, `"Ü""q".select`, `Mixed Case`, `$1`, `%s`, `"back\slash"`} {
		rows := rowsOf(t, `id int; we"ird 'col int; SELECT string; %s int; $2 int`, "1|2|x|3|4", "2|NULL|O'Brien; DROP TABLE t|5|6")
		for _, req := range []connector.SinkRequest{
			{Table: table}, {Table: table, Mode: "replace"}, {Table: table, Mode: "truncate"}, {Table: table, Mode: "replace", Key: []string{"id"}},
			{Table: table + "2", Mode: "upsert", Key: []string{`we"ird 'col`, "id"}},
			{Table: table + "2", Mode: "mirror", Key: []string{"id", `we"ird 'col`}},
		} {
			if req.Key != nil {
				if strings.HasSuffix(table, `"`) {
					req.Table = table[:len(table)-1] + `2"`
				}
				req.Mode = map[bool]string{true: req.Mode, false: "upsert"}[req.Mode != "replace"]
				if req.Mode == "upsert" && len(req.Key) == 1 {
					continue
				}
				rows = rowsOf(t, `id int; we"ird 'col int; SELECT string; %s int; $2 int`, "1|2|x|3|4", "2|9|O'Brien; DROP TABLE t|5|6")
			}
			b.load(t, req, rows)
			conntest.Same(t, table+" "+req.Mode, b.read(t, connector.SourceRequest{Table: req.Table}), rows.Cells)
		}
	}
}

func loadWide(t *testing.T, b base) {
	var fields, cells []string
	for i := range 1600 {
		fields, cells = append(fields, fmt.Sprintf("column_number_%d bool", i)), append(cells, strconv.FormatBool(i%3 == 0))
	}
	rows := rowsOf(t, strings.Join(fields, "; "), strings.Join(cells, "|"), strings.Join(cells, "|"))
	b.load(t, connector.SinkRequest{Table: "t"}, rows)
	conntest.Same(t, "wide", b.read(t, connector.SourceRequest{Table: "t"}), rows.Cells)
	rows = rowsOf(t, strings.Join(append(fields, "more int"), "; "))
	b.refused(t, connector.SinkRequest{Table: "u"}, rows, "1601 columns")
	b.refused(t, connector.SinkRequest{Table: "t", Evolve: "add_columns"}, rows, "1601 columns")
}

func loadStatements(t *testing.T, b base) {
	req := connector.SinkRequest{Table: "t", Before: []string{"CREATE TABLE t (id int, name text DEFAULT 'd')"}, After: []string{"UPDATE t SET name = name || '!'; ANALYZE t"}}
	b.load(t, req, rowsOf(t, "id int", "1"))
	b.want(t, "SELECT * FROM t", "1|d!")
	for _, sql := range []string{"COMMIT", "ROLLBACK", "SELECT 1; END"} {
		s := b.sink(t, b.name, connector.SinkRequest{Table: "t", Before: []string{sql}})
		if _, err := s.Prepare(t.Context(), conntest.Schema(t, "id int"), run, false); err == nil || !strings.Contains(err.Error(), "before statement 1 ended the transaction") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	s := b.sink(t, b.name, connector.SinkRequest{Table: "t", After: []string{"SELECT 1/0"}})
	out := conntest.Load{Rows: rowsOf(t, "id int", "2"), Run: run}.Stage(t, s)
	if _, err := s.Commit(t.Context(), out.Session, out.Receipts, connector.State{Flow: "flow", Run: "x"}); err == nil || !strings.Contains(err.Error(), "22012") {
		t.Errorf("after: %v", err)
	}
	s.Close()
	b.want(t, "SELECT count(*) FROM t", "1")
}

func loadLimits(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (ts timestamp(0), tm time(3), d date, f real, s char(4), txt text, z timestamptz)")
	rows := rowsOf(t, "ts timestamp; tm time; d timestamp; f float; s int; txt decimal(5,2); z date",
		"2024-01-02T03:04:05Z|01:02:03.123|2024-01-02T00:00:00Z|0.1|12|1.50|2024-05-06",
		"2024-01-02T03:04:05.5Z|01:02:03|2024-01-02T00:00:00Z|1|1|1|2024-05-06",
		"2024-01-02T03:04:05Z|01:02:03.1234|2024-01-02T00:00:00Z|1|1|1|2024-05-06",
		"2024-01-02T03:04:05Z|01:02:03|2024-01-02T00:00:01Z|1|1|1|2024-05-06",
		"2024-01-02T03:04:05Z|01:02:03|2024-01-02T00:00:00Z|0.123456789|1|1|2024-05-06",
		"2024-01-02T03:04:05Z|01:02:03|2024-01-02T00:00:00Z|1|12345|1|2024-05-06")
	out := b.load(t, connector.SinkRequest{Table: "t"}, rows)
	if len(out.Rejects) != 5 {
		t.Errorf("rejects %q", out.Rejects)
	}
	b.want(t, "SET timezone = 'UTC'; SELECT * FROM t", "2024-01-02 03:04:05|01:02:03.123|2024-01-02|0.1|12  |1.50|2024-05-06 00:00:00+00")
}

// loadThousands writes to a numeric that keeps whole thousands only.
func loadThousands(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (n numeric(2,-3), m numeric(2,4))")
	out := b.load(t, connector.SinkRequest{Table: "t"}, rowsOf(t, "n int; m decimal(6,5)", "12000|0.00120", "12345|0.00120", "99000|0.00990", "100000|0.00120", "1000|0.01000", "-5000|0.00001"))
	if len(out.Rejects) != 4 {
		t.Errorf("rejects %q", out.Rejects)
	}
	b.want(t, "SELECT * FROM t ORDER BY n", "12000|0.0012\n99000|0.0099")
}

func loadIdentity(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text); INSERT INTO t (name) VALUES ('one')")
	b.load(t, connector.SinkRequest{Table: "t"}, rowsOf(t, "name string", "two"))
	b.load(t, connector.SinkRequest{Table: "t"}, rowsOf(t, "id int; name string", "7|seven"))
	b.load(t, connector.SinkRequest{Table: "t", Mode: "upsert", Key: []string{"id"}}, rowsOf(t, "id int; name string", "7|SEVEN", "8|eight"))
	b.want(t, "SELECT * FROM t ORDER BY id", "1|one\n2|two\n7|SEVEN\n8|eight")
}

func loadOther(t *testing.T, b base) {
	b.SQL(t, b.name, `CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE DOMAIN small AS int CHECK (VALUE < 10);
		CREATE TABLE t (i interval, net inet, b bit(3), m mood, dom small, a int[], ta text[], r int4range, mo money, x xml, p point)`)
	fields := "i string; net string; b string; m string; dom int; a json; ta json; r string; mo decimal(10,2); x string; p string"
	rows := rowsOf(t, fields, `P1Y2M3DT4H|10.0.0.1/8|101|happy|7|[1,[null]]|x|[1,5)|12.34|<a/>|(1,2)`)
	rows.Cells[0][5], rows.Cells[0][6] = "[[1,2],[3,null]]", `["a\"b\\","{c}",null,"NULL",""]`
	bad := slices.Clone(rows.Cells[0])
	bad[3] = "angry"
	domain := slices.Clone(rows.Cells[0])
	domain[4] = "11"
	rows.Cells = append(rows.Cells, bad, domain)
	out := b.load(t, connector.SinkRequest{Table: "t"}, rows)
	if len(out.Rejects) != 2 || !strings.Contains(out.Rejects[0], "22P02") || !strings.Contains(out.Rejects[1], "23514") {
		t.Errorf("rejects %q", out.Rejects)
	}
	b.want(t, "SELECT * FROM t", `1 year 2 mons 3 days 04:00:00|10.0.0.1/8|101|happy|7|{{1,2},{3,NULL}}|{"a\"b\\","{c}",NULL,"NULL",""}|[1,5)|$12.34|<a/>|(1,2)`)
	got := b.read(t, connector.SourceRequest{Table: "t"})
	want := []string{"P1Y2M3DT4H", "10.0.0.1/8", "101", "happy", "7", "[[1,2],[3,null]]", `["a\"b\\","{c}",null,"NULL",""]`, "[1,5)", "12.34", "<a/>", "(1,2)"}
	conntest.Same(t, "read back", got, [][]string{want})
}

func loadRowSecurity(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int, name text); ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (id < 10)")
	b.load(t, connector.SinkRequest{Table: "t", Mode: "replace"}, rowsOf(t, "id int; name string", "1|a"))
	b.want(t, "SELECT * FROM t", "1|a")
}

func loadPartitions(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int, name text, PRIMARY KEY (id)) PARTITION BY RANGE (id); CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10)")
	for _, mode := range []string{"append", "upsert", "replace", "mirror"} {
		req := connector.SinkRequest{Table: "t", Mode: mode}
		if mode == "upsert" || mode == "mirror" {
			req.Key = []string{"id"}
		}
		out := b.load(t, req, rowsOf(t, "id int; name string", "1|"+mode, "11|outside"))
		if len(out.Rejects) != 1 || !strings.Contains(out.Rejects[0], "23514") {
			t.Errorf("%s: %q", mode, out.Rejects)
		}
		b.want(t, "SELECT * FROM t1", "1|"+mode)
	}
}

// loadLock keeps two runs of a flow from writing at once.
func loadLock(t *testing.T, b base) {
	first := b.sink(t, b.name, connector.SinkRequest{Table: "t"})
	out := conntest.Load{Rows: conntest.Numbered(t, 3), Run: run}.Stage(t, first)
	cfg := b.config(b.name)
	cfg.LockTimeout = 200e6
	second := b.sinkOf(t, cfg, connector.SinkRequest{Table: "t"})
	if _, err := second.Prepare(t.Context(), conntest.Numbered(t, 1).Schema, connector.Run{ID: "run-2", Flow: "flow"}, false); err == nil || !strings.Contains(err.Error(), "another run of the flow flow") {
		t.Errorf("second: %v", err)
	}
	if err := first.Abort(t.Context(), out.Session, nil); err != nil {
		t.Error(err)
	}
}

// loadNotices loads into a table whose trigger talks more than a socket holds.
func loadNotices(t *testing.T, b base) {
	b.SQL(t, b.name, `CREATE TABLE t (id int, name text); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '%', repeat('x', 1000); RETURN NEW; END $$;
		CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()`)
	b.load(t, connector.SinkRequest{Table: "t"}, conntest.Numbered(t, 20_000))
	b.want(t, "SELECT count(*) FROM t", "20000")
}
