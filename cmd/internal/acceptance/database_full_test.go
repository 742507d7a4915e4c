//go:build linux

package acceptance

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/headgate/headgate/connector/conntest/servers"
)

// room is the size of the disks and of the limits, which the rows of big.csv are larger than.
// A file of PostgreSQL's log has this size, and must fit.
const (
	room    = 16 << 20
	bigRows = 120_000
)

// narrow is a way to have no room: a disk that is full, or a limit that needs no rights.
type narrow struct {
	what string
	// begin takes the room of what comes after, until end, which may be nil. It is false where we
	// may not do that.
	begin func(t *testing.T) bool
	end   func(t *testing.T)
	sink  string // of the flow, besides table and load
	says  string
	tidy  func() // what the server does by itself in time, and its owner
}

// A disk that fills up under the modes that give a table other rows: the old table is intact, nothing
// is left beside it, and the run after it does its work. Where no disk can be mounted, the
// limits remain, which everybody may set.
func TestOldTableSurvivesFullDisk(t *testing.T) {
	for name, start := range map[string]func(t *testing.T) (*base, []narrow){"postgres": narrowPostgres, "mariadb": narrowMaria, "sqlite": narrowSQLite} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, ways := start(t)
			c := newClerk(t, b, nil)
			c.write("good.csv", csvRows(loadRows/4, loadRows, ""))
			c.write("big.csv", csvRows(0, bigRows, strings.Repeat(" large", 12)))
			for _, way := range ways {
				t.Run(way.what, func(t *testing.T) {
					if !way.begin(t) {
						t.Logf("%s: not allowed here; the limit shows the same", way.what)
						return
					}
					if way.end != nil {
						defer way.end(t)
					}
					f := newFaults(t, c, "headgate")
					f.fill("old_rows", key, "old", 0, loadRows/2)
					f.fill("feed", key, "new", loadRows/4, loadRows)
					for _, mode := range []string{"replace", "truncate", "mirror"} {
						load := "table: goods, load: {mode: " + mode + f.key(mode) + "}"
						newFaults(t, c, "headgate").intact(mode, load, misfortune{what: way.what + " is full, " + mode, says: way.says, tidy: way.tidy,
							source: "{files: big.csv, " + feedTypes + "}", sink: "{connection: db, " + load + way.sink + "}"})
					}
				})
			}
		})
	}
}

// mount puts a small disk on a folder until the test ends; the folder keeps its owner.
func mount(t *testing.T, dir string, size int) bool {
	t.Helper()
	who := owner(t, dir)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+strconv.Itoa(size)); err != nil {
		t.Logf("mount: %v", err)
		return false
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil { // not waiting for who has files open
			t.Error(err)
		}
	})
	if err := os.Chown(dir, int(who.Uid), int(who.Gid)); err != nil {
		t.Fatal(err)
	}
	return true
}

// owner is who a file or folder belongs to.
func owner(t *testing.T, name string) *syscall.Stat_t {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t)
}

// narrowPostgres has the whole database on the disk, or forbids its server large files.
func narrowPostgres(t *testing.T) (*base, []narrow) {
	b := postgresBase(t)
	database, data := b.sql(t, "SELECT current_database()"), b.sql(t, "SHOW data_directory")
	move := func(t *testing.T, to string) {
		b.sql(t, "\\connect postgres\nALTER DATABASE %s SET TABLESPACE %s", database, to)
	}
	dir := filepath.Join(filepath.Dir(data), "small")
	pid, _, _ := strings.Cut(readText(t, filepath.Join(data, "postmaster.pid")), "\n")
	program := servers.Find(t, "prlimit")
	limit := func(t *testing.T, size string) {
		cmd := exec.CommandContext(t.Context(), program, "--pid", pid, "--fsize="+size+":")
		if os.Geteuid() == 0 { // the server is not ours
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner(t, data).Uid, Gid: owner(t, data).Gid}}
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("prlimit: %v %s", err, out)
		}
	}
	vacuum := func() { b.sql(t, "VACUUM goods") }
	spare := filepath.Join(dir, "spare") // without it the server has no room even to clean up
	keep := func(size int) {
		if err := os.WriteFile(spare, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	disk := narrow{what: "the disk", says: "No space left on device", tidy: func() {
		keep(0)
		vacuum()
		keep(1 << 20)
	}}
	disk.begin = func(t *testing.T) bool {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(dir, int(owner(t, data).Uid), -1); err != nil {
			t.Fatal(err)
		}
		if !mount(t, dir, room) {
			return false
		}
		keep(1 << 20)
		b.sql(t, "CREATE TABLESPACE small LOCATION '%s'", dir)
		move(t, "small")
		return true
	}
	disk.end = func(t *testing.T) {
		move(t, "pg_default")
		b.sql(t, "DROP TABLESPACE small")
	}
	return b, []narrow{disk, {what: "the limit", says: "File too large", tidy: vacuum,
		begin: func(t *testing.T) bool { limit(t, strconv.Itoa(room)); return true }, end: func(t *testing.T) { limit(t, "unlimited") }}}
}

// narrowMaria has the tables on the disk, or together in a file that may not grow further.
func narrowMaria(t *testing.T) (*base, []narrow) {
	b := mariaBase(t, fmt.Sprintf("--innodb-data-file-path=ibdata1:12M:autoextend:max:%dM", 2*room>>20))
	dir := filepath.Join(b.sql(t, "SELECT @@datadir"), b.sql(t, "SELECT database()"))
	return b, []narrow{
		{what: "the disk", says: "full", begin: func(t *testing.T) bool { return mount(t, dir, 5*room/2) }, end: func(t *testing.T) {
			b.sql(t, "DROP TABLE IF EXISTS goods, old_rows, feed, _headgate_state")
		}},
		{what: "the limit", says: "full", begin: func(t *testing.T) bool { b.sql(t, "SET GLOBAL innodb_file_per_table = OFF"); return true }}}
}

// narrowSQLite has the file on the disk, or forbids it to grow.
func narrowSQLite(t *testing.T) (*base, []narrow) {
	b := sqliteBase(t)
	dir := filepath.Dir(strings.TrimPrefix(b.lines[1], "path: "))
	return b, []narrow{
		{what: "the disk", says: "no space left", begin: func(t *testing.T) bool { return mount(t, dir, room) }},
		{what: "the limit", says: "no space left", sink: fmt.Sprintf(", before: [PRAGMA max_page_count = %d]", room/4096),
			begin: func(*testing.T) bool { return true }}}
}

// readText is what is in a file.
func readText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
