//go:build linux

package acceptance

import (
	"os"
	"strings"
	"testing"
)

const numbers = "version: 1\nflow: f\nsource: {files: in.csv, columns: {id: int, name: string}}\nsink: {file: out/out.csv}\n"

func manyRows(n int) string {
	return "id,name\n" + strings.Repeat("12345678,some name of a customer\n", n)
}

// A full disk: exit 1, a message that says so, the old output untouched, nothing left.
func TestFullDisk(t *testing.T) {
	p := newProject(t, "flows/f.yaml", numbers, "in.csv", manyRows(100_000), "out/.keep", "")
	if !mount(t, p.path("out"), 1<<20) {
		t.Log("no disk of our own to fill; /dev/full stands in, below")
	} else {
		p.write("out/out.csv", "old\n")
		o := p.run("run", "f", "--json").exits(1).says("out.csv", "no space left")
		if f := o.finished(); f.Status != "failed" {
			t.Errorf("%+v", f)
		}
		if got := p.read("out/out.csv"); got != "old\n" {
			t.Errorf("the old output is now %d bytes", len(got))
		}
		left, err := os.ReadDir(p.path("out"))
		if err != nil || len(left) != 1 {
			t.Errorf("left behind: %v %v", left, err)
		}
	}
}

// A full disk under a database: exit 1, and the old rows are still there. Where no disk can be
// mounted, the database may not grow.
func TestFullDiskSQLite(t *testing.T) {
	flow := func(more string) string {
		return strings.Replace(numbers, "{file: out/out.csv}", "{connection: db, table: t"+more+"}", 1)
	}
	p := newProject(t, "flows/f.yaml", flow(""), "connections.yaml", "version: 1\nconnections:\n  db: {type: sqlite, path: out/x.db}\n", "in.csv", manyRows(3), "out/.keep", "")
	limit := ""
	if !mount(t, p.path("out"), 1<<20) {
		limit = ", before: [PRAGMA max_page_count = 256]"
	}
	p.run("run", "f").exits(0)
	p.write("in.csv", manyRows(100_000))
	p.write("flows/f.yaml", flow(limit))
	p.run("run", "f", "--json").exits(1).says("no space left").finished()
	p.write("in.csv", manyRows(2))
	p.run("run", "f").exits(0)
	if got := len(query(t, p.path("out/x.db"), "SELECT * FROM t").cells); got != 5 {
		t.Errorf("%d rows, want the 3 from before and the 2 from after", got)
	}
}

// Standard output on a full device.
func TestFullDevice(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	p := newProject(t, "flows/f.yaml", strings.Replace(numbers, "out/out.csv", "'-', encode: [csv]", 1), "in.csv", manyRows(100_000))
	s := p.command("run", "f")
	s.c.Stdout = full
	s.begin()
	s.stdin.Close()
	s.wait().exits(1).says("no space left")
}
