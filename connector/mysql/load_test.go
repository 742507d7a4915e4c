package mysql_test

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

// want compares what the server's own client prints, with bars between cells.
func (b base) want(t testing.TB, sql, want string) {
	t.Helper()
	if got := strings.ReplaceAll(b.SQL(t, b.name, sql), "\t", "|"); got != want {
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

// sequence fills the one column of an INSERT ... SELECT with numbers.
func sequence(from, to int) string { return fmt.Sprintf("seq_%d_to_%d", from, to) }

func TestLoad(t *testing.T) {
	d := start(t)
	for name, test := range map[string]func(*testing.T, base){
		"upsert": loadUpsert, "update": loadUpdate, "delete": loadDelete, "mirror": loadMirror, "shrink": loadShrink, "collation": loadCollation,
		"rejects": loadRejects, "many rejects": loadManyRejects, "silent": loadSilent, "evolve": loadEvolve, "refusals": loadRefusals, "names": loadNames,
		"wide": loadWide, "statements": loadStatements, "limits": loadLimits, "counted": loadCounted, "lock": loadLock, "packet": loadPacket,
		"replace": loadReplace, "in place": loadInPlace, "columns": loadOtherColumns, "hostile cells": loadHostile, "database": loadDatabase, "swap": loadSwap, "keep": loadKeep,
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

	b.SQL(t, b.name, "CREATE TABLE two (a int, b int, c text, j json, UNIQUE (b, a))")
	req = connector.SinkRequest{Table: "two", Mode: "upsert", Key: []string{"a", "b"}}
	b.load(t, req, rowsOf(t, "a int; b int; c string; j json", "1|1|x|{}", "1|2|y|[1]"))
	b.load(t, req, rowsOf(t, "a int; b int; c string; j json", "1|1|z|{}", "1|2|y|[2]"))
	b.want(t, "SELECT * FROM two ORDER BY b", "1|1|z|{}\n1|2|y|[2]")
	b.load(t, connector.SinkRequest{Table: "keys", Mode: "upsert", Key: []string{"k"}}, rowsOf(t, "k int", "1", "1", "2"))
	b.want(t, "SELECT count(*) FROM `keys`", "2")

	// Another unique index must not decide which row is changed.
	b.SQL(t, b.name, "CREATE TABLE other (id int PRIMARY KEY, mail varchar(20) UNIQUE, n int); INSERT INTO other VALUES (1, 'x', 1), (2, 'y', 2)")
	out = b.load(t, connector.SinkRequest{Table: "other", Mode: "upsert", Key: []string{"id"}}, rowsOf(t, "id int; mail string; n int", "3|x|9", "2|z|3"))
	if len(out.Rejects) != 1 || !strings.Contains(out.Rejects[0], "error 1062, SQLSTATE 23000") || strings.Contains(out.Rejects[0], "'x'") {
		t.Errorf("rejects %q", out.Rejects)
	}
	b.want(t, "SELECT * FROM other ORDER BY id", "1|x|1\n2|z|3")
}

func loadUpdate(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int PRIMARY KEY, name varchar(20) NOT NULL, other varchar(20) DEFAULT 'kept')")
	b.SQL(t, b.name, "INSERT INTO t (id, name) SELECT seq, concat('n', seq) FROM "+sequence(1, 5))
	req := connector.SinkRequest{Table: "t", Mode: "update", Key: []string{"id"}}
	out := b.load(t, req, rowsOf(t, "id int; name string", "2|first", "2|last", "9|nobody", "4|NULL", "5|five"))
	if len(out.Rejects) != 1 || !strings.Contains(out.Rejects[0], "1048") || !strings.HasPrefix(out.Rejects[0], "name: ") {
		t.Errorf("rejects %q", out.Rejects)
	}
	b.want(t, "SELECT * FROM t ORDER BY id", "1|n1|kept\n2|last|kept\n3|n3|kept\n4|n4|kept\n5|five|kept")
	b.refused(t, connector.SinkRequest{Table: "none", Mode: "update", Key: []string{"id"}}, rowsOf(t, "id int", "1"), "no table `"+b.name+".none`", "update")
}

func loadDelete(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int, name varchar(20), KEY (id, name))")
	b.SQL(t, b.name, "INSERT INTO t SELECT seq % 10, 'n' FROM "+sequence(1, 100))
	b.load(t, connector.SinkRequest{Table: "t", Mode: "delete", Key: []string{"id"}}, rowsOf(t, "unknown string; id int", "x|2", "x|2", "y|3", "z|77"))
	b.want(t, "SELECT count(*), sum(id IN (2, 3)) FROM t", "80|0")
	b.refused(t, connector.SinkRequest{Table: "t", Mode: "delete", Key: []string{"name"}}, rowsOf(t, "name string", "n"), "CREATE INDEX")
}

func loadMirror(t *testing.T, b base) {
	req := connector.SinkRequest{Table: "t", Mode: "mirror", Key: []string{"id"}}
	b.load(t, req, rowsOf(t, "id int; name string", "1|a", "2|b", "3|c"))
	s := b.sink(t, b.name, req)
	out := conntest.Load{Rows: rowsOf(t, "id int; name string", "2|b", "3|C", "4|d", "3|CC"), Run: run, Batch: 2}.Write(t, s)
	b.want(t, "SELECT * FROM t ORDER BY id", "2|b\n3|CC\n4|d")
	if out.Result.Deleted != 1 {
		t.Errorf("deleted %d", out.Result.Deleted)
	}
	b.load(t, connector.SinkRequest{Table: "names", Mode: "mirror", Key: []string{"name"}}, rowsOf(t, "name string; n int", "a|1", "A|2", "a |3"))
	b.load(t, connector.SinkRequest{Table: "names", Mode: "mirror", Key: []string{"name"}}, rowsOf(t, "name string; n int", "A|2", "a |4"))
	b.want(t, "SELECT concat('<', name, '>'), n FROM names ORDER BY n", "<A>|2\n<a >|4")
}

func loadShrink(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT seq FROM "+sequence(1, 100))
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
		b.SQL(t, b.name, "INSERT INTO t SELECT seq FROM "+sequence(51, 100)+"; DELETE FROM _headgate_state")
	}
}

