package postgres_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/sqltest"
)

func TestLoad(t *testing.T) {
	d := start(t)
	d.server().RunLoads(t)
	for name, test := range map[string]func(*testing.T, base){
		"same":    loadSame,
		"rejects": loadRejects, "evolve": loadEvolve, "refusals": loadRefusals, "names": loadNames,
		"wide": loadWide, "statements": loadStatements, "limits": loadLimits, "thousands": loadThousands, "identity": loadIdentity, "other types": loadOther,
		"row security": loadRowSecurity, "partitions": loadPartitions, "notices": loadNotices,
	} {
		t.Run(name, func(t *testing.T) { test(t, d.base(t)) })
	}
}

// loadSame upserts a row that is there as it is: it is not written again.
func loadSame(t *testing.T, b base) {
	req := connector.SinkRequest{Table: "t", Mode: "upsert", Key: []string{"id"}}
	b.Load(t, req, sqltest.RowsOf(t, "id int; name string", "1|a", "2|B"))
	before := b.SQL(t, b.name, "SELECT ctid, xmin FROM t WHERE id = 1")
	b.Load(t, req, sqltest.RowsOf(t, "id int; name string", "1|a", "2|b2"))
	b.Want(t, "SELECT ctid, xmin FROM t WHERE id = 1", before)
	b.Want(t, "SELECT name FROM t WHERE id = 2", "b2")
}

func loadRejects(t *testing.T, b base) {
	b.server().RunRejects(t, b.Base, "23505", "23514", "23503", "must: null value", "23502", `few: "abcd" does not fit character varying(3)`, "e: 1.230 does not fit numeric(4,1)", "e: 1000.000", "id: 99999999999 does not fit integer")
}

func loadEvolve(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (a smallint, b varchar(2), c numeric(4,2), d real)")
	rows := sqltest.RowsOf(t, "a int; b string; c decimal(10,4); d float; e date", "100000|long|12345.6789|0.1|2024-01-02")
	b.Refused(t, connector.SinkRequest{Table: "t"}, rows, "no column `e`", "evolve: add_columns")
	out := b.Load(t, connector.SinkRequest{Table: "t", Evolve: "widen"}, rows)
	b.Want(t, "SELECT * FROM t", "100000|long|12345.6789|0.1|2024-01-02")
	b.Want(t, `SELECT string_agg(format_type(atttypid, atttypmod), ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0`,
		"bigint,text,numeric(10,4),double precision,date")
	if len(out.Session.Changes) != 6 {
		t.Errorf("changes %q", out.Session.Changes)
	}
}

func loadRefusals(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int PRIMARY KEY, must text NOT NULL, made int GENERATED ALWAYS AS (id * 2) STORED, n text); CREATE VIEW v AS SELECT 1 AS id")
	one := func(fields string) conntest.Rows { return sqltest.RowsOf(t, fields) }
	b.Refused(t, connector.SinkRequest{Table: "t"}, one("id int"), "`must` of the table must not be NULL")
	b.Refused(t, connector.SinkRequest{Table: "t"}, one("id int; must string; made int"), "`made` is computed")
	b.Refused(t, connector.SinkRequest{Table: "v"}, one("id int"), "is a view")
	b.Refused(t, connector.SinkRequest{Table: "tt", Create: "never"}, one("id int"), "no table or view `tt`", "did you mean `t`", "create: never")
	b.Refused(t, connector.SinkRequest{Table: "t", Mode: "upsert", Key: []string{"n"}}, one("id int; must string; n string"), "CREATE UNIQUE INDEX")
	b.Refused(t, connector.SinkRequest{Table: "nowhere.t", Create: "never"}, one("id int"), "nowhere", "create: never")
	made := b.Load(t, connector.SinkRequest{Table: "new schema.t"}, one("id int"))
	if len(made.Session.Changes) == 0 || made.Session.Changes[0] != `CREATE SCHEMA "new schema"` {
		t.Errorf("a schema that is missing: %q", made.Session.Changes)
	}
	b.Refused(t, connector.SinkRequest{Table: "_headgate_x"}, one("id int"), "headgate's own")
	b.Refused(t, connector.SinkRequest{Table: strings.Repeat("x", 64)}, one("id int"), "64 bytes")
	b.Refused(t, connector.SinkRequest{Table: "n"}, one(strings.Repeat("ü", 32)+" int"), "64 bytes")
	s := b.Sink(t, connector.SinkRequest{Table: "t"})
	if _, err := s.Prepare(t.Context(), conntest.Schema(t, "id string", "must string"), sqltest.Run, false); err == nil || !strings.Contains(err.Error(), "column `id` of the table is integer, but the rows have string") {
		t.Errorf("string into integer: %v", err)
	}
}

