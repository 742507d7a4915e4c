package mysql

import (
	"context"
	"crypto/tls"
	"fmt"
	"strings"
	"time"

	"github.com/headgate/headgate/connector"
)

// probe logs in and looks around.
func (s *server) probe(ctx context.Context) (*connector.Probe, error) {
	began := time.Now()
	c, err := s.connect(ctx, true)
	if err != nil {
		return nil, err
	}
	defer c.close()
	p := &connector.Probe{Peer: c.name() + " " + c.version, Latency: time.Since(began), Protocol: "MySQL in clear"}
	if st := c.tls; st != nil {
		p.Protocol, p.Cipher = tls.VersionName(st.Version), tls.CipherSuiteName(st.CipherSuite)
		if len(st.PeerCertificates) > 0 {
			p.Expires = st.PeerCertificates[0].NotAfter
		}
	}
	rows, err := c.query(ctx, "SHOW GRANTS")
	if err != nil {
		return nil, err
	}
	var g grants
	for _, r := range rows {
		g.add(r[0].s, s.cfg.Database)
	}
	only, _, err := c.one(ctx, "SELECT @@read_only")
	if err != nil {
		return nil, err
	}
	g.judge(p, s.cfg.User, s.cfg.Database, only == "1")
	if !c.local {
		p.Notes = append(p.Notes, "the server forbids LOAD DATA LOCAL: rows go in by INSERT, at a fraction of the speed; SET GLOBAL local_infile = 1")
	}
	if c.maria && !c.atLeast(10, 6) || !c.maria && !c.atLeast(8, 0) {
		p.Notes = append(p.Notes, "headgate is made for MySQL 8 and MariaDB 10.6, and later")
	}
	return p, nil
}

// grants is what a login may do: everywhere, and in its database or a table of it.
type grants struct {
	everywhere, here map[string]bool
}

// add reads a line of SHOW GRANTS.
func (g *grants) add(line, database string) {
	if g.everywhere == nil {
		g.everywhere, g.here = map[string]bool{}, map[string]bool{}
	}
	list, rest, ok := strings.Cut(strings.TrimPrefix(line, "GRANT "), " ON ")
	if !ok {
		return
	}
	on, tail, _ := strings.Cut(rest, " TO ")
	into := map[string]bool{}
	unescaped := strings.NewReplacer(`\_`, "_", `\%`, "%", "``", "`").Replace(on)
	switch {
	case on == "*.*":
		into = g.everywhere
	case strings.HasPrefix(unescaped, "`"+database+"`."), strings.ContainsRune(on, '%'):
		into = g.here
	}
	for what := range strings.SplitSeq(list, ",") {
		what, _, _ = strings.Cut(strings.TrimSpace(what), " (") // of columns
		into[what] = true
	}
	if strings.HasSuffix(tail, "WITH GRANT OPTION") {
		into["GRANT OPTION"] = true
	}
}

func (g *grants) has(what string) bool {
	return g.everywhere[what] || g.here[what] || g.everywhere["ALL PRIVILEGES"] || g.here["ALL PRIVILEGES"]
}

// superfluous is what no flow needs, everywhere on the server.
var superfluous = []string{"ALL PRIVILEGES", "SUPER", "FILE", "CREATE USER", "SHUTDOWN", "PROCESS", "RELOAD", "REPLICATION SLAVE"}

// judge says what the login may do, and what it lacks.
func (g *grants) judge(p *connector.Probe, user, database string, readOnly bool) {
	p.Read = g.has("SELECT")
	p.Write = g.has("INSERT") && !readOnly
	for _, what := range superfluous {
		if g.everywhere[what] {
			p.Notes = append(p.Notes, fmt.Sprintf("%s has %s on the whole server, which no flow needs: REVOKE %s ON *.* FROM ...", user, what, what))
		}
	}
	if g.everywhere["GRANT OPTION"] || g.here["GRANT OPTION"] {
		p.Notes = append(p.Notes, user+" may pass its rights on, which no flow needs")
	}
	if readOnly {
		p.Notes = append(p.Notes, "the server is read-only")
		return
	}
	if !p.Write {
		return
	}
	needs := []struct{ what, why string }{
		{"CREATE", "`create: if_missing`, replace and the table that keeps cursors"}, {"CREATE TEMPORARY TABLES", "upsert, update, delete and mirror"},
		{"UPDATE", "upsert, update, mirror and the table that keeps cursors"}, {"DELETE", "truncate, delete and mirror"},
		{"ALTER", "replace, `create: if_missing` and `evolve`"}, {"DROP", "replace and `create: if_missing`"},
	}
	for _, n := range needs {
		if !g.has(n.what) {
			p.Notes = append(p.Notes, fmt.Sprintf("%s lacks %s, which %s need: GRANT %s ON `%s`.* TO ...", user, n.what, n.why, n.what, database))
		}
	}
}
