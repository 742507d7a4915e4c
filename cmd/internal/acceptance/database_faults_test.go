//go:build unix

package acceptance

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Runs are disturbed at random moments of their life, and the next run has to make the table
// what an undisturbed run makes it, row for row.
//
//	HEADGATE_FAULT_RUNS=200   moments for each kind of load and of fault (a few)
//	HEADGATE_FAULT_SEED=1     draws the same moments again
const (
	baseRuns = "HEADGATE_FAULT_RUNS"
	baseSeed = "HEADGATE_FAULT_SEED"
)

const (
	loadRows   = 12000
	tableShape = "(id bigint NOT NULL%s, name varchar(200), amount decimal(12,2), day date)"
	feedTypes  = "columns: {id: int, name: string, amount: 'decimal(12,2)', day: date}"
)

// faults disturbs runs of a clerk.
type faults struct {
	*clerk
	random *rand.Rand
	// strike does the damage to a run, mend repairs what the next one needs.
	strike func(s *process)
	mend   func()
	via    string // the connection that runs use

	partial                bool // a run may end with 4: some of its streams are done
	broken                 bool // the last run that was struck
	interrupted, committed int
}

// baseFaults are the kinds of faults.
var baseFaults = []string{"headgate", "server", "network"}

func TestDatabaseFaults(t *testing.T) {
	for _, name := range []string{"postgres", "mariadb", "sqlite"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := proxied(t, bases[name](t))
			for _, kind := range baseFaults {
				if kind != "headgate" && c.proxy == nil {
					continue
				}
				t.Run(kind, func(t *testing.T) {
					newFaults(t, c, kind).loads()
				})
				t.Run(kind+" incremental", func(t *testing.T) {
					newFaults(t, c, kind).increments()
				})
			}
		})
	}
}

func newFaults(t *testing.T, c *clerk, kind string) *faults {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv(baseSeed); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%s=%d", baseSeed, seed)
	own := &clerk{&household{&project{t: t, dir: c.dir}}, c.b, c.proxy}
	f := &faults{clerk: own, random: rand.New(rand.NewPCG(seed, 0)), via: "db", mend: func() {}}
	switch kind {
	case "headgate":
		f.strike = func(s *process) { s.c.Process.Kill() }
	case "server":
		f.strike = func(*process) { c.b.kill() }
		f.mend = c.b.restart
	case "network":
		f.via = "via"
		f.strike = func(*process) { c.proxy.Cut() }
		f.mend = func() { c.proxy.Mend() }
	}
	return f
}

// basePoints is how many moments there are to be.
func basePoints(t *testing.T, few int) int {
	t.Helper()
	text := os.Getenv(baseRuns)
	if text == "" {
		return few
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%s is not a number of runs", baseRuns, text)
	}
	return n
}

// loadModes are the modes of a load that promise to be repeatable, with how many rows the
// table has afterwards. An append is, where its files are remembered.
var loadModes = []struct {
	mode string
	rows int
}{
	{"append", loadRows/2 + loadRows*3/4}, {"replace", loadRows * 3 / 4}, {"truncate", loadRows * 3 / 4}, {"upsert", loadRows},
	{"update", loadRows / 2}, {"delete", loadRows / 4}, {"mirror", loadRows * 3 / 4},
}

// fill makes a table with rows from..to-1.
func (f *faults) fill(name, key, version string, from, to int) {
	f.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "DROP TABLE IF EXISTS %s; CREATE TABLE %s "+tableShape+";\n", name, name, key)
	for i := from; i < to; i++ {
		switch {
		case (i-from)%1000 == 0:
			fmt.Fprintf(&b, ";\nINSERT INTO %s VALUES ", name)
		default:
			b.WriteString(", ")
		}
		b.WriteString("(" + strings.Join(loadRow(version, i, "'"), ", ") + ")")
	}
	f.b.run(f.t, strings.Replace(b.String(), ";\n;", ";", 1))
}

