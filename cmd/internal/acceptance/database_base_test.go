//go:build unix

package acceptance

import (
	"database/sql"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/headgate/headgate/connector/conntest/servers"
)

// base is a database, and how it is spoken to without headgate.
type base struct {
	name     string
	lines    []string // of a connection, without its address
	password string
	address  string // host:port; "" = a file
	quote    byte   // around identifiers
	// run is what the server's own client prints for statements: a line for each row.
	run     func(t testing.TB, statements string) string
	attempt func(t testing.TB, statements string) (string, error) // run, for statements that may fail
	kill    func()                                                // without warning
	restart func()
}

// bases are the kinds of databases, each with the settings under which a commit survives the
// end of the server.
var bases = map[string]func(t *testing.T) *base{"postgres": postgresBase, "mariadb": func(t *testing.T) *base { return mariaBase(t) }, "sqlite": sqliteBase}

func postgresBase(t *testing.T) *base {
	t.Helper()
	s := servers.Postgres(t, "synchronous_commit = on", "autovacuum = off", "max_prepared_transactions = 20")
	name := s.Database(t, t.Name())
	return &base{name: "postgres", password: s.Password, address: net.JoinHostPort("localhost", strconv.Itoa(s.Port)), quote: '"',
		lines:   []string{"type: postgres", "database: " + name, "user: " + s.User, "password: secret:db", "tls_ca: " + s.CA.File},
		run:     func(t testing.TB, statements string) string { return s.SQL(t, name, statements) },
		attempt: func(t testing.TB, statements string) (string, error) { return s.Try(t, name, statements) },
		kill: func() {
			family := children(s.Pid())
			syscall.Kill(s.Pid(), syscall.SIGKILL)
			for _, pid := range family {
				syscall.Kill(pid, syscall.SIGKILL)
			}
			s.Kill()
		},
		restart: func() { s.Restart(t) }}
}

// mariaBase takes options for the server's command line.
func mariaBase(t *testing.T, options ...string) *base {
	t.Helper()
	s := servers.Maria(t, options...)
	name := s.Database(t, t.Name())
	return &base{name: "mariadb", password: s.Password, address: net.JoinHostPort(s.Host, strconv.Itoa(s.Port)), quote: '`',
		lines:   []string{"type: mysql", "database: " + name, "user: " + s.User, "password: secret:db", "tls_ca: " + s.CA.File},
		run:     func(t testing.TB, statements string) string { return s.SQL(t, name, statements) },
		attempt: func(t testing.TB, statements string) (string, error) { return s.Try(t, name, statements) },
		kill:    func() { s.Kill() }, restart: func() { s.Restart(t) }}
}

func sqliteBase(t *testing.T) *base {
	t.Helper()
	file := filepath.Join(t.TempDir(), "base.db")
	return &base{name: "sqlite", quote: '"', lines: []string{"type: sqlite", "path: " + file},
		run: func(t testing.TB, statements string) string { return sqliteSQL(t, file, statements) }}
}

// sqliteSQL runs statements; the last one's rows are the result.
func sqliteSQL(t testing.TB, file, statements string) string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(statements)
	if err != nil {
		t.Fatalf("%s: %v", clip(statements), err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	cells, to := make([]sql.NullString, len(names)), make([]any, len(names))
	for i := range cells {
		to[i] = &cells[i]
	}
	var lines []string
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			t.Fatal(err)
		}
		line := make([]string, len(cells))
		for i, c := range cells {
			if line[i] = c.String; !c.Valid {
				line[i] = `\N`
			}
		}
		lines = append(lines, strings.Join(line, "|"))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// children are the processes that a process has started.
func children(pid int) (list []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		if f := strings.Fields(rest); len(f) > 1 && f[1] == strconv.Itoa(pid) {
			if n, err := strconv.Atoi(filepath.Base(filepath.Dir(name))); err == nil {
				list = append(list, n)
			}
		}
	}
	return list
}

// sql runs statements.
func (b *base) sql(t testing.TB, format string, args ...any) string {
	t.Helper()
	return b.run(t, fmt.Sprintf(format, args...))
}

