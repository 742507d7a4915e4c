//go:build unix

package acceptance

import (
	"fmt"
	"testing"
	"time"
)

// streamTables is how many tables a flow copies at a time, streamRows how many rows each has.
const (
	streamTables = 4
	streamRows   = 1500
)

// A flow of many tables that is struck at random moments: some tables are done then, some are under
// way, some have not begun. The next run makes every one of them what its source is.
func TestStreamsFaults(t *testing.T) {
	for _, name := range []string{"postgres", "mariadb", "sqlite"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := proxied(t, bases[name](t))
			for _, kind := range baseFaults {
				if kind == "headgate" || c.proxy != nil {
					t.Run(kind, func(t *testing.T) { newFaults(t, c, kind).streams() })
				}
			}
		})
	}
}

// streams disturbs flows of many tables: some that exchange them, and one that adds what is new.
func (f *faults) streams() {
	t := f.t
	f.partial = true
	modes := []string{"replace", "append", "upsert", "mirror"}
	about := map[string]time.Duration{}
	points := basePoints(t, len(modes))
	for p := range points {
		mode, round := modes[p%len(modes)], p/len(modes)
		flow := mode + "-" + f.via
		if round == 0 {
			about[mode] = f.firstStreams(mode, flow)
		}
		for i := range streamTables {
			f.moveOn(mode, fmt.Sprintf("%s_%d", mode, i), round, i)
		}
		what := f.disturb(flow, about[mode])
		f.job(flow).exits(0)
		for i := range streamTables {
			table := fmt.Sprintf("%s_%d", mode, i)
			if !equal(t, fmt.Sprintf("point %d, %s, %s", p, table, what), f.rows("to_"+table), f.rows(table)) {
				return
			}
		}
	}
	f.count(points)
}

// firstStreams writes a flow, and is how long its first run takes, which nothing happens to.
func (f *faults) firstStreams(mode, flow string) time.Duration {
	f.t.Helper()
	for i := range streamTables {
		f.fill(fmt.Sprintf("%s_%d", mode, i), key, "new", 0, streamRows)
		f.b.sql(f.t, "DROP TABLE IF EXISTS to_%s_%d", mode, i)
	}
	incremental := map[bool]string{true: ", incremental: {cursor: id}"}[mode == "append"]
	f.write("flows/"+flow+".yaml", "version: 1\nflow: "+flow+"\ndefaults:\n  source: {connection: "+f.via+incremental+"}\n  sink: {connection: "+f.via+
		", table: \"to_${{ stream.table }}\", load: {mode: "+mode+f.key(mode)+"}}\nstreams: {\""+mode+"_*\": {}}\nrun: {parallel: 3, retry: {attempts: 1}}\n")
	begin := time.Now()
	f.job(flow, "--full-refresh").exits(0)
	return time.Since(begin)
}

// moveOn gives a table of a source rows that are new, and others than before where the mode sees that.
// What came in the round before goes, from the copy too where the mode does not see that.
func (f *faults) moveOn(mode, table string, round, i int) {
	f.t.Helper()
	low := streamRows * (round + 1)
	gone := fmt.Sprintf(" WHERE id >= %d AND id < %d", low-streamRows, low)
	if round == 0 {
		gone = " WHERE id < 0"
	}
	f.b.sql(f.t, "INSERT INTO %s SELECT id + %d, name, amount, day FROM %s WHERE id < %d", table, low, table, streamRows)
	f.b.sql(f.t, "DELETE FROM %s%s", table, gone)
	if mode != "append" {
		f.b.sql(f.t, "UPDATE %s SET amount = %d WHERE id %% 7 = %d", table, round+1, i)
	}
	if mode == "append" || mode == "upsert" {
		f.b.sql(f.t, "DELETE FROM to_%s%s", table, gone)
	}
}
