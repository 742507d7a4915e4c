//go:build unix

package acceptance

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Whole databases are copied from kind to kind and back, by one flow each; every row of every
// table is compared by the databases' own means.

// place is a database and what headgate calls it.
type place struct {
	*base
	name   string
	tables string // what headgate puts before the name of a table there
}

// text is a column as a text that is the same in every kind of database. kind is PostgreSQL's name of its type.
func (p place) text(column, kind string) string {
	c := string(p.quote) + strings.ReplaceAll(column, string(p.quote), strings.Repeat(string(p.quote), 2)) + string(p.quote)
	forms := map[string]map[string]string{
		"bytea":   {"postgres": "encode(%s, 'hex')", "mariadb": "lower(hex(%s))", "sqlite": "lower(hex(%s))"},
		"boolean": {"postgres": "(%s)::boolean::int::text", "mariadb": "%s", "sqlite": "%s"},
		"real":    {"postgres": "round((%s)::numeric, 4)::text", "mariadb": "cast(%s as decimal(40,4))", "sqlite": "printf('%%.4f', %s)"},
		"money":   {"postgres": "(%s)::text", "mariadb": "%s", "sqlite": "printf('%%.2f', %s)"},
		"date":    {"postgres": "to_char((%s)::date, 'YYYY-MM-DD')", "mariadb": "date_format(%s, '%%Y-%%m-%%d')", "sqlite": "%s"},
		"time":    {"postgres": "to_char((%s)::time, 'HH24:MI:SS.MS')", "mariadb": "substr(time_format(%s, '%%H:%%i:%%s.%%f'), 1, 12)", "sqlite": "strftime('%%H:%%M:%%f', %s)"},
		"moment":  {"postgres": "to_char((%s)::timestamp, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS')", "mariadb": "substr(date_format(%s, '%%Y-%%m-%%dT%%H:%%i:%%s.%%f'), 1, 23)", "sqlite": "strftime('%%Y-%%m-%%dT%%H:%%M:%%f', %s)"},
		"instant": {"postgres": "to_char((%s)::timestamptz, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS')", "mariadb": "substr(date_format(%s, '%%Y-%%m-%%dT%%H:%%i:%%s.%%f'), 1, 23)", "sqlite": "strftime('%%Y-%%m-%%dT%%H:%%M:%%f', %s)"},
		"array":   {"postgres": "encode(convert_to(CASE WHEN pg_typeof(%[1]s)::text LIKE '%%[]' THEN to_json(%[1]s)::text ELSE format('%%s', %[1]s) END, 'UTF8'), 'hex')"},
		"text":    {"postgres": "encode(convert_to(rtrim(format('%%s', %s)), 'UTF8'), 'hex')", "mariadb": "lower(hex(rtrim(convert(%s using utf8mb4))))", "sqlite": "lower(hex(rtrim(cast(%s AS text))))"},
	}
	form := map[string]string{"bytea": "bytea", "boolean": "boolean", "real": "real", "double precision": "real", "numeric(12,2)": "money", "date": "date",
		"time without time zone": "time", "timestamp without time zone": "moment", "timestamp with time zone": "instant", "ARRAY": "array"}[kind]
	if form == "" {
		form = "text"
	}
	sql := forms[form][p.base.name]
	if sql == "" {
		sql = forms["text"][p.base.name]
	}
	return "CASE WHEN " + c + " IS NULL THEN '~' ELSE " + fmt.Sprintf(sql, c) + " END"
}

// copied is a table of the first database: its name, and its columns with their types.
type copied struct {
	name    string
	columns [][2]string
}

// differences names the columns that differ in rows of the same place, with one example of each.
func (c copied) differences(got, want []string) string {
	text, told := "", map[string]bool{}
	for i := range min(len(got), len(want)) {
		g, w := strings.Split(got[i], "|"), strings.Split(want[i], "|")
		for j := range min(len(g), len(w), len(c.columns)) {
			if name := c.columns[j][0]; g[j] != w[j] && !told[name] {
				told[name] = true
				text += fmt.Sprintf("; %s: %s, want %s", name, clip(g[j]), clip(w[j]))
			}
		}
	}
	return text
}

