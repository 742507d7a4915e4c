package sqlite

import (
	"fmt"
	"strings"

	"github.com/headgate/headgate/connector/sqldb"
)

// replace plans a table beside the old one and the swap. When the rows have the
// columns of the old table, its definition is kept, with constraints, defaults and types;
// otherwise the new table has just the rows' columns. Indexes and triggers are made
// again, and those that the new columns do not allow fail the run.
func (s *sink) replace(d *db, table *sqldb.Table) (err error) {
	q, old := s.Dialect, table.Name
	into, like := sqldb.Name{Table: sqldb.OwnPrefix + "new_" + old.Table}, ""
	if sqldb.SameColumns(q, s.In, table) {
		rest, err := d.definition(old.Table)
		if err != nil {
			return err
		}
		like = "CREATE TABLE " + q.Table(into) + rest
	}
	if s.Plan, err = sqldb.NewReplace(q, s.Load, s.In, table, into, like); err != nil {
		return err
	}
	again, err := d.queryText("SELECT sql FROM sqlite_schema WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY type, name", old.Table)
	if err != nil {
		return err
	}
	s.swap = append([]string{"DROP TABLE " + q.Table(old), "ALTER TABLE " + q.Table(into) + " RENAME TO " + q.Table(old)}, again...)
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
