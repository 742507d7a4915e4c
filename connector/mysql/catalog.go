package mysql

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/headgate/headgate/connector/sqldb"
)

// relation is a table or a view.
type relation struct {
	name    sqldb.Name // as the server has it, with its database
	view    bool
	engine  string
	comment string
	rows    int64 // about; -1 = not said
}

// whole is a name with its database.
func (c *conn) whole(n sqldb.Name) sqldb.Name {
	if n.Schema == "" {
		n.Schema = c.server.cfg.Database
	}
	return n
}

// find looks a table or view up. The error names the nearest one there is.
func (c *conn) find(ctx context.Context, n sqldb.Name) (relation, error) {
	n = c.whole(n)
	rows, err := c.query(ctx, "SELECT TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_COMMENT, TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?", &n.Schema, &n.Table)
	if err != nil {
		return relation{}, err
	}
	i := slices.IndexFunc(rows, func(r []sqldb.Text) bool { return r[0].S == n.Table })
	if i < 0 && c.fold && len(rows) > 0 {
		i = 0
	}
	if i < 0 {
		return relation{}, c.missing(ctx, n)
	}
	r := rows[i]
	rel := relation{name: sqldb.Name{Schema: n.Schema, Table: r[0].S}, view: strings.HasSuffix(r[1].S, "VIEW"), engine: r[2].S, comment: r[3].S, rows: -1}
	if !r[4].Null && !rel.view {
		rel.rows, _ = strconv.ParseInt(r[4].S, 10, 64)
	}
	return rel, nil
}

// exists reports whether there is a table of that name.
func (c *conn) exists(ctx context.Context, n sqldb.Name) (bool, error) {
	n = c.whole(n)
	_, ok, err := c.one(ctx, "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?", &n.Schema, &n.Table)
	return ok, err
}

// missing is the error for n, with the name that may have been meant.
func (c *conn) missing(ctx context.Context, n sqldb.Name) error {
	own := c.server.cfg.Database
	rows, err := c.query(ctx, `SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES
		WHERE TABLE_SCHEMA NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema') AND TABLE_NAME NOT LIKE '\_headgate\_%' ORDER BY TABLE_SCHEMA = DATABASE() DESC, 1, 2 LIMIT 5000`)
	if err != nil {
		return err
	}
	var names []string
	for _, r := range rows {
		name := sqldb.Name{Schema: r[0].S, Table: r[1].S}
		if name.Schema == own && n.Schema == own {
			name.Schema = ""
		}
		names = append(names, name.String())
	}
	if n.Schema == own {
		n.Schema = ""
	}
	return sqldb.NoTable(n.String(), names)
}

// transactional reports whether an engine can undo.
func (c *conn) transactional(ctx context.Context, engine string) (bool, error) {
	yes, _, err := c.one(ctx, "SELECT TRANSACTIONS FROM information_schema.ENGINES WHERE ENGINE = ?", &engine)
	return yes == "YES", err
}

// tableColumn is a column of a relation with its type.
type tableColumn struct {
	sqldb.Column
	info       typeInfo
	must       bool   // NOT NULL, whatever the default
	attributes string // what a MODIFY COLUMN must repeat
	counted    bool   // AUTO_INCREMENT
	indexed    bool
	hidden     bool
}

// columns lists the columns of a relation.
func (c *conn) columns(ctx context.Context, r relation) ([]tableColumn, error) {
	rows, err := c.query(ctx, `SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, CHARACTER_MAXIMUM_LENGTH, CHARACTER_OCTET_LENGTH,
			NUMERIC_PRECISION, coalesce(NUMERIC_SCALE, DATETIME_PRECISION), CHARACTER_SET_NAME, COLLATION_NAME, COLUMN_KEY, COLUMN_COMMENT
		FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`, &r.name.Schema, &r.name.Table)
	if err != nil {
		return nil, err
	}
	checked, err := c.jsonColumns(ctx, r)
	if err != nil {
		return nil, err
	}
	cols := make([]tableColumn, len(rows))
	for i, f := range rows {
		col := &cols[i]
		extra := strings.ToUpper(f[5].S)
		col.Name, col.Type = f[0].S, f[2].S
		col.info = typeInfo{data: strings.ToLower(f[1].S), full: f[2].S, unsigned: strings.Contains(f[2].S, " unsigned"),
			length: number(f[6]), octets: number(f[7]), digits: number(f[8]), places: number(f[9]), charset: f[10].S, collation: f[11].S, json: checked[f[0].S]}
		col.must = f[3].S == "NO"
		col.counted = strings.Contains(extra, "AUTO_INCREMENT")
		col.Generated = strings.Contains(strings.ReplaceAll(extra, "DEFAULT_GENERATED", ""), "GENERATED")
		col.hidden = strings.Contains(extra, "INVISIBLE")
		col.NotNull = col.must && f[4].Null && !col.counted && !col.Generated
		col.indexed = f[12].S != ""
		col.attributes = c.attributes(f, col.must, extra)
	}
	return cols, nil
}

