//go:build unix

package acceptance

import (
	"strings"
	"testing"

	"github.com/headgate/headgate/connector/conntest/servers"
)

// misfortune is a flow that fails.
type misfortune struct {
	what, source, sink string
	cut                string // the stream of the connection via that is cut; "" = none
}

// A source that fails, a connection that drops and a statement that the server refuses, under
// the modes that give a table other rows: the old table is intact, nothing is left beside it, and
// the run after it does its work.
func TestOldTableIsIntact(t *testing.T) {
	for _, name := range []string{"postgres", "mariadb", "sqlite"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bases[name](t)
			var proxy *servers.Proxy
			if b.address != "" {
				proxy = servers.Toxi(t).Before(strings.Replace(b.address, "localhost", "127.0.0.1", 1))
			}
			c := newClerk(t, b, proxy)
			f := newFaults(t, c, "headgate")
			f.fill("old_rows", key, "old", 0, loadRows/2)
			f.fill("feed", key, "new", loadRows/4, loadRows)
			good := "id,name,amount,day\n"
			for i := loadRows / 4; i < loadRows; i++ {
				good += strings.Join(loadRow("new", i, ""), ",") + "\n"
			}
			c.write("good.csv", good)
			c.write("bad.csv", good+"7,x,much,2026-01-01\n")
			for _, mode := range []string{"replace", "truncate", "mirror"} {
				load := "table: goods, load: {mode: " + mode + f.key(mode) + "}"
				list := []misfortune{
					{"source", "{files: bad.csv, " + feedTypes + "}", "{connection: db, " + load + "}", ""},
					{"statement", "{files: good.csv, " + feedTypes + "}", "{connection: db, " + load + ", after: [INSERT INTO nowhere VALUES (1)]}", ""},
				}
				if proxy != nil {
					list = append(list, misfortune{"connection of the source", "{connection: via, table: feed}", "{connection: db, " + load + "}", "downstream"},
						misfortune{"connection of the sink", "{files: good.csv, " + feedTypes + "}", "{connection: via, " + load + "}", "upstream"})
				}
				for _, m := range list {
					t.Run(mode+", "+m.what, func(t *testing.T) { newFaults(t, c, "headgate").intact(mode, load, m) })
				}
			}
		})
	}
}

// intact has a misfortune, and then a run that nothing happens to.
func (f *faults) intact(mode, load string, m misfortune) {
	t := f.t
	f.prepare(mode, "", 0)
	tables := f.b.rows(t, f.tables())
	f.flow("f", m.source, m.sink)
	if m.cut != "" {
		defer f.proxy.Toxic("limit_data", m.cut, map[string]any{"bytes": 200_000})()
	}
	o := f.job("f")
	if o.exit != 1 && o.exit != 3 {
		t.Errorf("exit %d: %s", o.exit, clip(o.stderr))
	}
	equal(t, "after "+m.what+" failed", f.rows("goods"), f.rows("old_rows"))
	if m.cut == "" { // who is cut off cannot clean up: the next run does
		equal(t, "tables after "+m.what+" failed", f.b.rows(t, f.tables()), tables)
	}
	f.flow("f", "{files: good.csv, "+feedTypes+"}", "{connection: db, "+load+"}")
	f.job("f").exits(0)
	equal(t, "after the next run", f.rows("goods"), f.rows("feed"))
	for _, name := range f.b.rows(t, f.tables()) {
		if strings.HasPrefix(name, "_headgate_") && name != "_headgate_state" {
			t.Errorf("the table %s is left", name)
		}
	}
}

// tables is the query for the names of all tables but our own of the state.
func (f *faults) tables() string {
	switch f.b.name {
	case "sqlite":
		return "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> '_headgate_state'"
	case "mariadb":
		return "SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND table_name <> '_headgate_state'"
	}
	return "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> '_headgate_state'"
}
