package sqldb

import (
	"fmt"
	"strings"
)

// JoinForm is how a dialect updates and deletes rows that another table lists.
type JoinForm uint8

// The forms of joins.
const (
	JoinUsing  JoinForm = iota // UPDATE t SET ... FROM s WHERE; DELETE FROM t USING s WHERE
	JoinExists                 // UPDATE t SET ... FROM s WHERE; DELETE FROM t WHERE EXISTS (...)
	JoinInner                  // UPDATE t JOIN s ON ... SET ...; DELETE t FROM t JOIN s ON ...
)

// Stage is the CREATE that makes a table for staged rows: the columns of the plan that
// the load uses, without constraints. head is the statement up to the columns, such as
// CREATE TEMPORARY TABLE x.
func (p *Plan) Stage(d *Dialect, head string) string {
	var b strings.Builder
	b.WriteString(head + " (")
	for n, i := range p.Fields() {
		if n > 0 {
			b.WriteString(", ")
		}
		c := p.Columns[i]
		b.WriteString(d.Ident(c.Name) + " " + c.staged())
	}
	return b.String() + ")"
}

// StageKeys is Stage for the columns of the key alone.
func (p *Plan) StageKeys(d *Dialect, head string) string {
	var cols []string
	for _, i := range p.KeyFields {
		cols = append(cols, d.Ident(p.Columns[i].Name)+" "+p.Columns[i].Type+" NOT NULL")
	}
	return head + " (" + strings.Join(cols, ", ") + ")"
}

func (c *Column) staged() string {
	if c.Staged != "" {
		return c.Staged
	}
	return c.Type
}

// value is the staged value of c as one of the column's type.
func (c *Column) value(d *Dialect) string {
	v := "s." + d.Ident(c.Name)
	if c.Cast != "" {
		return fmt.Sprintf(c.Cast, v)
	}
	return v
}

// Merge is the statements that bring staged rows into the table, for every mode. from is the
// staging table, or a query in parentheses, in which a key occurs once.
func (p *Plan) Merge(d *Dialect, from string) []string {
	switch p.Mode {
	case Update:
		return p.update(d, from)
	case Delete:
		return []string{p.delete(d, from)}
	case Upsert, Mirror:
		if d.Upsert == OnConflict {
			return []string{p.insert(d, from) + " WHERE true " + p.Conflict(d)}
		}
		return append(p.update(d, from), p.insert(d, from)+
			fmt.Sprintf(" LEFT JOIN %s ON %s WHERE %s.%s IS NULL", d.Table(p.Into), p.sameKey(d), d.Table(p.Into), d.Ident(p.Columns[p.KeyFields[0]].Name)))
	}
	return []string{p.insert(d, from)}
}

// insert is the INSERT of all staged rows.
func (p *Plan) insert(d *Dialect, from string) string {
	var cols, values []string
	always := false
	for _, i := range p.Fields() {
		c := &p.Columns[i]
		cols, values = append(cols, c.Name), append(values, c.value(d))
		always = always || c.Always
	}
	override := ""
	if always {
		override = " OVERRIDING SYSTEM VALUE"
	}
	return fmt.Sprintf("INSERT INTO %s (%s)%s SELECT %s FROM %s AS s", d.Table(p.Into), d.Idents(cols), override, strings.Join(values, ", "), from)
}

// Conflict is what follows the INSERT of an upsert, ON CONFLICT on. A row that is there as it came is
// left alone.
func (p *Plan) Conflict(d *Dialect) string {
	var key, set, differ []string
	for _, i := range p.Fields() {
		c := &p.Columns[i]
		name := d.Ident(c.Name)
		if p.IsKey(i) {
			key = append(key, name)
			continue
		}
		set = append(set, name+" = excluded."+name)
		differ = append(differ, c.differ(d, d.Ident(p.Into.Table)+"."+name, "excluded."+name))
	}
	head := "ON CONFLICT (" + strings.Join(key, ", ") + ") DO "
	if len(set) == 0 {
		return head + "NOTHING"
	}
	return head + "UPDATE SET " + strings.Join(set, ", ") + " WHERE " + strings.Join(differ, " OR ")
}

