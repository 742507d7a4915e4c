package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/postgres"
	"github.com/headgate/headgate/connector/record"
)

func TestRead(t *testing.T) {
	d := start(t)
	for name, test := range map[string]func(*testing.T, base){
		"types": readTypes, "numerics": readNumerics, "query": readQuery, "columns": readColumns, "splits": readSplits, "snapshot": readSnapshot,
		"incremental": readIncremental, "nulls": readNulls, "lag": readLag, "backfill": readBackfill, "ranges": readRanges, "refusals": readRefusals,
		"copies": readCopies, "read only": readOnly, "large": readLarge, "describe": readDescribe, "lost": readLost,
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
		src := b.source(t, b.name, connector.SourceRequest{Table: table})
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
		s := b.sink(t, b.name, connector.SinkRequest{Table: "copy_" + table})
		out := conntest.Load{Rows: conntest.Rows{Schema: st.Schema, Cells: rows}, Run: run}.Write(t, s)
		if len(out.Rejects) > 0 {
			t.Errorf("%s: %q", c.column, out.Rejects)
			continue
		}
		b.want(t, fmt.Sprintf("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'copy_%s'::regclass AND attname = 'c'", table),
			b.SQL(t, b.name, fmt.Sprintf("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '%s'::regclass AND attname = 'c'", table)))
		b.want(t, fmt.Sprintf("SELECT count(*) FROM (SELECT c::text, k FROM %s EXCEPT ALL SELECT c::text, k FROM copy_%s) x", table, table), "0")
	}
}

func readNumerics(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (n numeric); INSERT INTO t VALUES (1.5), (2.25), (1234567890.1), (0), (10000), (0.0001), (NULL), (12345678901234567890)")
	src := b.source(t, b.name, connector.SourceRequest{Table: "t"})
	st, rows, _ := conntest.Read(t, src, nil)
	if got := st.Schema.Fields[0].Type.String(); got != "decimal(38,4)" || len(st.Notes) != 1 {
		t.Errorf("%s, %q", got, st.Notes)
	}
	conntest.Same(t, "numerics", rows, [][]string{{"1.5000"}, {"2.2500"}, {"1234567890.1000"}, {"0.0000"}, {"10000.0000"}, {"0.0001"}, {conntest.Null}, {"12345678901234567890.0000"}})
	declared := conntest.Schema(t, "n decimal(20,1)").Fields
	rows = b.read(t, connector.SourceRequest{Table: "t", Columns: declared})
	if rows[0][0] != "1.5" || !strings.HasPrefix(rows[1][0], "!") || rows[2][0] != "1234567890.1" || !strings.HasPrefix(rows[7][0], "!") {
		t.Errorf("declared: %q", rows)
	}
	rows = b.read(t, connector.SourceRequest{Query: "SELECT sum(n) AS s, count(*) AS c, 1.10 AS lit FROM t WHERE n < 3"})
	conntest.Same(t, "sums", rows, [][]string{{"3.7501", "4", "1.10"}})
}

func readQuery(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int, name text, day date); INSERT INTO t SELECT i, 'n' || i, date '2024-01-01' + i FROM generate_series(1, 10) i")
	rows := b.read(t, connector.SourceRequest{
		Query: "SELECT id, name -- :not\nFROM t /* :nor */ WHERE day::date > :day AND name <> ':no' AND id < :max AND (:flag OR :none::int IS NOT NULL) ORDER BY id LIMIT :n;  -- end",
		Args:  map[string]any{"day": "2024-01-03", "max": int64(9), "flag": true, "none": nil, "n": int64(3)}})
	conntest.Same(t, "query", rows, [][]string{{"3", "n3"}, {"4", "n4"}, {"5", "n5"}})
	rows = b.read(t, connector.SourceRequest{Query: "SELECT name FROM t WHERE name = :x", Args: map[string]any{"x": "n1'; DROP TABLE t; --"}})
	if len(rows) != 0 {
		t.Errorf("%q", rows)
	}
}