func number(t sqldb.Text) int {
	n, err := strconv.ParseInt(t.S, 10, 64)
	if err != nil {
		return 0
	}
	return int(min(n, 1<<32-1))
}

// attributes is what a MODIFY COLUMN must repeat of a column, lest it be lost.
func (c *conn) attributes(f []sqldb.Text, must bool, extra string) string {
	var b strings.Builder
	if must {
		b.WriteString(" NOT NULL")
	} else {
		b.WriteString(" NULL")
	}
	switch {
	case f[4].Null:
	case c.maria:
		b.WriteString(" DEFAULT " + f[4].S) // an expression
	case strings.Contains(extra, "DEFAULT_GENERATED"):
		b.WriteString(" DEFAULT (" + f[4].S + ")")
	default:
		b.WriteString(" DEFAULT " + literal(f[4].S))
	}
	if f[13].S != "" {
		b.WriteString(" COMMENT " + literal(f[13].S))
	}
	return b.String()
}

// literal is a text as a statement has it.
func literal(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", "''").Replace(s) + "'"
}

// jsonColumns are the columns of MariaDB's type json: texts that are checked.
func (c *conn) jsonColumns(ctx context.Context, r relation) (map[string]bool, error) {
	if !c.maria {
		return nil, nil
	}
	rows, err := c.query(ctx, "SELECT CONSTRAINT_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = ? AND TABLE_NAME = ? AND LEVEL = 'Column'", &r.name.Schema, &r.name.Table)
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, f := range rows {
		found[f[0].S] = strings.HasPrefix(f[1].S, "json_valid(")
	}
	return found, nil
}

// table describes a table that rows go into, and marks the columns of its primary key.
func (c *conn) table(ctx context.Context, r relation, cols []tableColumn) (*sqldb.Table, error) {
	rows, err := c.query(ctx, `SELECT INDEX_NAME, NON_UNIQUE, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS
		WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY INDEX_NAME, SEQ_IN_INDEX`, &r.name.Schema, &r.name.Table)
	if err != nil {
		return nil, err
	}
	t := &sqldb.Table{Name: r.name}
	for len(rows) > 0 {
		n := slices.IndexFunc(rows, func(f []sqldb.Text) bool { return f[0].S != rows[0][0].S })
		if n < 0 {
			n = len(rows)
		}
		index := rows[:n]
		rows = rows[n:]
		var names []string
		for _, f := range index {
			names = append(names, f[2].S)
		}
		partly := slices.ContainsFunc(index, func(f []sqldb.Text) bool { return f[2].Null || !f[3].Null })
		switch {
		case partly:
		case index[0][1].S == "0":
			t.Unique = append(t.Unique, names)
		default:
			t.Indexes = append(t.Indexes, names)
		}
		if index[0][0].S == "PRIMARY" {
			for place, name := range names {
				if col := columnNamed(cols, name); col != nil {
					col.PrimaryKey = place + 1
				}
			}
		}
	}
	for _, col := range cols {
		t.Columns = append(t.Columns, col.Column)
	}
	return t, nil
}

// columnNamed finds a column; nil when there is none.
func columnNamed(cols []tableColumn, name string) *tableColumn {
	if i := slices.IndexFunc(cols, func(c tableColumn) bool { return c.Name == name }); i >= 0 {
		return &cols[i]
	}
	return nil
}

// bound says what keeps a table from being exchanged for another, "" for nothing.
func (c *conn) bound(ctx context.Context, r relation) (string, error) {
	db, t := r.name.Schema, r.name.Table
	for _, q := range []struct{ sql, why string }{
		{"SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = ? AND EVENT_OBJECT_TABLE = ? LIMIT 1", "it has the trigger %s"},
		{"SELECT CONSTRAINT_NAME FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = ? AND TABLE_NAME = ? LIMIT 1", "it has the foreign key %s"},
		{"SELECT TABLE_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_SCHEMA = ? AND REFERENCED_TABLE_NAME = ? LIMIT 1", "the table %s refers to it"},
		{"SELECT TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND TABLE_TYPE <> 'BASE TABLE'", "it is a %s"},
	} {
		found, ok, err := c.one(ctx, q.sql, &db, &t)
		if err != nil {
			return "", err
		}
		if ok {
			return fmt.Sprintf(q.why, found), nil
		}
	}
	return "", nil
}
