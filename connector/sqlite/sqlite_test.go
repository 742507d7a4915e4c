package sqlite_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqlite"
)

// newSink opens a sink on the database shop.db in dir.
func newSink(t testing.TB, dir string, req connector.SinkRequest) connector.Sink {
	t.Helper()
	s, err := sqlite.Type().Table.NewSink(t.Context(), connector.Env{Project: dir, Connection: "shop"}, &sqlite.Config{Path: "shop.db"}, req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// newSource opens a source on the same database.
func newSource(t testing.TB, dir string, req connector.SourceRequest) connector.Source {
	t.Helper()
	s, err := sqlite.Type().Table.NewSource(t.Context(), connector.Env{Project: dir, Connection: "shop"}, &sqlite.Config{Path: "shop.db"}, req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

var run = connector.Run{ID: "run-1", Flow: "flow"}

func TestSource(t *testing.T) {
	conntest.RunSource(t, conntest.SourceHarness{
		Make: func(t testing.TB, dir string, rows conntest.Rows) {
			conntest.Load{Rows: rows, Run: run}.Write(t, newSink(t, dir, connector.SinkRequest{Table: "t"}))
		},
		Open: func(t testing.TB, dir string, declared []record.Field, piece int) connector.Source {
			return newSource(t, dir, connector.SourceRequest{Table: "t", Columns: declared, BatchRows: piece})
		},
		Pieces: []int{1, 2, 7, 1000},
	})
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

// visible reads a table as others see it.
func visible(t testing.TB, dir, table string, declared []record.Field) ([][]string, bool) {
	t.Helper()
	src := newSource(t, dir, connector.SourceRequest{Table: table, Columns: declared})
	defer src.Close()
	if _, err := src.Discover(t.Context()); errors.Is(err, fs.ErrNotExist) {
		return nil, false
	}
	_, rows, _ := conntest.Read(t, src, nil)
	return rows, true
}

func TestSink(t *testing.T) {
	for _, test := range []struct {
		req  connector.SinkRequest
		adds bool
	}{
		{connector.SinkRequest{Table: "t"}, true},
		{connector.SinkRequest{Table: "t", Mode: "replace"}, false},
		{connector.SinkRequest{Table: "t", Mode: "truncate"}, false},
	} {
		t.Run("mode "+test.req.Mode, func(t *testing.T) {
			conntest.RunSink(t, conntest.SinkHarness{
				Open: func(t testing.TB, dir string) connector.Sink { return newSink(t, dir, test.req) },
				Visible: func(t testing.TB, dir string, sch *record.Schema) ([][]string, bool) {
					return visible(t, dir, "t", sch.Fields)
				},
				Left: entries,
				Adds: test.adds, State: true,
			})
		})
	}
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
