package postgres_test

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
	"github.com/headgate/headgate/connector/postgres"
)

// db is a server for tests, also for their children that crash.
type db struct {
	*servers.PostgreSQL
	port int
	ca   string
}

// A child that crashes uses its parent's server.
const (
	parentPort   = "HEADGATE_TEST_POSTGRES_PORT"
	parentCA     = "HEADGATE_TEST_POSTGRES_CA"
	parentSocket = "HEADGATE_TEST_POSTGRES_SOCKET"
)

func start(t testing.TB, settings ...string) *db {
	t.Helper()
	if p := os.Getenv(parentPort); p != "" {
		port, err := strconv.Atoi(p)
		if err != nil {
			t.Fatal(err)
		}
		return &db{servers.AttachPostgres(t, os.Getenv(parentSocket), port), port, os.Getenv(parentCA)}
	}
	d := &db{PostgreSQL: servers.Postgres(t, settings...)}
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

func (d *db) config(database string) *postgres.Config {
	return &postgres.Config{Host: "localhost", Port: d.port, Database: database, User: "hg", Password: "secret:dwh", TLS: "verify-full", CA: d.ca,
		ConnectTimeout: 30e9, LockTimeout: 20e9}
}

func (d *db) sinkOf(t testing.TB, cfg *postgres.Config, req connector.SinkRequest) connector.Sink {
	t.Helper()
	return sqltest.SinkOf(t, postgres.Type(), env(), cfg, req)
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
	b := base{name: database, db: d, Base: sqltest.Of(postgres.Type(), env(), config, func(t testing.TB, sql string) string {
		t.Helper()
		return d.SQL(t, database, sql)
	})}
	b.Prefix = "public."
	return b
}

// server is what the suites of all databases need to know.
func (d *db) server() sqltest.Server {
	return sqltest.Server{
		Base: func(t testing.TB, key string) sqltest.Base { return d.named(t, d.Database(t, key)).Base },
		Left: func(t testing.TB, key string) []string {
			return strings.Fields(d.SQL(t, d.Database(t, key), "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname !~ '^pg_|information_schema'"))
		},
		Sequence: func(from, to int) string { return fmt.Sprintf("generate_series(%d, %d) AS i", from, to) },
		Moment:   "timestamptz", Zone: "+00", Analyze: "ANALYZE t", NotNull: "23502", Beside: true,
		Address: net.JoinHostPort("127.0.0.1", strconv.Itoa(d.port)), Commit: "COMMIT\x00",
		Kill: func() { d.Process.Kill() }, Restart: func(t testing.TB) { d.Restart(t) },
	}
}

func TestSource(t *testing.T)     { start(t).server().RunSource(t) }
func TestSink(t *testing.T)       { start(t).server().RunSink(t) }
func TestCut(t *testing.T)        { start(t).server().RunCut(t) }
func TestKilled(t *testing.T)     { start(t).server().RunKilled(t) }
func TestLeftBehind(t *testing.T) { start(t).server().RunLeftBehind(t) }

// TestServerKilled needs commits that survive the server.
func TestServerKilled(t *testing.T) { start(t, "synchronous_commit = on").server().RunServerKilled(t) }

func testConnection(ctx context.Context, e connector.Env, cfg *postgres.Config) (*connector.Probe, error) {
	return postgres.Type().Test(ctx, e, cfg)
}