// contents are the rows of a table as texts.
func (p place) contents(t testing.TB, tab copied) []string {
	t.Helper()
	parts := make([]string, len(tab.columns))
	for i, c := range tab.columns {
		parts[i] = p.text(c[0], c[1])
	}
	q, name := string(p.quote), strings.ReplaceAll(tab.name, string(p.quote), strings.Repeat(string(p.quote), 2))
	row := "concat_ws('|', " + strings.Join(parts, ", ") + ")"
	if p.base.name == "sqlite" {
		row = strings.Join(parts, " || '|' || ")
	}
	from := q + name + q
	if schema, has := strings.CutSuffix(p.tables, "."); has {
		from = q + schema + q + "." + from
	}
	set := ""
	if p.base.name == "postgres" {
		set = "SET intervalstyle = iso_8601; SET timezone = 'UTC'; "
	}
	return p.rows(t, set+"SELECT "+row+" FROM "+from)
}

// tablesOf describes the tables of the schema public, as PostgreSQL knows them.
func tablesOf(t testing.TB, p place) []copied {
	t.Helper()
	var list []copied
	for _, line := range strings.Split(p.sql(t, `SELECT c.table_name || chr(9) || string_agg(c.column_name || chr(7) || CASE WHEN c.data_type = 'numeric' AND numeric_precision = 12 THEN 'numeric(12,2)' ELSE c.data_type END, chr(9) ORDER BY ordinal_position)
		FROM information_schema.columns c JOIN pg_class r ON r.relname = c.table_name AND r.relnamespace = 'public'::regnamespace AND r.relkind IN ('r', 'p') AND NOT r.relispartition
		WHERE c.table_schema = 'public' GROUP BY c.table_name ORDER BY 1`), "\n") {
		f := strings.Split(line, "\t")
		tab := copied{name: f[0]}
		for _, c := range f[1:] {
			name, kind, _ := strings.Cut(c, "\a")
			tab.columns = append(tab.columns, [2]string{name, kind})
		}
		list = append(list, tab)
	}
	return list
}

// shape is the primary keys, and the columns that may not be NULL, of a schema.
func (p place) shape(t testing.TB, schema string) string {
	t.Helper()
	return p.sql(t, `SELECT r.relname, string_agg(a.attname || CASE WHEN a.attnotnull THEN '!' ELSE '' END || coalesce(array_position(k.conkey, a.attnum)::text, ''), ',' ORDER BY a.attnum)
		FROM pg_class r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped LEFT JOIN pg_constraint k ON k.conrelid = r.oid AND k.contype = 'p'
		WHERE r.relnamespace = '%s'::regnamespace AND r.relkind IN ('r', 'p') AND NOT r.relispartition AND r.relname !~ '^_headgate' GROUP BY 1 ORDER BY 1`, schema)
}

// copyist is a project with all kinds of databases.
type copyist struct {
	*household
	places []place
}

func newCopyist(t *testing.T, script string) *copyist {
	t.Helper()
	pg, maria := postgresBase(t), mariaBase(t)
	c := &copyist{&household{newProject(t)}, []place{{pg, "first", ""}, {pg, "again", "copied."}, {maria, "maria", ""}, {sqliteBase(t), "lite", ""}}}
	text := "version: 1\nconnections:\n"
	for _, p := range c.places {
		text += p.connection(p.name, p.address)
	}
	c.write("connections.yaml", text)
	c.run("init", "--email", "owner@example.com", "--key-out", "owner.key", "--no-keyring").exits(0)
	for _, p := range c.places {
		if p.address != "" {
			c.with(p.password, keyed("owner", "secret", "set", "db", "--connection", p.name, "--stdin")...).exits(0)
		}
	}
	sql, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	pg.run(t, string(sql))
	return c
}

