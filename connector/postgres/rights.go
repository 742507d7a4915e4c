package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/sqldb"
)

// ownership is what only a table's owner may do: change, exchange and drop it.
const ownership = "OWNERSHIP"

// object is what rights are on. Its kind is as GRANT spells it: TABLE, SCHEMA, DATABASE.
type object struct {
	kind, oid string
	name      string // quoted where it needs to be
	owned     bool   // the owner is the login, or a role that it is a member of
}

func (o object) label() string { return strings.ToLower(o.kind) + " " + o.name }

// holding is how a right of an object is held. A right may be held in several ways.
type holding struct{ grantee, quoted string }

// want is a right that flows need. Of a soft one it only matters that nobody takes it away.
type want struct {
	right string
	on    object
	flows []string
	hard  bool
	cols  []string // those that are read; empty = all
}

// rights compares what a login may do with what flows need.
type rights struct {
	conn  *conn
	sql   *sqldb.Dialect
	out   *connector.Privileges
	login string // quoted
	heir  string // quoted: who owns the database
	super bool
	roles string // an array: the login and the roles whose rights it has

	database object
	objects  []object
	held     map[string][]holding // by key
	wants    []*want
}

func keyOf(oid, right string) string { return oid + " " + right }

// privileges looks at the login, at what it may do, and at what the flows need.
func (s *server) privileges(ctx context.Context, needs []connector.Need) (*connector.Privileges, error) {
	c, err := s.connect(ctx, true)
	if err != nil {
		return nil, err
	}
	defer c.close()
	r := &rights{conn: c, sql: dialect(), out: &connector.Privileges{Roles: []string{}, Rights: []connector.Privilege{}, Notes: []string{}}, held: map[string][]holding{}}
	for _, step := range []func(context.Context) error{r.who, r.holdings, r.columnHoldings} {
		if err := step(ctx); err != nil {
			return nil, fmt.Errorf("privileges of %s: %w", s.name, err)
		}
	}
	for _, n := range needs {
		if err := r.need(ctx, n); err != nil {
			return nil, fmt.Errorf("privileges of %s: flow %s: %w", s.name, n.Flow, err)
		}
	}
	if err := r.compare(ctx); err != nil {
		return nil, fmt.Errorf("privileges of %s: %w", s.name, err)
	}
	return r.out, nil
}

// attributes are what a role may be that no flow needs.
var attributes = []string{"SUPERUSER", "CREATEROLE", "CREATEDB", "REPLICATION", "BYPASSRLS"}

// who finds out what the login is and which roles it is a member of.
func (r *rights) who(ctx context.Context) error {
	rows, err := r.conn.query(ctx, `SELECT current_user, quote_ident(current_user), d.oid, quote_ident(d.datname), quote_ident(pg_get_userbyid(d.datdba)),
			pg_has_role(d.datdba, 'USAGE'), u.rolsuper, u.rolcreaterole, u.rolcreatedb, u.rolreplication, u.rolbypassrls
		FROM pg_catalog.pg_database d, pg_catalog.pg_roles u WHERE d.datname = current_database() AND u.rolname = current_user`)
	if err != nil {
		return err
	}
	f := rows[0]
	r.out.Login, r.login, r.heir = f[0].S, f[1].S, f[4].S
	r.super = f[6].S == "t"
	r.database = object{"DATABASE", f[2].S, f[3].S, f[5].S == "t" && !r.super}
	for i, what := range attributes {
		if f[6+i].S == "t" {
			r.excess(what, "", "", "ALTER ROLE "+r.login+" NO"+what)
		}
	}
	return r.memberships(ctx)
}

