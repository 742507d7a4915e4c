package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest/sqltest"
	"github.com/headgate/headgate/connector/sqlite"
)

// server is what the suites of all databases need to know.
func server() sqltest.Server {
	return sqltest.Server{
		Base: func(t testing.TB, key string) sqltest.Base {
			if !filepath.IsAbs(key) {
				key = t.TempDir()
			}
			return in(key)
		},
		Left: entries,
		Sequence: func(from, to int) string {
			return fmt.Sprintf("(WITH RECURSIVE n(i) AS (VALUES (%d) UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i FROM n)", from, to)
		},
		Moment: "TIMESTAMP", NotNull: "NOT NULL constraint failed: t.name",
	}
}

// in is the database shop.db in dir.
func in(dir string) sqltest.Base {
	config := func(sqltest.Options) any { return &sqlite.Config{Path: "shop.db"} }
	return sqltest.Of(sqlite.Type(), connector.Env{Project: dir, Connection: "shop"}, config, func(t testing.TB, sql string) string {
		t.Helper()
		return shell(t, dir, sql)
	})
}

func TestSource(t *testing.T) { server().RunSource(t) }
func TestSink(t *testing.T)   { server().RunSink(t) }
func TestLoads(t *testing.T)  { server().RunLoads(t, "lock") }

// TestReads leaves out splits, filters and a lag, which a database in a file does without, times
// as cursors, which are texts here, and the refusals that speak of all that.
func TestReads(t *testing.T) {
	server().RunReads(t, "refusals", "incremental", "snapshot", "lag", "ranges", "large")
}

// shell runs the sqlite3 program: a second opinion on what is in the file.
func shell(t testing.TB, dir, sql string) string {
	t.Helper()
	program, err := exec.LookPath("sqlite3")
	if err != nil {
		if os.Getenv("HEADGATE_REQUIRE_SERVICES") == "1" {
			t.Fatal("sqlite3 is not installed")
		}
		t.Skip("sqlite3 is not installed")
	}
	out, err := exec.CommandContext(t.Context(), program, filepath.Join(dir, "shop.db"), sql).CombinedOutput()
	if err != nil {
		t.Fatalf("sqlite3 %s: %v\n%s", sql, err, out)
	}
	return strings.TrimSpace(string(out))
}

// entries lists what is in dir.
func entries(t testing.TB, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

// contextWithTimeout ends soon, for calls that would wait for long.
func contextWithTimeout(t testing.TB) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), 100*time.Millisecond)
}
