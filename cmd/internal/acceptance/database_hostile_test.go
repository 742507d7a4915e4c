//go:build unix

package acceptance

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
)

// hostileNames are columns, hostileTexts values that mean something to somebody on the way.
var (
	hostileNames = []string{"id", `O'Brien; DROP TABLE goods`, `say "x"`, "back`tick", "select", "Über Größe", "a b", "$1", "--", `c\d`}
	hostileTexts = []string{`O'Brien; DROP TABLE goods; --`, `"`, `""`, `'`, `\`, `\N`, `\.`, "a\tb", "a\nb", "NULL", "$1", "?", "%s", "${{ run.id }}", "日本語 🐘", "`", ";", " x "}
)

// Names and texts with quotes and worse go in and come out as they are, in every mode.
func TestHostileNamesAndTexts(t *testing.T) {
	for _, name := range []string{"postgres", "mariadb", "sqlite"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bases[name](t)
			c := newClerk(t, b, nil)
			b.sql(t, "CREATE TABLE goods (id bigint); INSERT INTO goods VALUES (1)")
			var in strings.Builder
			w := csv.NewWriter(&in)
			w.Write(hostileNames)
			var want [][]string
			for i, text := range hostileTexts {
				row := []string{fmt.Sprint(i)}
				for j := 1; j < len(hostileNames); j++ {
					row = append(row, hostileTexts[(i+j)%len(hostileTexts)]+text)
				}
				want = append(want, row)
				w.Write(row)
			}
			w.Flush()
			c.write("in.csv", in.String())
			var columns strings.Builder
			columns.WriteString("columns: {id: int")
			for _, n := range hostileNames[1:] {
				fmt.Fprintf(&columns, ", %s: string", yamlText(n))
			}
			columns.WriteString("}")
			for _, mode := range []string{"append", "upsert", "mirror", "replace", "truncate"} {
				table := yamlText(`"O'Brien; ""x"" ; DROP TABLE goods ` + mode + `"`)
				if name == "mariadb" {
					table = yamlText("`O'Brien; \"x\" ; DROP TABLE goods " + mode + "`")
				}
				key := map[bool]string{true: ", key: [id]"}[mode == "upsert" || mode == "mirror"]
				c.flow(mode, "{files: in.csv, "+columns.String()+"}", "{connection: db, table: "+table+", load: {mode: "+mode+key+"}}")
				c.job(mode).exits(0)
				if mode != "append" { // into the table that is there now
					c.job(mode).exits(0)
				}
				c.flow("back", "{connection: db, table: "+table+"}", "{file: out.csv}")
				c.job("back").exits(0)
				got := readCSV(t, c.path("out.csv"))
				if fmt.Sprint(got.names) != fmt.Sprint(hostileNames) || fmt.Sprint(got.cells) != fmt.Sprint(want) {
					t.Fatalf("%s: %q\n%q\nwant\n%q", mode, got.names, got.cells, want)
				}
			}
			if n := b.sql(t, "SELECT count(*) FROM goods"); n != "1" {
				t.Errorf("goods has %s rows", n)
			}
		})
	}
}

// yamlText is a text in quotes.
func yamlText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// A table has as many columns as its server takes, and one more is refused before a row moves.
func TestWideTables(t *testing.T) {
	for name, most := range map[string]int{"postgres": 1600, "mariadb": 1017, "sqlite": 2000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bases[name](t)
			c := newClerk(t, b, nil)
			typ := map[string]string{"postgres": "bool", "mariadb": "bool", "sqlite": "string"}[name] // such that a row is not too long
			for _, n := range []int{most, most + 1} {
				var head, first, second []string
				for i := range n {
					head, first, second = append(head, fmt.Sprintf("c%d", i)), append(first, map[bool]string{true: "true", false: "false"}[i%3 == 0]), append(second, "")
				}
				second[0], second[n-1] = "true", "false"
				c.write("in.csv", strings.Join(head, ",")+"\n"+strings.Join(first, ",")+"\n"+strings.Join(second, ",")+"\n")
				table := fmt.Sprintf("wide%d", n)
				c.flow("wide", "{files: in.csv, columns: {"+strings.Join(head, ": "+typ+", ")+": "+typ+"}}", "{connection: db, table: "+table+"}")
				o := c.job("wide")
				if n > most {
					o.exits(1).says("columns")
					continue
				}
				o.exits(0)
				c.flow("back", "{connection: db, table: "+table+"}", "{file: out.csv}")
				c.job("back").exits(0)
				if got, want := c.read("out.csv"), c.read("in.csv"); got != want {
					t.Errorf("%d columns come back otherwise", n)
				}
			}
		})
	}
}