// memberships finds the roles of the login, and flags those that are more than a set of rights.
func (r *rights) memberships(ctx context.Context) error {
	rows, err := r.conn.query(ctx, `WITH RECURSIVE mine AS (
			SELECT roleid, roleid AS first FROM pg_catalog.pg_auth_members WHERE member = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user)
			UNION SELECT m.roleid, mine.first FROM pg_catalog.pg_auth_members m JOIN mine ON m.member = mine.roleid)
		SELECT u.oid, u.rolname, quote_ident(f.rolname), pg_has_role(u.oid, 'USAGE'),
			CASE WHEN u.rolsuper THEN 'SUPERUSER' WHEN u.rolcreaterole THEN 'CREATEROLE' WHEN u.rolbypassrls THEN 'BYPASSRLS' WHEN u.rolname ~ '^pg_' THEN 'MEMBER' END
		FROM mine JOIN pg_catalog.pg_roles u ON u.oid = mine.roleid JOIN pg_catalog.pg_roles f ON f.oid = mine.first ORDER BY u.rolname, f.rolname`)
	if err != nil {
		return err
	}
	r.roles = "{0"
	for _, f := range rows {
		if f[3].S == "t" {
			r.roles += "," + f[0].S
		}
		if !slices.Contains(r.out.Roles, f[1].S) {
			r.out.Roles = append(r.out.Roles, f[1].S)
		}
		if !f[4].Null {
			r.excess(f[4].S, "role "+f[1].S, f[1].S, "REVOKE "+f[2].S+" FROM "+r.login)
		}
	}
	self, _, err := r.conn.one(ctx, "SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user")
	r.roles += "," + self + "}"
	return err
}

// holdings reads what was granted to the login, to its roles and to everybody.
func (r *rights) holdings(ctx context.Context) error {
	rows, err := r.conn.query(ctx, `WITH objects AS (
			SELECT 'TABLE' AS kind, c.oid, format('%I.%I', n.nspname, c.relname) AS name, c.relowner AS owner, coalesce(c.relacl, acldefault('r', c.relowner)) AS acl
			FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
			UNION ALL SELECT 'SCHEMA', oid, quote_ident(nspname), nspowner, coalesce(nspacl, acldefault('n', nspowner))
			FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
			UNION ALL SELECT 'DATABASE', oid, quote_ident(datname), datdba, coalesce(datacl, acldefault('d', datdba)) FROM pg_catalog.pg_database WHERE datname = current_database())
		SELECT o.kind, o.oid, o.name, o.owner = ANY ($1::oid[]), x.privilege_type, coalesce(g.rolname, ''), coalesce(quote_ident(g.rolname), 'PUBLIC')
		FROM objects o LEFT JOIN LATERAL aclexplode(o.acl) x ON x.grantee = ANY ($1::oid[]) AND x.grantee <> o.owner LEFT JOIN pg_catalog.pg_roles g ON g.oid = x.grantee
		WHERE x.grantee IS NOT NULL OR o.owner = ANY ($1::oid[]) ORDER BY o.kind DESC, o.name, x.privilege_type, g.rolname = current_user DESC`, &r.roles)
	if err != nil {
		return err
	}
	for _, f := range rows {
		o := object{f[0].S, f[1].S, f[2].S, f[3].S == "t"}
		if n := len(r.objects); n == 0 || r.objects[n-1].oid != o.oid || r.objects[n-1].kind != o.kind {
			r.objects = append(r.objects, o)
		}
		if !f[4].Null {
			r.hold(o, f[4].S, holding{f[5].S, f[6].S})
		}
	}
	return nil
}

// columnHoldings reads what was granted on single columns.
func (r *rights) columnHoldings(ctx context.Context) error {
	rows, err := r.conn.query(ctx, `SELECT c.oid, format('%I.%I', n.nspname, c.relname), c.relowner = ANY ($1::oid[]), x.privilege_type || ' (' || string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) || ')',
			coalesce(g.rolname, ''), coalesce(quote_ident(g.rolname), 'PUBLIC')
		FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			JOIN LATERAL aclexplode(a.attacl) x ON x.grantee = ANY ($1::oid[]) LEFT JOIN pg_catalog.pg_roles g ON g.oid = x.grantee
		WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT a.attisdropped GROUP BY 1, 2, 3, x.privilege_type, 5, 6 ORDER BY 2, 4`, &r.roles)
	if err != nil {
		return err
	}
	for _, f := range rows {
		o := object{"TABLE", f[0].S, f[1].S, f[2].S == "t"}
		if !slices.ContainsFunc(r.objects, func(have object) bool { return have.kind == o.kind && have.oid == o.oid }) {
			r.objects = append(r.objects, o)
		}
		r.hold(o, f[3].S, holding{f[4].S, f[5].S})
	}
	return nil
}

