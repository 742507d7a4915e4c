package mysql_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/sqltest"
	"github.com/headgate/headgate/connector/mysql"
)

func readDescribe(t *testing.T, b base) {
	b.SQL(t, b.name, "CREATE TABLE t (a decimal(10,2), b varchar(9), c json, PRIMARY KEY (b, a), KEY (a)); INSERT INTO t SELECT seq, 'x', NULL FROM "+sequence(1, 50)+"; ANALYZE TABLE t")
	describe := func(name string) ([]connector.Relation, error) {
		return mysql.Type().Table.Describe(t.Context(), env(), b.config(b.name), name)
	}
	all, err := describe("")
	if err != nil || len(all) == 0 || all[0].Name != "t" || !all[0].Near || all[0].Rows != 50 || all[0].Kind != "table" {
		t.Errorf("%+v, %v", all, err)
	}
	one, err := describe("t")
	if err != nil || len(one) != 1 || len(one[0].Columns) != 3 || len(one[0].Indexes) != 2 {
		t.Fatalf("%+v, %v", one, err)
	}
	if want := (connector.RelationColumn{Name: "a", Type: "decimal(10,2)", As: "decimal(10,2)", NotNull: true, Key: 2}); one[0].Columns[0] != want {
		t.Errorf("%+v, want %+v", one[0].Columns[0], want)
	}
	if _, err := describe("tt"); err == nil || !strings.Contains(err.Error(), "did you mean `t`") {
		t.Errorf("%v", err)
	}
}

func readPrivileges(t *testing.T, b base) {
	b.SQL(t, b.name, fmt.Sprintf(`CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE other (id int);
		CREATE OR REPLACE USER 'few'@'127.0.0.1' IDENTIFIED BY '%s' REQUIRE SSL;
		GRANT SELECT, INSERT ON %s.t TO few@127.0.0.1; GRANT DELETE, CREATE TEMPORARY TABLES ON %s.* TO few@127.0.0.1; GRANT FILE ON *.* TO few@127.0.0.1`, strings.ReplaceAll(password, "'", "''"), b.name, strings.ReplaceAll(b.name, "_", `\_`)))
	cfg := b.config(b.name)
	cfg.User = "few"
	got, err := mysql.Type().Table.Privileges(t.Context(), env(), cfg, []connector.Need{
		{Flow: "load", Write: &connector.SinkRequest{Table: "t", Mode: "upsert", Key: []string{"id"}, Create: "never"}},
		{Flow: "read", Read: &connector.SourceRequest{Table: "other"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, r := range got.Rights {
		lines = append(lines, strings.ReplaceAll(fmt.Sprintf("%s on %s: has %t, for %s: %s", r.Right, r.On, r.Has, strings.Join(r.For, ","), r.Fix), b.name, "db"))
	}
	want := "SELECT on table db.t: has true, for load: \n" +
		"INSERT on table db.t: has true, for load: \n" +
		"UPDATE on table db.t: has false, for load: GRANT UPDATE ON `db`.`t` TO `few`@`127.0.0.1`\n" +
		"CREATE TEMPORARY TABLES on database db: has true, for load: \n" +
		"SELECT on table db._headgate_state: has false, for load: GRANT CREATE, SELECT ON `db`.`_headgate_state` TO `few`@`127.0.0.1`\n" +
		"INSERT on table db._headgate_state: has false, for load: GRANT CREATE, INSERT ON `db`.`_headgate_state` TO `few`@`127.0.0.1`\n" +
		"UPDATE on table db._headgate_state: has false, for load: GRANT CREATE, UPDATE ON `db`.`_headgate_state` TO `few`@`127.0.0.1`\n" +
		"CREATE on table db._headgate_state: has false, for load: GRANT CREATE ON `db`.`_headgate_state` TO `few`@`127.0.0.1`\n" +
		"SELECT on table db.other: has false, for read: GRANT SELECT ON `db`.`other` TO `few`@`127.0.0.1`\n" +
		"FILE on the server: has true, for : REVOKE FILE ON *.* FROM `few`@`127.0.0.1`\n" +
		"DELETE on `db`.*: has true, for : REVOKE DELETE ON `db`.* FROM `few`@`127.0.0.1`"
	if text := strings.Join(lines, "\n"); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	probe, err := mysql.Type().Test(t.Context(), env(), cfg)
	if err != nil || !probe.Read || !probe.Write || len(probe.Notes) < 4 {
		t.Errorf("%+v, %v", probe, err)
	}
	// What is said to be missing is all that is.
	for _, r := range got.Rights {
		if r.Missing() {
			b.SQL(t, b.name, r.Fix)
		}
	}
	s := b.sinkOf(t, cfg, connector.SinkRequest{Table: "t", Mode: "upsert", Key: []string{"id"}, Create: "never"})
	conntest.Load{Rows: sqltest.RowsOf(t, "id int", "1"), Run: sqltest.Run}.Write(t, s)
}
