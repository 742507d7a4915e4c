package sqldb

import (
	"fmt"
	"slices"
	"strings"

	"github.com/headgate/headgate/connector/record"
)

// Table is a table that exists.
type Table struct {
	Name    Name
	Columns []Column
	// Unique are the columns of the indexes that keep rows apart, Indexes those of all
	// others; neither counts indexes with a condition or an expression.
	Unique, Indexes [][]string
}

// Plan is what a load does to the tables.
type Plan struct {
	*Load
	Target  Name // as the database spells it
	Into    Name // the table that rows go into; Target, but for a replace
	Exists  bool // Target is there
	DDL     []string
	Columns []Column // of Into, for each field of the rows; empty for one that the mode does not use
	Changes []string // for people
	Notes   []string
}

// NewPlan compares the rows to come with the table, nil when there is none. It neither
// plans a replace of a table that exists, nor does it look at Create.
func NewPlan(d *Dialect, l *Load, in *record.Schema, target Name, have *Table) (*Plan, error) {
	p := &Plan{Load: l, Target: target, Into: target}
	if have == nil {
		if !l.Adds() {
			return nil, fmt.Errorf("no table `%s`: load mode %s changes what is there", target, l.Mode)
		}
		if err := p.Create(d, in, target); err != nil {
			return nil, err
		}
		p.Changes = append(p.Changes, p.DDL...)
		return p, nil
	}
	p.Exists, p.Target, p.Into = true, have.Name, have.Name
	return p, p.meet(d, in, have)
}