func (c *Column) differ(d *Dialect, a, b string) string {
	if c.Compare != "" {
		a, b = fmt.Sprintf(c.Compare, a), fmt.Sprintf(c.Compare, b)
	}
	return fmt.Sprintf(d.Distinct, a, b)
}

// update is the UPDATE of the rows whose key is staged; none when there is nothing but the key.
func (p *Plan) update(d *Dialect, from string) []string {
	var set, differ []string
	target := d.Table(p.Into)
	for _, i := range p.Fields() {
		if p.IsKey(i) {
			continue
		}
		c := &p.Columns[i]
		left := d.Ident(c.Name)
		if d.Join == JoinInner {
			left = target + "." + left
		}
		set = append(set, left+" = "+c.value(d))
		differ = append(differ, c.differ(d, target+"."+d.Ident(c.Name), c.value(d)))
	}
	if len(set) == 0 {
		return nil
	}
	assign, cond := strings.Join(set, ", "), "("+strings.Join(differ, " OR ")+")"
	if d.Join == JoinInner {
		return []string{fmt.Sprintf("UPDATE %s JOIN %s AS s ON %s SET %s WHERE %s", target, from, p.sameKey(d), assign, cond)}
	}
	return []string{fmt.Sprintf("UPDATE %s SET %s FROM %s AS s WHERE %s AND %s", target, assign, from, p.sameKey(d), cond)}
}

func (p *Plan) delete(d *Dialect, from string) string {
	t := d.Table(p.Into)
	switch d.Join {
	case JoinUsing:
		return fmt.Sprintf("DELETE FROM %s USING %s AS s WHERE %s", t, from, p.sameKey(d))
	case JoinInner:
		return fmt.Sprintf("DELETE %s FROM %s JOIN %s AS s ON %s", t, t, from, p.sameKey(d))
	}
	return fmt.Sprintf("DELETE FROM %s WHERE EXISTS (SELECT 1 FROM %s AS s WHERE %s)", t, from, p.sameKey(d))
}

// DeleteMissing deletes the rows whose key is not in the table keys: the second half of a
// mirror.
func (p *Plan) DeleteMissing(d *Dialect, keys string) string {
	var same []string
	for _, i := range p.KeyFields {
		name := d.Ident(p.Columns[i].Name)
		same = append(same, d.Table(p.Into)+"."+name+" = s."+name) // in this order the table's collation counts
	}
	return fmt.Sprintf("DELETE FROM %s WHERE NOT EXISTS (SELECT 1 FROM %s AS s WHERE %s)", d.Table(p.Into), keys, strings.Join(same, " AND "))
}

// CountMissing counts what DeleteMissing would delete.
func (p *Plan) CountMissing(d *Dialect, keys string) string {
	return "SELECT count(*)" + strings.TrimPrefix(p.DeleteMissing(d, keys), "DELETE")
}

// KeepKeys notes the keys of staged rows in the table keys.
func (p *Plan) KeepKeys(d *Dialect, keys, from string) string {
	var cols, values []string
	for _, i := range p.KeyFields {
		c := &p.Columns[i]
		cols, values = append(cols, c.Name), append(values, c.value(d))
	}
	return fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s AS s", keys, d.Idents(cols), strings.Join(values, ", "), from)
}

// sameKey compares a row of the table with a staged one.
func (p *Plan) sameKey(d *Dialect) string {
	var same []string
	for _, i := range p.KeyFields {
		c := &p.Columns[i]
		same = append(same, d.Table(p.Into)+"."+d.Ident(c.Name)+" = "+c.value(d))
	}
	return strings.Join(same, " AND ")
}

// KeyValues is the staged values of the key, of a table called s.
func (p *Plan) KeyValues(d *Dialect) []string {
	var list []string
	for _, i := range p.KeyFields {
		list = append(list, p.Columns[i].value(d))
	}
	return list
}
