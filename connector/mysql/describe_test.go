package mysql_test

import (
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
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
