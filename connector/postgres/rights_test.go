package postgres_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/sqltest"
	"github.com/headgate/headgate/connector/postgres"
	"github.com/headgate/headgate/connector/sqldb"
)

// restricted makes a database with the table shop."Orders" and a login that may do nothing there.
func (d *db) restricted(t *testing.T, login string) (*postgres.Config, func(sql string) string) {
	t.Helper()
	database := d.Database(t, login)
	sql := func(sql string) string { t.Helper(); return d.SQL(t, database, sql) }
	sql("CREATE ROLE " + login + " LOGIN PASSWORD '" + strings.ReplaceAll(password, "'", "''") + "'; REVOKE ALL ON DATABASE " + database + ` FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC;
		GRANT CONNECT ON DATABASE ` + database + ` TO ` + login + `; CREATE SCHEMA shop;
		CREATE TABLE shop."Orders" (id bigint PRIMARY KEY, name text, note text); INSERT INTO shop."Orders" VALUES (1, 'a', 'x'), (2, 'b', 'y')`)
	cfg := d.config(database)
	cfg.User = login
	return cfg, sql
}

// privileges compares, and checks that nothing is said twice.
func privileges(t *testing.T, cfg *postgres.Config, needs ...connector.Need) *connector.Privileges {
	t.Helper()
	p, err := postgres.Type().Table.Privileges(t.Context(), env(), cfg, needs)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range p.Rights {
		key := r.Right + " " + r.On + " " + r.Via
		if seen[key] {
			t.Errorf("%s is there twice", key)
		}
		seen[key] = true
	}
	return p
}

// fixes are the statements that the comparison comes to, those that take away first.
func fixes(p *connector.Privileges, which func(connector.Privilege) bool) []string {
	var list []string
	for _, r := range p.Rights {
		if which(r) && r.Fix != "" {
			list = append(list, r.Fix)
		}
	}
	return list
}

func everything(connector.Privilege) bool { return true }

