package mysql_test

import (
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
		"unique": loadUnique, "alike": loadAlike, "collation": loadCollation,
		"rejects": loadRejects, "silent": loadSilent, "evolve": loadEvolve, "refusals": loadRefusals, "names": loadNames,
		"wide": loadWide, "statements": loadStatements, "limits": loadLimits, "counted": loadCounted, "packet": loadPacket,
		"replace": loadReplace, "in place": loadInPlace, "columns": loadOtherColumns, "hostile cells": loadHostile, "database": loadDatabase, "swap": loadSwap, "keep": loadKeep,
	} {
		t.Run(name, func(t *testing.T) { test(t, d.base(t)) })
	}
}

// loadUnique has another unique index, which must not decide which row is changed.
func loadUnique(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE other (id int PRIMARY KEY, mail varchar(20) UNIQUE, n int); INSERT INTO other VALUES (1, 'x', 1), (2, 'y', 2)")
	out := b.Load(t, connector.SinkRequest{Table: "other", Mode: "upsert", Key: []string{"id"}}, sqltest.RowsOf(t, "id int; mail string; n int", "3|x|9", "2|z|3"))
	if len(out.Rejects) != 1 || !strings.Contains(out.Rejects[0], "error 1062, SQLSTATE 23000") || strings.Contains(out.Rejects[0], "'x'") {
		t.Errorf("rejects %q", out.Rejects)
	}
	b.Want(t, "SELECT * FROM other ORDER BY id", "1|x|1\n2|z|3")
}

// loadAlike mirrors texts that a collation takes for the same.
func loadAlike(t *testing.T, b base) {
	req := connector.SinkRequest{Table: "names", Mode: "mirror", Key: []string{"name"}}
	b.Load(t, req, sqltest.RowsOf(t, "name string; n int", "a|1", "A|2", "a |3"))
	b.Load(t, req, sqltest.RowsOf(t, "name string; n int", "A|2", "a |4"))
	b.Want(t, "SELECT concat('<', name, '>'), n FROM names ORDER BY n", "<A>|2\n<a >|4")
}

// loadCollation changes texts that the table's collation takes for the same.
func loadCollation(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int PRIMARY KEY, name varchar(20) COLLATE utf8mb4_general_ci, l varchar(20) CHARACTER SET latin1)")
	req := connector.SinkRequest{Table: "t", Mode: "upsert", Key: []string{"id"}}
	b.Load(t, req, sqltest.RowsOf(t, "id int; name string; l string", "1|muller|über"))
	out := b.Load(t, req, sqltest.RowsOf(t, "id int; name string; l string", "1|Müller|Über", "2|x|文"))
	if len(out.Rejects) != 1 || !strings.HasPrefix(out.Rejects[0], "l: ") || strings.Contains(out.Rejects[0], "\\x") {
		t.Errorf("rejects %q", out.Rejects)
	}
	b.Want(t, "SELECT * FROM t", "1|Müller|Über")
}

func loadRejects(t *testing.T, b base) {
	defer b.SQL(t, "", "SET GLOBAL local_infile = 1")
	for _, local := range []string{"1", "0"} {
		b.SQL(t, "", "SET GLOBAL local_infile = "+local)
		b.server().RunRejects(t, b.Base, "error 1062", "error 4025", "error 1452", "must: Column 'must' cannot be null (error 1048", `few: "abcd" does not fit varchar(3)`, "e: 1.230 does not fit decimal(4,1)", "e: 1000.000", "id: 99999999999 does not fit int")
	}
}