func (r *rights) hold(o object, right string, h holding) {
	key := keyOf(o.oid, right)
	r.held[key] = append(r.held[key], h)
}

// excess is a right that no flow needs.
func (r *rights) excess(right, on, via, fix string) {
	r.out.Rights = append(r.out.Rights, connector.Privilege{Right: right, On: on, Has: true, Via: via, For: []string{}, Fix: fix})
}

// want notes that a flow needs a right, or, unless hard, that it may use it.
func (r *rights) want(flow, right string, on object, hard bool, cols ...string) {
	for _, w := range r.wants {
		if w.right == right && w.on.oid == on.oid {
			w.hard = w.hard || hard
			if len(cols) == 0 {
				w.cols = nil
			} else if len(w.cols) > 0 {
				w.cols = append(w.cols, cols...)
			}
			if !slices.Contains(w.flows, flow) {
				w.flows = append(w.flows, flow)
			}
			return
		}
	}
	r.wants = append(r.wants, &want{right, on, []string{flow}, hard, cols})
}

// need adds what one flow needs.
func (r *rights) need(ctx context.Context, n connector.Need) error {
	switch {
	case n.Write != nil:
		return r.write(ctx, n.Flow, n.Write)
	case n.Read.Query != "":
		return r.query(ctx, n.Flow, n.Read)
	}
	name, err := r.sql.ParseName(n.Read.Table)
	if err != nil {
		return err
	}
	rel, err := r.conn.find(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		r.out.Note("flow " + n.Flow + ": " + err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	table, err := r.table(ctx, n.Flow, rel)
	if err != nil {
		return err
	}
	cols := slices.Clone(n.Read.Select)
	if inc := n.Read.Incremental; inc != nil && len(cols) > 0 {
		cols = append(cols, inc.Cursor)
		if inc.TieBreaker != "" {
			cols = append(cols, inc.TieBreaker)
		}
	}
	if sp := n.Read.Split; sp != nil && len(cols) > 0 {
		cols = append(cols, sp.Column)
	}
	r.want(n.Flow, "SELECT", table, true, cols...)
	return nil
}

// table is the object of a relation, into whose schema the flow must get.
func (r *rights) table(ctx context.Context, flow string, rel relation) (object, error) {
	if _, err := r.schema(ctx, flow, rel.name.Schema); err != nil {
		return object{}, err
	}
	rows, err := r.conn.query(ctx, `SELECT format('%I.%I', n.nspname, c.relname), c.relowner = ANY ($2::oid[]) FROM pg_catalog.pg_class c
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1::oid`, &rel.oid, &r.roles)
	if err != nil || len(rows) == 0 {
		return object{}, err
	}
	return object{"TABLE", rel.oid, rows[0][0].S, rows[0][1].S == "t"}, nil
}

// schema is the object of a schema, which the flow must get into.
func (r *rights) schema(ctx context.Context, flow, name string) (object, error) {
	rows, err := r.conn.query(ctx, "SELECT oid, quote_ident(nspname), nspowner = ANY ($2::oid[]) FROM pg_catalog.pg_namespace WHERE nspname = $1", &name, &r.roles)
	if err != nil || len(rows) == 0 {
		return object{}, err
	}
	o := object{"SCHEMA", rows[0][0].S, rows[0][1].S, rows[0][2].S == "t"}
	r.want(flow, "USAGE", o, true)
	return o, nil
}
