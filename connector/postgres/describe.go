package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/headgate/headgate/connector"
)

// kinds are the kinds of relations that can be read.
var kinds = map[string]string{"r": "table", "p": "partitioned table", "v": "view", "m": "materialized view", "f": "foreign table", "partition": "partition"}

// relations lists what this login may read, or describes one relation.
func (s *server) relations(ctx context.Context, name string) (list []connector.Relation, err error) {
	c, err := s.connect(ctx, true)
	if err != nil {
		return nil, err
	}
	defer c.close()
	if name == "" {
		list, err = c.readable(ctx)
	} else {
		list, err = c.relation(ctx, name)
	}
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", strings.TrimSuffix(s.name+":"+name, ":"), err)
	}
	return list, nil
}

// readable lists the relations that this login may select from.
func (c *conn) readable(ctx context.Context) ([]connector.Relation, error) {
	rows, err := c.query(ctx, `SELECT n.nspname, c.relname, CASE WHEN c.relispartition THEN 'partition' ELSE c.relkind::text END, coalesce(n.nspname = current_schema(), false),
			CASE WHEN c.relkind IN ('r', 'm') AND c.reltuples >= 0 AND c.relpages > 0 THEN c.reltuples::int8 ELSE -1 END
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relname !~ '^_headgate_'
			AND has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT') ORDER BY 4 DESC, n.nspname, c.relname`)
	if err != nil {
		return nil, err
	}
	list, write := make([]connector.Relation, len(rows)), dialect().WriteName
	for i, r := range rows {
		list[i] = connector.Relation{Name: write(r[1].S), Schema: r[0].S, Table: r[1].S, Near: r[3].S == "t", Kind: kinds[r[2].S]}
		if !list[i].Near {
			list[i].Name = write(r[0].S) + "." + list[i].Name
		}
		list[i].Rows, _ = strconv.ParseInt(r[4].S, 10, 64)
	}
	return list, nil
}

// relation describes one.
func (c *conn) relation(ctx context.Context, name string) ([]connector.Relation, error) {
	parsed, err := dialect().ParseName(name)
	if err != nil {
		return nil, err
	}
	r, err := c.find(ctx, parsed)
	if err != nil {
		return nil, err
	}
	cols, err := c.columns(ctx, r)
	if err != nil {
		return nil, err
	}
	rel := connector.Relation{Name: r.name.String(), Schema: r.name.Schema, Table: r.name.Table, Kind: kinds[r.kind], Rows: -1}
	if n, ok, err := c.one(ctx, "SELECT reltuples::int8 FROM pg_catalog.pg_class WHERE oid = $1::oid AND relkind IN ('r', 'm') AND reltuples >= 0 AND relpages > 0", &r.oid); err != nil {
		return nil, err
	} else if ok {
		rel.Rows, _ = strconv.ParseInt(n, 10, 64)
	}
	for _, col := range cols {
		rel.Columns = append(rel.Columns, connector.RelationColumn{Name: col.Name, Type: col.Type, As: col.info.read().Type.String(), NotNull: col.must, Key: col.PrimaryKey})
	}
	rows, err := c.query(ctx, "SELECT pg_get_indexdef(indexrelid) FROM pg_catalog.pg_index WHERE indrelid = $1::oid ORDER BY indexrelid", &r.oid)
	if err != nil {
		return nil, err
	}
	for _, i := range rows {
		rel.Indexes = append(rel.Indexes, i[0].S)
	}
	return []connector.Relation{rel}, nil
}