// loadCollation changes texts that the table's collation takes for the same.
func loadCollation(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int PRIMARY KEY, name varchar(20) COLLATE utf8mb4_general_ci, l varchar(20) CHARACTER SET latin1)")
	req := connector.SinkRequest{Table: "t", Mode: "upsert", Key: []string{"id"}}
	b.load(t, req, rowsOf(t, "id int; name string; l string", "1|muller|über"))
	out := b.load(t, req, rowsOf(t, "id int; name string; l string", "1|Müller|Über", "2|x|文"))
	if len(out.Rejects) != 1 || !strings.HasPrefix(out.Rejects[0], "l: ") || strings.Contains(out.Rejects[0], "\\x") {
		t.Errorf("rejects %q", out.Rejects)
	}
	b.want(t, "SELECT * FROM t", "1|Müller|Über")
}

func loadRejects(t *testing.T, b base) {
	b.SQL(t, b.name, `CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent VALUES (1);
		CREATE TABLE t (id int PRIMARY KEY, n int CHECK (n > 0), parent int, must text NOT NULL, few varchar(3), e decimal(4,1), FOREIGN KEY (parent) REFERENCES parent (id))`)
	rows := rowsOf(t, "id int; n int; parent int; must string; few string; e decimal(10,3)",
		"1|1|1|x|abc|1.5", "1|1|1|twice|a|1", "2|-1|1|check|a|1", "3|1|7|parent|a|1", "4|1|1|NULL|a|1", "5|1|1|long|abcd|1", "6|1|1|ü|äöü|999.9",
		"7|1|1|scale|a|1.23", "8|1|1|large|a|1000", "99999999999|1|1|int4|a|1", "9|1|1|good|NULL|NULL")
	for _, local := range []string{"1", "0"} {
		b.SQL(t, "", "SET GLOBAL local_infile = "+local)
		for _, mode := range []string{"append", "upsert"} {
			b.SQL(t, b.name, "DELETE FROM t")
			req := connector.SinkRequest{Table: "t", Mode: mode}
			if mode == "upsert" {
				req.Key = []string{"id"}
			}
			out := b.load(t, req, rows)
			all := strings.Join(out.Rejects, "\n")
			for _, want := range []string{"error 4025", "error 1452", "must: Column 'must' cannot be null (error 1048", `few: "abcd" does not fit varchar(3)`, "e: 1.230 does not fit decimal(4,1)", "e: 1000.000", "id: 99999999999 does not fit int"} {
				if !strings.Contains(all, want) {
					t.Errorf("%s: the rejects lack %q:\n%s", mode, want, all)
				}
			}
			want := map[string]string{"append": "1|x\n6|ü\n9|good", "upsert": "1|twice\n6|ü\n9|good"}[mode]
			if mode == "append" != strings.Contains(all, "error 1062") {
				t.Errorf("%s: %s", mode, all)
			}
			b.want(t, "SELECT id, must FROM t ORDER BY id", want)
		}
	}
	b.SQL(t, "", "SET GLOBAL local_infile = 1")
}

