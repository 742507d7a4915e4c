package sqlite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

// replace plans a table beside the old one and the swap. When the rows have the
// columns of the old table, its definition is kept, with constraints, defaults and types;
// otherwise the new table has just the rows' columns. Indexes and triggers are made
// again, and those that the new columns do not allow fail the run.
func (p *loadPlan) replace(d *db, q *sqldb.Dialect, rel relation, load *sqldb.Load, in *record.Schema, table *sqldb.Table) error {
	into := sqldb.Name{Table: ownPrefix + "new_" + rel.name}
	column, unfilled := sqldb.Match(q, in, table.Columns)
	unfilled = slices.DeleteFunc(unfilled, func(c sqldb.Column) bool { return c.Generated })
	generated := slices.ContainsFunc(column, func(c int) bool { return c >= 0 && table.Columns[c].Generated })
	if len(unfilled) > 0 || slices.Contains(column, -1) || generated {
		p.Plan = &sqldb.Plan{Load: load, Target: table.Name, Exists: true}
		if err := p.Create(q, in, into); err != nil {
			return err
		}
		p.Changes = append(p.Changes, fmt.Sprintf("replace the table by one with other columns (the old constraints are not kept): %s", p.DDL[0]))
	} else {
		rest, err := d.definition(rel.name)
		if err == nil {
			p.Plan, err = sqldb.NewPlan(q, load, in, table.Name, table)
		}
		if err != nil {
			return err
		}
		p.Into = into
		p.DDL = []string{"CREATE TABLE " + q.Table(into) + rest}
		p.Changes = append(p.Changes, "replace the rows of "+q.Ident(rel.name))
	}
	again, err := d.queryText("SELECT sql FROM sqlite_schema WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY type, name", rel.name)
	if err != nil {
		return err
	}
	p.swap = append([]string{
		"DROP TABLE " + q.Ident(rel.name),
		"ALTER TABLE " + q.Table(into) + " RENAME TO " + q.Ident(rel.name),
	}, again...)
	return nil
}

// definition is what follows the name in the statement that made a table.
func (d *db) definition(table string) (string, error) {
	found, err := d.queryText("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?", table)
	if err != nil {
		return "", err
	}
	if len(found) == 1 {
		if rest, ok := afterName(found[0]); ok {
			return rest, nil
		}
	}
	return "", fmt.Errorf("the definition of `%s` cannot be read", table)
}

// afterName cuts "CREATE TABLE name" off, as SQLite keeps it: two words, then the
// name, in quotes of some kind or bare.
func afterName(sql string) (string, bool) {
	const create = "CREATE TABLE "
	if len(sql) <= len(create) || !strings.EqualFold(sql[:len(create)], create) {
		return "", false
	}
	rest := strings.TrimLeft(sql[len(create):], " \t\r\n")
	if rest == "" {
		return "", false
	}
	end := strings.IndexByte("\"`'[", rest[0])
	if end < 0 {
		i := strings.IndexAny(rest, " \t\r\n(")
		if i < 0 {
			return "", false
		}
		return rest[i:], true
	}
	closing := "\"`']"[end]
	for i := 1; i < len(rest); i++ {
		if rest[i] != closing {
			continue
		}
		if i+1 < len(rest) && rest[i+1] == closing && closing != ']' {
			i++
			continue
		}
		return rest[i+1:], true
	}
	return "", false
}
