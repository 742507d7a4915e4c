//go:build unix

package acceptance

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// inbox is a flow that loads files of the depot. files is what it says about them.
func inbox(name, files string) string {
	return "version: 1\nflow: " + name + "\nsource:\n  connection: shop\n  files: {glob: \"in/*.csv\"" + files + "}\n  columns: {id: int}\nsink: {connection: out, table: " + strings.ReplaceAll(name, "-", "_") + "}\n"
}

func (c *client) ids(table string) (ids []string) {
	c.t.Helper()
	for _, row := range query(c.t, c.path("out.db"), "SELECT id FROM "+strings.ReplaceAll(table, "-", "_")+" ORDER BY id").cells {
		ids = append(ids, row[0])
	}
	return ids
}

func (d *depot) age(t *testing.T, name string, by time.Duration) {
	t.Helper()
	then := time.Now().Add(-by)
	if err := os.Chtimes(filepath.Join(d.folder, name), then, then); err != nil {
		t.Fatal(err)
	}
}

// TestFileSemantics: on every kind of server a file that is being written is not read, one that
// was loaded is not loaded again, and files with one content are told apart as configured.
func TestFileSemantics(t *testing.T) {
	for _, kind := range depots {
		t.Run(kind.name, func(t *testing.T) {
			d := kind.start(t)
			c := newClient(t, d, nil, "flows/settled.yaml", inbox("settled", ", settle: 10m, seen: skip"), "flows/by-name.yaml", inbox("by-name", ", seen: skip"),
				"flows/by-content.yaml", inbox("by-content", ", seen: skip, seen_by: content"), "flows/again.yaml", inbox("again", ""), "flows/strict.yaml", inbox("strict", ", seen: fail"))
			loads := func(flow string, exit int, want ...string) {
				t.Helper()
				c.job(flow).exits(exit)
				if got := c.ids(flow); !slices.Equal(got, want) {
					t.Errorf("%s: rows %q, want %q", flow, got, want)
				}
			}
			d.put(t, "in/a.csv", []byte("id\n1\n"))
			d.age(t, "in/a.csv", time.Hour)
			d.put(t, "in/b.csv", []byte("id\n2\n3")) // the rest of it is on the way
			loads("settled", 0, "1")
			d.put(t, "in/b.csv", []byte("id\n2\n33\n"))
			d.age(t, "in/b.csv", time.Hour)
			loads("settled", 0, "1", "2", "33")
			loads("settled", 0, "1", "2", "33")
			loads("strict", 0, "1", "2", "33")
			loads("strict", 1, "1", "2", "33")
			loads("by-name", 0, "1", "2", "33")
			loads("by-content", 0, "1", "2", "33")
			d.put(t, "in/c.csv", []byte("id\n1\n")) // as a.csv
			d.age(t, "in/c.csv", 2*time.Hour)
			loads("by-name", 0, "1", "1", "2", "33")
			loads("by-content", 0, "1", "2", "33")
			loads("again", 0, "1", "1", "2", "33")
			loads("again", 0, "1", "1", "1", "1", "2", "2", "33", "33")
		})
	}
}

// TestPutAwayLater: rows are committed and their file cannot be put away. The next run puts it
// away and does not load it again.
func TestPutAwayLater(t *testing.T) {
	for _, kind := range depots[:3] {
		t.Run(kind.name, func(t *testing.T) {
			d := kind.start(t)
			c := newClient(t, d, nil, "flows/f.yaml", inbox("f", ", on_success: {move: done}"))
			d.put(t, "in/a.csv", []byte("id\n1\n"))
			d.put(t, "done", []byte("not a folder"))
			if o := c.job("f"); o.exit == 0 || !strings.Contains(o.stdout, "committed") {
				t.Fatalf("exit %d\n%s", o.exit, clip(o.stdout))
			}
			if err := os.Remove(filepath.Join(d.folder, "done")); err != nil {
				t.Fatal(err)
			}
			d.put(t, "in/b.csv", []byte("id\n2\n"))
			c.job("f").exits(0)
			if got := c.ids("f"); !slices.Equal(got, []string{"1", "2"}) {
				t.Errorf("rows %q", got)
			}
			if left, done := d.names(t, "in"), d.names(t, "done"); len(left) != 0 || len(done) != 2 {
				t.Errorf("left %q, put away %q", left, done)
			}
		})
	}
}

// TestKilledRemoteInbox kills runs at random moments: every row arrives once and every file is
// put away, or deleted.
func TestKilledRemoteInbox(t *testing.T) {
	for i, kind := range depots {
		t.Run(kind.name, func(t *testing.T) {
			d := kind.start(t)
			if d.fixed {
				return // its files cannot be put away
			}
			after := []string{"{move: done}", "delete"}[i%2]
			c := newClient(t, d, nil, "flows/f.yaml", inbox("f", ", seen: skip, on_success: "+after))
			d.put(t, "in/.keep", nil)
			seed := rand.Uint64()
			random := rand.New(rand.NewPCG(seed, 0))
			var want []string
			killed := 0
			for n := range faultRuns(t) {
				for k := range random.IntN(3) {
					id := fmt.Sprint(100_000 + 10*n + k)
					d.put(t, fmt.Sprintf("in/%d-%d.csv", n, k), []byte("id\n"+id+"\n"))
					want = append(want, id)
				}
				s := c.start(keyed("owner", "run", "f", "--json")...)
				s.stdin.Close()
				time.AfterFunc(time.Duration(random.IntN(300))*time.Millisecond, func() { s.c.Process.Kill() })
				if o := s.wait(); o.exit == -1 {
					killed++
				} else {
					o.exits(0)
				}
			}
			c.job("f").exits(0)
			if got := c.ids("f"); !slices.Equal(got, want) {
				t.Errorf("seed %d: rows %q, want %q", seed, got, want)
			}
			if left := d.names(t, "in"); len(left) != 1 {
				t.Errorf("seed %d: files left: %q", seed, left)
			}
			if put := c.putAway(); after != "delete" && !slices.Equal(put, want) {
				t.Errorf("seed %d: put away %q, want %q", seed, put, want)
			}
			t.Logf("seed %d: %d runs killed, %d files", seed, killed, len(want))
		})
	}
}

// putAway is the rows of the files that were put away. One that was being moved when its run was
// killed may be there twice, where moving is copying.
func (c *client) putAway() (ids []string) {
	c.t.Helper()
	for _, name := range c.d.names(c.t, "done") {
		ids = append(ids, strings.TrimPrefix(strings.TrimSpace(string(c.d.get(c.t, "done/"+name))), "id\n"))
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
