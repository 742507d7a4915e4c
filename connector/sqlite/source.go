package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

// source reads a table, a view or a query.
type source struct {
	at      database
	req     connector.SourceRequest
	sql     *sqldb.Dialect
	schema  *record.Schema
	missing map[string]bool // declared columns that are not there
	query   string          // the request's, without what may follow it
}

func newSource(env connector.Env, cfg *Config, req connector.SourceRequest) *source {
	return &source{at: newDatabase(env, cfg), req: req, sql: dialect()}
}

// label is what messages and positions call the source.
func (s *source) label() string {
	if s.req.Table == "" {
		return s.at.name + ":query"
	}
	return s.at.name + ":" + s.req.Table
}

func (s *source) fail(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("read %s: %w", s.label(), err)
}

// Close does nothing: readers hold their own connections.
func (s *source) Close() error { return nil }

// from is what stands after FROM.
func (s *source) from() string {
	if s.req.Table != "" {
		return s.sql.Ident(s.req.Table)
	}
	return "(" + s.query + "\n)"
}

// connect opens the database.
func (s *source) connect(ctx context.Context) (*db, error) {
	d, err := s.at.openExisting(ctx, readOnly)
	if err != nil || s.req.Table != "" {
		return d, err
	}
	if s.query, err = d.oneQuery(s.req.Query); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// oneQuery is the text of the one query in sql, fit to stand in parentheses.
func (d *db) oneQuery(sql string) (string, error) {
	st, rest, err := d.prepareFirst(sql)
	if err != nil {
		return "", err
	}
	if st == nil {
		return "", errors.New("the query is empty")
	}
	defer st.close()
	if st.columns() == 0 {
		return "", errors.New("the query yields no columns: write a SELECT")
	}
	if more, _, err := d.prepareFirst(rest); more != nil || err != nil {
		if more != nil {
			more.close()
		}
		return "", errors.New("the query is more than one statement")
	}
	return strings.TrimRight(strings.TrimSuffix(sql, rest), "; \t\r\n"), nil
}

// Discover types the columns from what they were declared with and from a sample.
func (s *source) Discover(ctx context.Context) (*connector.Stream, error) {
	st, err := s.discover(ctx)
	return st, s.fail(err)
}

func (s *source) discover(ctx context.Context) (*connector.Stream, error) {
	d, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer d.close()
	if s.req.Table != "" {
		if _, err := d.find(s.req.Table); err != nil {
			return nil, err
		}
	}
	cols, err := s.columns(d)
	if err != nil {
		return nil, err
	}
	st := &connector.Stream{}
	if err := s.natives(d, cols); err != nil {
		return nil, err
	}
	if cols, err = s.choose(cols, st); err != nil {
		return nil, err
	}
	if err := d.sample(ctx, s, cols); err != nil {
		return nil, err
	}
	s.schema = s.settle(cols, st)
	st.Schema = s.schema
	return st, s.checkCursor(ctx, d, st)
}

// sourceColumn is a column while its type is being found.
type sourceColumn struct {
	field   record.Field
	seen    classes // what a sample held
	promise record.Type
	native  record.Native
	confirm bool // the sample has a say
}

// columns describes what the source has.
func (s *source) columns(d *db) ([]sourceColumn, error) {
	st, err := d.prepare("SELECT * FROM " + s.from())
	if err != nil {
		return nil, err
	}
	defer st.close()
	if err := st.bindArgs(s.req.Args); err != nil {
		return nil, err
	}
	cols := make([]sourceColumn, st.columns())
	for i := range cols {
		c := &cols[i]
		c.field.Name = st.columnName(i)
		c.promise, c.confirm = fieldType(st.declared(i))
		if slices.ContainsFunc(cols[:i], func(o sourceColumn) bool { return o.field.Name == c.field.Name }) {
			return nil, fmt.Errorf("two columns are called `%s`: give one another name with AS", c.field.Name)
		}
	}
	return cols, nil
}

// natives notes what the catalogue says of a table's columns.
func (s *source) natives(d *db, cols []sourceColumn) error {
	if s.req.Table == "" {
		return nil
	}
	table, err := d.tableColumns(s.req.Table)
	if err != nil {
		return err
	}
	for i := range cols {
		for _, t := range table {
			if t.Name == cols[i].field.Name {
				cols[i].native = record.Native{As: cols[i].promise, Dialect: dialectName, Name: t.Type, NotNull: t.NotNull, Key: t.PrimaryKey}
			}
		}
	}
	return nil
}

// choose keeps the selected and, when some are declared, the declared columns.
func (s *source) choose(cols []sourceColumn, st *connector.Stream) ([]sourceColumn, error) {
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = c.field.Name
	}
	cols, err := s.selected(cols, names)
	if err != nil || len(s.req.Columns) == 0 {
		return cols, err
	}
	kept := make([]sourceColumn, 0, len(s.req.Columns))
	declared := make([]bool, len(s.req.Columns))
	for _, c := range cols {
		i := slices.IndexFunc(s.req.Columns, func(f record.Field) bool { return s.sql.Same(f.Name, c.field.Name) })
		if i < 0 {
			st.Extra = append(st.Extra, c.field.Name)
			if s.req.NewColumn == "add" {
				kept = append(kept, c)
			}
			continue
		}
		declared[i] = true
		c.field = s.req.Columns[i]
		c.field.Declared = true
		kept = append(kept, c)
	}
	s.missing = map[string]bool{}
	for i, f := range s.req.Columns {
		if !declared[i] {
			f.Declared = true
			st.Missing = append(st.Missing, f.Name)
			s.missing[f.Name] = true
			kept = append(kept, sourceColumn{field: f})
		}
	}
	if len(s.req.Select) == 0 { // whose order is the user's too
		slices.SortStableFunc(kept, func(a, b sourceColumn) int { return s.place(a) - s.place(b) })
	}
	return kept, s.drift(names, st)
}