// A value that is too large for the column, the index, or the row is refused with its row.
func TestValuesOverTheLimit(t *testing.T) {
	long := strings.Repeat("abcdefghijklmnopqrstuvwxyz0123456789", 60_000) // 2 MB, and it does not pack into nothing
	for _, name := range []string{"postgres", "mariadb"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bases[name](t)
			c := newClerk(t, b, nil)
			b.sql(t, "CREATE TABLE short (id bigint NOT NULL PRIMARY KEY, name varchar(10)); CREATE TABLE numbers (id bigint NOT NULL PRIMARY KEY, name decimal(6,2))")
			text := map[string]string{"postgres": "text", "mariadb": "mediumtext"}[name]
			b.sql(t, "CREATE TABLE roomy (id bigint NOT NULL PRIMARY KEY, name %s)", text)
			for _, l := range []struct{ table, typ, good, bad string }{
				{"short", "string", "0123456789", "0123456789a"}, {"numbers", "'decimal(20,4)'", "1234.5000", "12345.6000"}, {"numbers", "'decimal(20,4)'", "1.2500", "1.2345"},
				{"roomy", "string", long, ""}} {
				b.sql(t, "DELETE FROM %s", l.table)
				rows, want := "1,"+l.good+"\n", 1
				if l.bad != "" {
					rows += "2," + l.bad + "\n"
				}
				rows += "3," + l.good + "\n"
				want = 2
				c.write("in.csv", "id,name\n"+rows)
				c.flow("f", "{files: in.csv, columns: {id: int, name: "+l.typ+"}}", "{connection: db, table: "+l.table+"}", "errors: {rows: skip}\n")
				f := c.job("f").exits(0).finished()
				if f.RowsWritten != int64(want) || (f.RowsRejected == 1) != (l.bad != "") {
					t.Errorf("%s: %+v", l.table, f)
				}
				if got := b.sql(t, "SELECT count(*), sum(length(concat(name, ''))) FROM %s", l.table); !strings.HasPrefix(got, "2") || l.table == "roomy" && !strings.HasSuffix(got, fmt.Sprint(2*len(long))) {
					t.Errorf("%s holds %s", l.table, got)
				}
			}
		})
	}
}

// A row that is larger than what the server takes at once is refused, and the others load, by
// LOAD DATA and by INSERT.
func TestRowsLargerThanAPacket(t *testing.T) {
	b := mariaBase(t, "--max-allowed-packet=1M")
	c := newClerk(t, b, nil)
	text := func(n int) string { return strings.Repeat("abcdefghij", n/10) }
	c.write("in.csv", "id,name\n1,"+text(900_000)+"\n2,"+text(1_500_000)+"\n3,"+text(300_000)+"\n")
	source := "{files: in.csv, columns: {id: int, name: string}}"
	for _, local := range []string{"ON", "OFF"} {
		b.sql(t, "SET GLOBAL local_infile = %s", local)
		for _, mode := range []string{"append", "upsert", "mirror", "replace"} {
			key := map[bool]string{true: ", key: [id]"}[mode == "upsert" || mode == "mirror"]
			table := mode + local
			sink := "{connection: db, table: " + table + ", load: {mode: " + mode + key + "}}"
			c.flow("f", source, sink)
			c.job("f").exits(1).says("max_allowed_packet", "in.csv:3")
			c.flow("f", source, sink, "errors: {rows: skip}\n")
			if f := c.job("f").exits(0).finished(); f.RowsWritten != 2 || f.RowsRejected != 1 {
				t.Errorf("%s: %+v", table, f)
			}
			equal(t, table, b.rows(t, "SELECT id, length(name) FROM "+table), []string{"1|900000", "3|300000"})
		}
	}
}

