package postgres_test

import (
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/sqltest"
	"github.com/headgate/headgate/connector/postgres"
)

// A login that may write some columns of a table and no others loads it, and holds it meanwhile.
func TestColumnRightsHoldTheTable(t *testing.T) {
	d := start(t)
	rows := conntest.Rows{Schema: conntest.Schema(t, "id int", "name string"), Cells: [][]string{{"2", "c"}, {"3", "d"}}}
	for _, test := range []struct{ login, mode, grant, want string }{
		{"columns_append", "append", `GRANT INSERT (id, name) ON shop."Orders" TO columns_append`, "1a,2b,2c,3d"},
		{"columns_update", "update", `GRANT SELECT (id, name), UPDATE (name) ON shop."Orders" TO columns_update`, "1a,2c"},
	} {
		t.Run(test.mode, func(t *testing.T) {
			cfg, sql := d.restricted(t, test.login)
			sql(`ALTER TABLE shop."Orders" DROP CONSTRAINT "Orders_pkey"; CREATE INDEX ON shop."Orders" (id); GRANT USAGE, CREATE ON SCHEMA shop TO ` + test.login + "; GRANT TEMPORARY ON DATABASE " + cfg.Database + " TO " + test.login + "; " + test.grant)
			sink, err := postgres.Type().Table.NewSink(t.Context(), env(), cfg, connector.SinkRequest{Table: "shop.Orders", Mode: test.mode, Key: []string{"id"}, Create: "never"})
			if err != nil {
				t.Fatal(err)
			}
			defer sink.Close()
			if _, err := sink.Prepare(t.Context(), rows.Schema, connector.Run{ID: "held", Flow: "f"}, false); err != nil {
				t.Fatal(err)
			}
			if n := sql(`SELECT count(*) FROM pg_locks WHERE relation = 'shop."Orders"'::regclass AND mode = 'RowExclusiveLock' AND granted`); n != "1" {
				t.Errorf("%s locks hold the table", n)
			}
			sink.Close()
			sink, err = postgres.Type().Table.NewSink(t.Context(), env(), cfg, connector.SinkRequest{Table: "shop.Orders", Mode: test.mode, Key: []string{"id"}, Create: "never"})
			if err != nil {
				t.Fatal(err)
			}
			defer sink.Close()
			conntest.Load{Rows: rows, Run: sqltest.Run}.Write(t, sink)
			if got := sql(`SELECT string_agg(id || name, ',' ORDER BY id, name) FROM shop."Orders"`); got != test.want {
				t.Errorf("the table has %s, want %s", got, test.want)
			}
		})
	}
}