// loadManyRejects loads batches in which every second row is bad, and then every row.
func loadManyRejects(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int PRIMARY KEY, name text); INSERT INTO t SELECT seq * 2, 'old' FROM "+sequence(0, 249))
	rows := conntest.Numbered(t, 500)
	out := conntest.Load{Rows: rows, Run: run, Batch: 100}.Write(t, b.sink(t, b.name, connector.SinkRequest{Table: "t"}))
	if len(out.Rejects) != 250 || out.Receipts[0].Rows != 250 {
		t.Errorf("%d rejects, %d rows", len(out.Rejects), out.Receipts[0].Rows)
	}
	b.want(t, "SELECT count(*), sum(name <> 'old') FROM t", "500|250")
	out = conntest.Load{Rows: rows, Run: run, Batch: 100}.Write(t, b.sink(t, b.name, connector.SinkRequest{Table: "t"}))
	if len(out.Rejects) != 500 {
		t.Errorf("%d rejects", len(out.Rejects))
	}
}

// loadSilent writes what the server would change without an error.
func loadSilent(t *testing.T, b base) {
	b.SQL(t, b.name, `CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT, e enum('a','b','1'), s set('x','y'), y year, ts timestamp NOT NULL DEFAULT current_timestamp,
		d datetime, n int unsigned, tm time, b bit(3), i int)`)
	fields := "id int; e string; s string; y int; ts timestamp; d timestamp; n int; tm string; b int; i string"
	rows := rowsOf(t, "id int; e string; s string; y int; ts timestamp; d timestamp; n int; tm string; b int",
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
	out := b.load(t, connector.SinkRequest{Table: "t"}, rows)
	if len(out.Rejects) != 10 {
		t.Errorf("%d rejects %q", len(out.Rejects), out.Rejects)
	}
	b.want(t, "SELECT id, e, s, y, ts, d, n, tm, b + 0 FROM t ORDER BY id", "0|a|x,y|2024|2024-01-02 03:04:05|2024-01-02 03:04:05|4294967295|-100:00:00|7\n11|1|NULL|0000|2024-01-02 03:04:05|NULL|NULL|838:59:59|NULL")
	s := b.sink(t, b.name, connector.SinkRequest{Table: "t"})
	if _, err := s.Prepare(t.Context(), conntest.Schema(t, strings.Split(fields, "; ")...), run, false); err == nil || !strings.Contains(err.Error(), "column `i` of the table is int(11), but the rows have string") {
		t.Errorf("string into int: %v", err)
	}
}

func loadEvolve(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (a smallint NOT NULL DEFAULT 3 COMMENT 'it''s', b varchar(2) CHARACTER SET latin1, c decimal(4,2), d float)")
	rows := rowsOf(t, "a int; b string; c decimal(10,4); d float; e date", "100000|long|12345.6789|0.1|2024-01-02")
	b.refused(t, connector.SinkRequest{Table: "t"}, rows, "no column `e`", "evolve: add_columns")
	out := b.load(t, connector.SinkRequest{Table: "t", Evolve: "widen"}, rows)
	b.want(t, "SELECT * FROM t", "100000|long|12345.6789|0.1|2024-01-02")
	b.want(t, "SELECT group_concat(COLUMN_TYPE, ' ', IS_NULLABLE, ' ', coalesce(COLUMN_DEFAULT, '-'), COLUMN_COMMENT ORDER BY ORDINAL_POSITION) FROM information_schema.COLUMNS WHERE TABLE_NAME = 't' AND TABLE_SCHEMA = DATABASE()",
		"bigint(20) NO 3it's,longtext YES NULL,decimal(10,4) YES NULL,double YES NULL,date YES NULL")
	if len(out.Session.Changes) != 6 {
		t.Errorf("changes %q", out.Session.Changes)
	}
}

func loadRefusals(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int PRIMARY KEY, must text NOT NULL, made int AS (id * 2) STORED, n varchar(20)); CREATE VIEW v AS SELECT 1 AS id; CREATE TABLE my (id int PRIMARY KEY) ENGINE=MyISAM")
	one := func(fields string) conntest.Rows { return rowsOf(t, fields) }
	b.refused(t, connector.SinkRequest{Table: "t"}, one("id int"), "`must` of the table must not be NULL")
	b.refused(t, connector.SinkRequest{Table: "t"}, one("id int; must string; made int"), "`made` is computed")
	b.refused(t, connector.SinkRequest{Table: "v"}, one("id int"), "is a view")
	b.refused(t, connector.SinkRequest{Table: "my"}, one("id int"), "MyISAM", "ENGINE=InnoDB")
	b.refused(t, connector.SinkRequest{Table: "my", Mode: "replace"}, one("id int"), "MyISAM")
	b.refused(t, connector.SinkRequest{Table: "tt", Create: "never"}, one("id int"), "no table or view `tt`", "did you mean `t`", "create: never")
	b.refused(t, connector.SinkRequest{Table: "t", Mode: "upsert", Key: []string{"n"}}, one("id int; must string; n string"), "CREATE UNIQUE INDEX")
	b.refused(t, connector.SinkRequest{Table: "_headgate_x"}, one("id int"), "headgate's own")
	b.refused(t, connector.SinkRequest{Table: strings.Repeat("x", 65)}, one("id int"), "65 characters")
	if tables := b.SQL(t, b.name, "SHOW TABLES"); strings.Contains(tables, "_headgate") {
		t.Errorf("left: %s", tables)
	}
}

