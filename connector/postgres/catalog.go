package postgres

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/headgate/headgate/connector/sqldb"
)

// relation is a table, a view or the like.
type relation struct {
	oid  string
	name sqldb.Name // as the server has it, with its schema
	kind string     // r table, p partitioned, v view, m materialised view, f foreign table
}

// find looks a table or view up. The error names the nearest one there is.
func (c *conn) find(ctx context.Context, n sqldb.Name) (relation, error) {
	rows, err := c.query(ctx, `SELECT c.oid, n.nspname, c.relname, c.relkind FROM pg_catalog.pg_class c
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
			AND CASE WHEN $2 <> '' THEN n.nspname = $2 ELSE n.nspname = ANY (current_schemas(false)) END
		ORDER BY array_position(current_schemas(false), n.nspname) LIMIT 1`, &n.Table, &n.Schema)
	if err != nil {
		return relation{}, err
	}
	if len(rows) == 0 {
		return relation{}, c.missing(ctx, n)
	}
	r := rows[0]
	return relation{r[0].S, sqldb.Name{Schema: r[1].S, Table: r[2].S}, r[3].S}, nil
}

// missing is the error for n, with the name that may have been meant.
func (c *conn) missing(ctx context.Context, n sqldb.Name) error {
	rows, err := c.query(ctx, `SELECT CASE WHEN n.nspname = ANY (current_schemas(false)) AND $1 = '' THEN c.relname ELSE n.nspname || '.' || c.relname END
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relname !~ '^_headgate_'
		ORDER BY 1 LIMIT 5000`, &n.Schema)
	if err != nil {
		return err
	}
	names := make([]string, len(rows))
	for i, r := range rows {
		names[i] = r[0].S
	}
	return sqldb.NoTable(n.String(), names)
}

// schemaOf finds a schema. "" is the one in which tables without a schema are made.
func (c *conn) schemaOf(ctx context.Context, name string) (s string, there bool, err error) {
	return c.one(ctx, "SELECT coalesce((SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname = $1), CASE WHEN $1 = '' THEN current_schema() END)", &name)
}

// schema makes sure that a schema is there.
func (c *conn) schema(ctx context.Context, name string) (string, error) {
	s, ok, err := c.schemaOf(ctx, name)
	switch {
	case err != nil || ok:
		return s, err
	case name == "":
		return "", fmt.Errorf("no schema of the search path exists: write schema.table")
	}
	return "", fmt.Errorf("no schema `%s`", name)
}

// tableColumn is a column of a relation with its type.
type tableColumn struct {
	sqldb.Column
	info typeInfo // of a domain, its base type
	must bool     // NOT NULL, whatever the default
}

// columns lists the columns of a relation.
func (c *conn) columns(ctx context.Context, r relation) ([]tableColumn, error) {
	rows, err := c.query(ctx, `WITH RECURSIVE base AS (
			SELECT a.attnum, a.atttypid AS typ, a.atttypmod AS mod FROM pg_catalog.pg_attribute a WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
			UNION ALL
			SELECT b.attnum, t.typbasetype, CASE WHEN t.typtypmod >= 0 THEN t.typtypmod ELSE b.mod END
			FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.typ WHERE t.typtype = 'd')
		SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), t.oid, b.mod, pg_catalog.format_type(t.oid, b.mod), t.typtype, t.typcategory,
			a.attnotnull AND NOT a.atthasdef AND a.attidentity = '', a.attgenerated <> '', a.attidentity = 'a', a.attnotnull,
			coalesce(array_position(k.conkey::int2[], a.attnum), 0)
		FROM pg_catalog.pg_attribute a JOIN base b USING (attnum) JOIN pg_catalog.pg_type t ON t.oid = b.typ AND t.typtype <> 'd'
			LEFT JOIN pg_catalog.pg_constraint k ON k.conrelid = a.attrelid AND k.contype = 'p'
		WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`, &r.oid)
	if err != nil {
		return nil, err
	}
	cols := make([]tableColumn, len(rows))
	for i, f := range rows {
		col := &cols[i]
		col.Name, col.Type = f[0].S, f[1].S
		oid, _ := strconv.ParseUint(f[2].S, 10, 32)
		mod, _ := strconv.ParseInt(f[3].S, 10, 32)
		col.info = typeInfo{uint32(oid), int32(mod), f[4].S, f[5].S[0], f[6].S[0]}
		col.NotNull, col.Generated, col.Always = f[7].S == "t", f[8].S == "t", f[9].S == "t"
		col.must = f[10].S == "t"
		col.PrimaryKey, _ = strconv.Atoi(f[11].S)
	}
	return cols, nil
}

// table describes a table that rows go into.
func (c *conn) table(ctx context.Context, r relation) (*sqldb.Table, error) {
	cols, err := c.columns(ctx, r)
	if err != nil {
		return nil, err
	}
	t := &sqldb.Table{Name: r.name}
	for _, col := range cols {
		t.Columns = append(t.Columns, col.Column)
	}
	rows, err := c.query(ctx, `SELECT i.indisunique AND i.indimmediate AND i.indisvalid,
			(SELECT string_agg(a.attname, chr(1) ORDER BY k.n) FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(num, n)
				JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num WHERE k.n <= i.indnkeyatts)
		FROM pg_catalog.pg_index i WHERE i.indrelid = $1::oid AND i.indpred IS NULL AND i.indexprs IS NULL ORDER BY i.indexrelid`, &r.oid)
	if err != nil {
		return nil, err
	}
	for _, f := range rows {
		if list := strings.Split(f[1].S, "\x01"); f[0].S == "t" {
			t.Unique = append(t.Unique, list)
		} else {
			t.Indexes = append(t.Indexes, list)
		}
	}
	return t, nil
}

// types describes the types of a statement's columns.
func (c *conn) types(ctx context.Context, oids []uint32, mods []int32) ([]typeInfo, error) {
	o, m := list(oids), list(mods)
	rows, err := c.query(ctx, `SELECT x.o, x.m, pg_catalog.format_type(x.o, x.m), t.typtype, t.typcategory
		FROM unnest($1::oid[], $2::int4[]) WITH ORDINALITY x(o, m, n) JOIN pg_catalog.pg_type t ON t.oid = x.o ORDER BY x.n`, &o, &m)
	if err != nil {
		return nil, err
	}
	infos := make([]typeInfo, len(rows))
	for i, f := range rows {
		infos[i] = typeInfo{oids[i], mods[i], f[2].S, f[3].S[0], f[4].S[0]}
	}
	if len(infos) != len(oids) {
		return nil, fmt.Errorf("%d of %d columns have a type that is not known", len(oids)-len(infos), len(oids))
	}
	return infos, nil
}

// list is numbers as an array of the server.
func list[T uint32 | int32](n []T) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, x := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(int64(x), 10))
	}
	return b.String() + "}"
}

// columnNamed finds a column; nil when there is none.
func columnNamed(cols []tableColumn, name string) *tableColumn {
	if i := slices.IndexFunc(cols, func(c tableColumn) bool { return c.Name == name }); i >= 0 {
		return &cols[i]
	}
	return nil
}
