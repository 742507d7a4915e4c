package mysql_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/sqltest"
	"github.com/headgate/headgate/connector/record"
)

func TestRead(t *testing.T) {
	d := start(t)
	d.server().RunReads(t)
	for name, test := range map[string]func(*testing.T, base){
		"types": readTypes, "query": readQuery, "columns": readColumns, "splits": readSplits,
		"cursors": readCursors, "zero dates": readZeroDates, "words": readRefusals,
		"copies": readCopies, "describe": readDescribe, "replaces": readReplaces, "privileges": readPrivileges, "read only": readOnly, "lost": readLost, "engine": readEngine,
	} {
		t.Run(name, func(t *testing.T) { test(t, d.base(t)) })
	}
}

// typeCases are a type, a value as a statement has it, the field's type, and the value as it is read. A
// "!" marks a cell that cannot be: the row is a reject.
var typeCases = []struct{ column, value, field, text string }{
	{"tinyint(1)", "1", "bool", "true"}, {"boolean", "0", "bool", "false"}, {"tinyint(1)", "2", "bool", "!2 is not a bool"},
	{"tinyint", "-128", "int", "-128"}, {"tinyint unsigned", "255", "int", "255"}, {"smallint", "-32768", "int", "-32768"}, {"smallint unsigned", "65535", "int", "65535"},
	{"mediumint", "-8388608", "int", "-8388608"}, {"mediumint unsigned", "16777215", "int", "16777215"}, {"int", "-2147483648", "int", "-2147483648"},
	{"int unsigned", "4294967295", "int", "4294967295"}, {"int(5) unsigned zerofill", "42", "int", "42"}, {"bigint", "-9223372036854775808", "int", "-9223372036854775808"},
	{"bigint unsigned", "18446744073709551615", "decimal(20,0)", "18446744073709551615"}, {"bigint unsigned", "7", "decimal(20,0)", "7"},
	{"float", "0.1", "float", "0.1"}, {"float", "16777217", "float", "16777216"}, {"double", "1e-300", "float", "1e-300"}, {"double", "0.1", "float", "0.1"},
	{"decimal(38,10)", "1234567890123456789012345678.0123456789", "decimal(38,10)", "1234567890123456789012345678.0123456789"},
	{"decimal(38,10)", "-0.0000000001", "decimal(38,10)", "-0.0000000001"}, {"decimal(5)", "99999", "decimal(5,0)", "99999"}, {"decimal(5,5)", "0.00123", "decimal(5,5)", "0.00123"},
	{"decimal(65,30)", "12345678901234567890123456789012345.123456789012345678901234567890", "string", "12345678901234567890123456789012345.123456789012345678901234567890"},
	{"bit(1)", "1", "bool", "true"}, {"bit(3)", "5", "int", "5"}, {"bit(64)", "18446744073709551615", "decimal(20,0)", "18446744073709551615"},
	{"year", "2024", "int", "2024"}, {"year", "0", "int", "0"},
	{"date", "'2024-02-29'", "date", "2024-02-29"}, {"date", "'0000-00-00'", "date", `!"0000-00-00" is not a date`}, {"date", "'2024-00-15'", "date", `!"2024-00-15" is not`},
	{"datetime", "'2024-01-02 03:04:05'", "timestamp", "2024-01-02T03:04:05Z"}, {"datetime(6)", "'2024-01-02 03:04:05.678901'", "timestamp", "2024-01-02T03:04:05.678901Z"},
	{"datetime(3)", "'0000-00-00'", "timestamp", `!"0000-00-00 00:00:00.000" is not a timestamp`}, {"datetime", "'9999-12-31 23:59:59'", "timestamp", "9999-12-31T23:59:59Z"},
	{"timestamp NULL", "'2024-01-02 03:04:05'", "timestamp", "2024-01-02T03:04:05Z"}, {"timestamp(6) NULL", "'2038-01-19 03:14:07.999999'", "timestamp", "2038-01-19T03:14:07.999999Z"},
	{"time", "'23:59:59'", "time", "23:59:59"}, {"time(6)", "'23:59:59.999999'", "time", "23:59:59.999999"}, {"time", "'838:59:59'", "string", "838:59:59"}, {"time(3)", "'-01:02:03.5'", "string", "-01:02:03.500"},
	{"char(4)", "'ab'", "string", "ab"}, {"varchar(40)", `'ünï 🙂\t\\\\x'`, "string", "ünï 🙂\t\\\\x"}, {"varchar(40) CHARACTER SET latin1", "'äöü'", "string", "äöü"},
	{"tinytext", "'x'", "string", "x"}, {"text", "'x'", "string", "x"}, {"mediumtext", "'x'", "string", "x"}, {"longtext", "'x'", "string", "x"},
	{"binary(3)", "x'0001ff'", "bytes", "AAH/"}, {"varbinary(10)", "x'0001ff'", "bytes", "AAH/"}, {"tinyblob", "x'00'", "bytes", "AA=="}, {"blob", "x'0a09'", "bytes", "Cgk="},
	{"mediumblob", "x''", "bytes", ""}, {"longblob", "x'5c4e'", "bytes", "XE4="},
	{"enum('it''s','b,c')", "'it''s'", "string", "it's"}, {"set('x','y')", "'y,x'", "string", "x,y"}, {"set('x','y')", "''", "string", ""},
	{"json", `'{"b":1, "a":[1.50]}'`, "json", `{"b":1, "a":[1.50]}`}, {"uuid", "'123E4567-E89B-12D3-A456-426614174000'", "uuid", "123e4567-e89b-12d3-a456-426614174000"},
	{"inet6", "'::1'", "string", "::1"}, {"inet4", "'10.1.2.3'", "string", "10.1.2.3"},
	{"point", "ST_GeomFromText('POINT(1 2)', 4326)", "bytes", "5hAAAAEBAAAAAAAAAAAA8D8AAAAAAAAAQA=="},
	{"int AS (k * 2) STORED", "DEFAULT", "int", "2"}, {"int AS (k * 2) VIRTUAL", "DEFAULT", "int", "2"},
}

