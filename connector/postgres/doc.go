// Package postgres reads and writes PostgreSQL, 12 and later.
//
// A run is one transaction on one connection. Prepare begins it and takes the flow's
// lock; rows go in by binary COPY, straight into the table or, for the modes that go
// by a key, batch by batch through a temporary table and a set-based merge; Commit
// changes what is left to change, notes the run and its cursor in the table
// _headgate_state beside the data, and commits. Until then nobody sees a row, and after
// a crash of either side the server undoes everything: Seal holds no promise of its own. A session
// remembers the backend that served it: whoever finishes or undoes the run of a
// process that died first ends that backend, so that nothing of it can still commit.
//
// A source reads in one read-only transaction with one snapshot, from which further
// connections read too when there are several splits.
//
// TYPES.md says how types are mapped.
package postgres

import (
	"context"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/netguard"
	"github.com/headgate/headgate/connector/sqldb"
)

// Config is what a PostgreSQL connection takes.
type Config struct {
	Host       string              `key:"host" required:"true" bind:"value" help:"name or address of the server"`
	Port       int                 `key:"port" default:"5432" bind:"value" help:"its port"`
	Database   string              `key:"database" required:"true" help:"which database"`
	User       string              `key:"user" required:"true" bind:"value" help:"who logs in"`
	Password   string              `key:"password" secret:"true" help:"the password, as a reference to a secret; left out with a client certificate"`
	TLS        string              `key:"tls" enum:"verify-full" default:"verify-full" bind:"value" help:"the server's certificate is verified, and that it is for the host"`
	CA         string              `key:"tls_ca" bind:"file" help:"file with the authorities to trust instead of the system's"`
	TLSMin     string              `key:"tls_min" enum:"1.2,1.3" default:"1.2" bind:"value" help:"the oldest version of TLS; 1.3 keeps a server that speaks it from being talked down"`
	ClientCert string              `key:"client_cert" help:"file with a certificate to log in with"`
	ClientKey  string              `key:"client_key" secret:"true" help:"its key, as a reference to a secret"`
	Plaintext  *netguard.Plaintext `key:"plaintext" bind:"value" help:"speak without TLS, for a reason and until a day"`

	ConnectTimeout   time.Duration `key:"connect_timeout" default:"15s" help:"how long connecting and logging in may take"`
	StatementTimeout time.Duration `key:"statement_timeout" default:"0s" help:"how long the server may take for a statement; 0s = as it likes"`
	LockTimeout      time.Duration `key:"lock_timeout" default:"1m" help:"how long to wait for a table that somebody else has locked; 0s = as long as it takes"`
}

// Type is the registry entry.
func Type() *connector.Type {
	return &connector.Type{
		Name:    "postgres",
		Summary: "tables of a PostgreSQL database",
		Config:  func() any { return &Config{} },
		Table: &connector.Table{
			NewSource: func(_ context.Context, env connector.Env, cfg any, req connector.SourceRequest) (connector.Source, error) {
				return newSource(newServer(env, cfg.(*Config)), req), nil
			},
			NewSink: func(_ context.Context, env connector.Env, cfg any, req connector.SinkRequest) (connector.Sink, error) {
				return newSink(newServer(env, cfg.(*Config)), req), nil
			},
			Modes: sqldb.Modes(), BatchBytes: sinkBatch,
			Describe: func(ctx context.Context, env connector.Env, cfg any, name string) ([]connector.Relation, error) {
				return newServer(env, cfg.(*Config)).relations(ctx, name)
			},
			Privileges: func(ctx context.Context, env connector.Env, cfg any, needs []connector.Need) (*connector.Privileges, error) {
				return newServer(env, cfg.(*Config)).privileges(ctx, needs)
			},
			WriteName: dialect().WriteName,
		},
		Check: func(cfg any) []error {
			c := cfg.(*Config)
			return append(netguard.CheckTLS(nil, c.ClientCert, c.ClientKey),
				netguard.CheckHost(c.Host), netguard.CheckPort(c.Port), netguard.CheckPlaintext(c.Plaintext, ""))
		},
		Test: func(ctx context.Context, env connector.Env, cfg any) (*connector.Probe, error) {
			return newServer(env, cfg.(*Config)).probe(ctx)
		},
	}
}

// dialect is PostgreSQL's.
func dialect() *sqldb.Dialect {
	return &sqldb.Dialect{
		Name: dialectName, Quote: '"', MaxIdent: 63, MaxColumns: 1600, Schemas: true, Numbered: true, RowValues: true, BoolWords: true, DollarQuotes: true,
		Upsert: sqldb.OnConflict, Join: sqldb.JoinUsing, Distinct: "%s IS DISTINCT FROM %s", Earlier: "%s - make_interval(secs => %s::float8 / 1000000)",
		TextType: "text", KeyTextType: "text",
		ColumnType: columnType, Widen: widen, AlterType: "ALTER TABLE %s ALTER COLUMN %s TYPE %s",
	}
}

const dialectName = "PostgreSQL"
