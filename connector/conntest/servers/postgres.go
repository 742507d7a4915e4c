package servers

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// PostgreSQL is a server of which the superuser is User. It is spoken to with TLS and a
// password, but for the database certdb (a client certificate named certuser) and the
// database plaindb (no TLS).
type PostgreSQL struct {
	*Process
	Host     string // localhost
	Port     int
	User     string
	Password string
	CA       *Authority

	dir     string
	options Options
	psql    string
}

// The databases that Postgres makes, besides those of Database.
const (
	PostgresMain  = "postgres"
	PostgresCert  = "certdb"
	PostgresPlain = "plaindb"
)

// Postgres starts a server. Settings are added to its configuration: "fsync=on".
func Postgres(t testing.TB, settings ...string) *PostgreSQL {
	t.Helper()
	program := postgresProgram(t, "postgres")
	p := &PostgreSQL{Host: "localhost", Port: Port(t), User: "hg", Password: "pa ss'word", CA: CA(t), psql: postgresProgram(t, "psql")}
	p.dir = Dir(t)
	uid, gid := postgresUser(t)
	data := filepath.Join(p.dir, "data")
	postgresData(t, data, p.Password)
	leaf := p.CA.Localhost()
	for from, to := range map[string]string{leaf.Cert: "server.crt", leaf.Key: "server.key", p.CA.File: "ca.crt"} {
		content, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(filepath.Join(data, to), content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	p.configure(t, data, settings)
	own(t, p.dir, uid, gid)
	p.options = Options{Path: program, Args: []string{"-D", data}, Dir: p.dir, Address: "127.0.0.1:" + strconv.Itoa(p.Port), User: uid, Group: gid,
		Ready: func() error { return p.run(t, PostgresMain, "SELECT 1").Run() }}
	p.Process = Start(t, p.options)
	p.SQL(t, PostgresMain, "CREATE DATABASE "+PostgresCert)
	p.SQL(t, PostgresMain, "CREATE DATABASE "+PostgresPlain)
	return p
}

// configure writes the server's files. What a test writes need not survive the machine.
func (p *PostgreSQL) configure(t testing.TB, data string, settings []string) {
	conf := []string{"port = " + strconv.Itoa(p.Port), "listen_addresses = '127.0.0.1'", "unix_socket_directories = '" + p.dir + "'",
		"ssl = on", "ssl_cert_file = 'server.crt'", "ssl_key_file = 'server.key'", "ssl_ca_file = 'ca.crt'", "ssl_min_protocol_version = 'TLSv1.2'",
		"fsync = off", "synchronous_commit = off", "full_page_writes = off", "shared_buffers = 64MB", "jit = off", "max_connections = 50"}
	Write(t, data, "postgresql.conf", strings.Join(append(conf, settings...), "\n")+"\n")
	Write(t, data, "pg_hba.conf", strings.Join([]string{"local all all trust", "hostssl certdb all 127.0.0.1/32 cert map=m",
		"hostnossl plaindb all 127.0.0.1/32 scram-sha-256", "hostssl plaindb all 127.0.0.1/32 reject", "hostssl all all 127.0.0.1/32 scram-sha-256"}, "\n")+"\n")
	Write(t, data, "pg_ident.conf", "m certuser "+p.User+"\n")
}

// Restart starts the server again after it was stopped or killed.
func (p *PostgreSQL) Restart(t testing.TB) {
	t.Helper()
	p.Process = Start(t, p.options)
}

// Database makes an empty database for a test, once for each key.
func (p *PostgreSQL) Database(t testing.TB, key string) string {
	t.Helper()
	sum := sha256.Sum256([]byte(key))
	name := "d" + hex.EncodeToString(sum[:8])
	if p.SQL(t, PostgresMain, "SELECT 1 FROM pg_database WHERE datname = '"+name+"'") == "" {
		p.SQL(t, PostgresMain, "CREATE DATABASE "+name+" TEMPLATE template0")
	}
	return name
}

// SQL runs statements as the server's own client does, and is what they print: cells
// between bars, NULL as \N.
func (p *PostgreSQL) SQL(t testing.TB, database, sql string) string {
	t.Helper()
	out, err := p.run(t, database, sql).CombinedOutput()
	if err != nil {
		t.Fatalf("psql %s: %v\n%s", sql, err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// Try is SQL for statements that may fail.
func (p *PostgreSQL) Try(t testing.TB, database, sql string) (string, error) {
	out, err := p.run(t, database, sql).CombinedOutput()
	return strings.TrimSuffix(string(out), "\n"), err
}

func (p *PostgreSQL) run(t testing.TB, database, sql string) *exec.Cmd {
	c := exec.CommandContext(t.Context(), p.psql, "-XAtq", "-v", "ON_ERROR_STOP=1", "-P", `null=\N`, "-h", p.dir, "-p", strconv.Itoa(p.Port), "-U", p.User, "-d", database)
	c.Stdin = strings.NewReader(sql)
	return c
}

// Psql is the path of the server's own client.
func (p *PostgreSQL) Psql() string { return p.psql }

// Socket is the folder of the server's socket, where everybody may log in.
func (p *PostgreSQL) Socket() string { return p.dir }

// postgresProgram finds a program of the server, which distributions keep off PATH.
func postgresProgram(t testing.TB, name string) string {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) > 0 {
		return found[len(found)-1]
	}
	return Find(t, name)
}

// postgresUser is who runs the server: it refuses to run as root.
func postgresUser(t testing.TB) (uid, gid uint32) {
	if os.Geteuid() != 0 {
		return 0, 0
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		Lack(t, "the user postgres")
	}
	n, err := strconv.ParseUint(u.Uid, 10, 32)
	g, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	return uint32(n), uint32(g)
}

// postgresData fills data with a new cluster. Making one takes seconds, so that one is kept in the
// user's cache and copied.
func postgresData(t testing.TB, data, password string) {
	t.Helper()
	initdb := postgresProgram(t, "initdb")
	version, err := exec.CommandContext(t.Context(), initdb, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(string(version) + password))
	kept := filepath.Join(cache, "headgate-servers", "postgres-"+hex.EncodeToString(sum[:6]))
	if _, err := os.Stat(kept); errors.Is(err, fs.ErrNotExist) {
		makePostgresData(t, initdb, kept, password)
	}
	copyTree(t, kept, data)
}

func makePostgresData(t testing.TB, initdb, kept, password string) {
	t.Helper()
	uid, gid := postgresUser(t)
	dir := Dir(t)
	pw := Write(t, dir, "pw", password+"\n")
	own(t, dir, uid, gid)
	c := exec.CommandContext(t.Context(), initdb, "-D", filepath.Join(dir, "data"), "-U", "hg", "--pwfile="+pw, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	c.Dir = dir
	apart(c, uid, gid)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	half := kept + "." + filepath.Base(dir)
	copyTree(t, filepath.Join(dir, "data"), half)
	if err := os.Rename(half, kept); err != nil { // somebody else was first
		os.RemoveAll(half)
	}
}

func copyTree(t testing.TB, from, to string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(to), 0o755)
	if err == nil {
		err = os.CopyFS(to, os.DirFS(from))
	}
	if err == nil {
		err = os.Chmod(to, 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// own gives a folder and all that is in it to another user, where the test is root.
func own(t testing.TB, dir string, uid, gid uint32) {
	t.Helper()
	if uid == 0 && gid == 0 {
		return
	}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, int(uid), int(gid))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// AttachPostgres is a server that the process which started this one has started: its
// socket's folder and its port.
func AttachPostgres(t testing.TB, socket string, port int) *PostgreSQL {
	t.Helper()
	return &PostgreSQL{Host: "localhost", Port: port, User: "hg", dir: socket, psql: postgresProgram(t, "psql")}
}