func readTypes(t *testing.T, b base) {
	create := "SET sql_mode = '', time_zone = '+00:00'"
	for i, c := range typeCases {
		null := "NULL, 2"
		if strings.Contains(c.column, " AS ") {
			null = "DEFAULT, NULL"
		}
		create += fmt.Sprintf("; CREATE TABLE t%d (c %s, k int); INSERT INTO t%d VALUES (%s, 1), (%s)", i, c.column, i, c.value, null)
	}
	b.SQL(t, b.name, create)
	all := map[int]conntest.Rows{}
	for i, c := range typeCases {
		src := b.Source(t, connector.SourceRequest{Table: fmt.Sprintf("t%d", i)})
		st, rows, _ := conntest.Read(t, src, nil)
		src.Close()
		if got := st.Schema.Fields[0].Type.String(); got != c.field {
			t.Errorf("%s is read as %s, want %s", c.column, got, c.field)
		}
		bad := strings.HasPrefix(c.text, "!")
		if len(rows) != 2 || rows[0][0] != c.text && !(bad && strings.HasPrefix(rows[0][0], c.text)) || rows[1][0] != conntest.Null {
			t.Errorf("%s %s: %q, want %q", c.column, c.value, rows, c.text)
		}
		if !bad {
			all[i] = conntest.Rows{Schema: st.Schema, Cells: rows}
		}
	}
	// The round trip: the same type, the same value; by LOAD DATA and by INSERT.
	const shape = "SELECT concat_ws(' ', COLUMN_TYPE, CHARACTER_SET_NAME, COLLATION_NAME, IS_NULLABLE) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND COLUMN_NAME = 'c' AND TABLE_NAME = "
	for _, local := range []string{"1", "0"} {
		b.SQL(t, "", "SET GLOBAL local_infile = "+local)
		var compare []string
		for i, rows := range all {
			table, copied := fmt.Sprintf("t%d", i), fmt.Sprintf("copy%s_%d", local, i)
			out := conntest.Load{Rows: rows, Run: sqltest.Run}.Write(t, b.Sink(t, connector.SinkRequest{Table: copied}))
			if len(out.Rejects) > 0 {
				t.Errorf("%s: %q", typeCases[i].column, out.Rejects)
			}
			compare = append(compare, fmt.Sprintf("SELECT %q, (%s'%s'), (%s'%s'), (SELECT count(*) FROM %s a JOIN %s b ON a.k <=> b.k WHERE CAST(a.c AS BINARY) <=> CAST(b.c AS BINARY)) AS same",
				typeCases[i].column, shape, table, shape, copied, table, copied))
		}
		for line := range strings.Lines(b.SQL(t, b.name, strings.Join(compare, "; "))) {
			cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
			if len(cells) != 4 || cells[1] != cells[2] || cells[3] != "2" {
				t.Errorf("local %s: %q", local, cells)
			}
		}
	}
	b.SQL(t, "", "SET GLOBAL local_infile = 1")
}