// loadDatabase makes the database of a new table.
// loadSwap has a reader that keeps the new table from its place after the commit. The next process, or the next run
// where nobody remembers this one, finishes.
// holds has another session read a table in a transaction that stays open until release.
func loadNames(t *testing.T, b base) {
	b.SQL(t, "", "CREATE DATABASE IF NOT EXISTS `we.ird`; CREATE DATABASE IF NOT EXISTS `Ü``q`")
	for _, table := range []string{"O'Brien; DROP TABLE x", "`we.ird`.`a``b`", "`Ü``q`.select", "Mixed Case", strings.Repeat("ü", 60), "?", "%s", "`back\\slash`"} {
		rows := rowsOf(t, "id int; we`ird 'col int; SELECT string; %s int; ? int", "1|2|x|3|4", "2|9|O'Brien; DROP TABLE t|5|6")
		key := []string{"we`ird 'col", "id"}
		for _, req := range []connector.SinkRequest{
			{Table: table}, {Table: table, Mode: "replace"}, {Table: table, Mode: "truncate"}, {Table: table + "2", Mode: "upsert", Key: key}, {Table: table + "2", Mode: "mirror", Key: key},
		} {
			if strings.HasSuffix(table, "`") && req.Key != nil {
				req.Table = table[:len(table)-1] + "2`"
			}
			b.load(t, req, rows)
			conntest.Same(t, table+" "+req.Mode, b.read(t, connector.SourceRequest{Table: req.Table}), rows.Cells)
		}
	}
}