// fails is the error of discovering, planning or reading.
func (b base) fails(t *testing.T, req connector.SourceRequest, words ...string) {
	t.Helper()
	s := b.source(t, b.name, req)
	defer s.Close()
	_, err := s.Discover(t.Context())
	if err == nil {
		t.Errorf("%+v: no error, want one with %q", req, words)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q lacks %q", err, w)
		}
	}
}

func readRefusals(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE orders (id int, at timestamp, n int); INSERT INTO orders VALUES (1, NULL, 1)")
	b.fails(t, connector.SourceRequest{Table: "order"}, "no table or view `order`", "did you mean `orders`")
	b.fails(t, connector.SourceRequest{Table: "orders", Select: []string{"idd"}}, "no column `idd`", "did you mean `id`")
	b.fails(t, connector.SourceRequest{Query: "SELECT 1; SELECT 2"}, "more than one statement")
	b.fails(t, connector.SourceRequest{Query: "SELECT 1) AS q; DROP TABLE orders; --"}, "more than one statement")
	b.fails(t, connector.SourceRequest{Query: "DELETE FROM orders"}, "SQLSTATE 42601")
	b.fails(t, connector.SourceRequest{Query: "SELECT 1 AS a, 2 AS a"}, "two columns are called `a`")
	b.fails(t, connector.SourceRequest{Query: "SELECT :x"}, "no value for the parameter :x")
	b.fails(t, connector.SourceRequest{Query: "SELECT 1", Args: map[string]any{"x": int64(1)}}, "no parameter :x")
	b.fails(t, connector.SourceRequest{Table: "orders", Incremental: &connector.Incremental{Cursor: "att"}}, "no column `att`", "`at`")
	b.fails(t, connector.SourceRequest{Table: "orders", Incremental: &connector.Incremental{Cursor: "at", Lag: time.Hour}}, "tie_breaker")
	b.fails(t, connector.SourceRequest{Table: "orders", Incremental: &connector.Incremental{Cursor: "n", TieBreaker: "id", Lag: time.Hour}}, "lag is a time")
	b.fails(t, connector.SourceRequest{Table: "orders", Incremental: &connector.Incremental{Cursor: "at", Nulls: "fail"}}, "nulls: fail")
	b.fails(t, connector.SourceRequest{Table: "orders", Split: &connector.SplitBy{Column: "x"}}, "split: no column `x`")
	b.fails(t, connector.SourceRequest{Table: "a.b.c"}, "3 parts")
}

func readColumns(t *testing.T, b base) {
	b.SQL(t, b.name, `CREATE TABLE t (a int NOT NULL, "B b" varchar(7), c numeric(6,2), gone int, PRIMARY KEY (c, a)); ALTER TABLE t DROP COLUMN gone; INSERT INTO t VALUES (1, 'x', 2.5)`)
	src := b.source(t, b.name, connector.SourceRequest{Table: "public.t", Select: []string{"c", "B b", "a"}})
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
	rows = b.read(t, connector.SourceRequest{Table: "t", Columns: conntest.Schema(t, "a string", "c float", "no int").Fields, MissingColumn: "ignore", NewColumn: "add"})
	conntest.Same(t, "declared", rows, [][]string{{"1", "2.5", conntest.Null, "x"}})
}

func readSplits(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int, skew text); INSERT INTO t SELECT i, CASE WHEN i % 3 = 0 THEN NULL WHEN i % 2 = 0 THEN 'same' ELSE 'k' || i END FROM generate_series(1, 10000) i; ANALYZE t")
	for _, by := range []string{"id", "skew"} {
		for _, from := range []connector.SourceRequest{{Table: "t"}, {Query: "SELECT * FROM t"}} {
			from.Split = &connector.SplitBy{Column: by, TargetRows: 900}
			src := b.source(t, b.name, from)
			_, rows, plan := conntest.Read(t, src, nil)
			src.Close()
			if len(rows) != 10000 || len(plan.Splits) < 4 || by == "id" && len(plan.Splits) != 12 {
				t.Errorf("%s: %d rows in %d splits", by, len(rows), len(plan.Splits))
			}
			seen := map[string]bool{}
			for _, r := range rows {
				seen[r[0]] = true
			}
			if len(seen) != 10000 {
				t.Errorf("%s: %d different rows", by, len(seen))
			}
		}
	}
}