func readQuery(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int, name text, day date); INSERT INTO t SELECT seq, concat('n', seq), date '2024-01-01' + interval seq day FROM "+sequence(1, 10))
	rows := b.Read(t, connector.SourceRequest{
		Query: "SELECT id, name -- :not\nFROM t # :nor\n /* :nor */ WHERE day > :day AND name <> ':no\\':neither' AND id < :max AND (:flag OR :none IS NOT NULL) ORDER BY id LIMIT 3;  -- end",
		Args:  map[string]any{"day": "2024-01-03", "max": int64(9), "flag": true, "none": nil}})
	conntest.Same(t, "query", rows, [][]string{{"3", "n3"}, {"4", "n4"}, {"5", "n5"}})
	rows = b.Read(t, connector.SourceRequest{Query: "SELECT name FROM t WHERE name = :x", Args: map[string]any{"x": "n1'; DROP TABLE t; --"}})
	if len(rows) != 0 {
		t.Errorf("%q", rows)
	}
	src := b.Source(t, connector.SourceRequest{Query: "SELECT count(*) AS n, sum(id) AS s, avg(id) AS a, 1.10 AS lit, max(day) AS d, x'00ff' AS b, 0.5e0 AS f, now() > '2000-01-01' AS yes FROM t"})
	st, rows, _ := conntest.Read(t, src, nil)
	conntest.Same(t, "aggregates", rows, [][]string{{"10", "55", "5.5000", "1.10", "2024-01-11", "AP8=", "0.5", "1"}})
	var types []string
	for _, f := range st.Schema.Fields {
		types = append(types, f.Type.String())
	}
	if got := strings.Join(types, " "); got != "int decimal(32,0) decimal(14,4) decimal(3,2) date bytes float int" {
		t.Errorf("types %s", got)
	}
}

func readRefusals(t *testing.T, b base) {
	b.Fails(t, connector.SourceRequest{Query: "DELETE FROM orders"}, "error 1064")
	b.Fails(t, connector.SourceRequest{Query: "SELECT 1 AS a, 2 AS a"}, "error 1060")
}

