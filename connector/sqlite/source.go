package sqlite

import (
	"context"
	"encoding/json"
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
	return "(" + strings.TrimRight(strings.TrimSpace(s.req.Query), "; \n\t") + "\n)"
}

// Discover types the columns from what they were declared with and from a sample.
func (s *source) Discover(ctx context.Context) (*connector.Stream, error) {
	st, err := s.discover(ctx)
	return st, s.fail(err)
}

func (s *source) discover(ctx context.Context) (*connector.Stream, error) {
	d, err := s.at.openExisting(ctx, readOnly)
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

// choose keeps the selected and, when some are declared, the declared columns.
func (s *source) choose(cols []sourceColumn, st *connector.Stream) ([]sourceColumn, error) {
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = c.field.Name
	}
	if len(s.req.Select) > 0 {
		picked := make([]sourceColumn, 0, len(s.req.Select))
		for _, name := range s.req.Select {
			i := slices.IndexFunc(names, func(n string) bool { return s.sql.Same(n, name) })
			if i < 0 {
				return nil, fmt.Errorf("no column `%s`%s", name, sqldb.Suggest(name, names))
			}
			picked = append(picked, cols[i])
		}
		cols = picked
	}
	if len(s.req.Columns) == 0 {
		return cols, nil
	}
	kept := make([]sourceColumn, 0, len(s.req.Columns))
	declared := make([]bool, len(s.req.Columns))
	for _, c := range cols {
		i := slices.IndexFunc(s.req.Columns, func(f record.Field) bool { return s.sql.Same(f.Name, c.field.Name) })
		if i < 0 {
			st.Extra = append(st.Extra, c.field.Name)
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
	return kept, nil
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

// checkCursor finds out whether the incremental columns are there.
func (s *source) checkCursor(ctx context.Context, d *db, st *connector.Stream) error {
	inc := s.req.Incremental
	if inc == nil {
		return nil
	}
	all, err := s.columns(d)
	if err != nil {
		return err
	}
	names := make([]string, len(all))
	for i, c := range all {
		names[i] = c.field.Name
	}
	for _, name := range []string{inc.Cursor, inc.TieBreaker} {
		if name != "" && !slices.ContainsFunc(names, func(n string) bool { return s.sql.Same(n, name) }) {
			return fmt.Errorf("incremental: no column `%s`%s", name, sqldb.Suggest(name, names))
		}
	}
	nulls, err := s.queryOne(ctx, d, "SELECT 1 FROM "+s.from()+" WHERE "+s.sql.Ident(inc.Cursor)+" IS NULL LIMIT 1")
	if err == nil && nulls {
		st.Notes = append(st.Notes, fmt.Sprintf("rows whose `%s` is NULL are not read", inc.Cursor))
	}
	return err
}

// queryOne reports whether sql yields a row.
func (s *source) queryOne(ctx context.Context, d *db, sql string) (bool, error) {
	st, err := d.prepare(sql)
	if err != nil {
		return false, err
	}
	defer st.close()
	if err := st.bindArgs(s.req.Args); err != nil {
		return false, err
	}
	defer d.watch(ctx)()
	more, err := st.step()
	return more, cancelled(ctx, err)
}

// split is the Spec of the one split: the rows with lo < cursor <= hi.
type split struct {
	Lo *mark `json:"lo,omitempty"`
	Hi *mark `json:"hi,omitempty"`
}

// Plan makes one split. With a cursor it ends where the table ends now.
func (s *source) Plan(ctx context.Context, cursor json.RawMessage) (*connector.SplitPlan, error) {
	p, err := s.plan(ctx, cursor)
	return p, s.fail(err)
}

func (s *source) plan(ctx context.Context, cursor json.RawMessage) (*connector.SplitPlan, error) {
	d, err := s.at.openExisting(ctx, readOnly)
	if err != nil {
		return nil, err
	}
	defer d.close()
	sp := connector.Split{ID: "all", Name: s.label(), Rows: -1, Bytes: -1}
	plan := &connector.SplitPlan{}
	var rows split
	if s.req.Incremental == nil {
		sp.Rows = d.estimate(s.req.Table)
	} else {
		if rows.Lo, err = s.low(cursor); err != nil {
			return nil, err
		}
		if rows.Hi, err = s.high(ctx, d, rows.Lo); err != nil {
			return nil, err
		}
		if rows.Hi == nil { // nothing new
			plan.Cursor = cursor
			return plan, nil
		}
		if plan.Cursor, err = json.Marshal(rows.Hi); err != nil {
			return nil, err
		}
	}
	if sp.Spec, err = json.Marshal(rows); err != nil {
		return nil, err
	}
	plan.Splits = []connector.Split{sp}
	return plan, nil
}

// estimate is the number of rows a table has at most, by its rowids; -1 unknown.
func (d *db) estimate(table string) int64 {
	if table == "" {
		return -1
	}
	q := dialect().Ident(table)
	rel, err := d.find(table)
	if err != nil || rel.kind != "table" {
		return -1
	}
	st, err := d.prepare("SELECT (SELECT max(rowid) FROM " + q + ") - (SELECT min(rowid) FROM " + q + ") + 1")
	if err != nil {
		return -1 // WITHOUT ROWID
	}
	defer st.close()
	if more, err := st.step(); !more || err != nil {
		return -1
	}
	return max(st.int(0), 0)
}
