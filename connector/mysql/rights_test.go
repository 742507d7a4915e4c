package mysql_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/sqltest"
	"github.com/headgate/headgate/connector/mysql"
	"github.com/headgate/headgate/connector/sqldb"
)

// TestPrivilegesAreExact gives a login that may do nothing exactly what the comparison says for
// each load mode. Then the load works, and without any one of these rights the
// comparison says so and the load fails.
func TestPrivilegesAreExact(t *testing.T) {
	d := start(t)
	half := 0.5
	requests := []connector.SinkRequest{{Table: "fresh"}, {Table: "fresh", Mode: "mirror", Key: []string{"id"}}}
	for _, mode := range sqldb.Modes() {
		requests = append(requests, connector.SinkRequest{Table: "orders", Mode: mode, Key: []string{"id"}})
	}
	requests = append(requests, connector.SinkRequest{Table: "orders", Mode: "truncate", MaxShrink: &half}, connector.SinkRequest{Table: "orders", Evolve: "add_columns"})
	for i, req := range requests {
		t.Run(fmt.Sprintf("%d %s %s", i, req.Table, req.Mode), func(t *testing.T) { d.exact(t, fmt.Sprintf("few%d", i), req) })
	}
}

func (d *db) exact(t *testing.T, login string, req connector.SinkRequest) {
	database := d.Database(t, login)
	// anew is the database as it was before any load; what is granted stays.
	anew := fmt.Sprintf("DROP DATABASE %s; CREATE DATABASE %s; USE %s; CREATE TABLE orders (id bigint PRIMARY KEY, name text, note text); INSERT INTO orders VALUES (1, 'a', 'x'), (2, 'b', 'y'); ", database, database, database)
	d.SQL(t, "", anew+fmt.Sprintf(`CREATE USER '%s'@'127.0.0.1' IDENTIFIED BY '%s' REQUIRE SSL; GRANT SHOW DATABASES ON *.* TO '%s'@'127.0.0.1'`, login, strings.ReplaceAll(password, "'", "''"), login))
	cfg := d.config(database)
	cfg.User, cfg.Database = login, database
	rows := conntest.Rows{Schema: conntest.Schema(t, "id int", "name string"), Cells: [][]string{{"2", "c"}, {"3", "d"}}}
	if req.Evolve != "" {
		rows = conntest.Rows{Schema: conntest.Schema(t, "id int", "added string"), Cells: [][]string{{"3", "d"}}}
	}
	need := connector.Need{Flow: "load", Write: &req}
	// Nobody logs in to a database where he may do nothing at all.
	always := fmt.Sprintf("GRANT SHOW VIEW ON %s.* TO '%s'@'127.0.0.1'", database, login)
	d.SQL(t, "", always)
	privileges := func() *connector.Privileges {
		t.Helper()
		p, err := mysql.Type().Table.Privileges(t.Context(), env(), cfg, []connector.Need{need})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	load := func(id string) error {
		sink := d.sinkOf(t, cfg, req)
		defer sink.Close()
		_, _, err := sqltest.Attempt(t.Context(), t, sink, rows, id)
		return err
	}
	var given []connector.Privilege
	for _, r := range privileges().Rights {
		if r.Missing() {
			given = append(given, r)
			d.SQL(t, "", r.Fix)
		}
	}
	if p := privileges(); len(given) == 0 || p.Missing() != 0 {
		t.Fatalf("after %+v: %+v", given, p)
	}
	for i, r := range given {
		if r.Right == "CREATE" && strings.Contains(given[max(0, i-1)].Fix, "CREATE, ") {
			continue // which the grants before it have given already
		}
		only, _, _ := strings.Cut(r.Fix, " ON ")
		take := strings.Replace(strings.Replace(r.Fix, only, "REVOKE "+r.Right, 1), " TO ", " FROM ", 1)
		d.SQL(t, "", take)
		if privileges().Missing() == 0 {
			t.Errorf("%s: not missed", take)
		}
		if err := load(fmt.Sprintf("without-%d", i)); err == nil {
			t.Errorf("%s: the load works without it", take)
		}
		d.SQL(t, "", anew+r.Fix)
	}
	for _, id := range []string{"run-1", "run-2"} {
		if err := load(id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
		if p := privileges(); p.Missing() != 0 {
			t.Errorf("%s: %+v", id, p)
		}
	}
}

func TestPrivilegesOfAQuery(t *testing.T) {
	d := start(t)
	database := d.Database(t, t.Name())
	d.SQL(t, database, fmt.Sprintf("CREATE TABLE a (x int); CREATE TABLE b (y int); CREATE USER asks@127.0.0.1 IDENTIFIED BY '%s' REQUIRE SSL; GRANT SHOW VIEW ON %s.* TO asks@127.0.0.1",
		strings.ReplaceAll(password, "'", "''"), database))
	cfg := d.config(database)
	cfg.User = "asks"
	need := connector.Need{Flow: "read", Read: &connector.SourceRequest{Query: "SELECT x, y FROM a, b WHERE x > :least", Args: map[string]any{"least": int64(1)}}}
	for missing := range 3 { // the server names one at a time
		p, err := mysql.Type().Table.Privileges(t.Context(), env(), cfg, []connector.Need{need})
		if err != nil {
			t.Fatal(err)
		}
		if want := min(1, 2-missing); p.Missing() != want || p.Excess() != 0 {
			t.Fatalf("%d missing, not %d: %+v", p.Missing(), want, p)
		}
		for _, r := range p.Rights {
			if r.Missing() {
				d.SQL(t, "", r.Fix)
			}
		}
	}
}
