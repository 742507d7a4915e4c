//go:build unix

package acceptance

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

// endless is a flow over standard input: it runs for as long as the test feeds it.
func endless(sink, rest string) string {
	return "version: 1\nflow: f\nsource:\n  files: '-'\n  decode: [csv]\n  columns: {id: int, name: string}\nsink: " + sink + "\n" + rest
}

const connections = "version: 1\nconnections:\n  db: {type: sqlite, path: out.db}\n"

// feed writes n rows. When it returns, headgate has read all but what a pipe holds.
func (s *process) feed(n int) {
	s.t.Helper()
	text := "id,name\n" + strings.Repeat("12345678,some name of a customer\n", n)
	if _, err := s.stdin.Write([]byte(text)); err != nil {
		s.c.Process.Kill()
		o := s.wait()
		s.t.Fatalf("headgate stopped reading: %v; exit %d: %s", err, o.exit, o.stderr)
	}
}

// enough rows for many batches: 16 MB.
const enough = 500_000

func signal(t *testing.T, s *process, sig syscall.Signal) {
	t.Helper()
	if err := s.c.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// kill -9 leaves the old result, and the next run is whole.
func TestKill(t *testing.T) {
	t.Run("file", func(t *testing.T) {
		p := newProject(t, "flows/f.yaml", endless("{file: out/out.csv}", ""), "out/out.csv", "old\n")
		s := p.start("run", "f")
		s.feed(enough)
		signal(t, s, syscall.SIGKILL)
		if o := s.wait(); o.exit != -1 {
			t.Fatalf("headgate ended before it was killed: %d %s", o.exit, o.stderr)
		}
		if got := p.read("out/out.csv"); got != "old\n" {
			t.Errorf("after the kill the output has %d bytes, want the old ones", len(got))
		}
		s = p.start("run", "f", "--json")
		s.feed(3)
		s.stdin.Close()
		if f := s.wait().exits(0).finished(); f.RowsWritten != 3 {
			t.Errorf("%+v", f)
		}
		if got := strings.Count(p.read("out/out.csv"), "\n"); got != 4 {
			t.Errorf("%d lines, want 4", got)
		}
		if left, err := os.ReadDir(p.path("out")); err != nil || len(left) != 1 {
			t.Errorf("left in the folder: %v %v", left, err)
		}
	})
	for _, mode := range []string{"append", "replace", "truncate", "upsert"} {
		t.Run("sqlite "+mode, func(t *testing.T) {
			sink := "{connection: db, table: t, load: {mode: " + mode + "}}"
			if mode == "upsert" {
				sink = "{connection: db, table: t, load: {mode: upsert, key: [id]}}"
			}
			p := newProject(t, "flows/f.yaml", endless(sink, ""), "connections.yaml", connections)
			s := p.start("run", "f")
			s.feed(3)
			s.stdin.Close()
			s.wait().exits(0)
			before := len(query(t, p.path("out.db"), "SELECT * FROM t").cells)
			s = p.start("run", "f")
			s.feed(enough)
			signal(t, s, syscall.SIGKILL)
			s.wait()
			if got := len(query(t, p.path("out.db"), "SELECT * FROM t").cells); got != before {
				t.Errorf("after the kill the table has %d rows, want the old %d", got, before)
			}
			s = p.start("run", "f", "--json")
			s.feed(4)
			s.stdin.Close()
			f := s.wait().exits(0).finished()
			want := map[string]int{"append": 7, "replace": 4, "truncate": 4, "upsert": 1}[mode]
			if got := len(query(t, p.path("out.db"), "SELECT * FROM t").cells); got != want || f.RowsWritten != 4 {
				t.Errorf("%d rows in the table, want %d; %+v", got, want, f)
			}
			tables := query(t, p.path("out.db"), "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%t%'")
			t.Logf("tables afterwards: %v", tables.cells)
		})
	}
}

// The first signal finishes the batch and closes, also when the input says nothing more.
func TestInterrupt(t *testing.T) {
	for sig, exit := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		t.Run(sig.String(), func(t *testing.T) {
			p := newProject(t, "flows/f.yaml", endless("{file: out/out.csv}", ""), "out/out.csv", "old\n")
			s := p.start("run", "f", "--json")
			s.feed(enough)
			signal(t, s, sig)
			f := s.wait().exits(exit).finished()
			if f.Status != "interrupted" {
				t.Errorf("%+v", f)
			}
			if got := p.read("out/out.csv"); got != "old\n" {
				t.Errorf("the output has %d bytes, want the old ones", len(got))
			}
			if left, err := os.ReadDir(p.path("out")); err != nil || len(left) != 1 {
				t.Errorf("left in the folder: %v %v", left, err)
			}
		})
	}
	t.Run("sqlite", func(t *testing.T) {
		p := newProject(t, "flows/f.yaml", endless("{connection: db, table: t}", ""), "connections.yaml", connections)
		s := p.start("run", "f", "--json")
		s.feed(3)
		s.stdin.Close()
		s.wait().exits(0)
		s = p.start("run", "f", "--json")
		s.feed(enough)
		signal(t, s, syscall.SIGINT)
		f := s.wait().exits(130).finished()
		got := len(query(t, p.path("out.db"), "SELECT * FROM t").cells)
		if got != 3 && got != 3+int(f.RowsWritten) {
			t.Errorf("%d rows in the table after %+v", got, f)
		}
	})
	t.Run("before the first row", func(t *testing.T) {
		p := newProject(t, "flows/f.yaml", endless("{file: out.csv}", ""), "out.csv", "old\n")
		s := p.start("run", "f", "--json")
		p.until("a run is under way", func() bool {
			return strings.Contains(s.stdout.String(), "run.started")
		})
		signal(t, s, syscall.SIGINT)
		s.wait().exits(130)
		if got := p.read("out.csv"); got != "old\n" {
			t.Errorf("the output is now %q", got)
		}
	})
}