func readColumns(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (a int NOT NULL, `B b` varchar(7), c decimal(6,2), h int INVISIBLE DEFAULT 3, PRIMARY KEY (c, a)); INSERT INTO t VALUES (1, 'x', 2.5)")
	src := b.Source(t, connector.SourceRequest{Table: b.name + ".t", Select: []string{"c", "B b", "a"}})
	st, rows, _ := conntest.Read(t, src, nil)
	conntest.Same(t, "selected", rows, [][]string{{"2.50", "x", "1"}})
	for i, want := range []record.Native{
		{Dialect: "MariaDB", Name: "decimal(6,2)", NotNull: true, Key: 1}, {Dialect: "MariaDB", Name: "varchar(7) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", Length: 7}, {Dialect: "MariaDB", Name: "int(11)", NotNull: true, Key: 2},
	} {
		f := st.Schema.Fields[i]
		want.As = f.Type
		if f.Native != want {
			t.Errorf("%s: %+v, want %+v", f.Name, f.Native, want)
		}
	}
	conntest.Same(t, "hidden", b.Read(t, connector.SourceRequest{Table: "t"}), [][]string{{"1", "x", "2.50"}})
	conntest.Same(t, "shown", b.Read(t, connector.SourceRequest{Table: "t", Select: []string{"h"}}), [][]string{{"3"}})
	rows = b.Read(t, connector.SourceRequest{Table: "t", Columns: conntest.Schema(t, "a string", "c float", "no int").Fields, MissingColumn: "ignore", NewColumn: "add"})
	conntest.Same(t, "declared", rows, [][]string{{"1", "2.5", conntest.Null, "x"}})
	b.SQL(t, b.name, "SET sql_mode = ''; CREATE TABLE u (t time, z date, f tinyint(1), e datetime); INSERT INTO u VALUES ('100:00:00', '0000-00-00', 2, '2024-01-02 03:04:05')")
	conntest.Same(t, "as they are", b.Read(t, connector.SourceRequest{Table: "u", Columns: conntest.Schema(t, "t string", "z string", "f int", "e string").Fields}),
		[][]string{{"100:00:00", "0000-00-00", "2", "2024-01-02T03:04:05Z"}})
}

func readSplits(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int, skew varchar(20), at datetime(6), bin binary(4)); INSERT INTO t SELECT seq, CASE WHEN seq % 3 = 0 THEN NULL WHEN seq % 2 = 0 THEN 'same' ELSE concat('k', seq) END, '2024-01-01' + interval seq * 1000 microsecond, unhex(lpad(hex(seq * 7919), 8, '0')) FROM "+sequence(1, 10000))
	b.WantSplits(t, "id", "skew", "at", "bin")
}

// readCursors has cursors of all types that have an order.
func readCursors(t *testing.T, b base) {
	for column, value := range map[string]string{
		"int": "CAST(seq AS SIGNED) - 5", "bigint unsigned": "18446744073709551585 + seq", "decimal(30,10)": "seq / 3", "double": "seq / 7", "float": "seq / 7", "date": "'2024-01-01' + interval seq day",
		"datetime": "'2024-01-01' + interval seq second", "timestamp(6) NULL": "'2024-01-01' + interval seq microsecond", "time(3)": "sec_to_time(seq * 5000)", "varchar(20)": "concat('x', lpad(seq, 4, '0'))",
		"binary(16)": "unhex(md5(seq))", "bit(20)": "seq", "enum('z','b','a')": "1 + seq % 3", "uuid": "concat('00000000-0000-0000-0000-', lpad(seq, 12, '0'))", "year": "2000 + seq",
	} {
		b.SQL(t, b.name, "SET time_zone = '+00:00'; DROP TABLE IF EXISTS t; CREATE TABLE t (id int, c "+column+"); INSERT INTO t SELECT seq, "+value+" FROM "+sequence(1, 30)+"; CREATE TABLE IF NOT EXISTS u LIKE t; DROP TABLE u; CREATE TABLE u AS SELECT * FROM t ORDER BY c DESC, id DESC LIMIT 9")
		inc := connector.Incremental{Cursor: "c", TieBreaker: "id"}
		b.SQL(t, b.name, "DELETE t FROM t JOIN u USING (id)")
		first, cursor := b.Incremental(t, inc, nil)
		b.SQL(t, b.name, "INSERT INTO t SELECT * FROM u")
		second, cursor := b.Incremental(t, inc, cursor)
		third, _ := b.Incremental(t, inc, cursor)
		if len(first) != 21 || len(second) != 9 || len(third) != 0 {
			t.Errorf("%s: %d, %d, %d rows: %s", column, len(first), len(second), len(third), cursor)
		}
	}
}