// loadRow is row i, its texts in quotes.
func loadRow(version string, i int, quote string) []string {
	return []string{strconv.Itoa(i), quote + version + " of the row " + strconv.Itoa(i) + strings.Repeat(" and more", i%12) + quote,
		fmt.Sprintf("%d.%02d", i*7%9000, i%100), quote + fmt.Sprintf("2026-%02d-%02d", i%12+1, i%28+1) + quote}
}

// csvRows are rows from..to-1, with more in their names.
func csvRows(from, to int, more string) string {
	var b strings.Builder
	b.WriteString("id,name,amount,day\n")
	for i := from; i < to; i++ {
		r := loadRow("new", i, "")
		r[1] += more
		b.WriteString(strings.Join(r, ",") + "\n")
	}
	return b.String()
}

const key = " PRIMARY KEY"

// loads disturbs whole loads: of a file, and of a table of the same database.
func (f *faults) loads() {
	t := f.t
	f.fill("old_rows", key, "old", 0, loadRows/2)
	f.fill("feed", key, "new", loadRows/4, loadRows)
	feed := csvRows(loadRows/4, loadRows, "")
	f.write("in.csv", feed)
	type job struct {
		name string
		file bool
		want []string
		time time.Duration
	}
	jobs := map[string]*job{}
	few, first := len(loadModes), 0
	if f.b.name != "postgres" {
		few, first = 3, f.random.IntN(len(loadModes))
	}
	n := basePoints(t, few)
	for p := range n {
		m := loadModes[(first+p)%len(loadModes)]
		file := m.mode == "append" || p/len(loadModes)%2 == 0
		id := fmt.Sprintf("%s-%s-%v", m.mode, f.via, file)
		j := jobs[id]
		if j == nil {
			j = &job{name: id, file: file}
			jobs[id] = j
			source := "{connection: " + f.via + ", table: feed}"
			switch {
			case m.mode == "append":
				source = "{files: {glob: 'drop/*.csv', seen: skip}, " + feedTypes + "}"
			case file:
				source = "{files: in.csv, " + feedTypes + "}"
			}
			f.flow(id, source, "{connection: "+f.via+", table: goods, load: {mode: "+m.mode+f.key(m.mode)+"}}")
			f.prepare(m.mode, feed, -1)
			begin := time.Now()
			f.job(id).exits(0)
			j.time = time.Since(begin)
			j.want = f.rows("goods")
			if len(j.want) != m.rows {
				t.Fatalf("%s: an undisturbed run leaves %d rows, want %d", id, len(j.want), m.rows)
			}
		}
		f.prepare(m.mode, feed, p)
		what := f.disturb(j.name, j.time)
		if f.broken && slices.Equal(f.rows("goods"), j.want) {
			f.committed++
		}
		f.job(j.name).exits(0)
		if !equal(t, fmt.Sprintf("point %d, %s, %s", p, j.name, what), f.rows("goods"), j.want) {
			return
		}
	}
	f.count(n)
}

func (f *faults) rows(table string) []string {
	f.t.Helper()
	return f.b.rows(f.t, "SELECT id, name, amount, day FROM "+table)
}

func (f *faults) key(mode string) string {
	if slices.Contains([]string{"upsert", "update", "delete", "mirror"}, mode) {
		return ", key: [id]"
	}
	return ""
}

// prepare makes the table what it is before a run, and gives an append a new file.
func (f *faults) prepare(mode, feed string, p int) {
	f.t.Helper()
	shape := key
	if mode == "append" {
		shape = ""
		os.RemoveAll(f.path("drop"))
		f.write(fmt.Sprintf("drop/%s-%d.csv", strings.ReplaceAll(f.t.Name(), "/", "-"), p), feed)
	}
	f.b.sql(f.t, "DROP TABLE IF EXISTS goods; CREATE TABLE goods "+tableShape+"; INSERT INTO goods SELECT * FROM old_rows", shape)
}