// TestPrivilegesAreExact gives a login that may do nothing exactly what the comparison says for
// each load mode. Then the load works, and without any one of these rights the
// comparison says so and the load fails.
func TestPrivilegesAreExact(t *testing.T) {
	d := start(t)
	rows := conntest.Rows{Schema: conntest.Schema(t, "id int", "name string"), Cells: [][]string{{"2", "c"}, {"3", "d"}}}
	modes := []connector.SinkRequest{{Mode: "new"}, {Mode: "new", Key: []string{"id"}}}
	for _, mode := range sqldb.Modes() {
		modes = append(modes, connector.SinkRequest{Mode: mode, Key: []string{"id"}})
	}
	half := 0.5
	modes = append(modes, connector.SinkRequest{Mode: "mirror", Key: []string{"id"}, MaxShrink: &half}, connector.SinkRequest{Mode: "truncate", MaxShrink: &half},
		connector.SinkRequest{Mode: "append", Evolve: "add_columns"})
	for i, req := range modes {
		login := "login" + string(rune('a'+i))
		req.Table = "shop.Orders"
		if req.Mode == "new" {
			req.Table, req.Mode = "shop.New", map[bool]string{true: "upsert"}[len(req.Key) > 0]
		}
		t.Run(req.Table+" "+req.Mode, func(t *testing.T) {
			cfg, sql := d.restricted(t, login)
			rows := rows
			if req.Evolve != "" {
				rows = conntest.Rows{Schema: conntest.Schema(t, "id int", "added string"), Cells: rows.Cells[1:]}
			}
			need := connector.Need{Flow: "load", Write: &req}
			load := func(id string) error {
				sink := d.sinkOf(t, cfg, req)
				defer sink.Close()
				_, _, err := sqltest.Attempt(t.Context(), t, sink, rows, id)
				return err
			}
			first := privileges(t, cfg, need)
			if first.Missing() == 0 || first.Login != login {
				t.Fatalf("%+v", first)
			}
			given := fixes(first, connector.Privilege.Missing)
			sql(strings.Join(given, "; "))
			if p := privileges(t, cfg, need); p.Missing() != 0 || p.Excess() != 0 {
				t.Errorf("after %q: %+v", given, p)
			}
			for i, grant := range given {
				take := strings.Replace(strings.Replace(grant, "GRANT", "REVOKE", 1), " TO ", " FROM ", 1)
				give := grant
				if strings.HasPrefix(grant, "ALTER") {
					take = strings.Replace(grant, " TO "+login, " TO hg", 1)
				}
				sql(take)
				if p := privileges(t, cfg, need); p.Missing() == 0 {
					t.Errorf("%s: not missed", take)
				}
				if err := load("without-" + string(rune('a'+i))); err == nil {
					t.Errorf("%s: the load works without it", take)
				}
				sql(give)
			}
			if err := load("run-1"); err != nil {
				t.Errorf("after %q: %v", given, err)
			}
			// Now the table of cursors is there, and it is the login's own.
			if p := privileges(t, cfg, need); p.Missing() != 0 || p.Excess() != 0 {
				t.Errorf("after the run: %+v", p)
			}
			if err := load("run-2"); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPrivilegesToRead(t *testing.T) {
	d := start(t)
	cfg, sql := d.restricted(t, "reader")
	for _, test := range []struct {
		name string
		req  connector.SourceRequest
		want []string
	}{
		{"table", connector.SourceRequest{Table: "shop.Orders"}, []string{`GRANT USAGE ON SCHEMA shop TO reader`, `GRANT SELECT ON TABLE shop."Orders" TO reader`}},
		{"columns", connector.SourceRequest{Table: "shop.Orders", Select: []string{"id", "name"}, Incremental: &connector.Incremental{Cursor: "id"}},
			[]string{`GRANT USAGE ON SCHEMA shop TO reader`, `GRANT SELECT ("id", "name") ON TABLE shop."Orders" TO reader`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			need := connector.Need{Flow: "read", Read: &test.req}
			p := privileges(t, cfg, need)
			given := fixes(p, connector.Privilege.Missing)
			slices.Sort(given)
			slices.Sort(test.want)
			if !slices.Equal(given, test.want) {
				t.Fatalf("%q, not %q", given, test.want)
			}
			sql(strings.Join(given, "; "))
			if p := privileges(t, cfg, need); p.Missing() != 0 || p.Excess() != 0 {
				t.Errorf("%+v", p)
			}
			src, err := postgres.Type().Table.NewSource(t.Context(), env(), cfg, test.req)
			if err != nil {
				t.Fatal(err)
			}
			defer src.Close()
			if _, rows, _ := conntest.Read(t, src, nil); len(rows) != 2 {
				t.Errorf("%q", rows)
			}
			nobody := privileges(t, cfg)
			sql(strings.Join(fixes(nobody, connector.Privilege.Excess), "; "))
			if p := privileges(t, cfg); len(p.Rights) != 0 {
				t.Errorf("after all was taken away: %+v", p.Rights)
			}
		})
	}
	t.Run("query", func(t *testing.T) {
		sql(`CREATE TABLE shop.other (x int); CREATE VIEW shop.named AS SELECT name FROM shop."Orders"; GRANT USAGE ON SCHEMA shop TO reader`)
		need := connector.Need{Flow: "read", Read: &connector.SourceRequest{Query: "SELECT name, x FROM shop.named, shop.other WHERE x > :least", Args: map[string]any{"least": int64(1)}}}
		for range 2 { // the server names one at a time
			p := privileges(t, cfg, need)
			if p.Missing() != 1 {
				t.Fatalf("%+v", p)
			}
			sql(strings.Join(fixes(p, connector.Privilege.Missing), "; "))
		}
		if p := privileges(t, cfg, need); p.Missing() != 0 || p.Excess() != 0 {
			t.Errorf("%+v", p)
		}
	})
}

// TestPrivilegesInExcess takes away what no flow needs, down to a superuser, and the flow still runs.
func TestPrivilegesInExcess(t *testing.T) {
	d := start(t)
	cfg, sql := d.restricted(t, "much")
	sql(`CREATE ROLE team; CREATE ROLE boss CREATEROLE; CREATE TABLE shop.secret (x int); CREATE TABLE shop.mine (x int); ALTER TABLE shop.mine OWNER TO much;
		GRANT team TO much; GRANT boss TO much; GRANT pg_read_all_data TO much; GRANT SELECT, INSERT ON shop.secret TO team; GRANT TRUNCATE ON shop.secret TO much;
		GRANT SELECT (x) ON shop.secret TO PUBLIC; GRANT CREATE ON SCHEMA public TO PUBLIC; GRANT CREATE ON SCHEMA shop TO much; ALTER ROLE much SUPERUSER CREATEDB`)
	needs := []connector.Need{{Flow: "read", Read: &connector.SourceRequest{Table: "shop.Orders"}}, {Flow: "mine", Read: &connector.SourceRequest{Table: "shop.mine"}},
		{Flow: "load", Write: &connector.SinkRequest{Table: "shop.Orders", Mode: "upsert", Key: []string{"id"}}}}
	p := privileges(t, cfg, needs...)
	if p.Missing() != 0 {
		t.Errorf("a superuser lacks %+v", p.Rights)
	}
	var got []string
	for _, r := range p.Rights {
		if r.Excess() {
			got = append(got, strings.TrimSpace(r.Right+" "+r.On+" "+r.Via))
		}
	}
	slices.Sort(got)
	want := []string{"CREATE schema public PUBLIC", "CREATEDB", "CREATEROLE role boss boss", "INSERT table shop.secret role team", "MEMBER role pg_read_all_data pg_read_all_data",
		"OWNERSHIP table shop.mine", "SELECT (x) table shop.secret PUBLIC", "SELECT table shop.secret role team", "SUPERUSER", "TRUNCATE table shop.secret"}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nnot %q", got, want)
	}
	for _, which := range []func(connector.Privilege) bool{connector.Privilege.Excess, func(r connector.Privilege) bool { return !r.Excess() }} {
		sql(strings.Join(fixes(p, which), "; "))
	}
	if p := privileges(t, cfg, needs...); p.Missing() != 0 || p.Excess() != 0 || !slices.Equal(p.Roles, []string{"team"}) || len(fixes(p, everything)) > 0 {
		t.Errorf("%+v", p)
	}
	rows := conntest.Rows{Schema: conntest.Schema(t, "id int", "name string"), Cells: [][]string{{"2", "c"}, {"3", "d"}}}
	if _, _, err := sqltest.Attempt(t.Context(), t, d.sinkOf(t, cfg, *needs[2].Write), rows, "run-1"); err != nil {
		t.Error(err)
	}
}

func TestPrivilegesOfWhatIsNotThere(t *testing.T) {
	d := start(t)
	cfg, _ := d.restricted(t, "lost")
	p := privileges(t, cfg, connector.Need{Flow: "a", Read: &connector.SourceRequest{Table: "shop.Order"}},
		connector.Need{Flow: "b", Write: &connector.SinkRequest{Table: "shop.New", Create: "never"}}, connector.Need{Flow: "c", Write: &connector.SinkRequest{Table: "shoop.New"}})
	if p.Missing() != 0 || len(p.Notes) != 3 || !strings.Contains(p.Notes[0], "shop.Orders") {
		t.Errorf("%+v", p)
	}
}
