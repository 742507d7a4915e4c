package mysql_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/servers"
	"github.com/headgate/headgate/connector/mysql"
	"github.com/headgate/headgate/connector/record"
)

// db is a server for tests, also for their children that crash.
type db struct {
	*servers.MariaDB
	port int
	ca   string
}

// A child that crashes uses its parent's server.
const (
	parentPort   = "HEADGATE_TEST_MARIADB_PORT"
	parentCA     = "HEADGATE_TEST_MARIADB_CA"
	parentSocket = "HEADGATE_TEST_MARIADB_SOCKET"
)

func start(t testing.TB, options ...string) *db {
	t.Helper()
	if p := os.Getenv(parentPort); p != "" {
		port, err := strconv.Atoi(p)
		if err != nil {
			t.Fatal(err)
		}
		return &db{servers.AttachMaria(t, os.Getenv(parentSocket), port), port, os.Getenv(parentCA)}
	}
	d := &db{MariaDB: servers.Maria(t, options...)}
	d.port, d.ca = d.Port, d.CA.File
	for name, value := range map[string]string{parentPort: strconv.Itoa(d.port), parentCA: d.ca, parentSocket: d.Socket()} {
		os.Setenv(name, value)
		t.Cleanup(func() { os.Unsetenv(name) })
	}
	return d
}

const password = "pa ss'word"

func env() connector.Env {
	return connector.Env{Connection: "dwh", Secrets: func(_ context.Context, ref string) (connector.Secret, error) {
		return connector.NewSecret([]byte(password)), nil
	}}
}

func (d *db) config(database string) *mysql.Config {
	return &mysql.Config{Host: "localhost", Port: d.port, Database: database, User: "hg", Password: "secret:dwh", TLS: "verify-full", CA: d.ca,
		ConnectTimeout: 30e9, LockTimeout: 20e9}
}

// name is the database of a folder that a suite hands out.
func (d *db) name(t testing.TB, dir string) string { return d.Database(t, dir) }

func (d *db) sink(t testing.TB, database string, req connector.SinkRequest) connector.Sink {
	t.Helper()
	return d.sinkOf(t, d.config(database), req)
}

func (d *db) sinkOf(t testing.TB, cfg *mysql.Config, req connector.SinkRequest) connector.Sink {
	t.Helper()
	s, err := mysql.Type().Table.NewSink(t.Context(), env(), cfg, req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func (d *db) source(t testing.TB, database string, req connector.SourceRequest) connector.Source {
	t.Helper()
	s, err := mysql.Type().Table.NewSource(t.Context(), env(), d.config(database), req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

var run = connector.Run{ID: "run-1", Flow: "flow"}

func TestSource(t *testing.T) {
	d := start(t)
	conntest.RunSource(t, conntest.SourceHarness{
		Make: func(t testing.TB, dir string, rows conntest.Rows) {
			conntest.Load{Rows: rows, Run: run}.Write(t, d.sink(t, d.name(t, dir), connector.SinkRequest{Table: "t"}))
		},
		Open: func(t testing.TB, dir string, declared []record.Field, piece int) connector.Source {
			return d.source(t, d.name(t, dir), connector.SourceRequest{Table: "t", Columns: declared, BatchRows: piece})
		},
		Pieces: []int{1, 2, 7, 1000},
	})
}

// visible reads a table as others see it.
func (d *db) visible(t testing.TB, database, table string, declared []record.Field) ([][]string, bool) {
	t.Helper()
	src := d.source(t, database, connector.SourceRequest{Table: table, Columns: declared})
	defer src.Close()
	if _, err := src.Discover(t.Context()); errors.Is(err, fs.ErrNotExist) {
		return nil, false
	}
	_, rows, _ := conntest.Read(t, src, nil)
	return rows, true
}

func TestSink(t *testing.T) {
	d := start(t)
	for _, test := range []struct {
		req  connector.SinkRequest
		adds bool
	}{
		{connector.SinkRequest{Table: "t"}, true},
		{connector.SinkRequest{Table: "t", Mode: "replace"}, false},
		{connector.SinkRequest{Table: "t", Mode: "truncate"}, false},
	} {
		t.Run("mode "+test.req.Mode, func(t *testing.T) { d.runSink(t, test.req, test.adds) })
	}
	t.Run("without LOAD DATA LOCAL", func(t *testing.T) {
		d.SQL(t, "", "SET GLOBAL local_infile = 0")
		defer d.SQL(t, "", "SET GLOBAL local_infile = 1")
		d.runSink(t, connector.SinkRequest{Table: "t"}, true)
	})
}

func (d *db) runSink(t *testing.T, req connector.SinkRequest, adds bool) {
	conntest.RunSink(t, conntest.SinkHarness{
		Open: func(t testing.TB, dir string) connector.Sink { return d.sink(t, d.name(t, dir), req) },
		Visible: func(t testing.TB, dir string, sch *record.Schema) ([][]string, bool) {
			return d.visible(t, d.name(t, dir), "t", sch.Fields)
		},
		Left: func(t testing.TB, dir string) []string {
			return strings.Fields(d.SQL(t, d.name(t, dir), "SHOW TABLES"))
		},
		Adds: adds, State: true,
	})
}

func testConnection(ctx context.Context, e connector.Env, cfg *mysql.Config) (*connector.Probe, error) {
	return mysql.Type().Test(ctx, e, cfg)
}