// place orders the declared columns as they were declared, and the others behind them.
func (s *source) place(c sourceColumn) int {
	i := slices.IndexFunc(s.req.Columns, func(f record.Field) bool { return f.Name == c.field.Name })
	if i < 0 {
		return len(s.req.Columns)
	}
	return i
}

// selected keeps the columns that the flow selects, in its order.
func (s *source) selected(cols []sourceColumn, names []string) ([]sourceColumn, error) {
	if len(s.req.Select) == 0 {
		return cols, nil
	}
	picked := make([]sourceColumn, 0, len(s.req.Select))
	for _, name := range s.req.Select {
		i := slices.IndexFunc(names, func(n string) bool { return s.sql.Same(n, name) })
		if i < 0 {
			return nil, fmt.Errorf("no column `%s`%s", name, sqldb.Suggest(name, names))
		}
		picked = append(picked, cols[i])
	}
	return picked, nil
}

// drift applies the rules for columns that differ from the declared ones.
func (s *source) drift(names []string, st *connector.Stream) error {
	if len(st.Missing) > 0 && s.req.MissingColumn != "ignore" {
		return fmt.Errorf("it has no column `%s`%s", st.Missing[0], sqldb.Suggest(st.Missing[0], names))
	}
	if len(st.Extra) > 0 && s.req.NewColumn == "fail" {
		return fmt.Errorf("it has a new column, `%s`", strings.Join(st.Extra, "`, `"))
	}
	return nil
}

// settle makes the schema.
func (s *source) settle(cols []sourceColumn, st *connector.Stream) *record.Schema {
	sch := &record.Schema{}
	for _, c := range cols {
		if !c.field.Declared {
			c.field.Type = c.decide()
			if c.promise.Kind != record.Invalid && c.field.Type != c.promise {
				st.Notes = append(st.Notes, fmt.Sprintf("`%s` holds values that are not of its declared type: read as %s", c.field.Name, c.field.Type))
			}
		}
		if c.promise.Kind != record.Invalid {
			c.field.Native = c.native
		}
		sch.Fields = append(sch.Fields, c.field)
	}
	return sch
}

// selectList is the columns of the schema in their order, NULL for a declared one
// that is not there.
func (s *source) selectList() string {
	if len(s.schema.Fields) == 0 {
		return "NULL"
	}
	var b strings.Builder
	for i, f := range s.schema.Fields {
		if i > 0 {
			b.WriteString(", ")
		}
		if s.missing[f.Name] {
			b.WriteString("NULL AS ")
		}
		b.WriteString(s.sql.Ident(f.Name))
	}
	return b.String()
}
