package sqlite

import (
	"context"
	"fmt"
	"strings"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

// describe lists the tables and views, or describes one.
func (at database) describe(ctx context.Context, name string) ([]connector.Relation, error) {
	d, err := at.openExisting(ctx, readOnly)
	if err != nil {
		return nil, err
	}
	defer d.close()
	if name == "" {
		return d.all()
	}
	r, err := d.find(name)
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", at.name, err)
	}
	rel := connector.Relation{Name: dialect().WriteName(r.name), Table: r.name, Near: true, Kind: r.kind, Rows: d.estimate(r.name)}
	cols, err := d.tableColumns(r.name)
	if err != nil {
		return nil, err
	}
	for _, c := range cols {
		as, _ := fieldType(c.Type)
		col := connector.RelationColumn{Name: c.Name, Type: c.Type, NotNull: c.NotNull, Key: c.PrimaryKey}
		if as.Kind != record.Invalid { // else the values have a say
			col.As = as.String()
		}
		rel.Columns = append(rel.Columns, col)
	}
	rel.Indexes, err = d.queryText("SELECT sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL ORDER BY name", r.name)
	return []connector.Relation{rel}, err
}

// all lists the tables and views, without SQLite's own and ours.
func (d *db) all() ([]connector.Relation, error) {
	found, err := d.relations()
	if err != nil {
		return nil, err
	}
	list, sql := []connector.Relation{}, dialect()
	for _, r := range found {
		if strings.HasPrefix(r.name, "sqlite_") || strings.HasPrefix(r.name, sqldb.OwnPrefix) || r.kind == "shadow" {
			continue
		}
		list = append(list, connector.Relation{Name: sql.WriteName(r.name), Table: r.name, Near: true, Kind: r.kind, Rows: d.estimate(r.name)})
	}
	return list, nil
}
