package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/sqldb"
)

// write is what a sink needs: on its table, on the table of cursors beside it, and on
// the schema and the database where it makes tables.
func (r *rights) write(ctx context.Context, flow string, req *connector.SinkRequest) error {
	name, err := r.sql.ParseName(req.Table)
	if err != nil {
		return err
	}
	if len(req.Before)+len(req.After) > 0 {
		r.out.Note("flow " + flow + ": what its own statements (`before`, `after`) need is not compared")
		if err := r.mentioned(ctx, flow, strings.Join(append(slices.Clone(req.Before), req.After...), "\n")); err != nil {
			return err
		}
	}
	rel, err := r.conn.find(ctx, name)
	absent := errors.Is(err, fs.ErrNotExist)
	switch {
	case err != nil && !absent:
		return err
	case absent && req.Create == sqldb.CreateNever:
		r.out.Note("flow " + flow + ": " + err.Error() + ", and `create: never` forbids to make it")
		return nil
	case absent:
		if name.Schema, err = r.conn.schema(ctx, name.Schema); err != nil {
			r.out.Note("flow " + flow + ": " + err.Error())
			return nil
		}
	default:
		name = rel.name
	}
	schema, err := r.schema(ctx, flow, name.Schema)
	if err != nil {
		return err
	}
	if req.Create != sqldb.CreateNever {
		r.want(flow, "CREATE", schema, absent)
	}
	if !absent {
		if err := r.existing(ctx, flow, req, rel, schema); err != nil {
			return err
		}
	}
	if sqldb.Keyed(req.Mode) {
		r.want(flow, "TEMPORARY", r.database, true)
	}
	return r.state(ctx, flow, name, schema)
}

// existing is what a sink needs of the table that is there.
func (r *rights) existing(ctx context.Context, flow string, req *connector.SinkRequest, rel relation, schema object) error {
	table, err := r.table(ctx, flow, rel)
	if err != nil {
		return err
	}
	list := sqldb.Rights(cmp.Or(req.Mode, sqldb.Append))
	owner := req.Evolve == sqldb.AddColumns || req.Evolve == sqldb.WidenColumns
	if req.Mode == sqldb.Replace {
		bound, err := r.conn.bound(ctx, rel)
		if err != nil {
			return err
		}
		if bound == "" {
			owner, list = true, nil
			r.want(flow, "CREATE", schema, true)
		} else {
			list = sqldb.Rights(sqldb.Truncate)
		}
	}
	if req.MaxShrink != nil && !slices.Contains(list, "SELECT") {
		list = append(slices.Clone(list), "SELECT")
	}
	for _, right := range list {
		r.want(flow, right, table, true)
	}
	if owner || req.Create != sqldb.CreateNever { // it may have made the table
		r.want(flow, ownership, table, owner)
	}
	if err := r.sequences(ctx, flow, table); err != nil {
		return err
	}
	staged, err := r.staged(ctx, rel)
	if staged {
		r.want(flow, "TEMPORARY", r.database, true)
	}
	return err
}

// staged reports whether rows go into a table through a temporary one whatever the mode: because
// of row security, or of a type that has no binary form.
func (r *rights) staged(ctx context.Context, rel relation) (bool, error) {
	rls, _, err := r.conn.one(ctx, "SELECT row_security_active($1::oid)", &rel.oid)
	if err != nil || rls == "t" {
		return true, err
	}
	cols, err := r.conn.columns(ctx, rel)
	return slices.ContainsFunc(cols, func(c tableColumn) bool { return !c.info.binary() }), err
}

// binary reports whether values of the type are sent as they are, whatever field they come from that
// usually goes there.
func (t typeInfo) binary() bool {
	switch t.oid {
	case oidText, oidVarchar, oidBpchar:
		return true
	}
	for _, forms := range direct {
		if _, ok := forms[t.oid]; ok {
			return true
		}
	}
	return t.kind == 'e'
}

// sequences notes the defaults that take a number from a sequence, which are asked for
// where the flow does not fill the column.
func (r *rights) sequences(ctx context.Context, flow string, table object) error {
	rows, err := r.conn.query(ctx, `SELECT DISTINCT a.attname, s.oid::regclass FROM pg_catalog.pg_attrdef d JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
		JOIN pg_catalog.pg_depend p ON p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid AND p.refclassid = 'pg_class'::regclass
		JOIN pg_catalog.pg_class s ON s.oid = p.refobjid AND s.relkind = 'S'
		WHERE d.adrelid = $1::oid AND NOT has_sequence_privilege(s.oid, 'USAGE')`, &table.oid)
	for _, f := range rows {
		r.out.Note(fmt.Sprintf("flow %s: if it does not fill the column %s of %s: GRANT USAGE ON SEQUENCE %s TO %s", flow, f[0].S, table.name, f[1].S, r.login))
	}
	return err
}