func loadWide(t *testing.T, b base) {
	var fields, cells []string
	for i := range 1017 {
		fields, cells = append(fields, fmt.Sprintf("column_number_%d bool", i)), append(cells, strconv.FormatBool(i%3 == 0))
	}
	rows := rowsOf(t, strings.Join(fields, "; "), strings.Join(cells, "|"), strings.Join(cells, "|"))
	b.load(t, connector.SinkRequest{Table: "t"}, rows)
	conntest.Same(t, "wide", b.read(t, connector.SourceRequest{Table: "t"}), rows.Cells)
	rows = rowsOf(t, strings.Join(append(fields, "more int"), "; "))
	b.refused(t, connector.SinkRequest{Table: "u"}, rows, "1018 columns")
	b.refused(t, connector.SinkRequest{Table: "t", Evolve: "add_columns"}, rows, "1018 columns")
}

func loadStatements(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE log (what varchar(20))")
	req := connector.SinkRequest{Table: "t", Before: []string{"INSERT INTO log VALUES ('before')"}, After: []string{"UPDATE t SET id = id + 1", "INSERT INTO log SELECT count(*) FROM t"}}
	b.load(t, req, rowsOf(t, "id int", "1"))
	b.want(t, "SELECT id, (SELECT group_concat(what) FROM log) FROM t", "2|before,1")
	b.want(t, "SHOW TABLES", "_headgate_state\nlog\nt")
	b.want(t, "SELECT TABLE_COMMENT FROM information_schema.TABLES WHERE TABLE_NAME = 't' AND TABLE_SCHEMA = DATABASE()", "")
	for _, sql := range []string{"COMMIT", "ROLLBACK", "CREATE TABLE x (id int)"} {
		s := b.sink(t, b.name, connector.SinkRequest{Table: "t", Before: []string{sql}})
		if _, err := s.Prepare(t.Context(), conntest.Schema(t, "id int"), run, false); err == nil || !strings.Contains(err.Error(), "before statement 1 ended the transaction") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	for _, sql := range []string{"SELECT * FROM nothing", "COMMIT"} {
		s := b.sink(t, b.name, connector.SinkRequest{Table: "t", Before: []string{"INSERT INTO log VALUES ('undone')"}, After: []string{sql}})
		out := conntest.Load{Rows: rowsOf(t, "id int", "2"), Run: run}.Stage(t, s)
		if _, err := s.Commit(t.Context(), out.Session, out.Receipts, connector.State{Flow: "flow", Run: "x"}); err == nil || !strings.Contains(err.Error(), "after statement 1") {
			t.Errorf("after: %v", err)
		}
		s.Close()
		if sql != "COMMIT" {
			b.want(t, "SELECT count(*), (SELECT count(*) FROM log) FROM t", "1|2")
		}
	}
}

func loadLimits(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (ts datetime, tm time(3), d date, f float, s char(4), txt tinytext, z timestamp NULL, bin varbinary(2))")
	rows := rowsOf(t, "ts timestamp; tm time; d timestamp; f float; s int; txt decimal(5,2); z date; bin bytes",
		"2024-01-02T03:04:05Z|01:02:03.123|2024-01-02T00:00:00Z|0.1|12|1.50|2024-05-06|AAA=",
		"2024-01-02T03:04:05.5Z|01:02:03|2024-01-02T00:00:00Z|1|1|1|2024-05-06|AAA=",
		"2024-01-02T03:04:05Z|01:02:03.1234|2024-01-02T00:00:00Z|1|1|1|2024-05-06|AAA=",
		"2024-01-02T03:04:05Z|01:02:03|2024-01-02T00:00:01Z|1|1|1|2024-05-06|AAA=",
		"2024-01-02T03:04:05Z|01:02:03|2024-01-02T00:00:00Z|0.123456789|1|1|2024-05-06|AAA=",
		"2024-01-02T03:04:05Z|01:02:03|2024-01-02T00:00:00Z|1|12345|1|2024-05-06|AAA=",
		"2024-01-02T03:04:05Z|01:02:03|2024-01-02T00:00:00Z|1|1|1|2024-05-06|AAAA")
	out := b.load(t, connector.SinkRequest{Table: "t"}, rows)
	if len(out.Rejects) != 6 {
		t.Errorf("%d rejects %q", len(out.Rejects), out.Rejects)
	}
	b.want(t, "SET time_zone = '+00:00'; SELECT ts, tm, d, f, s, txt, z, hex(bin) FROM t", "2024-01-02 03:04:05|01:02:03.123|2024-01-02|0.1|12|1.50|2024-05-06 00:00:00|0000")
}

func loadCounted(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, name text); INSERT INTO t (name) VALUES ('one')")
	b.load(t, connector.SinkRequest{Table: "t"}, rowsOf(t, "name string", "two"))
	b.load(t, connector.SinkRequest{Table: "t"}, rowsOf(t, "id int; name string", "0|zero", "7|seven"))
	b.load(t, connector.SinkRequest{Table: "t", Mode: "upsert", Key: []string{"id"}}, rowsOf(t, "id int; name string", "7|SEVEN", "8|eight"))
	b.want(t, "SELECT * FROM t ORDER BY id", "0|zero\n1|one\n2|two\n7|SEVEN\n8|eight")
}