func loadNames(t *testing.T, b base) {
	b.SQL(t, b.name, `CREATE SCHEMA "we.ird"; CREATE SCHEMA "Ü""q"`)
	b.WantNames(t, `"`, `we"ird 'col`, "$2", `O'Brien; DROP TABLE x`, `"we.ird"."a""b"`, `"Ü""q".select`, `Mixed Case`, `$1`, `%s`, `"back\slash"`)
}

func loadWide(t *testing.T, b base) { b.WantWidest(t, 1600) }

func loadStatements(t *testing.T, b base) {
	req := connector.SinkRequest{Table: "t", Before: []string{"CREATE TABLE t (id int, name text DEFAULT 'd')"}, After: []string{"UPDATE t SET name = name || '!'; ANALYZE t"}}
	b.Load(t, req, sqltest.RowsOf(t, "id int", "1"))
	b.Want(t, "SELECT * FROM t", "1|d!")
	b.WantOneTransaction(t, "COMMIT", "ROLLBACK", "SELECT 1; END")
	s := b.Sink(t, connector.SinkRequest{Table: "t", After: []string{"SELECT 1/0"}})
	out := conntest.Load{Rows: sqltest.RowsOf(t, "id int", "2"), Run: sqltest.Run}.Stage(t, s)
	if _, err := s.Commit(t.Context(), out.Session, out.Receipts, connector.State{Flow: "flow", Run: "x"}); err == nil || !strings.Contains(err.Error(), "22012") {
		t.Errorf("after: %v", err)
	}
	s.Close()
	b.Want(t, "SELECT count(*) FROM t", "1")
}

func loadLimits(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (ts timestamp(0), tm time(3), d date, f real, s char(4), txt text, z timestamptz)")
	rows := sqltest.RowsOf(t, "ts timestamp; tm time; d timestamp; f float; s int; txt decimal(5,2); z date",
		"2024-01-02T03:04:05Z|01:02:03.123|2024-01-02T00:00:00Z|0.1|12|1.50|2024-05-06",
		"2024-01-02T03:04:05.5Z|01:02:03|2024-01-02T00:00:00Z|1|1|1|2024-05-06",
		"2024-01-02T03:04:05Z|01:02:03.1234|2024-01-02T00:00:00Z|1|1|1|2024-05-06",
		"2024-01-02T03:04:05Z|01:02:03|2024-01-02T00:00:01Z|1|1|1|2024-05-06",
		"2024-01-02T03:04:05Z|01:02:03|2024-01-02T00:00:00Z|0.123456789|1|1|2024-05-06",
		"2024-01-02T03:04:05Z|01:02:03|2024-01-02T00:00:00Z|1|12345|1|2024-05-06")
	out := b.Load(t, connector.SinkRequest{Table: "t"}, rows)
	if len(out.Rejects) != 5 {
		t.Errorf("rejects %q", out.Rejects)
	}
	b.Want(t, "SET timezone = 'UTC'; SELECT * FROM t", "2024-01-02 03:04:05|01:02:03.123|2024-01-02|0.1|12  |1.50|2024-05-06 00:00:00+00")
}

// loadThousands writes to a numeric that keeps whole thousands only.
func loadThousands(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (n numeric(2,-3), m numeric(2,4))")
	out := b.Load(t, connector.SinkRequest{Table: "t"}, sqltest.RowsOf(t, "n int; m decimal(6,5)", "12000|0.00120", "12345|0.00120", "99000|0.00990", "100000|0.00120", "1000|0.01000", "-5000|0.00001"))
	if len(out.Rejects) != 4 {
		t.Errorf("rejects %q", out.Rejects)
	}
	b.Want(t, "SELECT * FROM t ORDER BY n", "12000|0.0012\n99000|0.0099")
}

