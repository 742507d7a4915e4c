package mysql_test

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest/servers"
	"github.com/headgate/headgate/connector/conntest/sqltest"
	"github.com/headgate/headgate/connector/mysql"
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

func (d *db) sinkOf(t testing.TB, cfg *mysql.Config, req connector.SinkRequest) connector.Sink {
	t.Helper()
	return sqltest.SinkOf(t, mysql.Type(), env(), cfg, req)
}

// base is an own database on a server that a test and its parts share.
type base struct {
	sqltest.Base
	*db
	name string
}

func (d *db) base(t testing.TB) base { return d.named(t, d.Database(t, t.Name())) }

func (d *db) named(t testing.TB, database string) base {
	config := func(o sqltest.Options) any {
		cfg := d.config(database)
		cfg.Port = cmp.Or(o.Port, cfg.Port)
		cfg.LockTimeout = cmp.Or(o.LockTimeout, cfg.LockTimeout)
		return cfg
	}
	b := base{name: database, db: d, Base: sqltest.Of(mysql.Type(), env(), config, func(t testing.TB, sql string) string {
		t.Helper()
		return strings.ReplaceAll(d.SQL(t, database, sql), "\t", "|")
	})}
	b.Prefix = database + "."
	return b
}

// server is what the suites of all databases need to know.
func (d *db) server() sqltest.Server {
	return sqltest.Server{
		Base: func(t testing.TB, key string) sqltest.Base { return d.named(t, d.Database(t, key)).Base },
		Left: func(t testing.TB, key string) []string {
			return strings.Fields(d.SQL(t, d.Database(t, key), "SHOW TABLES"))
		},
		Sequence: func(from, to int) string { return fmt.Sprintf("(SELECT seq AS i FROM %s) AS x", sequence(from, to)) },
		Moment:   "datetime(6)", Analyze: "ANALYZE TABLE t", NotNull: "name: Column 'name' cannot be null (error 1048",
		Address: net.JoinHostPort("127.0.0.1", strconv.Itoa(d.port)), Commit: "\x07\x00\x00\x00\x03COMMIT",
		Kill: func() { d.Process.Kill() }, Restart: func(t testing.TB) { d.Restart(t) },
	}
}

// sequence is a table of numbers in its one column, seq.
func sequence(from, to int) string { return fmt.Sprintf("seq_%d_to_%d", from, to) }

func TestSource(t *testing.T)       { start(t).server().RunSource(t) }
func TestCut(t *testing.T)          { start(t).server().RunCut(t) }
func TestKilled(t *testing.T)       { start(t).server().RunKilled(t) }
func TestServerKilled(t *testing.T) { start(t).server().RunServerKilled(t) }
func TestLeftBehind(t *testing.T)   { start(t).server().RunLeftBehind(t) }

func TestSink(t *testing.T) {
	d := start(t)
	d.server().RunSink(t)
	t.Run("without LOAD DATA LOCAL", func(t *testing.T) {
		d.SQL(t, "", "SET GLOBAL local_infile = 0")
		defer d.SQL(t, "", "SET GLOBAL local_infile = 1")
		d.server().RunMode(t, connector.SinkRequest{Table: "t"})
	})
}

func testConnection(ctx context.Context, e connector.Env, cfg *mysql.Config) (*connector.Probe, error) {
	return mysql.Type().Test(ctx, e, cfg)
}
