package postgres_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/sqltest"
	"github.com/headgate/headgate/connector/postgres"
	"github.com/headgate/headgate/connector/record"
)

func TestRead(t *testing.T) {
	d := start(t)
	d.server().RunReads(t)
	for name, test := range map[string]func(*testing.T, base){
		"types": readTypes, "numerics": readNumerics, "query": readQuery, "columns": readColumns, "splits": readSplits,
		"words":  readRefusals,
		"copies": readCopies, "read only": readOnly, "describe": readDescribe, "lost": readLost,
	} {
		t.Run(name, func(t *testing.T) { test(t, d.base(t)) })
	}
}

// typeCases are a type, a value as the server takes it, the field's type, and the value as it is read. A
// "!" marks a cell that cannot be: the row is a reject.
var typeCases = []struct{ column, value, field, text string }{
	{"bool", "true", "bool", "true"}, {"smallint", "-32768", "int", "-32768"}, {"integer", "2147483647", "int", "2147483647"},
	{"bigint", "-9223372036854775808", "int", "-9223372036854775808"}, {"oid", "4294967295", "int", "4294967295"},
	{"real", "0.1", "float", "0.1"}, {"real", "NaN", "float", "NaN"}, {"double precision", "1e-300", "float", "1e-300"}, {"double precision", "-Infinity", "float", "-Infinity"},
	{"numeric(38,10)", "1234567890123456789012345678.0123456789", "decimal(38,10)", "1234567890123456789012345678.0123456789"},
	{"numeric(38,10)", "-0.0000000001", "decimal(38,10)", "-0.0000000001"}, {"numeric(12,2)", "NaN", "decimal(12,2)", `!NaN is not a decimal(12,2)`},
	{"numeric(5,0)", "99999", "decimal(5,0)", "99999"}, {"numeric(3,5)", "0.00123", "decimal(5,5)", "0.00123"}, {"numeric(2,-3)", "12000", "decimal(5,0)", "12000"},
	{"numeric(50,2)", "1.50", "string", "1.50"}, {"money", "-1234.50", "decimal(19,2)", "-1234.50"},
	{"text", "ünï 🙂\t\\x", "string", "ünï 🙂\t\\x"}, {"varchar(40)", "x", "string", "x"}, {"varchar", "x", "string", "x"}, {"char(4)", "ab", "string", "ab  "}, {"name", "n", "string", "n"}, {`"char"`, "c", "string", "c"},
	{"bytea", `\x0001ff`, "bytes", "AAH/"}, {"date", "2024-02-29", "date", "2024-02-29"}, {"date", "infinity", "date", "!infinity is not a date"}, {"date", "0044-03-15 BC", "date", "!a date outside"},
	{"time", "23:59:59.999999", "time", "23:59:59.999999"}, {"time", "24:00", "time", "!24:00:00 is not"}, {"timetz", "10:00+02", "string", "10:00:00+02"},
	{"timestamp", "2024-01-02 03:04:05.678901", "timestamp", "2024-01-02T03:04:05.678901Z"}, {"timestamp(0)", "2024-01-02 03:04:05", "timestamp", "2024-01-02T03:04:05Z"},
	{"timestamptz", "2024-01-02 03:04:05+02", "timestamp", "2024-01-02T01:04:05Z"}, {"timestamptz", "-infinity", "timestamp", "!-infinity is not a timestamp"}, {"timestamp", "20000-01-01", "timestamp", "!a timestamp outside"},
	{"interval", "1 year 2 mons -3 days 04:05:06.7", "string", "P1Y2M-3DT4H5M6.7S"},
	{"json", `{"b":1, "a":[1.50]}`, "json", `{"b":1, "a":[1.50]}`}, {"jsonb", `{"b":1, "a":[1.50]}`, "json", `{"a": [1.50], "b": 1}`},
	{"uuid", "123E4567-E89B-12D3-A456-426614174000", "uuid", "123e4567-e89b-12d3-a456-426614174000"},
	{"int[]", "{1,NULL,3}", "json", "[1,null,3]"}, {"text[]", `{"a b","c\"d"}`, "json", `["a b","c\"d"]`}, {"numeric(4,2)[]", "{1.50}", "json", "[1.50]"},
	{"inet", "10.1.2.3/8", "string", "10.1.2.3/8"}, {"cidr", "10.0.0.0/8", "string", "10.0.0.0/8"}, {"macaddr", "08:00:2b:01:02:03", "string", "08:00:2b:01:02:03"},
	{"bit(3)", "101", "string", "101"}, {"varbit", "1", "string", "1"}, {"int4range", "[1,5)", "string", "[1,5)"}, {"point", "(1,2.5)", "string", "(1,2.5)"},
	{"tsvector", "'a':1", "string", "'a':1"}, {"xml", "<a/>", "string", "<a/>"}, {"pg_lsn", "16/B374D848", "string", "16/B374D848"}, {"regclass", "pg_class", "string", "pg_class"},
	{"mood", "happy", "string", "happy"}, {"positive", "3", "int", "3"}, {"pair", "(1,x)", "json", `{"a":1,"b":"x"}`},
}