func (c *copyist) place(name string) place {
	for _, p := range c.places {
		if p.name == name {
			return p
		}
	}
	c.t.Fatal("no place", name)
	return place{}
}

// copyAll copies all tables from one place to another, twice: what is there is replaced.
func (c *copyist) copyAll(from, to string, tables []copied) {
	c.t.Helper()
	a, b := c.place(from), c.place(to)
	name := from + "-to-" + to
	c.write("flows/"+name+".yaml", "version: 1\nflow: "+name+"\ndefaults:\n  source: {connection: "+from+"}\n  sink: {connection: "+to+", table: \""+b.tables+"${{ stream.table }}\", load: {mode: replace}}\nstreams: {\""+a.tables+"*\": {}}\nrun: {parallel: 3}\n")
	for range 2 {
		o := c.as("owner", "run", name, "--json").exits(0)
		rows := int64(0)
		for _, tab := range tables {
			got, want := b.contents(c.t, tab), c.place("first").contents(c.t, tab)
			if !slices.Equal(got, want) {
				c.t.Errorf("%s: %s: %d rows, want %d%s", name, tab.name, len(got), len(want), tab.differences(got, want))
			}
			rows += int64(len(want))
		}
		if f := o.finished(); f.RowsRead != rows || f.RowsWritten != rows {
			c.t.Errorf("%s: read %d, wrote %d, of %d rows", name, f.RowsRead, f.RowsWritten, rows)
		}
	}
}

// TestCopyDatabase takes a database through all the others and back, in both directions.
func TestCopyDatabase(t *testing.T) {
	for name, script := range map[string]string{"types": "testdata/copy/types.sql", "northwind": "testdata/real/sql/northwind.postgres.sql"} {
		for _, ring := range [][]string{{"first", "lite", "maria", "again"}, {"first", "maria", "lite", "again"}, {"first", "again"}} {
			t.Run(name+" "+strings.Join(ring[1:], " "), func(t *testing.T) {
				c := newCopyist(t, filepath.FromSlash(script))
				first := c.place("first")
				tables := tablesOf(t, first)
				want := first.shape(t, "public")
				for i := range ring[1:] {
					c.copyAll(ring[i], ring[i+1], tables)
				}
				if got := first.shape(t, "copied"); got != want {
					t.Errorf("keys and NOT NULL are\n%s\nnot\n%s", got, want)
				}
				if name == "northwind" {
					northwind(t, first, "copied")
				} else {
					c.foretold()
				}
			})
		}
	}
}

// northwind checks the facts that are known of that database.
func northwind(t *testing.T, p place, schema string) {
	t.Helper()
	for query, want := range map[string]string{
		"SELECT count(*) FROM %s.order_details": "2155", "SELECT count(*) FROM %s.customers": "91", "SELECT count(*) FROM %s.customer_customer_demo": "0",
		"SELECT round(sum(unit_price::numeric * quantity), 2), sum(quantity) FROM %s.order_details":                               "1354458.59|51317",
		"SELECT round(sum(freight::numeric), 2), count(*) - count(shipped_date), min(order_date), max(order_date) FROM %s.orders": "64942.69|21|1996-07-04|1998-05-06",
	} {
		if got := p.sql(t, query, schema); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

// foretold checks that the plan says what a copy does not carry over.
func (c *copyist) foretold() {
	c.t.Helper()
	c.write("flows/look.yaml", "version: 1\nflow: look\nsource: {connection: first}\nsink: {connection: lite, table: \"look_${{ stream.table }}\", load: {mode: replace}}\nstreams: {\"public.*\": {}}\n")
	c.as("owner", "plan", "look").exits(0).says("exact", "stored as TEXT", "cheap (view)", "totals (materialized view)", "== stream public.Odd.Name", "PRIMARY KEY (\"shop\", \"order\", \"line\")")
}
