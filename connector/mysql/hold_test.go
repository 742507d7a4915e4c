package mysql_test

import (
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
)

// Nobody changes a table between the look at it and the last row: a double would round what was
// meant for a bigint.
func TestTableIsHeld(t *testing.T) {
	d := start(t)
	b := d.base(t)
	rows := conntest.Rows{Schema: conntest.Schema(t, "id int", "n int"), Cells: [][]string{{"2", "9007199254740993"}}}
	for _, mode := range []string{"append", "truncate", "upsert", "update", "delete", "mirror"} {
		table := "t_" + mode
		t.Run(mode, func(t *testing.T) {
			d.SQL(t, b.name, "CREATE TABLE "+table+" (id bigint PRIMARY KEY, n bigint); INSERT INTO "+table+" VALUES (1, 1)")
			change := "SET lock_wait_timeout = 1; ALTER TABLE " + table + " MODIFY n double"
			sink := d.sinkOf(t, d.config(b.name), connector.SinkRequest{Table: table, Mode: mode, Key: []string{"id"}})
			if _, err := sink.Prepare(t.Context(), rows.Schema, connector.Run{ID: "held", Flow: "f"}, false); err != nil {
				t.Fatal(err)
			}
			if out, err := d.Try(t, b.name, change); err == nil || !strings.Contains(out+err.Error(), "1205") {
				t.Errorf("the table was changed meanwhile: %s, %v", out, err)
			}
			sink.Close()
			if out, err := d.Try(t, b.name, change); err != nil {
				t.Errorf("the table is still held: %s, %v", out, err)
			}
		})
	}
}
