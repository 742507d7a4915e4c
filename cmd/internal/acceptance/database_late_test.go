//go:build unix

package acceptance

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// stamp is a time of an imagined clock.
func stamp(second int) string {
	return time.Date(2026, 3, 1, 0, 0, second, 0, time.UTC).Format("2006-01-02 15:04:05")
}

// Rows that become visible after newer ones were read, rows with equal cursors, clocks that go
// wrong and rows that change: after every round the table is what its source is. (SQLite has
// one writer at a time, and takes no lag.)
func TestLateRows(t *testing.T) {
	const lag = 60 // seconds; what comes late comes by less
	for _, name := range []string{"postgres", "mariadb"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bases[name](t)
			c := newClerk(t, b, nil)
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d", seed)
			random := rand.New(rand.NewPCG(seed, 0))
			shape := "(id bigint NOT NULL PRIMARY KEY, changed %s NOT NULL, name varchar(40))"
			moment := map[string]string{"postgres": "timestamptz", "mariadb": "datetime"}[name]
			for _, table := range []string{"grows", "moves"} {
				b.sql(t, "CREATE TABLE "+table+" "+shape, moment)
			}
			source := "{connection: db, table: %s, incremental: {cursor: changed, tie_breaker: id, lag: 60s}}"
			c.flow("grows", fmt.Sprintf(source, "grows"), "{connection: db, table: grown}")
			c.flow("moves", fmt.Sprintf(source, "moves"), "{connection: db, table: moved, load: {mode: upsert, key: [id]}}")
			clock, id := 1000, 0
			insert := func(from, to int) (sql string) {
				for range from + random.IntN(to) {
					id++
					at := clock - random.IntN(lag/3) // no clock is right, and many are equally wrong
					row := fmt.Sprintf("VALUES (%d, '%s', 'row %d');", id, stamp(at), id)
					sql += "INSERT INTO grows " + row + "INSERT INTO moves " + row
				}
				return sql
			}
			for round := range 6 {
				known := id
				late := fmt.Sprintf("late%d", round)
				switch name { // a transaction that ends when the next run has been
				case "postgres":
					b.sql(t, "BEGIN; %s PREPARE TRANSACTION '%s'", insert(1, 5), late)
				case "mariadb":
					b.sql(t, "XA START '%[2]s'; %[1]s XA END '%[2]s'; XA PREPARE '%[2]s'", insert(1, 5), late)
				}
				clock += random.IntN(lag / 3)
				b.sql(t, "%s", insert(1, 20))
				if round > 1 {
					for n := range 3 { // one by one: a scan would wait for the transaction that is open
						b.sql(t, "UPDATE moves SET name = 'again in %d', changed = '%s' WHERE id = %d", round, stamp(clock), known-2*n)
					}
				}
				c.job("grows").exits(0)
				c.job("moves").exits(0)
				switch name {
				case "postgres":
					b.sql(t, "COMMIT PREPARED '%s'", late)
				case "mariadb":
					b.sql(t, "XA COMMIT '%s'", late)
				}
				c.job("grows").exits(0)
				c.job("moves").exits(0)
				columns := "SELECT id, changed, name FROM "
				if !equal(t, fmt.Sprintf("round %d, append", round), b.rows(t, columns+"grown"), b.rows(t, columns+"grows")) ||
					!equal(t, fmt.Sprintf("round %d, upsert", round), b.rows(t, columns+"moved"), b.rows(t, columns+"moves")) {
					return
				}
			}
		})
	}
}

// The rule for rows without a cursor.
func TestNullCursors(t *testing.T) {
	for _, name := range []string{"postgres", "mariadb", "sqlite"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bases[name](t)
			c := newClerk(t, b, nil)
			b.sql(t, "CREATE TABLE feed (id bigint NOT NULL PRIMARY KEY, n bigint); INSERT INTO feed VALUES (1, 10), (2, NULL), (3, 10), (4, NULL)")
			for rule, want := range map[string][]string{"skip": {"1", "3", "5"}, "include": {"1", "2", "3", "4", "5", "6"}, "fail": nil} {
				b.sql(t, "DELETE FROM feed WHERE id > 4")
				c.flow(rule, "{connection: db, table: feed, incremental: {cursor: n, tie_breaker: id, nulls: "+rule+"}}", "{connection: db, table: got_"+rule+", load: {mode: upsert, key: [id]}}")
				if rule == "fail" {
					c.job(rule).exits(1).says("NULL")
					continue
				}
				c.job(rule).exits(0)
				b.sql(t, "INSERT INTO feed VALUES (5, 10), (6, NULL)")
				c.job(rule).exits(0)
				equal(t, rule, b.rows(t, "SELECT id FROM got_"+rule), want)
			}
		})
	}
}

