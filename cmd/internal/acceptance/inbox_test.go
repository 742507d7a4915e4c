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

// TestKilledInbox kills runs at random moments: every row of every file arrives, once, and every
// file is put away.
func TestKilledInbox(t *testing.T) {
	for _, seen := range []string{"name", "content"} {
		t.Run("seen by "+seen, func(t *testing.T) {
			p := newProject(t, "connections.yaml", connections, "flows/f.yaml", `version: 1
flow: f
source:
  files: {glob: "in/*.csv", seen: skip, seen_by: `+seen+`, on_success: {move: done}}
  columns: {id: int}
sink: {connection: db, table: t}
`)
			if err := os.MkdirAll(p.path("in"), 0o755); err != nil {
				t.Fatal(err)
			}
			random := rand.New(rand.NewPCG(1, 2))
			var want []string
			killed := 0
			for i := range 40 {
				for j := range random.IntN(4) {
					id := fmt.Sprint(1000*i + j)
					p.deliver(fmt.Sprintf("in/%03d-%d.csv", i, j), "id\n"+id+"\n")
					want = append(want, id)
				}
				s := p.start("run", "f")
				s.stdin.Close()
				time.AfterFunc(time.Duration(random.IntN(120))*time.Millisecond, func() { s.c.Process.Kill() })
				if o := s.wait(); o.exit == -1 {
					killed++
				} else {
					o.exits(0)
				}
			}
			p.run("run", "f").exits(0)
			var got []string
			for _, row := range query(t, p.path("out.db"), "SELECT id FROM t ORDER BY rowid").cells {
				got = append(got, fmt.Sprint(row[0]))
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%d runs killed: rows\n%s\nwant\n%s", killed, strings.Join(got, " "), strings.Join(want, " "))
			}
			left, _ := filepath.Glob(p.path("in/*"))
			put, _ := filepath.Glob(p.path("done/*"))
			if len(left) != 0 || len(put) != len(want) {
				t.Errorf("%d files left, %d put away, want %d", len(left), len(put), len(want))
			}
			t.Logf("%d of 40 runs killed", killed)
		})
	}
}

// deliver writes a file in one step.
func (p *project) deliver(name, text string) {
	p.t.Helper()
	p.write("tmp", text)
	if err := os.Rename(p.path("tmp"), p.path(name)); err != nil {
		p.t.Fatal(err)
	}
}
