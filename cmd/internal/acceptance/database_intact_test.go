//go:build unix

package acceptance

import (
	"strings"
	"testing"
)

// misfortune is a flow that fails.
type misfortune struct {
	what, source, sink string
	cut                string // the stream of the connection via that is cut; "" = none
	says               string // in the message
	tidy               func() // before the run that nothing happens to; nil = nothing
}

// A source that fails, a connection that drops and a statement that the server refuses, under
// the modes that give a table other rows: the old table is intact, nothing is left beside it, and
// the run after it does its work.
func TestOldTableIsIntact(t *testing.T) {
	for _, name := range []string{"postgres", "mariadb", "sqlite"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := proxied(t, bases[name](t))
			f := newFaults(t, c, "headgate")
			f.fill("old_rows", key, "old", 0, loadRows/2)
			f.fill("feed", key, "new", loadRows/4, loadRows)
			good := csvRows(loadRows/4, loadRows, "")
			c.write("good.csv", good)
			c.write("bad.csv", good+"7,x,much,2026-01-01\n")
			for _, mode := range []string{"replace", "truncate", "mirror"} {
				load := "table: goods, load: {mode: " + mode + f.key(mode) + "}"
				list := []misfortune{
					{what: "source", source: "{files: bad.csv, " + feedTypes + "}", sink: "{connection: db, " + load + "}", says: "much"},
					{what: "statement", source: "{files: good.csv, " + feedTypes + "}", sink: "{connection: db, " + load + ", after: [INSERT INTO nowhere VALUES (1)]}", says: "nowhere"},
				}
				if c.proxy != nil {
					list = append(list, misfortune{what: "connection of the source", source: "{connection: via, table: feed}", sink: "{connection: db, " + load + "}", cut: "downstream"},
						misfortune{what: "connection of the sink", source: "{files: good.csv, " + feedTypes + "}", sink: "{connection: via, " + load + "}", cut: "upstream"})
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
	if want := map[bool]int{false: 1, true: 3}[m.cut != ""]; o.exit != want {
		t.Errorf("after %s: exit %d, want %d: %s", m.what, o.exit, want, clip(o.stderr))
	}
	o.says(m.says)
	equal(t, "after "+m.what+" failed", f.rows("goods"), f.rows("old_rows"))
	if m.cut == "" { // who is cut off cannot clean up: the next run does
		equal(t, "tables after "+m.what+" failed", f.b.rows(t, f.tables()), tables)
	}
	if m.tidy != nil {
		m.tidy()
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
