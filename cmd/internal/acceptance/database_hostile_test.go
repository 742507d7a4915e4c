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
	for name, most := range map[string]int{"postgres": 1600, "mariadb": 900, "sqlite": 2000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bases[name](t)
			c := newClerk(t, b, nil)
			typ := map[string]string{"postgres": "string", "mariadb": "int", "sqlite": "string"}[name] // such that a row is not too long
			for _, n := range []int{most, most + 200} {
				var head, first, second []string
				for i := range n {
					head, first, second = append(head, fmt.Sprintf("c%d", i)), append(first, fmt.Sprint(i%10)), append(second, "")
				}
				second[0], second[n-1] = "7", "9"
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
