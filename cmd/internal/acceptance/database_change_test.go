//go:build unix

package acceptance

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// A table that changes while a run is under way: the run waits for its input when the
// change comes. The change may have to wait for the run, the run may fail; what may not be is rows
// that are not those of the input.
func TestTableChangesUnderTheRun(t *testing.T) {
	changes := map[string]string{
		"a column is dropped":     "ALTER TABLE goods DROP COLUMN amount",
		"a column is added":       "ALTER TABLE goods ADD COLUMN more bigint",
		"a column must be filled": "ALTER TABLE goods ADD COLUMN more bigint NOT NULL DEFAULT 1",
		"a column is renamed":     "ALTER TABLE goods RENAME COLUMN amount TO total",
		"another type":            "ALTER TABLE goods ALTER COLUMN id TYPE double precision",
		"a type as wide":          "ALTER TABLE goods ALTER COLUMN number TYPE double precision",
		"the table is dropped":    "DROP TABLE goods",
		"another table":           "ALTER TABLE goods RENAME TO gone; CREATE TABLE goods (id double precision PRIMARY KEY, number double precision, amount decimal(12,4))",
	}
	maria := map[string]string{"another type": "ALTER TABLE goods MODIFY id double", "a type as wide": "ALTER TABLE goods MODIFY number double"}
	for _, name := range []string{"postgres", "mariadb"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bases[name](t)
			c := newClerk(t, b, nil)
			for what, change := range changes {
				if m, ok := maria[what]; ok && name == "mariadb" {
					change = m
				}
				for _, mode := range []string{"append", "upsert", "replace"} {
					if mode != "append" && what != "a type as wide" && what != "a column is dropped" {
						continue
					}
					t.Run(what+", "+mode, func(t *testing.T) { c.on(t).changed(mode, change, fewRows) })
				}
				if name == "mariadb" && what != "a type as wide" && what != "a column is dropped" {
					continue
				}
				t.Run(what+", append after some", func(t *testing.T) { c.on(t).changed("append", change, manyBatches) })
			}
		})
	}
}

// What a run is fed before the change: enough to learn the columns, and enough for several
// batches.
const (
	fewRows     = 20_000
	manyBatches = 150_000
)

// on is the clerk in a subtest.
func (c *clerk) on(t *testing.T) *clerk {
	return &clerk{&household{&project{t: t, dir: c.dir}}, c.b, c.proxy}
}

// changed runs a load, and a change once it has begun and has been fed so many rows.
func (c *clerk) changed(mode, change string, fed int) {
	t, b := c.t, c.b
	b.sql(t, "DROP TABLE IF EXISTS goods; DROP TABLE IF EXISTS gone; CREATE TABLE goods (id bigint NOT NULL PRIMARY KEY, number bigint, amount decimal(12,2)); INSERT INTO goods VALUES (1000001, 7, 1.50)")
	key := ""
	if mode == "upsert" || mode == "mirror" {
		key = ", key: [id]"
	}
	c.flow("f", "{files: '-', decode: [csv], columns: {id: int, number: int, amount: 'decimal(12,2)'}}", "{connection: db, table: goods, load: {mode: "+mode+key+"}}")
	s := c.start(keyed("owner", "run", "f", "--json")...)
	want := []string{"1000001|7|1.50"}
	if mode == "replace" || mode == "truncate" || mode == "mirror" {
		want = nil
	}
	write := func(from, to int) {
		var text strings.Builder
		for i := from; i < to; i++ {
			fmt.Fprintf(&text, "%d,%d,%d.25\n", i, i*3, i%1000)
			want = append(want, fmt.Sprintf("%d|%d|%d.25", i, i*3, i%1000))
		}
		s.stdin.Write([]byte(text.String()))
	}
	s.stdin.Write([]byte("id,number,amount\n"))
	write(1, 1+fed)
	c.until("the run has begun", c.working)
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.try(t, change)
	}()
	select {
	case <-done:
	case <-time.After(300 * time.Millisecond): // it waits for the run
	}
	write(1+fed, 1+fed+2000)
	s.stdin.Close()
	o := s.wait()
	<-done
	slices.Sort(want)
	got := b.try(t, "SELECT id, number, amount FROM goods")
	switch {
	case o.exit == 0:
		c.unchanged(got, want, change)
	case len(got) > 1:
		t.Errorf("exit %d, and yet there are %d rows", o.exit, len(got))
	}
}

// unchanged compares rows of a run that went well. Where the change came after it, a column may be
// gone, and numbers may be written in another way.
func (c *clerk) unchanged(got, want []string, change string) {
	c.t.Helper()
	if strings.Contains(change, "DROP TABLE") || strings.Contains(change, "gone") && len(got) == 0 {
		return
	}
	query := "SELECT id, number, amount FROM goods"
	if strings.Contains(change, "DROP COLUMN amount") {
		query = "SELECT id, number, 0 FROM goods"
	}
	if strings.Contains(change, "TO total") {
		query = "SELECT id, number, total FROM goods"
	}
	plain := func(rows []string) (list []string) {
		for _, r := range rows {
			if strings.Contains(change, "gone") && strings.HasPrefix(r, "1000001|") { // it went with the old table
				continue
			}
			cells := strings.Split(r, "|")
			for i, cell := range cells {
				if strings.Contains(cell, ".") {
					cells[i] = strings.TrimRight(strings.TrimRight(cell, "0"), ".")
				}
				if i == 2 && strings.Contains(change, "DROP COLUMN") {
					cells[i] = ""
				}
			}
			list = append(list, strings.Join(cells, "|"))
		}
		slices.Sort(list)
		return list
	}
	equal(c.t, "after a run that went well", plain(c.b.rows(c.t, query)), plain(want))
}

// working reports whether a run has opened its transaction in the server.
func (c *clerk) working() bool {
	if c.b.name == "mariadb" {
		return c.b.sql(c.t, "SELECT count(*) FROM information_schema.processlist WHERE user = 'hg' AND command = 'Sleep'") != "0"
	}
	return c.b.sql(c.t, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'headgate' AND state = 'idle in transaction'") != "0"
}