// loadLock keeps two runs of a flow from writing at once.
func loadLock(t *testing.T, b base) {
	first := b.sink(t, b.name, connector.SinkRequest{Table: "t"})
	out := conntest.Load{Rows: conntest.Numbered(t, 3), Run: run}.Stage(t, first)
	cfg := b.config(b.name)
	cfg.LockTimeout = 1e9
	second := b.sinkOf(t, cfg, connector.SinkRequest{Table: "t"})
	if _, err := second.Prepare(t.Context(), conntest.Numbered(t, 1).Schema, connector.Run{ID: "run-2", Flow: "flow"}, false); err == nil || !strings.Contains(err.Error(), "another run of the flow flow") {
		t.Errorf("second: %v", err)
	}
	if err := first.Abort(t.Context(), out.Session, nil); err != nil {
		t.Error(err)
	}
}

// loadPacket has rows that are more than the server takes at once.
func loadPacket(t *testing.T, b base) {
	b.SQL(t, "", "SET GLOBAL max_allowed_packet = 1048576")
	defer b.SQL(t, "", "SET GLOBAL max_allowed_packet = 16777216")
	for _, local := range []string{"1", "0"} {
		b.SQL(t, "", "SET GLOBAL local_infile = "+local)
		rows := rowsOf(t, "id int; name string", "1|"+strings.Repeat("x", 1_000_000), "2|"+strings.Repeat("y", 1_100_000), "3|"+strings.Repeat("'", 400_000))
		out := b.load(t, connector.SinkRequest{Table: "t" + local}, rows)
		if len(out.Rejects) != 1 || !strings.Contains(out.Rejects[0], "max_allowed_packet") {
			t.Errorf("local %s: rejects %.300q", local, out.Rejects)
		}
		b.want(t, "SELECT id, length(name) FROM t"+local+" ORDER BY id", "1|1000000\n3|400000")
	}
	b.SQL(t, "", "SET GLOBAL local_infile = 1")
}

// loadReplace keeps what belongs to the table's name and shape.
// loadInPlace replaces a table that others refer to.
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
		if out := b.load(t, connector.SinkRequest{Table: table}, rows); len(out.Rejects) > 0 {
			t.Errorf("rejects %q", out.Rejects)
		}
		conntest.Same(t, table, b.read(t, connector.SourceRequest{Table: table}), rows.Cells)
	}
	b.load(t, connector.SinkRequest{Table: "z"}, conntest.Rows{Schema: rows.Schema, Cells: [][]string{{"a\x00b"}}})
	b.want(t, "SELECT hex(a) FROM z", "610062")
}

// loadKeep reads, sets and forgets cursors outside of runs.