// loadSilent writes what the server would change without an error.
func loadSilent(t *testing.T, b base) {
	b.SQL(t, b.name, `CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT, e enum('a','b','1'), s set('x','y'), y year, ts timestamp NOT NULL DEFAULT current_timestamp,
		d datetime, n int unsigned, tm time, b bit(3), i int)`)
	fields := "id int; e string; s string; y int; ts timestamp; d timestamp; n int; tm string; b int; i string"
	rows := sqltest.RowsOf(t, "id int; e string; s string; y int; ts timestamp; d timestamp; n int; tm string; b int",
		"0|a|x,y|2024|2024-01-02T03:04:05Z|2024-01-02T03:04:05Z|4294967295|-100:00:00|7",
		"1|2|x|2024|2024-01-02T03:04:05Z|2024-01-02T03:04:05Z|1|10:00:00|7",
		"2|a|3|2024|2024-01-02T03:04:05Z|2024-01-02T03:04:05Z|1|10:00:00|7",
		"3|a|x|24|2024-01-02T03:04:05Z|2024-01-02T03:04:05Z|1|10:00:00|7",
		"4|a|x|2024|NULL|2024-01-02T03:04:05Z|1|10:00:00|7",
		"5|a|x|2024|2024-01-02T03:04:05Z|2024-01-02T03:04:05.5Z|1|10:00:00|7",
		"6|a|x|2024|2024-01-02T03:04:05Z|2024-01-02T03:04:05Z|-1|10:00:00|7",
		"7|a|x|2024|2024-01-02T03:04:05Z|2024-01-02T03:04:05Z|1|10|7",
		"8|a|x|2024|2024-01-02T03:04:05Z|2024-01-02T03:04:05Z|1|10:00:00|8",
		"9|a|x|2024|1969-01-02T03:04:05Z|2024-01-02T03:04:05Z|1|10:00:00|7",
		"10|a|x|2024|2024-01-02T03:04:05Z|2024-01-02T03:04:05Z|1|839:00:00|7",
		"11|1|NULL|0|2024-01-02T03:04:05Z|NULL|NULL|838:59:59|NULL")
	out := b.Load(t, connector.SinkRequest{Table: "t"}, rows)
	if len(out.Rejects) != 10 {
		t.Errorf("%d rejects %q", len(out.Rejects), out.Rejects)
	}
	b.Want(t, "SELECT id, e, s, y, ts, d, n, tm, b + 0 FROM t ORDER BY id", "0|a|x,y|2024|2024-01-02 03:04:05|2024-01-02 03:04:05|4294967295|-100:00:00|7\n11|1|NULL|0000|2024-01-02 03:04:05|NULL|NULL|838:59:59|NULL")
	s := b.Sink(t, connector.SinkRequest{Table: "t"})
	if _, err := s.Prepare(t.Context(), conntest.Schema(t, strings.Split(fields, "; ")...), sqltest.Run, false); err == nil || !strings.Contains(err.Error(), "column `i` of the table is int(11), but the rows have string") {
		t.Errorf("string into int: %v", err)
	}
}

func loadEvolve(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (a smallint NOT NULL DEFAULT 3 COMMENT 'it''s', b varchar(2) CHARACTER SET latin1, c decimal(4,2), d float)")
	rows := sqltest.RowsOf(t, "a int; b string; c decimal(10,4); d float; e date", "100000|long|12345.6789|0.1|2024-01-02")
	b.Refused(t, connector.SinkRequest{Table: "t"}, rows, "no column `e`", "evolve: add_columns")
	out := b.Load(t, connector.SinkRequest{Table: "t", Evolve: "widen"}, rows)
	b.Want(t, "SELECT * FROM t", "100000|long|12345.6789|0.1|2024-01-02")
	b.Want(t, "SELECT group_concat(COLUMN_TYPE, ' ', IS_NULLABLE, ' ', coalesce(COLUMN_DEFAULT, '-'), COLUMN_COMMENT ORDER BY ORDINAL_POSITION) FROM information_schema.COLUMNS WHERE TABLE_NAME = 't' AND TABLE_SCHEMA = DATABASE()",
		"bigint(20) NO 3it's,longtext YES NULL,decimal(10,4) YES NULL,double YES NULL,date YES NULL")
	if len(out.Session.Changes) != 6 {
		t.Errorf("changes %q", out.Session.Changes)
	}
}

