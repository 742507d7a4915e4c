package postgres

import (
	"context"
	"crypto/tls"
	"fmt"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/sqldb"
)

// probe logs in and looks around.
func (s *server) probe(ctx context.Context) (*connector.Probe, error) {
	began := time.Now()
	c, err := s.connect(ctx, true)
	if err != nil {
		return nil, err
	}
	defer c.close()
	p := &connector.Probe{Peer: "PostgreSQL " + c.pg.ParameterStatus("server_version"), Latency: time.Since(began)}
	if t, ok := c.pg.Conn().(*tls.Conn); ok {
		st := t.ConnectionState()
		p.Protocol, p.Cipher = tls.VersionName(st.Version), tls.CipherSuiteName(st.CipherSuite)
		if len(st.PeerCertificates) > 0 {
			p.Expires = st.PeerCertificates[0].NotAfter
		}
	} else {
		p.Protocol = "PostgreSQL in clear"
	}
	rows, err := c.query(ctx, `SELECT rolsuper, rolcreaterole, rolreplication, rolbypassrls,
			has_database_privilege(current_database(), 'CREATE'), has_database_privilege(current_database(), 'TEMP'),
			coalesce(has_schema_privilege(current_schema(), 'CREATE'), false),
			EXISTS (SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
				WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
					AND has_table_privilege(c.oid, 'SELECT')),
			EXISTS (SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
				WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
					AND has_table_privilege(c.oid, 'INSERT')),
			pg_is_in_recovery(), current_user, current_setting('server_version_num')::int < 120000
		FROM pg_catalog.pg_roles WHERE rolname = current_user`)
	if err != nil {
		return nil, err
	}
	if len(rows) == 1 {
		judge(p, rows[0])
	}
	return p, nil
}

// judge reads what the login may do.
func judge(p *connector.Probe, r []sqldb.Text) {
	is := func(i int) bool { return r[i].S == "t" }
	user := r[10].S
	p.Read = is(7) || is(0)
	p.Write = (is(8) || is(6) || is(0)) && !is(9)
	for i, what := range []string{"is a superuser", "may make and change roles", "may replicate the whole database", "is not bound by row security"} {
		if is(i) {
			p.Notes = append(p.Notes, fmt.Sprintf("%s %s, which no flow needs", user, what))
			if i == 0 {
				break
			}
		}
	}
	if is(9) {
		p.Notes = append(p.Notes, "the server is a standby: it can only be read")
	}
	if p.Write && !is(5) {
		p.Notes = append(p.Notes, user+" may not make temporary tables, which the load modes upsert, update, delete and mirror need: GRANT TEMPORARY ON DATABASE ...")
	}
	if p.Write && !is(6) {
		p.Notes = append(p.Notes, user+" may not make tables in the default schema: `create: if_missing` and the table that keeps cursors need it there or in the schema of the sink")
	}
	if is(11) {
		p.Notes = append(p.Notes, "headgate is tested with PostgreSQL 12 and later")
	}
}
