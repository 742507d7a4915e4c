//go:build unix

package acceptance

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestNoPlaintextOnDisk watches a run that decrypts a large file into a table: no file appears in
// a temp folder at any moment, none without a name either, none in the project but the database's,
// and memory stays small.
func TestNoPlaintextOnDisk(t *testing.T) {
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Log("there is no /proc: files without a name are not watched")
	}
	g, d := newGnupg(t), sshDepot(t)
	list := partnerOrders(1, 400_000)
	d.put(t, "out/orders-1.csv.gz.pgp", g.seal(partnerFile(t, list)))
	c := newClient(t, d, g, "flows/load.yaml", partnerFlow("load", "", intoTable))
	temp := t.TempDir()
	before := c.everyFile()
	s := c.command(keyed("owner", "run", "load", "--json")...)
	s.c.Env = append(s.c.Env, "TMPDIR="+temp)
	s.begin()
	s.stdin.Close()
	found, looks := map[string]bool{}, 0
	var o outcome
	ended := make(chan struct{})
	go func() { defer close(ended); o = s.wait() }()
	for over := false; !over; looks++ {
		select {
		case <-ended:
			over = true
		default:
		}
		for _, name := range append(c.everyFile(), nameless(s.c.Process.Pid)...) {
			found[name] = true
		}
		if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
			t.Errorf("the temp folder has %v, error %v", left, err)
			break
		}
	}
	<-ended
	f := o.exits(0).finished()
	if want := int64(len(partnerRows(list))); f.RowsWritten != want {
		t.Errorf("%d rows, want %d", f.RowsWritten, want)
	}
	for name := range found {
		if !slices.Contains(before, name) && !expected(name) {
			t.Errorf("a file appeared: %s", name)
		}
	}
	if f.PeakRSS > 96<<20 || f.PeakRSS == 0 {
		t.Errorf("peak memory %d MiB, at most 96", f.PeakRSS>>20)
	}
	t.Logf("%d looks, peak %d MiB, files %q", looks, f.PeakRSS>>20, keysOf(found, before))
}

// expected reports whether a file of the project is one that a run writes: the database, what the
// program remembers of its runs, and its store.
func expected(name string) bool {
	return strings.HasPrefix(name, "out.db") || strings.HasPrefix(name, ".headgate/") || strings.HasPrefix(name, "state/") || strings.HasPrefix(name, ".local/")
}

func keysOf(found map[string]bool, without []string) (names []string) {
	for name := range found {
		if !slices.Contains(without, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// everyFile lists the files of the project.
func (p *project) everyFile() (names []string) {
	filepath.WalkDir(p.dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			name, _ := filepath.Rel(p.dir, path)
			names = append(names, name)
		}
		return nil
	})
	return names
}

// nameless lists the open files of a process that no folder has.
func nameless(pid int) (names []string) {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	list, _ := os.ReadDir(dir)
	for _, e := range list {
		if to, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil && strings.Contains(to, "(deleted)") {
			names = append(names, to)
		}
	}
	return names
}