// Rows that are changed while they are read, by a clock that runs.
func TestRowsChangeWhileTheyAreRead(t *testing.T) {
	for _, name := range []string{"postgres", "mariadb"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bases[name](t)
			c := newClerk(t, b, nil)
			moment := map[string]string{"postgres": "timestamptz", "mariadb": "datetime(6)"}[name]
			now := map[string]string{"postgres": "now()", "mariadb": "now(6)"}[name]
			b.sql(t, "CREATE TABLE feed (id bigint NOT NULL PRIMARY KEY, changed %s NOT NULL, n bigint)", moment)
			var values []string
			for i := range 20_000 {
				values = append(values, fmt.Sprintf("(%d, %s, 0)", i, now))
			}
			b.sql(t, "INSERT INTO feed VALUES %s", strings.Join(values, ", "))
			c.flow("f", "{connection: db, table: feed, incremental: {cursor: changed, tie_breaker: id, lag: 1h}, split: {by: id, target_rows: 4000}}",
				"{connection: db, table: got, load: {mode: upsert, key: [id]}}")
			var stop atomic.Bool
			done := make(chan int)
			go func() {
				changes := 0
				for ; !stop.Load(); changes++ {
					b.attempt(t, fmt.Sprintf("UPDATE feed SET n = n + 1, changed = %s WHERE id %% 97 = %d", now, changes%97))
				}
				done <- changes
			}()
			for range 6 {
				c.job("f").exits(0)
			}
			stop.Store(true)
			if n := <-done; n < 6 {
				t.Errorf("only %d changes", n)
			}
			c.job("f").exits(0)
			equal(t, "in the end", b.rows(t, "SELECT id, changed, n FROM got"), b.rows(t, "SELECT id, changed, n FROM feed"))
		})
	}
}

// Rows that come with the cursor that the last run has read up to, and nothing tells them from
// those it has read: the run says so, and how to get them. With a tie breaker it has none to miss.
func TestEqualCursors(t *testing.T) {
	for _, name := range []string{"postgres", "mariadb", "sqlite"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bases[name](t)
			c := newClerk(t, b, nil)
			b.sql(t, "CREATE TABLE feed (id bigint NOT NULL PRIMARY KEY, n bigint, tie bigint); INSERT INTO feed VALUES (1, 10, 1), (2, 20, 1), (3, 20, 2)")
			flow := func(more string) {
				t.Helper()
				c.flow("f", "{connection: db, table: feed, incremental: {cursor: n"+more+"}}", "{connection: db, table: got, load: {mode: upsert, key: [id]}}")
			}
			same := func(what string) {
				t.Helper()
				equal(t, what, b.rows(t, "SELECT * FROM got"), b.rows(t, "SELECT * FROM feed"))
			}
			flow("")
			for range 2 {
				c.job("f").exits(0)
				same("without rows that come late")
			}
			b.sql(t, "INSERT INTO feed VALUES (4, 20, 3), (5, 30, 1)")
			c.job("f").exits(1).says("1 more rows have the `n` 20", "tie_breaker", "--from")
			if n := b.sql(t, "SELECT count(*) FROM got"); n != "3" {
				t.Errorf("a run that refused has written: %s rows", n)
			}
			flow(", tie_breaker: tie")
			c.job("f", "--from", "20").exits(0)
			c.job("f").exits(0)
			same("as the message says")
			b.sql(t, "INSERT INTO feed VALUES (6, 30, 2), (7, 30, 3), (8, 31, 1)")
			c.job("f").exits(0)
			same("with a tie breaker")
			b.sql(t, "INSERT INTO feed VALUES (9, 31, NULL)")
			c.job("f").exits(1).says("`tie` is NULL")
			b.sql(t, "DELETE FROM feed WHERE id = 9; DELETE FROM got WHERE id = 9; INSERT INTO feed VALUES (10, 32, NULL)")
			c.job("f").exits(1).says("`tie` is NULL")
		})
	}
}