// rows are the rows of a query, in the order of their text.
func (b *base) rows(t testing.TB, query string) []string {
	t.Helper()
	return b.split(b.run(t, query))
}

// split is what a client printed as rows in the order of their text.
func (b *base) split(out string) []string {
	if out == "" {
		return nil
	}
	if b.name == "mariadb" {
		out = strings.NewReplacer("\t", "|", "NULL", `\N`).Replace(out)
	}
	lines := strings.Split(out, "\n")
	slices.Sort(lines)
	return lines
}

// try is the rows of a query, or of statements that may fail: nil then.
func (b *base) try(t testing.TB, statements string) []string {
	out, err := b.attempt(t, statements)
	if err != nil {
		return nil
	}
	return b.split(out)
}

// connection is the definition of a connection to the database, or to what stands before it.
func (b *base) connection(name, address string) string {
	lines := slices.Clone(b.lines)
	if address != "" {
		host, port, _ := strings.Cut(address, ":")
		lines = append(lines, "host: "+host, "port: "+port)
	}
	return "  " + name + ":\n    " + strings.Join(lines, "\n    ") + "\n"
}

// clerk is a project of ours with connections to a database: db, and via, which goes through
// a proxy where there is one.
type clerk struct {
	*household
	b     *base
	proxy *servers.Proxy
}

// newClerk sets the project up as a person would.
func newClerk(t *testing.T, b *base, proxy *servers.Proxy, files ...string) *clerk {
	t.Helper()
	c := &clerk{&household{newProject(t, files...)}, b, proxy}
	text := "version: 1\nconnections:\n" + b.connection("db", b.address)
	names := []string{"db"}
	if proxy != nil {
		_, port, _ := net.SplitHostPort(proxy.Address)
		host, _, _ := net.SplitHostPort(b.address)
		text += b.connection("via", net.JoinHostPort(host, port))
		names = append(names, "via")
	}
	c.write("connections.yaml", text)
	c.run("init", "--email", "owner@example.com", "--key-out", "owner.key", "--no-keyring").exits(0)
	for _, name := range names {
		if b.address != "" {
			c.with(b.password, keyed("owner", "secret", "set", "db", "--connection", name, "--stdin")...).exits(0)
		}
	}
	return c
}

// proxied is a clerk of a database that has a proxy before it, where that is a server.
func proxied(t *testing.T, b *base) *clerk {
	t.Helper()
	if b.address == "" {
		return newClerk(t, b, nil)
	}
	return newClerk(t, b, servers.Toxi(t).Before(strings.Replace(b.address, "localhost", "127.0.0.1", 1)))
}

// job runs a flow.
func (c *clerk) job(flow string, more ...string) outcome {
	c.t.Helper()
	return c.as("owner", append([]string{"run", flow, "--json"}, more...)...)
}

// flow writes a flow that does not try again by itself.
func (c *clerk) flow(name, source, sink string, more ...string) {
	c.t.Helper()
	c.write("flows/"+name+".yaml", "version: 1\nflow: "+name+"\nsource: "+source+"\nsink: "+sink+"\nrun: {retry: {attempts: 1}}\n"+strings.Join(more, ""))
}

// equal fails the test when two lists of rows differ, and shows some of what differs.
func equal(t testing.TB, what string, got, want []string) bool {
	t.Helper()
	if slices.Equal(got, want) {
		return true
	}
	missing, extra := lacking(want, got), lacking(got, want)
	t.Errorf("%s: %d rows, want %d; %d are missing: %q; %d are too many: %q", what, len(got), len(want),
		len(missing), missing[:min(5, len(missing))], len(extra), extra[:min(5, len(extra))])
	return false
}

// lacking is what of a is not in b; both are sorted.
func lacking(a, b []string) (list []string) {
	j := 0
	for _, x := range a {
		for j < len(b) && b[j] < x {
			j++
		}
		if j < len(b) && b[j] == x {
			j++
			continue
		}
		list = append(list, x)
	}
	return list
}