// readSnapshot changes the table while its splits are read, two of them at once.
func readSnapshot(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int, v int); INSERT INTO t SELECT i, 0 FROM generate_series(1, 3000) i; ANALYZE t")
	src := b.source(t, b.name, connector.SourceRequest{Table: "t", Split: &connector.SplitBy{Column: "id", TargetRows: 1000}})
	if _, err := src.Discover(t.Context()); err != nil {
		t.Fatal(err)
	}
	plan, err := src.Plan(t.Context(), nil)
	if err != nil || len(plan.Splits) != 3 {
		t.Fatalf("%+v, %v", plan, err)
	}
	first, err := src.Open(t.Context(), plan.Splits[0])
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	b.SQL(t, b.name, "UPDATE t SET v = 1; DELETE FROM t WHERE id > 1500; INSERT INTO t VALUES (2500, 7)")
	rows := 0
	for _, sp := range plan.Splits[1:] {
		got, err := conntest.ReadSplit(t.Context(), src, sp)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range got {
			if r[1] != "0" {
				t.Fatalf("row %q", r)
			}
		}
		rows += len(got)
	}
	if rows < 1990 || rows > 2010 {
		t.Errorf("%d rows", rows)
	}
}

// incremental reads with the cursor that the last reading left.
func (b base) incremental(t *testing.T, inc connector.Incremental, cursor json.RawMessage) ([]string, json.RawMessage, *connector.SplitPlan) {
	t.Helper()
	src := b.source(t, b.name, connector.SourceRequest{Table: "t", Select: []string{"id"}, Incremental: &inc})
	defer src.Close()
	_, rows, plan := conntest.Read(t, src, cursor)
	var ids []string
	for _, r := range rows {
		ids = append(ids, r[0])
	}
	return ids, plan.Cursor, plan
}

func readIncremental(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int, at timestamptz)")
	inc := connector.Incremental{Cursor: "at", TieBreaker: "id"}
	ids, cursor, _ := b.incremental(t, inc, nil)
	if len(ids) != 0 || cursor != nil {
		t.Errorf("empty: %q, %s", ids, cursor)
	}
	b.SQL(t, b.name, "INSERT INTO t SELECT i, '2024-01-01 00:00:00.123456+00'::timestamptz + (i / 3) * interval '1 microsecond' FROM generate_series(1, 10) i; INSERT INTO t VALUES (99, NULL)")
	ids, cursor, _ = b.incremental(t, inc, nil)
	if len(ids) != 10 || string(cursor) != `{"cursor":"2024-01-01 00:00:00.123459+00","tie":"10"}` {
		t.Errorf("first: %q, %s", ids, cursor)
	}
	b.SQL(t, b.name, "INSERT INTO t VALUES (11, '2024-01-01 00:00:00.123459+00'), (3, '2024-01-01 00:00:00.123459+00')") // as the cursor: one beyond, one before
	ids, cursor, _ = b.incremental(t, inc, cursor)
	if !slices.Equal(ids, []string{"11"}) {
		t.Errorf("second: %q", ids)
	}
	ids, again, _ := b.incremental(t, inc, cursor)
	if len(ids) != 0 || string(again) != string(cursor) {
		t.Errorf("nothing new: %q, %s", ids, again)
	}
	inc.Start = "2024-01-01 00:00:00.123457+00"
	if ids, _, _ = b.incremental(t, inc, nil); len(ids) != 7 { // 6 to 11 and the late 3
		t.Errorf("start: %q", ids)
	}
}