// Create plans a table for the rows, under the name into.
func (p *Plan) Create(d *Dialect, in *record.Schema, into Name) error {
	if d.MaxColumns > 0 && len(in.Fields) > d.MaxColumns {
		return fmt.Errorf("the rows have %d columns: a table of %s has %d at most", len(in.Fields), d.Name, d.MaxColumns)
	}
	key := p.primaryKey(in)
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE %s (", d.Table(into))
	p.Into, p.Columns = into, nil
	for i, f := range in.Fields {
		if err := d.CheckIdent(f.Name); err != nil {
			return fmt.Errorf("column `%s`: %w", f.Name, err)
		}
		c := p.column(d, f, slices.Contains(key, i))
		c.NotNull = f.Required || f.Origin().NotNull || slices.Contains(key, i)
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(d.Ident(c.Name) + " " + c.Type)
		if c.NotNull {
			b.WriteString(" NOT NULL")
		}
		p.Columns = append(p.Columns, c)
	}
	if len(key) > 0 {
		names := make([]string, len(key))
		for i, f := range key {
			names[i] = in.Fields[f].Name
		}
		b.WriteString(", PRIMARY KEY (" + d.Idents(names) + ")")
	}
	b.WriteString(")" + d.TableOptions)
	p.DDL = append(p.DDL, b.String())
	return nil
}

// primaryKey is the fields of the primary key of a new table: those that the load goes
// by, or those of the table that the rows come from. Rows that are appended run by run
// need not be those of one table.
func (p *Plan) primaryKey(in *record.Schema) []int {
	if len(p.KeyFields) > 0 || p.Mode == Append {
		return p.KeyFields
	}
	var key []int
	for place := 1; ; place++ {
		i := slices.IndexFunc(in.Fields, func(f record.Field) bool { return f.Origin().Key == place })
		if i < 0 {
			break
		}
		key = append(key, i)
	}
	for _, f := range in.Fields {
		if f.Origin().Key > len(key) { // a part of it did not come
			return nil
		}
	}
	return key
}

// column is a new column for a field, which may belong to the primary key.
func (p *Plan) column(d *Dialect, f record.Field, key bool) Column {
	typ := d.ColumnType
	if key && d.KeyType != nil {
		typ = d.KeyType
	}
	decl, note := typ(f)
	if note != "" {
		p.Notes = append(p.Notes, note)
	}
	return Column{Name: f.Name, Type: decl}
}

// meet plans for a table that exists.
func (p *Plan) meet(d *Dialect, in *record.Schema, have *Table) error {
	add, err := CheckFit(d, p.Load, in, have.Columns)
	if err != nil {
		return err
	}
	table := slices.Clone(have.Columns)
	for _, i := range add {
		if err := d.CheckIdent(in.Fields[i].Name); err != nil {
			return err
		}
		c := p.column(d, in.Fields[i], false)
		p.DDL = append(p.DDL, fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s", d.Table(have.Name), d.Ident(c.Name), c.Type))
		table = append(table, c)
	}
	if d.MaxColumns > 0 && len(table) > d.MaxColumns {
		return fmt.Errorf("the table would have %d columns: a table of %s has %d at most", len(table), d.Name, d.MaxColumns)
	}
	p.pair(d, in, table)
	p.widen(d, in, have)
	p.Changes = append(p.Changes, p.DDL...)
	switch p.Mode {
	case Truncate:
		p.Changes = append(p.Changes, "DELETE FROM "+d.Table(have.Name))
	case Upsert, Mirror:
		return p.checkKey(d, have, have.Unique)
	case Update, Delete:
		return p.checkKey(d, have, slices.Concat(have.Unique, have.Indexes))
	}
	return nil
}

// Pair takes the columns of the table that rows go into for those of the plan. Each field
// that the mode uses has one.
func (p *Plan) pair(d *Dialect, in *record.Schema, table []Column) {
	column, _ := Match(d, in, table)
	p.Columns = make([]Column, len(in.Fields))
	for i, c := range column {
		if p.Uses(i) {
			p.Columns[i] = table[c]
		}
	}
}

// widen plans other types for the columns that cannot hold what their field can.
func (p *Plan) widen(d *Dialect, in *record.Schema, have *Table) {
	if p.Evolve != WidenColumns || d.Widen == nil {
		return
	}
	for i, f := range in.Fields {
		if !p.Uses(i) {
			continue
		}
		if decl := d.Widen(p.Columns[i], f); decl != "" {
			p.DDL = append(p.DDL, fmt.Sprintf(d.AlterType, d.Table(have.Name), d.Ident(p.Columns[i].Name), decl))
			p.Columns[i].Type = decl
		}
	}
}

// checkKey makes sure that the database finds rows by the key.
func (p *Plan) checkKey(d *Dialect, have *Table, indexes [][]string) error {
	key := make([]string, len(p.KeyFields))
	for i, f := range p.KeyFields {
		key[i] = p.Columns[f].Name
	}
	slices.Sort(key)
	for _, index := range indexes {
		cols := slices.Clone(index)
		if unique := len(cols) == len(key); !unique && (p.Mode == Upsert || p.Mode == Mirror || len(cols) < len(key)) {
			continue
		}
		cols = cols[:len(key)]
		slices.Sort(cols)
		if slices.Equal(cols, key) {
			return nil
		}
	}
	kind, create := "a unique index on the key", "CREATE UNIQUE INDEX"
	if p.Mode == Update || p.Mode == Delete {
		kind, create = "an index on the key", "CREATE INDEX"
	}
	return fmt.Errorf("%s needs %s; make one with %s %s ON %s (%s)", p.Mode, kind, create,
		d.Ident(have.Name.Table+"_"+strings.Join(p.Key, "_")), d.Table(have.Name), d.Idents(p.Key))
}

// Fields lists the fields that go into the table.
func (p *Plan) Fields() []int {
	var list []int
	for i := range p.Columns {
		if p.Uses(i) {
			list = append(list, i)
		}
	}
	return list
}

// CheckShrink refuses a load that leaves less of a table than MaxShrink allows.
func (l *Load) CheckShrink(before, after int64) error {
	if l.MaxShrink == nil || before <= 0 || float64(before-after) <= *l.MaxShrink*float64(before) {
		return nil
	}
	return fmt.Errorf("the table would shrink from %d rows to %d, more than max_shrink allows (%g%%): nothing was changed",
		before, after, *l.MaxShrink*100)
}