// disturb starts a run that takes about so long, strikes at a random moment and mends.
func (f *faults) disturb(flow string, about time.Duration) string {
	f.t.Helper()
	at := time.Duration(f.random.Float64() * 1.05 * float64(about))
	if f.random.IntN(3) == 0 { // more of the end, where most happens
		at = about*6/10 + at*4/10
	}
	s := f.start(keyed("owner", "run", flow, "--json")...)
	s.stdin.Close()
	select {
	case <-time.After(at):
	case err := <-s.done:
		s.done <- err
	}
	f.strike(s)
	o := s.wait()
	f.mend()
	f.broken = o.exit != 0
	switch {
	case o.exit == 0:
	case slices.Contains([]int{-1, 1, 3}, o.exit), f.partial && o.exit == 4:
		f.interrupted++
	default:
		f.t.Errorf("%s, struck after %s: exit %d\n%s", flow, at, o.exit, clip(o.stdout+o.stderr))
	}
	if strings.Contains(o.stderr, "goroutine ") {
		f.t.Errorf("a panic reaches the user: %s", clip(o.stderr))
	}
	return fmt.Sprintf("struck after %s of %s, exit %d", at, about, o.exit)
}

// count tells how it went.
func (f *faults) count(n int) {
	f.t.Logf("%d moments: %d runs were interrupted, %d of them after the commit", n, f.interrupted, f.committed)
	if f.interrupted == 0 && n >= 20 { // few may all miss
		f.t.Error("no run was interrupted")
	}
}

// incrementModes are the modes that go with an incremental source.
var incrementModes = []string{"append", "upsert", "update", "delete"}

// increments disturbs runs that read what is new in a table. What came before stays in
// both tables, and must not come again.
func (f *faults) increments() {
	const size = 4000
	t := f.t
	n := basePoints(t, len(incrementModes))
	times := map[string]time.Duration{}
	for p := range n {
		mode := incrementModes[p%len(incrementModes)]
		id := "new-" + mode + "-" + f.via
		round := p/len(incrementModes) + 1
		low := (round - 1) * size
		source, sink := "source_"+mode, "sink_"+mode
		if round == 1 {
			f.fill(source, key, "new", 0, size)
			f.b.sql(t, "DROP TABLE IF EXISTS %s; CREATE TABLE %s "+tableShape, sink, sink, map[bool]string{false: key}[mode == "append"])
			f.flow(id, "{connection: "+f.via+", table: "+source+", incremental: {cursor: id}}",
				"{connection: "+f.via+", table: "+sink+", load: {mode: "+mode+f.key(mode)+"}}")
			f.owe(mode, source, sink, 0, size)
			begin := time.Now()
			f.job(id, "--full-refresh").exits(0)
			times[mode] = time.Since(begin)
			f.settled(mode, source, sink, "undisturbed")
		}
		f.b.sql(t, "DELETE FROM %s WHERE id < %d; DELETE FROM %s WHERE id < %d", source, low, sink, low)
		f.b.sql(t, "INSERT INTO %s SELECT id + %d, name, amount, day FROM %s WHERE id >= %d AND id < %d", source, size, source, low, low+size)
		f.owe(mode, source, sink, low+size, low+2*size)
		what := f.disturb(id, times[mode])
		if f.broken && f.isSettled(mode, source, sink) {
			f.committed++
		}
		f.job(id).exits(0)
		if !f.settled(mode, source, sink, fmt.Sprintf("point %d, %s, %s", p, id, what)) {
			return
		}
	}
	f.count(n)
}

// owe gives the sink the rows that an update or a delete finds there.
func (f *faults) owe(mode, source, sink string, from, to int) {
	if mode == "update" || mode == "delete" {
		f.b.sql(f.t, "INSERT INTO %s SELECT id, 'old', 0, day FROM %s WHERE id >= %d AND id < %d", sink, source, from, to)
	}
}

func (f *faults) settledRows(mode, source, sink string) (got, want []string) {
	got = f.rows(sink)
	if mode != "delete" {
		want = f.rows(source)
	}
	return got, want
}

func (f *faults) isSettled(mode, source, sink string) bool {
	got, want := f.settledRows(mode, source, sink)
	return slices.Equal(got, want)
}

func (f *faults) settled(mode, source, sink, what string) bool {
	f.t.Helper()
	got, want := f.settledRows(mode, source, sink)
	return equal(f.t, what, got, want)
}