func loadIdentity(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text); INSERT INTO t (name) VALUES ('one')")
	b.Load(t, connector.SinkRequest{Table: "t"}, sqltest.RowsOf(t, "name string", "two"))
	b.Load(t, connector.SinkRequest{Table: "t"}, sqltest.RowsOf(t, "id int; name string", "7|seven"))
	b.Load(t, connector.SinkRequest{Table: "t", Mode: "upsert", Key: []string{"id"}}, sqltest.RowsOf(t, "id int; name string", "7|SEVEN", "8|eight"))
	b.Want(t, "SELECT * FROM t ORDER BY id", "1|one\n2|two\n7|SEVEN\n8|eight")
}

func loadOther(t *testing.T, b base) {
	b.SQL(t, b.name, `CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE DOMAIN small AS int CHECK (VALUE < 10);
		CREATE TABLE t (i interval, net inet, b bit(3), m mood, dom small, a int[], ta text[], r int4range, mo money, x xml, p point)`)
	fields := "i string; net string; b string; m string; dom int; a json; ta json; r string; mo decimal(10,2); x string; p string"
	rows := sqltest.RowsOf(t, fields, `P1Y2M3DT4H|10.0.0.1/8|101|happy|7|[1,[null]]|x|[1,5)|12.34|<a/>|(1,2)`)
	rows.Cells[0][5], rows.Cells[0][6] = "[[1,2],[3,null]]", `["a\"b\\","{c}",null,"NULL",""]`
	bad := slices.Clone(rows.Cells[0])
	bad[3] = "angry"
	domain := slices.Clone(rows.Cells[0])
	domain[4] = "11"
	rows.Cells = append(rows.Cells, bad, domain)
	out := b.Load(t, connector.SinkRequest{Table: "t"}, rows)
	if len(out.Rejects) != 2 || !strings.Contains(out.Rejects[0], "22P02") || !strings.Contains(out.Rejects[1], "23514") {
		t.Errorf("rejects %q", out.Rejects)
	}
	b.Want(t, "SELECT * FROM t", `1 year 2 mons 3 days 04:00:00|10.0.0.1/8|101|happy|7|{{1,2},{3,NULL}}|{"a\"b\\","{c}",NULL,"NULL",""}|[1,5)|$12.34|<a/>|(1,2)`)
	got := b.Read(t, connector.SourceRequest{Table: "t"})
	want := []string{"P1Y2M3DT4H", "10.0.0.1/8", "101", "happy", "7", "[[1,2],[3,null]]", `["a\"b\\","{c}",null,"NULL",""]`, "[1,5)", "12.34", "<a/>", "(1,2)"}
	conntest.Same(t, "read back", got, [][]string{want})
}

func loadRowSecurity(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int, name text); ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (id < 10)")
	b.Load(t, connector.SinkRequest{Table: "t", Mode: "replace"}, sqltest.RowsOf(t, "id int; name string", "1|a"))
	b.Want(t, "SELECT * FROM t", "1|a")
}

func loadPartitions(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int, name text, PRIMARY KEY (id)) PARTITION BY RANGE (id); CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10)")
	for _, mode := range []string{"append", "upsert", "replace", "mirror"} {
		req := connector.SinkRequest{Table: "t", Mode: mode}
		if mode == "upsert" || mode == "mirror" {
			req.Key = []string{"id"}
		}
		out := b.Load(t, req, sqltest.RowsOf(t, "id int; name string", "1|"+mode, "11|outside"))
		if len(out.Rejects) != 1 || !strings.Contains(out.Rejects[0], "23514") {
			t.Errorf("%s: %q", mode, out.Rejects)
		}
		b.Want(t, "SELECT * FROM t1", "1|"+mode)
	}
}

// loadNotices loads into a table whose trigger talks more than a socket holds.
func loadNotices(t *testing.T, b base) {
	b.SQL(t, b.name, `CREATE TABLE t (id int, name text); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '%', repeat('x', 1000); RETURN NEW; END $$;
		CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()`)
	b.Load(t, connector.SinkRequest{Table: "t"}, conntest.Numbered(t, 20_000))
	b.Want(t, "SELECT count(*) FROM t", "20000")
}
