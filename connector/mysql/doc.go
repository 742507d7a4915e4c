// Package mysql reads and writes MySQL 8 and MariaDB 10.6, and later.
//
// A run is one transaction on one connection. Statements that make or change tables
// commit whatever is open, so Prepare runs them first: a new table, and one that is to
// replace another, is made under a name of our own. The transaction begins with a statement about no
// rows, which keeps others from changing the table until the end. Rows go in by LOAD DATA LOCAL, or by
// INSERT where the server forbids that, straight into the table or, for the modes that
// go by a key, batch by batch through a temporary table and a set-based merge. Commit
// notes the run and its cursor in the table _headgate_state beside the data, commits,
// and then renames the new table: the state names the run whose table it is, so that
// whoever finds one finishes the renaming, or drops it.
//
// LOAD DATA LOCAL adjusts what does not fit and says so in warnings only. A batch with a
// warning is taken back and inserted again, strictly, until the rows that the server
// refuses are found.
//
// A session holds a named lock of the server: whoever finishes or undoes the run of a
// process that died first ends the connection that has it, so that nothing of it can
// still commit.
//
// A source reads in one read-only transaction with one snapshot.
//
// TYPES.md says how types are mapped.
package mysql

import (
	"context"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/netguard"
	"github.com/headgate/headgate/connector/sqldb"
)

// Config is what a MySQL or MariaDB connection takes.
type Config struct {
	Host       string              `key:"host" required:"true" bind:"value" help:"name or address of the server"`
	Port       int                 `key:"port" default:"3306" bind:"value" help:"its port"`
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
	StatementTimeout time.Duration `key:"statement_timeout" default:"0s" help:"how long the server may take for a statement that reads, of MariaDB for any; 0s = as it likes"`
	LockTimeout      time.Duration `key:"lock_timeout" default:"1m" help:"how long to wait for a table or a row that somebody else has locked, in whole seconds, at least one"`
}

// Type is the registry entry.
func Type() *connector.Type {
	return &connector.Type{
		Name:    "mysql",
		Summary: "tables of a MySQL or MariaDB database",
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
			WriteName: func(part string) string { return dialect(flavour{}).WriteName(part) },
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