func readNulls(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int, at int); INSERT INTO t VALUES (1, NULL), (2, 5)")
	for nulls, want := range map[string][]string{"": {"2"}, "skip": {"2"}, "include": {"1", "2"}} {
		ids, cursor, _ := b.incremental(t, connector.Incremental{Cursor: "at", Nulls: nulls}, nil)
		if !slices.Equal(ids, want) {
			t.Errorf("%s: %q", nulls, ids)
		}
		ids, _, _ = b.incremental(t, connector.Incremental{Cursor: "at", Nulls: nulls}, cursor)
		if !slices.Equal(ids, want[:len(want)-1]) {
			t.Errorf("%s, again: %q", nulls, ids)
		}
	}
}

// readLag has rows appear late, with cursors that were passed already.
func readLag(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int, at timestamptz); INSERT INTO t SELECT i, '2024-01-01Z'::timestamptz + i * interval '1 minute' FROM generate_series(1, 60) i")
	inc := connector.Incremental{Cursor: "at", TieBreaker: "id", Lag: 10 * time.Minute}
	ids, cursor, _ := b.incremental(t, inc, nil)
	if len(ids) != 60 {
		t.Fatalf("first: %d", len(ids))
	}
	b.SQL(t, b.name, "INSERT INTO t VALUES (100, '2024-01-01 00:55Z'), (101, '2024-01-01 00:20Z'), (102, '2024-01-01 01:00Z'), (61, '2024-01-01 01:01Z'), (57, '2024-01-01 00:58Z')")
	ids, cursor, _ = b.incremental(t, inc, cursor)
	if !slices.Equal(ids, []string{"100", "57", "102", "61"}) { // not 101, which is later than the lag
		t.Errorf("late: %q", ids)
	}
	ids, cursor, _ = b.incremental(t, inc, cursor)
	if len(ids) != 0 {
		t.Errorf("nothing new: %q", ids)
	}
	b.SQL(t, b.name, "INSERT INTO t VALUES (103, '2024-01-01 00:59Z')")
	if ids, _, _ = b.incremental(t, inc, cursor); !slices.Equal(ids, []string{"103"}) {
		t.Errorf("late again: %q", ids)
	}
}

func readBackfill(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int, at date); INSERT INTO t SELECT i, date '2024-01-01' + i FROM generate_series(1, 10) i")
	for _, test := range []struct{ from, to, want string }{{"2024-01-05", "2024-01-08", "4 5 6"}, {"", "2024-01-03", "1"}, {"2024-01-10", "", "9 10"}} {
		ids, cursor, _ := b.incremental(t, connector.Incremental{Cursor: "at", From: test.from, To: test.to}, json.RawMessage(`{"cursor":"2024-01-09"}`))
		if strings.Join(ids, " ") != test.want || cursor != nil {
			t.Errorf("%+v: %q, cursor %s", test, ids, cursor)
		}
	}
}

