package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

// source reads a table, a view or a query.
type source struct {
	sqldb.Source
	at      database
	missing map[string]bool // declared columns that are not there
}

func newSource(env connector.Env, cfg *Config, req connector.SourceRequest) *source {
	at := newDatabase(env, cfg)
	return &source{at: at, Source: sqldb.Source{Connection: at.name, Req: req, Dialect: dialect(), Table: sqldb.Name{Table: req.Table}}}
}

// Close does nothing: readers hold their own connections.
func (s *source) Close() error { return nil }

// connect opens the database.
func (s *source) connect(ctx context.Context) (*db, error) {
	d, err := s.at.openExisting(ctx, readOnly)
	if err != nil || s.Req.Table != "" {
		return d, err
	}
	if s.Query.SQL, err = d.oneQuery(s.Req.Query); err != nil {
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
	return st, s.Fail(err)
}

func (s *source) discover(ctx context.Context) (*connector.Stream, error) {
	d, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer d.close()
	if s.Req.Table != "" {
		if _, err := d.find(s.Req.Table); err != nil {
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
	if cols, err = s.chosen(cols, st); err != nil {
		return nil, err
	}
	if err := d.sample(ctx, s, cols); err != nil {
		return nil, err
	}
	s.Schema = s.settle(cols, st)
	st.Schema = s.Schema
	return st, s.checkOrder(ctx, d, st)
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
	st, err := d.prepare("SELECT * FROM " + s.From())
	if err != nil {
		return nil, err
	}
	defer st.close()
	if err := st.bindArgs(s.Req.Args); err != nil {
		return nil, err
	}
	cols := make([]sourceColumn, st.columns())
	for i := range cols {
		c := &cols[i]
		c.field.Name = st.columnName(i)
		c.promise, c.confirm = fieldType(st.declared(i))
	}
	return cols, nil
}

// natives notes what the catalogue says of a table's columns.
func (s *source) natives(d *db, cols []sourceColumn) error {
	if s.Req.Table == "" {
		return nil
	}
	table, err := d.tableColumns(s.Req.Table)
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

// chosen keeps the selected and, when some are declared, the declared columns.
func (s *source) chosen(cols []sourceColumn, st *connector.Stream) ([]sourceColumn, error) {
	have := make([]record.Field, len(cols))
	for i, c := range cols {
		have[i] = c.field
	}
	picked, err := sqldb.Pick(s.Dialect, s.Req, have, st)
	s.missing = map[string]bool{}
	kept := make([]sourceColumn, len(picked))
	for i, p := range picked {
		if p.Column >= 0 {
			kept[i] = cols[p.Column]
		} else {
			s.missing[p.Field.Name] = true
		}
		kept[i].field = p.Field
	}
	return kept, err
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
	if len(s.Schema.Fields) == 0 {
		return "NULL"
	}
	var b strings.Builder
	for i, f := range s.Schema.Fields {
		if i > 0 {
			b.WriteString(", ")
		}
		if s.missing[f.Name] {
			b.WriteString("NULL AS ")
		}
		b.WriteString(s.Dialect.Ident(f.Name))
	}
	return b.String()
}