const ownTypes = "CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE DOMAIN positive AS int CHECK (VALUE > 0); CREATE TYPE pair AS (a int, b text)"

func readTypes(t *testing.T, b base) {
	b.SQL(t, b.name, ownTypes)
	for i, c := range typeCases {
		table := fmt.Sprintf("t%d", i)
		b.SQL(t, b.name, fmt.Sprintf("CREATE TABLE %s (c %s, k int); INSERT INTO %s VALUES ('%s', 1), (NULL, 2)", table, c.column, table, strings.ReplaceAll(c.value, "'", "''")))
		src := b.Source(t, connector.SourceRequest{Table: table})
		st, rows, _ := conntest.Read(t, src, nil)
		src.Close()
		if got := st.Schema.Fields[0].Type.String(); got != c.field {
			t.Errorf("%s is read as %s, want %s", c.column, got, c.field)
		}
		if len(rows) != 2 || rows[0][0] != c.text && !(c.text[0] == '!' && strings.HasPrefix(rows[0][0], c.text)) || rows[1][0] != conntest.Null {
			t.Errorf("%s %s: %q, want %q", c.column, c.value, rows, c.text)
		}
		if c.text[0] == '!' || st.Schema.Fields[0].Native.Name == "" || c.column == "positive" { // a domain's copy is of its base type
			continue
		}
		// The round trip: the same type, the same value.
		s := b.Sink(t, connector.SinkRequest{Table: "copy_" + table})
		out := conntest.Load{Rows: conntest.Rows{Schema: st.Schema, Cells: rows}, Run: sqltest.Run}.Write(t, s)
		if len(out.Rejects) > 0 {
			t.Errorf("%s: %q", c.column, out.Rejects)
			continue
		}
		b.Want(t, fmt.Sprintf("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'copy_%s'::regclass AND attname = 'c'", table),
			b.SQL(t, b.name, fmt.Sprintf("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '%s'::regclass AND attname = 'c'", table)))
		b.Want(t, fmt.Sprintf("SELECT count(*) FROM (SELECT c::text, k FROM %s EXCEPT ALL SELECT c::text, k FROM copy_%s) x", table, table), "0")
	}
}

func readNumerics(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (n numeric); INSERT INTO t VALUES (1.5), (2.25), (1234567890.1), (0), (10000), (0.0001), (NULL), (12345678901234567890)")
	src := b.Source(t, connector.SourceRequest{Table: "t"})
	st, rows, _ := conntest.Read(t, src, nil)
	if got := st.Schema.Fields[0].Type.String(); got != "decimal(38,4)" || len(st.Notes) != 1 {
		t.Errorf("%s, %q", got, st.Notes)
	}
	conntest.Same(t, "numerics", rows, [][]string{{"1.5000"}, {"2.2500"}, {"1234567890.1000"}, {"0.0000"}, {"10000.0000"}, {"0.0001"}, {conntest.Null}, {"12345678901234567890.0000"}})
	declared := conntest.Schema(t, "n decimal(20,1)").Fields
	rows = b.Read(t, connector.SourceRequest{Table: "t", Columns: declared})
	if rows[0][0] != "1.5" || !strings.HasPrefix(rows[1][0], "!") || rows[2][0] != "1234567890.1" || !strings.HasPrefix(rows[7][0], "!") {
		t.Errorf("declared: %q", rows)
	}
	rows = b.Read(t, connector.SourceRequest{Query: "SELECT sum(n) AS s, count(*) AS c, 1.10 AS lit FROM t WHERE n < 3"})
	conntest.Same(t, "sums", rows, [][]string{{"3.7501", "4", "1.10"}})
}

func readQuery(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int, name text, day date); INSERT INTO t SELECT i, 'n' || i, date '2024-01-01' + i FROM generate_series(1, 10) i")
	rows := b.Read(t, connector.SourceRequest{
		Query: "SELECT id, name -- :not\nFROM t /* :nor */ WHERE day::date > :day AND name <> ':no' AND id < :max AND (:flag OR :none::int IS NOT NULL) ORDER BY id LIMIT :n;  -- end",
		Args:  map[string]any{"day": "2024-01-03", "max": int64(9), "flag": true, "none": nil, "n": int64(3)}})
	conntest.Same(t, "query", rows, [][]string{{"3", "n3"}, {"4", "n4"}, {"5", "n5"}})
	rows = b.Read(t, connector.SourceRequest{Query: "SELECT name FROM t WHERE name = :x", Args: map[string]any{"x": "n1'; DROP TABLE t; --"}})
	if len(rows) != 0 {
		t.Errorf("%q", rows)
	}
}

func readRefusals(t *testing.T, b base) {
	b.Fails(t, connector.SourceRequest{Query: "DELETE FROM orders"}, "SQLSTATE 42601")
	b.Fails(t, connector.SourceRequest{Query: "SELECT 1 AS a, 2 AS a"}, "two columns are called `a`")
}