// state is what the table of cursors needs, which lies beside the sink's.
func (r *rights) state(ctx context.Context, flow string, target sqldb.Name, schema object) error {
	rows, err := r.conn.query(ctx, `SELECT c.oid, format('%I.%I', n.nspname, c.relname), c.relowner = ANY ($2::oid[]) FROM pg_catalog.pg_class c
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = '`+sqldb.StateTable+"'", &target.Schema, &r.roles)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		r.want(flow, "CREATE", schema, true)
		return nil
	}
	o := object{"TABLE", rows[0][0].S, rows[0][1].S, rows[0][2].S == "t"}
	for _, right := range []string{"SELECT", "INSERT", "UPDATE"} {
		r.want(flow, right, o, true)
	}
	r.want(flow, ownership, o, false)
	return nil
}

// query asks the server whether it would run a query. What it reads through views and functions
// only the server knows: of tables that are named in it, nothing counts as too much.
func (r *rights) query(ctx context.Context, flow string, req *connector.SourceRequest) error {
	src := sqldb.Source{Req: *req, Dialect: r.sql}
	if err := src.TakeApart(); err != nil {
		return err
	}
	_, err := r.conn.query(ctx, "EXPLAIN "+src.Query.SQL, src.Args().Values...)
	switch {
	case isCode(err, "42501"):
		if err := r.refused(ctx, flow, err); err != nil {
			return err
		}
	case serverError(err) != nil:
		r.out.Note("flow " + flow + ": its query: " + err.Error())
	case err != nil:
		return err
	}
	return r.mentioned(ctx, flow, req.Query)
}

// deniedTable is how a server says which table it does not let a login read.
var deniedTable = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^permission denied for (table|view|relation|materialized view|foreign table|schema) (.+)$`)
})

// refused is a query that the server refuses. It names the first thing that is missing, without
// its schema.
func (r *rights) refused(ctx context.Context, flow string, refusal error) error {
	said := deniedTable().FindStringSubmatch(serverError(refusal).Message)
	if said == nil {
		r.out.Note("flow " + flow + ": its query: " + refusal.Error())
		return nil
	}
	sql := `SELECT 'TABLE', c.oid, format('%I.%I', n.nspname, c.relname), c.relowner = ANY ($2::oid[]) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT has_any_column_privilege(c.oid, 'SELECT')`
	right := "SELECT"
	if said[1] == "schema" {
		sql, right = "SELECT 'SCHEMA', oid, quote_ident(nspname), nspowner = ANY ($2::oid[]) FROM pg_catalog.pg_namespace WHERE nspname = $1", "USAGE"
	}
	rows, err := r.conn.query(ctx, sql, &said[2], &r.roles)
	if err != nil {
		return err
	}
	if len(rows) == 1 {
		r.want(flow, right, object{rows[0][0].S, rows[0][1].S, rows[0][2].S, rows[0][3].S == "t"}, true)
	} else {
		r.out.Require(right, "some "+said[1]+" "+said[2]+" of "+strconv.Itoa(len(rows)), flow)
	}
	r.out.Note("flow " + flow + ": the server names only the first right that its query lacks: try again after granting it")
	return nil
}

// word is an identifier, as far as matters for finding names in a statement.
var word = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[\p{L}_][\p{L}\p{N}_$]*`)
})

// mentioned leaves alone what is granted on tables whose names occur in a statement.
func (r *rights) mentioned(ctx context.Context, flow, sql string) error {
	var words strings.Builder
	for _, w := range word().FindAllString(sql, -1) {
		words.WriteString(strings.ToLower(w) + " ")
	}
	list := words.String()
	rows, err := r.conn.query(ctx, `SELECT 'TABLE', c.oid, format('%I.%I', n.nspname, c.relname), c.relowner = ANY ($2::oid[]) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND lower(c.relname) = ANY (string_to_array($1, ' '))
		UNION ALL SELECT 'SCHEMA', n.oid, quote_ident(n.nspname), n.nspowner = ANY ($2::oid[]) FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_' AND lower(n.nspname) = ANY (string_to_array($1, ' '))`, &list, &r.roles)
	if err != nil {
		return err
	}
	for _, f := range rows {
		o := object{f[0].S, f[1].S, f[2].S, f[3].S == "t"}
		for _, right := range rightsOf[o.kind] {
			r.want(flow, right, o, false)
		}
	}
	return nil
}

// rightsOf are the rights there are on a kind of object.
var rightsOf = map[string][]string{
	"TABLE":    {"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", ownership},
	"SCHEMA":   {"USAGE", "CREATE"},
	"DATABASE": {"TEMPORARY", "CREATE"},
}