// readZeroDates has dates that are to be rejected, and not left out by a filter.
func readZeroDates(t *testing.T, b base) {
	b.SQL(t, b.name, "SET sql_mode = ''; CREATE TABLE t (at datetime); INSERT INTO t SELECT '2024-01-01' + interval seq hour FROM "+sequence(1, 20)+"; INSERT INTO t VALUES ('0000-00-00'), ('2023-00-01')")
	low := "2024-01-01T19:00:00Z"
	b.WantInRange(t, connector.Range{Column: "at", Type: record.Type{Kind: record.Timestamp}, Low: &low}, 4)
}

// readCopies brings a table to another of the same server with types, keys and nulls.
func readCopies(t *testing.T, b base) {
	b.SQL(t, b.name, `CREATE TABLE t (id bigint AUTO_INCREMENT, part char(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, made int AS (1) STORED, at timestamp(3) NULL, j json, self bigint, PRIMARY KEY (id, part));
		INSERT INTO t (part, at, j, self) SELECT 'x', now(), json_object('i', seq), NULLIF(seq - 1, 0) FROM `+sequence(1, 1000))
	src := b.Source(t, connector.SourceRequest{Table: "t"})
	st, rows, _ := conntest.Read(t, src, nil)
	conntest.Load{Rows: conntest.Rows{Schema: st.Schema, Cells: rows}, Run: sqltest.Run}.Write(t, b.Sink(t, connector.SinkRequest{Table: "copy", Mode: "replace"}))
	b.Want(t, "SELECT count(*) FROM (SELECT * FROM t EXCEPT ALL SELECT * FROM copy) x", "0")
	b.Want(t, "SELECT group_concat(COLUMN_NAME, ' ', COLUMN_TYPE, ' ', IS_NULLABLE, ' ', coalesce(COLLATION_NAME, '-'), ' ', COLUMN_KEY ORDER BY ORDINAL_POSITION SEPARATOR '\n') FROM information_schema.COLUMNS WHERE TABLE_NAME = 'copy' AND TABLE_SCHEMA = DATABASE()",
		`id bigint(20) NO - PRI\npart char(3) NO ascii_bin PRI\nmade int(11) YES - \nat timestamp(3) YES - \nj longtext YES utf8mb4_bin \nself bigint(20) YES - `)
}

// readReplaces replaces the table that it reads.
func readReplaces(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int); INSERT INTO t VALUES (1), (1), (2)")
	src := b.Source(t, connector.SourceRequest{Table: "t", Split: &connector.SplitBy{Column: "id", TargetRows: 1}})
	st, rows, _ := conntest.Read(t, src, nil)
	b.Load(t, connector.SinkRequest{Table: "t", Mode: "replace"}, conntest.Rows{Schema: st.Schema, Cells: rows[1:]})
	b.Want(t, "SELECT count(*) FROM t", "2")
}

// readOnly tries to change something from a source.
func readOnly(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int);\nDELIMITER //\nCREATE FUNCTION f() RETURNS int MODIFIES SQL DATA BEGIN INSERT INTO t VALUES (1); RETURN 1; END //\n")
	b.ReadFails(t, "SELECT f() AS x", "error 1792")
	b.Want(t, "SELECT count(*) FROM t", "0")
}

// readLost has the server fail in the middle of the rows.
func readLost(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE one (id int); INSERT INTO one VALUES (1), (2)")
	b.ReadFails(t, "SELECT CASE WHEN seq = 50000 THEN (SELECT id FROM one WHERE id < seq) ELSE seq END AS x FROM "+sequence(1, 100000), "error 1242")
}

func readEngine(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int) ENGINE=MyISAM; INSERT INTO t VALUES (1); CREATE VIEW v AS SELECT * FROM t")
	src := b.Source(t, connector.SourceRequest{Table: "t"})
	st, rows, _ := conntest.Read(t, src, nil)
	if len(rows) != 1 || len(st.Notes) != 1 || !strings.Contains(st.Notes[0], "MyISAM") {
		t.Errorf("%q, %q", rows, st.Notes)
	}
	conntest.Same(t, "view", b.Read(t, connector.SourceRequest{Table: "v"}), [][]string{{"1"}})
}