func readColumns(t *testing.T, b base) {
	b.SQL(t, b.name, `CREATE TABLE t (a int NOT NULL, "B b" varchar(7), c numeric(6,2), gone int, PRIMARY KEY (c, a)); ALTER TABLE t DROP COLUMN gone; INSERT INTO t VALUES (1, 'x', 2.5)`)
	src := b.Source(t, connector.SourceRequest{Table: "public.t", Select: []string{"c", "B b", "a"}})
	st, rows, _ := conntest.Read(t, src, nil)
	conntest.Same(t, "selected", rows, [][]string{{"2.50", "x", "1"}})
	for i, want := range []record.Native{
		{Dialect: "PostgreSQL", Name: "numeric(6,2)", NotNull: true, Key: 1}, {Dialect: "PostgreSQL", Name: "character varying(7)", Length: 7}, {Dialect: "PostgreSQL", Name: "integer", NotNull: true, Key: 2},
	} {
		f := st.Schema.Fields[i]
		want.As = f.Type
		if f.Native != want {
			t.Errorf("%s: %+v, want %+v", f.Name, f.Native, want)
		}
	}
	rows = b.Read(t, connector.SourceRequest{Table: "t", Columns: conntest.Schema(t, "a string", "c float", "no int").Fields, MissingColumn: "ignore", NewColumn: "add"})
	conntest.Same(t, "declared", rows, [][]string{{"1", "2.5", conntest.Null, "x"}})
}

func readSplits(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int, skew text); INSERT INTO t SELECT i, CASE WHEN i % 3 = 0 THEN NULL WHEN i % 2 = 0 THEN 'same' ELSE 'k' || i END FROM generate_series(1, 10000) i; ANALYZE t")
	b.WantSplits(t, "id", "skew")
}

// readCopies brings a table to another of the same server with types, keys and nulls.
func readCopies(t *testing.T, b base) {
	b.SQL(t, b.name, `CREATE TABLE t (id bigserial, part char(3) NOT NULL, a int[], made int GENERATED ALWAYS AS (1) STORED, at timestamp(3), j jsonb, up text COLLATE "C", self bigint, PRIMARY KEY (id, part));
		INSERT INTO t (part, a, at, j, self) SELECT 'x', ARRAY[i, NULL], now(), jsonb_build_object('i', i), NULLIF(i - 1, 0) FROM generate_series(1, 1000) i`)
	src := b.Source(t, connector.SourceRequest{Table: "t"})
	st, rows, _ := conntest.Read(t, src, nil)
	conntest.Load{Rows: conntest.Rows{Schema: st.Schema, Cells: rows}, Run: sqltest.Run}.Write(t, b.Sink(t, connector.SinkRequest{Table: "copy", Mode: "replace"}))
	b.Want(t, "SELECT count(*) FROM (TABLE t EXCEPT ALL TABLE copy) x", "0")
	b.Want(t, "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'copy'::regclass AND contype = 'p'", "PRIMARY KEY (id, part)")
	b.Want(t, "SELECT string_agg(format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN '!' ELSE '' END, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'copy'::regclass AND attnum > 0",
		"bigint!,character(3)!,integer[],integer,timestamp(3) without time zone,jsonb,text,bigint")
}

// readOnly tries to change something from a source.
func readOnly(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int); CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (1); RETURN 1; END $$")
	b.ReadFails(t, "SELECT f()", "25006")
	b.Want(t, "SELECT count(*) FROM t", "0")
}

// readLost has the server fail in the middle of the rows.
func readLost(t *testing.T, b base) {
	b.ReadFails(t, "SELECT 1 / (50000 - i) AS x FROM generate_series(1, 100000) i", "22012")
}

func readDescribe(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (a numeric(10,2), b text, c int[], PRIMARY KEY (b, a)); INSERT INTO t SELECT i, 'x' FROM generate_series(1, 50) i; ANALYZE t; CREATE SCHEMA s; CREATE VIEW s.v AS SELECT 1 AS one")
	describe := func(name string) ([]connector.Relation, error) {
		return postgres.Type().Table.Describe(t.Context(), env(), b.config(b.name), name)
	}
	all, err := describe("")
	if err != nil || len(all) != 2 || all[0].Name != "t" || all[0].Rows != 50 || all[1].Name != "s.v" || all[1].Kind != "view" {
		t.Errorf("%+v, %v", all, err)
	}
	one, err := describe("t")
	if err != nil || len(one) != 1 || len(one[0].Columns) != 3 || len(one[0].Indexes) != 1 {
		t.Fatalf("%+v, %v", one, err)
	}
	if want := (connector.RelationColumn{Name: "a", Type: "numeric(10,2)", As: "decimal(10,2)", NotNull: true, Key: 2}); one[0].Columns[0] != want {
		t.Errorf("%+v, want %+v", one[0].Columns[0], want)
	}
	if _, err := describe("s.w"); err == nil || !strings.Contains(err.Error(), "did you mean `s.v`") {
		t.Error(err)
	}
}