func loadRefusals(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int PRIMARY KEY, must text NOT NULL, made int AS (id * 2) STORED, n varchar(20)); CREATE VIEW v AS SELECT 1 AS id; CREATE TABLE my (id int PRIMARY KEY) ENGINE=MyISAM")
	one := func(fields string) conntest.Rows { return sqltest.RowsOf(t, fields) }
	b.Refused(t, connector.SinkRequest{Table: "t"}, one("id int"), "`must` of the table must not be NULL")
	b.Refused(t, connector.SinkRequest{Table: "t"}, one("id int; must string; made int"), "`made` is computed")
	b.Refused(t, connector.SinkRequest{Table: "v"}, one("id int"), "is a view")
	b.Refused(t, connector.SinkRequest{Table: "my"}, one("id int"), "MyISAM", "ENGINE=InnoDB")
	b.Refused(t, connector.SinkRequest{Table: "my", Mode: "replace"}, one("id int"), "MyISAM")
	b.Refused(t, connector.SinkRequest{Table: "tt", Create: "never"}, one("id int"), "no table or view `tt`", "did you mean `t`", "create: never")
	b.Refused(t, connector.SinkRequest{Table: "t", Mode: "upsert", Key: []string{"n"}}, one("id int; must string; n string"), "CREATE UNIQUE INDEX")
	b.Refused(t, connector.SinkRequest{Table: "_headgate_x"}, one("id int"), "headgate's own")
	b.Refused(t, connector.SinkRequest{Table: strings.Repeat("x", 65)}, one("id int"), "65 characters")
	if tables := b.SQL(t, b.name, "SHOW TABLES"); strings.Contains(tables, "_headgate") {
		t.Errorf("left: %s", tables)
	}
}

func loadNames(t *testing.T, b base) {
	b.SQL(t, "", "CREATE DATABASE IF NOT EXISTS `we.ird`; CREATE DATABASE IF NOT EXISTS `Ü``q`")
	b.WantNames(t, "`", "we`ird 'col", "?", "O'Brien; DROP TABLE x", "`we.ird`.`a``b`", "`Ü``q`.select", "Mixed Case", strings.Repeat("ü", 60), "?", "%s", "`back\\slash`")
}

func loadWide(t *testing.T, b base) { b.WantWidest(t, 1017) }

func loadStatements(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE log (what varchar(20))")
	req := connector.SinkRequest{Table: "t", Before: []string{"INSERT INTO log VALUES ('before')"}, After: []string{"UPDATE t SET id = id + 1", "INSERT INTO log SELECT count(*) FROM t"}}
	b.Load(t, req, sqltest.RowsOf(t, "id int", "1"))
	b.Want(t, "SELECT id, (SELECT group_concat(what) FROM log) FROM t", "2|before,1")
	b.Want(t, "SHOW TABLES", "_headgate_state\nlog\nt")
	b.Want(t, "SELECT TABLE_COMMENT FROM information_schema.TABLES WHERE TABLE_NAME = 't' AND TABLE_SCHEMA = DATABASE()", "")
	b.WantOneTransaction(t, "COMMIT", "ROLLBACK", "CREATE TABLE x (id int)")
	for _, sql := range []string{"SELECT * FROM nothing", "COMMIT"} {
		s := b.Sink(t, connector.SinkRequest{Table: "t", Before: []string{"INSERT INTO log VALUES ('undone')"}, After: []string{sql}})
		out := conntest.Load{Rows: sqltest.RowsOf(t, "id int", "2"), Run: sqltest.Run}.Stage(t, s)
		if _, err := s.Commit(t.Context(), out.Session, out.Receipts, connector.State{Flow: "flow", Run: "x"}); err == nil || !strings.Contains(err.Error(), "after statement 1") {
			t.Errorf("after: %v", err)
		}
		s.Close()
		if sql != "COMMIT" {
			b.Want(t, "SELECT count(*), (SELECT count(*) FROM log) FROM t", "1|2")
		}
	}
}

