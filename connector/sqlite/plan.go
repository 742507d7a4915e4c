package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

// loadPlan is what a load does to the schema.
type loadPlan struct {
	*sqldb.Plan
	swap []string // after the rows
}

// planLoad compares the rows to come with the database. d is nil when there is none
// yet.
func planLoad(d *db, q *sqldb.Dialect, load *sqldb.Load, in *record.Schema) (*loadPlan, error) {
	rel, err := existing(d, load)
	if err != nil {
		return nil, err
	}
	p := &loadPlan{}
	if rel.name == "" {
		p.Plan, err = sqldb.NewPlan(q, load, in, sqldb.Name{Table: load.Table}, nil)
	} else {
		err = p.meet(d, q, rel, load, in)
	}
	if err != nil {
		return nil, err
	}
	return p, p.ownTable(d)
}

// existing finds the table; the zero relation when it is to be made.
func existing(d *db, load *sqldb.Load) (relation, error) {
	if strings.HasPrefix(strings.ToLower(load.Table), ownPrefix) {
		return relation{}, fmt.Errorf("tables called %s… are headgate's own", ownPrefix)
	}
	if d == nil {
		if load.Create == sqldb.CreateNever {
			return relation{}, fmt.Errorf("the database does not exist, and `create: never` forbids to make the table: %w", fs.ErrNotExist)
		}
		return relation{}, nil
	}
	rel, err := d.find(load.Table)
	switch {
	case err == nil && rel.kind == "table":
		return rel, nil
	case err == nil:
		return rel, fmt.Errorf("`%s` is not a plain table (it is of kind %s)", rel.name, rel.kind)
	case errors.Is(err, fs.ErrNotExist) && load.Create != sqldb.CreateNever:
		return relation{}, nil
	case errors.Is(err, fs.ErrNotExist):
		return rel, fmt.Errorf("%w, and `create: never` forbids to make it", err)
	}
	return rel, err
}

// ownTable notes that our own table is going to be made.
func (p *loadPlan) ownTable(d *db) error {
	if d != nil {
		if ok, err := d.hasTable(stateTable); ok || err != nil {
			return err
		}
	}
	p.Changes = append(p.Changes, createState)
	return nil
}

// meet plans for a table that exists.
func (p *loadPlan) meet(d *db, q *sqldb.Dialect, rel relation, load *sqldb.Load, in *record.Schema) error {
	table, err := d.table(rel.name)
	if err != nil {
		return err
	}
	if load.Mode == sqldb.Replace {
		return p.replace(d, q, rel, load, in, table)
	}
	p.Plan, err = sqldb.NewPlan(q, load, in, table.Name, table)
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
