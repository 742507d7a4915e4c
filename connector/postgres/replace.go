package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/headgate/headgate/connector/sqldb"
)

// replacement is a table built beside the old one, and the statements that put it into
// the old one's place.
type replacement struct {
	after  []string // once the rows are in, before the old table goes
	rename []string // from the old table's end on
}

// planReplace plans a table beside the old one. What depends on the table itself rather than on
// its name (views, foreign keys of others) cannot be carried over: the table is
// emptied and filled instead, in the same transaction.
func (s *sink) planReplace(ctx context.Context, table *sqldb.Table) error {
	why, err := s.conn.bound(ctx, s.rel)
	if err != nil {
		return err
	}
	if why != "" {
		s.inPlace = true
		s.Plan, err = sqldb.NewEmptied(s.Dialect, s.Load, s.In, table, why)
		return err
	}
	into := s.target.Beside(sqldb.OwnPrefix + "new_" + s.rel.oid)
	like, same := "", sqldb.SameColumns(s.Dialect, s.In, table)
	if same {
		like = fmt.Sprintf("CREATE TABLE %s (LIKE %s INCLUDING ALL EXCLUDING INDEXES)", s.Dialect.Table(into), s.Dialect.Table(s.target))
	}
	if s.Plan, err = sqldb.NewReplace(s.Dialect, s.Load, s.In, table, into, like); err != nil {
		return err
	}
	s.replace = &replacement{}
	return s.carry(ctx, into, same)
}

// bound says what keeps a table from being exchanged, "" for nothing.
func (c *conn) bound(ctx context.Context, r relation) (string, error) {
	why, _, err := c.one(ctx, `SELECT why FROM (
		SELECT 1, 'it is partitioned' FROM pg_catalog.pg_class WHERE oid = $1::oid AND relkind = 'p'
		UNION ALL SELECT 2, 'it takes part in inheritance or partitioning' FROM pg_catalog.pg_inherits WHERE inhrelid = $1::oid OR inhparent = $1::oid
		UNION ALL SELECT 3, 'the table ' || conrelid::regclass || ' refers to it' FROM pg_catalog.pg_constraint WHERE confrelid = $1::oid AND conrelid <> $1::oid
		UNION ALL SELECT 4, 'it has row security' FROM pg_catalog.pg_class WHERE oid = $1::oid AND (relrowsecurity OR EXISTS (SELECT 1 FROM pg_catalog.pg_policy WHERE polrelid = $1::oid))
		UNION ALL SELECT 5, 'it is published' FROM pg_catalog.pg_publication_rel WHERE prrelid = $1::oid
		UNION ALL SELECT 6, 'the view ' || w.ev_class::regclass || ' depends on it' FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid
			WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = $1::oid
		UNION ALL SELECT 7, 'a function or a type depends on its rows' FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class t ON t.reltype = d.refobjid OR
				t.reltype = (SELECT typelem FROM pg_catalog.pg_type WHERE oid = d.refobjid)
			WHERE t.oid = $1::oid AND d.refclassid = 'pg_type'::regclass AND d.deptype = 'n'
		UNION ALL SELECT 8, 'it has extended statistics or rules' FROM pg_catalog.pg_rewrite WHERE ev_class = $1::oid AND rulename <> '_RETURN'
	) AS x(n, why) ORDER BY n LIMIT 1`, &r.oid)
	return why, err
}

// carry collects what the new table gets of the old one: constraints, indexes, triggers,
// grants, owner and the rest. What keeps rows apart is there before the rows.
func (s *sink) carry(ctx context.Context, into sqldb.Name, same bool) error {
	r := s.replace
	r.rename = append(r.rename, "DROP TABLE "+s.Dialect.Table(s.target),
		"ALTER TABLE "+s.Dialect.Table(into)+" RENAME TO "+s.Dialect.Ident(s.target.Table))
	name := s.Dialect.Table(into)
	for _, q := range carried {
		if q.same && !same {
			continue
		}
		rows, err := s.conn.query(ctx, q.sql, &s.rel.oid, &name)
		if err != nil {
			return err
		}
		for _, row := range rows {
			for i, cell := range row {
				if cell.Null {
					continue
				}
				switch q.steps[i] {
				case 'b':
					s.Plan.DDL = append(s.Plan.DDL, cell.S)
				case 'a':
					r.after = append(r.after, cell.S)
				case 'r':
					r.rename = append(r.rename, cell.S)
				}
			}
		}
	}
	return nil
}

