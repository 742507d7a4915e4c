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

// MariaDB is a server whose administrator is User. Over TCP it is spoken to with TLS and a
// password, but for the users CertUser (a client certificate) and PlainUser (no TLS).
type MariaDB struct {
	*Process
	Host     string // 127.0.0.1: names are not resolved
	Port     int
	User     string
	Password string
	CA       *Authority

	socket  string
	options Options
	client  string
}

// The other users that Maria makes, with the same password.
const (
	MariaCert  = "certuser"
	MariaPlain = "plainuser"
)

// Maria starts a server. Options are added to its command line: "--innodb-flush-log-at-trx-commit=1".
func Maria(t testing.TB, options ...string) *MariaDB {
	t.Helper()
	program := Find(t, "mariadbd", "mysqld")
	m := &MariaDB{Host: "127.0.0.1", Port: Port(t), User: "hg", Password: "pa ss'word", CA: CA(t), client: Find(t, "mariadb", "mysql")}
	dir := Dir(t)
	uid, gid := mariaUser(t)
	data := filepath.Join(dir, "data")
	mariaData(t, data)
	leaf := m.CA.Localhost()
	for from, to := range map[string]string{leaf.Cert: "server.crt", leaf.Key: "server.key", m.CA.File: "ca.crt"} {
		content, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, to), content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	m.socket = filepath.Join(dir, "s")
	Write(t, dir, "init.sql", m.users())
	own(t, dir, uid, gid)
	args := []string{"--no-defaults", "--datadir=" + data, "--socket=" + m.socket, "--port=" + strconv.Itoa(m.Port), "--bind-address=127.0.0.1",
		"--pid-file=" + filepath.Join(dir, "pid"), "--ssl-ca=" + filepath.Join(dir, "ca.crt"), "--ssl-cert=" + filepath.Join(dir, "server.crt"),
		"--ssl-key=" + filepath.Join(dir, "server.key"), "--tls-version=TLSv1.2,TLSv1.3", "--skip-name-resolve", "--innodb-buffer-pool-size=64M",
		"--innodb-flush-log-at-trx-commit=2", "--innodb-flush-method=nosync", "--local-infile=ON", "--character-set-server=utf8mb4", "--init-file=" + filepath.Join(dir, "init.sql")}
	if uid == 0 && os.Geteuid() == 0 {
		args = append(args, "--user=root")
	}
	m.options = Options{Path: program, Args: append(args, options...), Dir: dir, Address: "127.0.0.1:" + strconv.Itoa(m.Port), User: uid, Group: gid,
		Ready: func() error { return m.run(t, "", "SELECT 1").Run() }}
	m.Process = Start(t, m.options)
	return m
}

// users is the SQL that makes who may log in; the server runs it at every start.
func (m *MariaDB) users() string {
	quoted := "'" + strings.ReplaceAll(m.Password, "'", "''") + "'"
	var b strings.Builder
	for _, u := range []struct{ name, require string }{{m.User, "SSL"}, {MariaCert, "X509"}, {MariaPlain, "NONE"}} {
		b.WriteString("CREATE USER IF NOT EXISTS '" + u.name + "'@'127.0.0.1' IDENTIFIED BY " + quoted + " REQUIRE " + u.require + ";\n")
		b.WriteString("GRANT ALL ON *.* TO '" + u.name + "'@'127.0.0.1' WITH GRANT OPTION;\n")
	}
	return b.String()
}

// Restart starts the server again after it was stopped or killed.
func (m *MariaDB) Restart(t testing.TB) {
	t.Helper()
	m.Process = Start(t, m.options)
}

// Database makes an empty database for a test, once for each key.
func (m *MariaDB) Database(t testing.TB, key string) string {
	t.Helper()
	sum := sha256.Sum256([]byte(key))
	name := "d" + hex.EncodeToString(sum[:8])
	m.SQL(t, "", "CREATE DATABASE IF NOT EXISTS "+name)
	return name
}

// SQL runs statements as the server's own client does, and is what they print: cells
// between tabs, NULL as NULL.
func (m *MariaDB) SQL(t testing.TB, database, sql string) string {
	t.Helper()
	out, err := m.run(t, database, sql).CombinedOutput()
	if err != nil {
		t.Fatalf("mariadb %s: %v\n%s", sql, err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// Try is SQL for statements that may fail.
func (m *MariaDB) Try(t testing.TB, database, sql string) (string, error) {
	out, err := m.run(t, database, sql).CombinedOutput()
	return strings.TrimSuffix(string(out), "\n"), err
}

func (m *MariaDB) run(t testing.TB, database, sql string) *exec.Cmd {
	args := []string{"--no-defaults", "--batch", "--skip-column-names", "--default-character-set=utf8mb4", "--local-infile=1", "--socket=" + m.socket, "--user=root"}
	if database != "" {
		args = append(args, database)
	}
	c := exec.CommandContext(t.Context(), m.client, args...)
	c.Stdin = strings.NewReader(sql)
	return c
}

// Client is the path of the server's own client.
func (m *MariaDB) Client() string { return m.client }

// Socket is the server's socket, where root may log in.
func (m *MariaDB) Socket() string { return m.socket }

// AttachMaria is a server that the process which started this one has started: its socket and
// its port.
func AttachMaria(t testing.TB, socket string, port int) *MariaDB {
	t.Helper()
	return &MariaDB{Host: "127.0.0.1", Port: port, User: "hg", Password: "pa ss'word", socket: socket, client: Find(t, "mariadb", "mysql")}
}

// mariaUser is who runs the server: root's may log in without a password only as root.
func mariaUser(t testing.TB) (uid, gid uint32) {
	if os.Geteuid() != 0 {
		return 0, 0
	}
	u, err := user.Lookup("mysql")
	if err != nil {
		Lack(t, "the user mysql")
	}
	n, err := strconv.ParseUint(u.Uid, 10, 32)
	g, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	return uint32(n), uint32(g)
}

// mariaData fills data with an empty server's. Making that takes seconds, so that one is
// kept in the user's cache and copied.
func mariaData(t testing.TB, data string) {
	t.Helper()
	install := Find(t, "mariadb-install-db", "mysql_install_db")
	version, err := exec.CommandContext(t.Context(), Find(t, "mariadbd", "mysqld"), "--no-defaults", "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(version)
	kept := filepath.Join(cache, "headgate-servers", "mariadb-"+hex.EncodeToString(sum[:6]))
	if _, err := os.Stat(kept); errors.Is(err, fs.ErrNotExist) {
		makeMariaData(t, install, kept)
	}
	copyTree(t, kept, data)
}

func makeMariaData(t testing.TB, install, kept string) {
	t.Helper()
	dir := Dir(t)
	args := []string{"--no-defaults", "--datadir=" + filepath.Join(dir, "data"), "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"}
	if os.Geteuid() == 0 {
		args = append(args, "--user=root")
	}
	c := exec.CommandContext(t.Context(), install, args...)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", install, err, out)
	}
	half := kept + "." + filepath.Base(dir)
	copyTree(t, filepath.Join(dir, "data"), half)
	if err := os.Rename(half, kept); err != nil { // somebody else was first
		os.RemoveAll(half)
	}
}
