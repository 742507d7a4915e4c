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
	load    *sqldb.Load
	target  string   // table as the database spells it
	into    string   // table that rows are inserted into
	exists  bool     // target is there
	ddl     []string // before the rows
	swap    []string // after the rows
	columns []string // of into, one per field of the input
	decl    []string // their declared types
	changes []string
	notes   []string
}

// planLoad compares the rows to come with the database. d is nil when there is none
// yet.
func planLoad(d *db, q *sqldb.Dialect, load *sqldb.Load, in *record.Schema) (*loadPlan, error) {
	p := &loadPlan{load: load, target: load.Table, into: load.Table}
	if len(in.Fields) == 0 {
		return nil, errors.New("the rows have no columns")
	}
	rel, err := existing(d, load)
	if err != nil {
		return nil, err
	}
	if rel.name == "" {
		p.create(q, in, p.target)
		p.changes = append(p.changes, p.ddl...)
	} else {
		p.exists = true
		p.target, p.into = rel.name, rel.name
		err = p.meet(d, q, rel, in)
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
	p.changes = append(p.changes, createState)
	return nil
}

// create plans a table for the rows.
func (p *loadPlan) create(q *sqldb.Dialect, in *record.Schema, name string) {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE %s (", q.Ident(name))
	p.columns, p.decl = nil, nil
	for i, f := range in.Fields {
		decl, note := columnType(f)
		if note != "" {
			p.notes = append(p.notes, note)
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(q.Ident(f.Name) + " " + decl)
		if f.Required || slices.Contains(p.load.KeyFields, i) {
			b.WriteString(" NOT NULL")
		}
		p.columns, p.decl = append(p.columns, f.Name), append(p.decl, decl)
	}
	if len(p.load.KeyFields) > 0 {
		b.WriteString(", PRIMARY KEY (" + q.Idents(p.load.SinkRequest.Key) + ")")
	}
	b.WriteString(")")
	p.ddl = append(p.ddl, b.String())
}

// meet plans for a table that exists.
func (p *loadPlan) meet(d *db, q *sqldb.Dialect, rel relation, in *record.Schema) error {
	table, err := d.tableColumns(rel.name)
	if err != nil {
		return err
	}
	if p.load.Mode == sqldb.Replace {
		return p.replace(d, q, rel, in, table)
	}
	add, err := sqldb.CheckFit(q, p.load, in, table)
	if err != nil {
		return err
	}
	for _, i := range add {
		decl, note := columnType(in.Fields[i])
		if note != "" {
			p.notes = append(p.notes, note)
		}
		p.ddl = append(p.ddl, fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s", q.Ident(rel.name), q.Ident(in.Fields[i].Name), decl))
		table = append(table, sqldb.Column{Name: in.Fields[i].Name, Type: decl})
	}
	p.changes = append(p.changes, p.ddl...)
	if p.load.Mode == sqldb.Truncate {
		p.changes = append(p.changes, "DELETE FROM "+q.Ident(rel.name))
	}
	p.pair(q, in, table)
	if p.load.Mode == sqldb.Upsert {
		return p.checkKey(d, q, table)
	}
	return nil
}

// pair finds the column of each field.
func (p *loadPlan) pair(q *sqldb.Dialect, in *record.Schema, table []sqldb.Column) {
	column, _ := sqldb.Match(q, in, table)
	for _, c := range column {
		p.columns, p.decl = append(p.columns, table[c].Name), append(p.decl, table[c].Type)
	}
}

// checkKey makes sure that the database itself tells rows with the same key apart.
func (p *loadPlan) checkKey(d *db, q *sqldb.Dialect, table []sqldb.Column) error {
	var key []string
	for _, i := range p.load.KeyFields {
		key = append(key, p.columns[i])
	}
	slices.Sort(key)
	var primary []string
	for _, c := range table {
		if c.PrimaryKey > 0 {
			primary = append(primary, c.Name)
		}
	}
	slices.Sort(primary)
	if slices.Equal(key, primary) {
		return nil
	}
	indexes, err := d.queryText(`SELECT group_concat(c.name, char(10)) FROM pragma_index_list(?) l, pragma_index_info(l.name) c
		WHERE l."unique" AND NOT l.partial GROUP BY l.name HAVING count(c.name) = count(*)`, p.target)
	if err != nil {
		return err
	}
	for _, list := range indexes {
		cols := strings.Split(list, "\n")
		slices.Sort(cols)
		if slices.Equal(cols, key) {
			return nil
		}
	}
	return fmt.Errorf("upsert needs a unique index on the key; make one with CREATE UNIQUE INDEX %s ON %s (%s)",
		q.Ident(p.target+"_"+strings.Join(p.load.SinkRequest.Key, "_")), q.Ident(p.target), q.Idents(p.load.SinkRequest.Key))
}
