package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/headgate/headgate/connector/sqldb"
)

// plan compares the rows to come with the database. d is nil when there is none yet.
func (s *sink) plan(d *db) error {
	rel, err := s.existing(d)
	switch {
	case err != nil:
		return err
	case rel.name == "":
		s.Plan, err = sqldb.NewPlan(s.Dialect, s.Load, s.In, sqldb.Name{Table: s.Req.Table}, nil)
	default:
		err = s.meet(d, rel)
	}
	if err != nil {
		return err
	}
	return s.ownTable(d)
}

// existing finds the table; the zero relation when it is to be made.
func (s *sink) existing(d *db) (relation, error) {
	if strings.HasPrefix(strings.ToLower(s.Req.Table), sqldb.OwnPrefix) {
		return relation{}, fmt.Errorf("tables called %s… are headgate's own", sqldb.OwnPrefix)
	}
	if d == nil {
		if s.Req.Create == sqldb.CreateNever {
			return relation{}, fmt.Errorf("the database does not exist, and `create: never` forbids to make the table: %w", fs.ErrNotExist)
		}
		return relation{}, nil
	}
	rel, err := d.find(s.Req.Table)
	switch {
	case err == nil && rel.kind == "table":
		return rel, nil
	case err == nil:
		return rel, fmt.Errorf("`%s` is not a plain table (it is of kind %s)", rel.name, rel.kind)
	case errors.Is(err, fs.ErrNotExist):
		return relation{}, s.MayCreate(err)
	}
	return rel, err
}

// ownTable notes that our own table is going to be made.
func (s *sink) ownTable(d *db) error {
	if d != nil {
		if ok, err := d.hasTable(sqldb.StateTable); ok || err != nil {
			return err
		}
	}
	s.Plan.Changes = append(s.Plan.Changes, sqldb.CreateState(s.Dialect, sqldb.Name{}))
	return nil
}

// meet plans for a table that exists.
func (s *sink) meet(d *db, rel relation) error {
	table, err := d.table(rel.name)
	if err != nil {
		return err
	}
	if s.Load.Mode == sqldb.Replace {
		return s.replace(d, table)
	}
	s.Plan, err = sqldb.NewPlan(s.Dialect, s.Load, s.In, table.Name, table)
	return err
}

// table describes a table that rows go into.
func (d *db) table(name string) (*sqldb.Table, error) {
	columns, err := d.tableColumns(name)
	if err != nil {
		return nil, err
	}
	t := &sqldb.Table{Name: sqldb.Name{Table: name}, Columns: columns}
	if key := primaryKey(columns); len(key) > 0 {
		t.Unique = append(t.Unique, key)
	}
	for _, unique := range []string{"1", "0"} {
		lists, err := d.queryText(`SELECT group_concat(c.name, char(10)) FROM (SELECT l.name AS index_name, c.name, c.seqno FROM pragma_index_list(?) l, pragma_index_info(l.name) c
			WHERE l."unique" = `+unique+` AND NOT l.partial ORDER BY l.name, c.seqno) c GROUP BY index_name HAVING count(c.name) = count(*)`, name)
		if err != nil {
			return nil, err
		}
		for _, list := range lists {
			if cols := strings.Split(list, "\n"); unique == "1" {
				t.Unique = append(t.Unique, cols)
			} else {
				t.Indexes = append(t.Indexes, cols)
			}
		}
	}
	return t, nil
}

// primaryKey is the columns of the primary key in their order.
func primaryKey(columns []sqldb.Column) []string {
	var key []string
	for place := 1; ; place++ {
		i := slices.IndexFunc(columns, func(c sqldb.Column) bool { return c.PrimaryKey == place })
		if i < 0 {
			return key
		}
		key = append(key, columns[i].Name)
	}
}
