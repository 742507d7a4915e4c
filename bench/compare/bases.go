package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector/conntest/servers"
)

// fleet is the database servers of a bench. They are started by the first job that wants
// them, with the durability they have when nobody changes it.
type fleet struct {
	stage
	env      []string // by which the servers' own clients find them
	postgres *servers.PostgreSQL
	maria    *servers.MariaDB
	filled   map[string]bool // inputs that lie in a table
}

// The store of the bench's headgate, and who runs it; in the project.
const (
	storeName = "store/bench.db"
	ownerKey  = "owner.key"
)

// errNoServer is a server that is not there or does not start.
var errNoServer = errors.New("no server")

// startPostgres starts a PostgreSQL, and tells headgate and psql where it is.
func (b *bench) startPostgres() error {
	f := &b.servers
	if f.postgres != nil {
		return nil
	}
	err := f.do(func(t testing.TB) {
		f.postgres = servers.Postgres(t, "fsync = on", "synchronous_commit = on", "full_page_writes = on", "shared_buffers = 128MB", "jit = on")
		f.postgres.SQL(t, servers.PostgresMain, "CREATE DATABASE bench")
	})
	if err != nil {
		return fmt.Errorf("PostgreSQL: %w: %w", errNoServer, err)
	}
	p := f.postgres
	service := fmt.Sprintf("[bench]\nhost=%s\nport=%d\ndbname=bench\nuser=%s\npassword=%s\nsslmode=verify-full\nsslrootcert=%s\n", p.Host, p.Port, p.User, p.Password, p.CA.File)
	f.env = append(f.env, "PGSERVICEFILE="+filepath.Join(b.project, "pg_service.conf"))
	if err := os.WriteFile(filepath.Join(b.project, "pg_service.conf"), []byte(service), 0o600); err != nil {
		return err
	}
	return b.connect()
}

// startMaria starts a MariaDB, and tells headgate and its client where it is.
func (b *bench) startMaria() error {
	f := &b.servers
	if f.maria != nil {
		return nil
	}
	err := f.do(func(t testing.TB) {
		f.maria = servers.Maria(t, "--innodb-flush-log-at-trx-commit=1", "--innodb-buffer-pool-size=128M")
		f.maria.SQL(t, "", "CREATE DATABASE bench")
	})
	if err != nil {
		return fmt.Errorf("MariaDB: %w: %w", errNoServer, err)
	}
	m := f.maria
	client := fmt.Sprintf("[client]\nhost=%s\nport=%d\nuser=%s\npassword=%q\nssl-ca=%s\nssl-verify-server-cert\nlocal-infile=1\ndefault-character-set=utf8mb4\n", m.Host, m.Port, m.User, m.Password, m.CA.File)
	if err := os.WriteFile(filepath.Join(b.project, "maria.cnf"), []byte(client), 0o600); err != nil {
		return err
	}
	return b.connect()
}

// connect gives headgate connections to the servers that run, and a store with their passwords.
func (b *bench) connect() error {
	text, err := os.ReadFile(filepath.Join(b.root, "bench", "flows", "connections.yaml"))
	if err != nil {
		return err
	}
	passwords := map[string]string{}
	if p := b.servers.postgres; p != nil {
		text = fmt.Appendf(text, "  warehouse:\n    type: postgres\n    host: %s\n    port: %d\n    database: bench\n    user: %s\n    password: secret:db\n    tls_ca: %s\n", p.Host, p.Port, p.User, p.CA.File)
		passwords["warehouse"] = p.Password
	}
	if m := b.servers.maria; m != nil {
		text = fmt.Appendf(text, "  shop:\n    type: mysql\n    host: %s\n    port: %d\n    database: bench\n    user: %s\n    password: secret:db\n    tls_ca: %s\n", m.Host, m.Port, m.User, m.CA.File)
		passwords["shop"] = m.Password
	}
	if err := os.WriteFile(filepath.Join(b.project, "connections.yaml"), text, 0o644); err != nil {
		return err
	}
	folder := filepath.Join(b.project, filepath.Dir(storeName))
	os.RemoveAll(folder)
	os.Remove(filepath.Join(b.project, ownerKey))
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	if err := b.own("", "init", "--email", "bench@example.com", "--key-out", ownerKey, "--no-keyring"); err != nil {
		return err
	}
	for name, password := range passwords {
		if err := b.own(password, "--key-file", ownerKey, "secret", "set", "db", "--connection", name, "--stdin"); err != nil {
			return err
		}
	}
	return nil
}

// own runs a command of headgate that is not timed.
func (b *bench) own(input string, args ...string) error {
	c := exec.CommandContext(context.Background(), b.headgate, append([]string{"--store", storeName}, args...)...)
	c.Dir, c.Stdin = b.project, strings.NewReader(input)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("headgate %s: %w: %s", args[0], err, lastLine(out))
	}
	return nil
}

// keyed runs a flow with the key to the store.
func keyed(flow string, params ...string) []string {
	return append([]string{"--store", storeName, "--key-file", ownerKey}, headgate(flow, params...)...)
}

// postgresSQL runs statements in the bench's database and is what they print.
func (b *bench) postgresSQL(sql string) (out string, err error) {
	err = b.servers.do(func(t testing.TB) { out = b.servers.postgres.SQL(t, "bench", sql) })
	return out, err
}

// mariaSQL is postgresSQL for MariaDB.
func (b *bench) mariaSQL(sql string) (out string, err error) {
	err = b.servers.do(func(t testing.TB) { out = b.servers.maria.SQL(t, "bench", sql) })
	return out, err
}

// cpu is the seconds of processor time that the servers have used so far, where the system
// tells it as Linux does.
func (f *fleet) cpu() float64 {
	family := map[string]bool{}
	if f.postgres != nil {
		family[strconv.Itoa(f.postgres.Pid())] = true
	}
	if f.maria != nil {
		family[strconv.Itoa(f.maria.Pid())] = true
	}
	if len(family) == 0 {
		return 0
	}
	const ticks = 100 // a second
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	sum := 0.0
	for _, name := range stats {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		words := strings.Fields(rest)
		if len(words) < 15 || !family[words[1]] && !family[filepath.Base(filepath.Dir(name))] {
			continue
		}
		for _, w := range words[11:15] { // own time, and that of children that have ended
			n, _ := strconv.ParseFloat(w, 64)
			sum += n / ticks
		}
	}
	return sum
}

// databaseTools are the servers' own clients, where they are installed.
func databaseTools() []tool {
	var found []tool
	for _, name := range []string{"psql", "mariadb"} {
		path, err := exec.LookPath(name)
		if err != nil {
			fmt.Printf("%s is left out: it is not installed\n", name)
			continue
		}
		found = append(found, tool{name: name, start: []string{path}, shown: name, ask: "--version"})
		if name == "psql" {
			found = append(found, tool{name: "psql|psql", start: []string{"/bin/sh", "-c"}, shown: "sh -c", ask: path + " --version"})
		}
	}
	return found
}