// TestSecondSignal: a run that the first signal can't end, since nobody takes its rows, is ended by
// the second, and the audit log has its end.
func TestSecondSignal(t *testing.T) {
	h := newHousehold(t)
	h.write("flows/f.yaml", endless("{file: '-', encode: [csv]}", ""))
	s := h.command(keyed("editor", "run", "f")...)
	rows, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	defer out.Close()
	s.c.Stdout = out
	s.begin()
	go func() {
		_, _ = s.stdin.Write([]byte("id,name\n" + strings.Repeat("12345678,some name of a customer\n", enough)))
	}()
	if _, err := rows.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	signal(t, s, syscall.SIGINT)
	signal(t, s, syscall.SIGTERM)
	s.wait().exits(143)
	log := h.as("owner", "audit", "export", "--flow", "f").exits(0).stdout
	if !strings.Contains(log, `"status":"interrupted","exit":143`) {
		t.Errorf("no end in\n%s", log)
	}
	if o := h.run("audit", "verify").exits(0); strings.Contains(o.stdout+o.stderr, "has no end") {
		t.Error(o.stdout, o.stderr)
	}
}

// Two runs of one flow at the same time.
func TestOverlap(t *testing.T) {
	for rest, want := range map[string]struct {
		exit   int
		status string
	}{
		"":                       {6, ""},
		"run: {overlap: fail}\n": {6, ""},
		"run: {overlap: skip}\n": {0, "skipped"},
	} {
		t.Run(fmt.Sprintf("exit %d %q", want.exit, rest), func(t *testing.T) {
			p := newProject(t, "flows/f.yaml", endless("{file: out.csv}", rest))
			first := p.start("run", "f", "--json")
			first.feed(enough)
			second := p.start("run", "f", "--json")
			second.stdin.Close()
			o := second.wait().exits(want.exit)
			if want.status != "" {
				if f := o.finished(); f.Status != want.status {
					t.Errorf("%+v", f)
				}
			}
			first.stdin.Close()
			if f := first.wait().exits(0).finished(); f.RowsWritten != enough {
				t.Errorf("the first run: %+v", f)
			}
			third := p.start("run", "f")
			third.feed(1)
			third.stdin.Close()
			third.wait().exits(0)
		})
	}
}