// carried are queries for statements. Their parameters are the old table's OID and the new one's
// name; each column of the result belongs to a step: b before the rows, a after
// them, r once the old table is gone. same = only for a table with the old columns.
var carried = []struct {
	sql   string
	steps string
	same  bool
}{
	{`SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', $2::text, '_headgate_c' || oid, pg_get_constraintdef(oid)),
		format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', conrelid::regclass, '_headgate_c' || oid, conname)
		FROM pg_catalog.pg_constraint WHERE conrelid = $1::oid AND contype IN ('p', 'u', 'x') ORDER BY contype, oid`, "br", true},
	{`SELECT CASE WHEN i.indisunique THEN new END, CASE WHEN NOT i.indisunique THEN new END, format('ALTER INDEX %I.%I RENAME TO %I', n.nspname, '_headgate_i' || c.oid, c.relname)
		FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			JOIN pg_catalog.pg_class t ON t.oid = i.indrelid,
			format('CREATE %sINDEX %I ON %I.%I', CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END, c.relname, n.nspname, t.relname) AS head,
			format('CREATE %sINDEX %I ON %s', CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END, '_headgate_i' || c.oid, $2::text || substr(pg_get_indexdef(c.oid), length(head) + 1)) AS new
		WHERE i.indrelid = $1::oid AND left(pg_get_indexdef(c.oid), length(head)) = head
			AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k WHERE k.conindid = c.oid AND k.conrelid = i.indrelid) ORDER BY c.oid`, "bar", false},
	{`SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
		FROM pg_catalog.pg_constraint WHERE conrelid = $1::oid AND contype = 'f' AND $2::text <> '' ORDER BY oid`, "r", true},
	{`SELECT pg_get_triggerdef(oid), CASE tgenabled WHEN 'D' THEN format('ALTER TABLE %s DISABLE TRIGGER %I', tgrelid::regclass, tgname)
			WHEN 'A' THEN format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', tgrelid::regclass, tgname)
			WHEN 'R' THEN format('ALTER TABLE %s ENABLE REPLICA TRIGGER %I', tgrelid::regclass, tgname) END
		FROM pg_catalog.pg_trigger WHERE tgrelid = $1::oid AND NOT tgisinternal AND $2::text <> '' ORDER BY oid`, "rr", false},
	{`SELECT CASE WHEN relpersistence = 'u' THEN format('ALTER TABLE %s SET UNLOGGED', $2::text) END,
			CASE WHEN reloptions IS NOT NULL THEN format('ALTER TABLE %s SET (%s)', $2::text, array_to_string(reloptions, ', ')) END,
			CASE WHEN obj_description(oid, 'pg_class') IS NOT NULL THEN format('COMMENT ON TABLE %s IS %L', $2::text, obj_description(oid, 'pg_class')) END,
			CASE relreplident WHEN 'f' THEN format('ALTER TABLE %s REPLICA IDENTITY FULL', $2::text) WHEN 'n' THEN format('ALTER TABLE %s REPLICA IDENTITY NOTHING', $2::text) END
		FROM pg_catalog.pg_class WHERE oid = $1::oid`, "baaa", false},
	{`SELECT format('SELECT setval(pg_get_serial_sequence(%L, %L), last_value, is_called) FROM %s', $2::text, a.attname, d.objid::regclass)
		FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
		WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = $1::oid AND d.deptype = 'i' AND a.attidentity <> ''`, "a", true},
	{`SELECT CASE WHEN c.relowner <> (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN format('ALTER TABLE %s OWNER TO %I', $2::text, r.rolname) END
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_roles r ON r.oid = c.relowner WHERE c.oid = $1::oid`, "a", false},
	{`SELECT format('ALTER SEQUENCE %s OWNED BY %s.%I', d.objid::regclass, $2::text, a.attname)
		FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
		WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = $1::oid AND d.deptype = 'a'
			AND EXISTS (SELECT 1 FROM pg_catalog.pg_class s WHERE s.oid = d.objid AND s.relkind = 'S')`, "a", true},
	{`SELECT format('GRANT %s ON %s TO %s%s', x.privilege_type, $2::text, CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END,
			CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
		FROM pg_catalog.pg_class c, aclexplode(c.relacl) x WHERE c.oid = $1::oid AND x.grantee <> c.relowner`, "a", false},
	{`SELECT format('GRANT %s (%I) ON %s TO %s%s', x.privilege_type, a.attname, $2::text, CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END,
			CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
		FROM pg_catalog.pg_attribute a, aclexplode(a.attacl) x WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped`, "a", true},
}

// swap puts the new table into the old one's place.
func (r *replacement) swap(ctx context.Context, c *conn) error {
	for _, sql := range slices.Concat(r.after, r.rename) {
		if err := c.exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}