func readRanges(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (i int, n numeric(6,2), s text, at timestamptz); INSERT INTO t SELECT i, i / 4.0, 's' || i, '2024-01-01Z'::timestamptz + i * interval '1 h' FROM generate_series(1, 20) i; INSERT INTO t VALUES (NULL)")
	text := func(s string) *string { return &s }
	for _, test := range []struct {
		r    connector.Range
		want int
	}{
		{connector.Range{Column: "i", Type: record.Type{Kind: record.Int}, Low: text("5"), High: text("9")}, 5},
		{connector.Range{Column: "i", Type: record.DecimalOf(3, 1), Low: text("5.5")}, 15},
		{connector.Range{Column: "i"}, 20},
		{connector.Range{Column: "n", Type: record.DecimalOf(6, 2), High: text("1.25")}, 5},
		{connector.Range{Column: "s", Type: record.Type{Kind: record.String}, Low: text("s7"), High: text("s7")}, 1},
		{connector.Range{Column: "s", Type: record.Type{Kind: record.String}, Low: text("s7")}, 21}, // not the server's business
		{connector.Range{Column: "at", Type: record.Type{Kind: record.Timestamp}, Low: text("2024-01-01T19:00:00Z")}, 2},
	} {
		src := b.source(t, b.name, connector.SourceRequest{Table: "t"})
		if _, err := src.Discover(t.Context()); err != nil {
			t.Fatal(err)
		}
		src.(connector.Narrower).Narrow([]connector.Range{test.r})
		plan, err := src.Plan(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := conntest.ReadSplit(t.Context(), src, plan.Splits[0])
		if len(rows) != test.want || err != nil {
			t.Errorf("%+v: %d rows, %v", test.r, len(rows), err)
		}
		src.Close()
	}
}

// readCopies brings a table to another of the same server with types, keys and nulls.
func readCopies(t *testing.T, b base) {
	b.SQL(t, b.name, `CREATE TABLE t (id bigserial, part char(3) NOT NULL, a int[], made int GENERATED ALWAYS AS (1) STORED, at timestamp(3), j jsonb, up text COLLATE "C", self bigint, PRIMARY KEY (id, part));
		INSERT INTO t (part, a, at, j, self) SELECT 'x', ARRAY[i, NULL], now(), jsonb_build_object('i', i), NULLIF(i - 1, 0) FROM generate_series(1, 1000) i`)
	src := b.source(t, b.name, connector.SourceRequest{Table: "t"})
	st, rows, _ := conntest.Read(t, src, nil)
	conntest.Load{Rows: conntest.Rows{Schema: st.Schema, Cells: rows}, Run: run}.Write(t, b.sink(t, b.name, connector.SinkRequest{Table: "copy", Mode: "replace"}))
	b.want(t, "SELECT count(*) FROM (TABLE t EXCEPT ALL TABLE copy) x", "0")
	b.want(t, "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'copy'::regclass AND contype = 'p'", "PRIMARY KEY (id, part)")
	b.want(t, "SELECT string_agg(format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN '!' ELSE '' END, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'copy'::regclass AND attnum > 0",
		"bigint!,character(3)!,integer[],integer,timestamp(3) without time zone,jsonb,text,bigint")
}

// readOnly tries to change something from a source.
func readOnly(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int); CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (1); RETURN 1; END $$")
	src := b.source(t, b.name, connector.SourceRequest{Query: "SELECT f()"})
	if _, err := src.Discover(t.Context()); err != nil {
		t.Fatal(err)
	}
	plan, err := src.Plan(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conntest.ReadSplit(t.Context(), src, plan.Splits[0]); err == nil || !strings.Contains(err.Error(), "25006") {
		t.Errorf("%v", err)
	}
	b.want(t, "SELECT count(*) FROM t", "0")
}

func readLarge(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t AS SELECT i AS id, repeat('x', CASE WHEN i % 7 = 0 THEN 3000000 ELSE i END) AS s FROM generate_series(1, 30) i")
	for i, r := range b.read(t, connector.SourceRequest{Query: "SELECT id, s FROM t ORDER BY id"}) {
		want := i + 1
		if want%7 == 0 {
			want = 3000000
		}
		if r[0] != strconv.Itoa(i+1) || len(r[1]) != want {
			t.Errorf("row %d: %s, %d", i, r[0], len(r[1]))
		}
	}
}

// readLost has the server fail in the middle of the rows.
func readLost(t *testing.T, b base) {
	src := b.source(t, b.name, connector.SourceRequest{Query: "SELECT 1 / (50000 - i) AS x FROM generate_series(1, 100000) i"})
	if _, err := src.Discover(t.Context()); err != nil {
		t.Fatal(err)
	}
	plan, err := src.Plan(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := conntest.ReadSplit(context.Background(), src, plan.Splits[0])
	if err == nil || !strings.Contains(err.Error(), "22012") {
		t.Errorf("%d rows, %v", len(rows), err)
	}
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