// A key that is too long for its index is refused with its row.
func TestKeysLargerThanAnIndex(t *testing.T) {
	b := postgresBase(t)
	c := newClerk(t, b, nil)
	var long strings.Builder // that does not pack into nothing
	for i := range 4000 {
		fmt.Fprintf(&long, "%x", i*i*7919)
	}
	b.sql(t, "CREATE TABLE goods (name text PRIMARY KEY, n bigint)")
	c.write("in.csv", "name,n\nshort,1\n"+long.String()+",2\nother,3\n")
	c.flow("f", "{files: in.csv, columns: {name: string, n: int}}", "{connection: db, table: goods, load: {mode: upsert, key: [name]}}", "errors: {rows: skip}\n")
	if f := c.job("f").exits(0).finished(); f.RowsWritten != 2 || f.RowsRejected != 1 {
		t.Errorf("%+v", f)
	}
	equal(t, "goods", b.rows(t, "SELECT n FROM goods"), []string{"1", "3"})
}

// A database, a user and a password with quotes and worse.
func TestHostileConnections(t *testing.T) {
	const name, password = "O'Brien; DROP TABLE \"goods\" --", `pa'ss"wo\rd; -- ${{ run.id }} %s`
	quoted := strings.ReplaceAll(password, "'", "''")
	ident := `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	mariaIdent := "`" + name + "`"
	login := "'" + strings.ReplaceAll(name, "'", "''") + "'@'127.0.0.1'"
	for kind, setUp := range map[string]string{
		"postgres": "CREATE ROLE " + ident + " LOGIN SUPERUSER PASSWORD '" + quoted + "'; CREATE DATABASE " + ident,
		"mariadb":  "CREATE DATABASE " + mariaIdent + "; CREATE USER " + login + " IDENTIFIED BY '" + strings.ReplaceAll(quoted, `\`, `\\`) + "' REQUIRE SSL; GRANT ALL ON " + mariaIdent + ".* TO " + login,
		"sqlite":   "",
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := bases[kind](t)
			if setUp == "" {
				b.lines[1] = "path: " + yamlText("O'Brien; DROP TABLE \"goods\" --.db")
			} else {
				b.sql(t, "%s", setUp)
				b.lines[1], b.lines[2], b.password = "database: "+yamlText(name), "user: "+yamlText(name), password
			}
			c := newClerk(t, b, nil)
			c.write("in.csv", hostileCSV())
			c.flow("fill", "{files: in.csv, columns: {id: int, name: string}}", "{connection: db, table: feed, load: {mode: upsert, key: [id]}}")
			c.flow("back", "{connection: db, query: SELECT * FROM feed ORDER BY id}", "{file: out.csv}")
			for range 2 {
				c.job("fill").exits(0)
				c.job("back").exits(0)
				if got, want := readCSV(t, c.path("out.csv")), readCSV(t, c.path("in.csv")); fmt.Sprint(got.cells) != fmt.Sprint(want.cells) {
					t.Errorf("%q, want %q", got.cells, want.cells)
				}
			}
		})
	}
}

// hostileCSV is rows with the texts.
func hostileCSV() string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Write([]string{"id", "name"})
	for i, text := range hostileTexts {
		w.Write([]string{fmt.Sprint(i), text})
	}
	w.Flush()
	return b.String()
}

// Texts with quotes and worse as cursors, as a person sets them and as a run leaves them.
func TestHostileCursors(t *testing.T) {
	for _, name := range []string{"postgres", "mariadb", "sqlite"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bases[name](t)
			c := newClerk(t, b, nil)
			c.write("in.csv", hostileCSV())
			c.flow("fill", "{files: in.csv, columns: {id: int, name: string}}", "{connection: db, table: feed}")
			c.job("fill").exits(0)
			c.flow("f", "{connection: db, table: feed, incremental: {cursor: name, tie_breaker: id}}", "{connection: db, table: got}")
			for _, text := range []string{`O'Brien; DROP TABLE goods; --`, `'`, "${{ run.id }}", "$1", "?"} {
				c.job("f", "--full-refresh").exits(0)
				c.as("owner", "state", "set", "f", text, "--yes").exits(0)
				b.sql(t, "DELETE FROM got")
				for range 2 {
					c.job("f").exits(0)
					equal(t, "beyond "+text, b.rows(t, "SELECT id FROM got"), b.rows(t, "SELECT id FROM feed WHERE name > '"+strings.ReplaceAll(text, "'", "''")+"'"))
				}
			}
		})
	}
}