func loadLimits(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (ts datetime, tm time(3), d date, f float, s char(4), txt tinytext, z timestamp NULL, bin varbinary(2))")
	rows := sqltest.RowsOf(t, "ts timestamp; tm time; d timestamp; f float; s int; txt decimal(5,2); z date; bin bytes",
		"2024-01-02T03:04:05Z|01:02:03.123|2024-01-02T00:00:00Z|0.1|12|1.50|2024-05-06|AAA=",
		"2024-01-02T03:04:05.5Z|01:02:03|2024-01-02T00:00:00Z|1|1|1|2024-05-06|AAA=",
		"2024-01-02T03:04:05Z|01:02:03.1234|2024-01-02T00:00:00Z|1|1|1|2024-05-06|AAA=",
		"2024-01-02T03:04:05Z|01:02:03|2024-01-02T00:00:01Z|1|1|1|2024-05-06|AAA=",
		"2024-01-02T03:04:05Z|01:02:03|2024-01-02T00:00:00Z|0.123456789|1|1|2024-05-06|AAA=",
		"2024-01-02T03:04:05Z|01:02:03|2024-01-02T00:00:00Z|1|12345|1|2024-05-06|AAA=",
		"2024-01-02T03:04:05Z|01:02:03|2024-01-02T00:00:00Z|1|1|1|2024-05-06|AAAA")
	out := b.Load(t, connector.SinkRequest{Table: "t"}, rows)
	if len(out.Rejects) != 6 {
		t.Errorf("%d rejects %q", len(out.Rejects), out.Rejects)
	}
	b.Want(t, "SET time_zone = '+00:00'; SELECT ts, tm, d, f, s, txt, z, hex(bin) FROM t", "2024-01-02 03:04:05|01:02:03.123|2024-01-02|0.1|12|1.50|2024-05-06 00:00:00|0000")
}

func loadCounted(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, name text); INSERT INTO t (name) VALUES ('one')")
	b.Load(t, connector.SinkRequest{Table: "t"}, sqltest.RowsOf(t, "name string", "two"))
	b.Load(t, connector.SinkRequest{Table: "t"}, sqltest.RowsOf(t, "id int; name string", "0|zero", "7|seven"))
	b.Load(t, connector.SinkRequest{Table: "t", Mode: "upsert", Key: []string{"id"}}, sqltest.RowsOf(t, "id int; name string", "7|SEVEN", "8|eight"))
	b.Want(t, "SELECT * FROM t ORDER BY id", "0|zero\n1|one\n2|two\n7|SEVEN\n8|eight")
}

// loadPacket has rows that are more than the server takes at once.
func loadPacket(t *testing.T, b base) {
	b.SQL(t, "", "SET GLOBAL max_allowed_packet = 1048576")
	defer b.SQL(t, "", "SET GLOBAL max_allowed_packet = 16777216")
	for _, local := range []string{"1", "0"} {
		b.SQL(t, "", "SET GLOBAL local_infile = "+local)
		rows := sqltest.RowsOf(t, "id int; name string", "1|"+strings.Repeat("x", 1_000_000), "2|"+strings.Repeat("y", 1_100_000), "3|"+strings.Repeat("'", 400_000))
		out := b.Load(t, connector.SinkRequest{Table: "t" + local}, rows)
		if len(out.Rejects) != 1 || !strings.Contains(out.Rejects[0], "max_allowed_packet") {
			t.Errorf("local %s: rejects %.300q", local, out.Rejects)
		}
		b.Want(t, "SELECT id, length(name) FROM t"+local+" ORDER BY id", "1|1000000\n3|400000")
	}
	b.SQL(t, "", "SET GLOBAL local_infile = 1")
}

// loadHostile has cells that mean something to LOAD DATA, or in a literal.
func loadHostile(t *testing.T, b base) {
	rows := conntest.Rows{Schema: conntest.Schema(t, "a string")}
	for _, s := range []string{"", `\N`, `\\N`, "N", "NULL", "\t", "\n", "a\tb\nc\\", "\r\n", "'", `"`, "'; DROP TABLE t; --", `\'`, "\x1a", "%_", "`", "x\\", "\\", "\b", "日本\\", "a,b", "😀"} {
		rows.Cells = append(rows.Cells, []string{s})
	}
	rows.Cells = append(rows.Cells, []string{conntest.Null})
	for _, table := range []string{"t", "u"} {
		if table == "u" { // by INSERT
			b.SQL(t, "", "SET GLOBAL local_infile = 0")
			defer b.SQL(t, "", "SET GLOBAL local_infile = 1")
		}
		if out := b.Load(t, connector.SinkRequest{Table: table}, rows); len(out.Rejects) > 0 {
			t.Errorf("rejects %q", out.Rejects)
		}
		conntest.Same(t, table, b.Read(t, connector.SourceRequest{Table: table}), rows.Cells)
	}
	b.Load(t, connector.SinkRequest{Table: "z"}, conntest.Rows{Schema: rows.Schema, Cells: [][]string{{"a\x00b"}}})
	b.Want(t, "SELECT hex(a) FROM z", "610062")
}
