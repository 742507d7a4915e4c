package mysql

import (
	"context"
	"crypto/tls"
	"fmt"
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
	g, err := c.grants(ctx)
	if err != nil {
		return nil, err
	}
	only, _, err := c.one(ctx, "SELECT @@read_only")
	if err != nil {
		return nil, err
	}
	g.judge(p, s.cfg.Database, only == "1")
	if !c.local {
		p.Notes = append(p.Notes, "the server forbids LOAD DATA LOCAL: rows go in by INSERT, at a fraction of the speed; SET GLOBAL local_infile = 1")
	}
	if c.maria && !c.atLeast(10, 6) || !c.maria && !c.atLeast(8, 0) {
		p.Notes = append(p.Notes, "headgate is made for MySQL 8 and MariaDB 10.6, and later")
	}
	return p, nil
}

// judge says what the login may do in a database, or in some table of it, and what it lacks.
func (g *grants) judge(p *connector.Probe, database string, readOnly bool) {
	within := func(right string) bool {
		for _, l := range g.levels {
			if l.covers(database, l.table) && l.has(right) {
				return true
			}
		}
		return false
	}
	p.Read = within("SELECT")
	p.Write = within("INSERT") && !readOnly
	for _, l := range g.levels {
		for _, right := range l.rights {
			if l.everywhere() && !useful[right] {
				p.Notes = append(p.Notes, fmt.Sprintf("%s has %s on the whole server, which no flow needs: %s", g.login, right, l.revoke(right, g.login)))
			}
		}
		if l.passesOn {
			p.Notes = append(p.Notes, fmt.Sprintf("%s may pass its rights on %s on, which no flow needs", g.login, l.name))
		}
	}
	if readOnly {
		p.Notes = append(p.Notes, "the server is read-only")
		return
	}
	if !p.Write {
		return
	}
	for _, n := range []struct{ right, why string }{
		{"CREATE", "`create: if_missing`, replace and the table that keeps cursors"}, {"CREATE TEMPORARY TABLES", "upsert, update, delete and mirror"},
		{"UPDATE", "upsert, update, mirror and the table that keeps cursors"}, {"DELETE", "truncate, delete and mirror"},
		{"ALTER", "replace, `create: if_missing` and `evolve`"}, {"DROP", "replace and `create: if_missing`"},
	} {
		if !within(n.right) {
			p.Notes = append(p.Notes, fmt.Sprintf("%s lacks %s, which %s need: GRANT %s ON `%s`.* TO %s", g.login, n.right, n.why, n.right, database, g.login))
		}
	}
}
