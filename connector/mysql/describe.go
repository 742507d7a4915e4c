package mysql

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/headgate/headgate/connector"
)

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

// readable lists the relations that this login knows of: the server shows no others.
func (c *conn) readable(ctx context.Context) ([]connector.Relation, error) {
	rows, err := c.query(ctx, `SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, TABLE_ROWS FROM information_schema.TABLES
		WHERE TABLE_SCHEMA NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema') AND TABLE_NAME NOT LIKE '\_headgate\_%' AND TABLE_TYPE <> 'SEQUENCE'
		ORDER BY TABLE_SCHEMA = DATABASE() DESC, 1, 2`)
	if err != nil {
		return nil, err
	}
	list, d := make([]connector.Relation, len(rows)), dialect(c.flavour)
	for i, r := range rows {
		near := r[0].S == c.server.cfg.Database
		list[i] = connector.Relation{Name: d.WriteName(r[1].S), Schema: r[0].S, Table: r[1].S, Near: near, Kind: kindOf(strings.HasSuffix(r[2].S, "VIEW")), Rows: -1}
		if !near {
			list[i].Name = d.WriteName(r[0].S) + "." + list[i].Name
		}
		if !r[3].Null {
			list[i].Rows, _ = strconv.ParseInt(r[3].S, 10, 64)
		}
	}
	return list, nil
}

func kindOf(view bool) string {
	if view {
		return "view"
	}
	return "table"
}

// relation describes one.
func (c *conn) relation(ctx context.Context, name string) ([]connector.Relation, error) {
	d := dialect(c.flavour)
	parsed, err := d.ParseName(name)
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
	table, err := c.table(ctx, r, cols)
	if err != nil {
		return nil, err
	}
	rel := connector.Relation{Name: r.name.String(), Schema: r.name.Schema, Table: r.name.Table, Near: r.name.Schema == c.server.cfg.Database, Kind: kindOf(r.view), Rows: r.rows}
	for _, col := range cols {
		rel.Columns = append(rel.Columns, connector.RelationColumn{Name: col.Name, Type: col.Type, As: col.info.read().Type.String(), NotNull: col.must, Key: col.PrimaryKey})
	}
	for _, index := range table.Unique {
		rel.Indexes = append(rel.Indexes, "UNIQUE ("+d.Idents(index)+")")
	}
	for _, index := range table.Indexes {
		rel.Indexes = append(rel.Indexes, "("+d.Idents(index)+")")
	}
	return []connector.Relation{rel}, nil
}
