package mysql

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

// source reads a table, a view or a query.
type source struct {
	sqldb.Source
	at *server

	mu     sync.Mutex // guards what follows against readers that are closed meanwhile
	lead   *conn      // with the transaction that is read in, from Plan on
	busy   bool       // a reader has lead
	begun  bool       // the transaction of lead is open
	unread map[connector.SplitID]bool

	rel     relation
	cols    []tableColumn // of a table
	columns []column      // as they are read
}

// column is a column of the result.
type column struct {
	sourceType
	name  string
	field record.Field
	info  typeInfo
	typed bool // the field has the column's own type
	none  bool // there is no such column
}

func newSource(at *server, req connector.SourceRequest) *source {
	return &source{at: at, Source: sqldb.Source{Connection: at.name, Req: req, Dialect: dialect(flavour{})}}
}

// Close ends the transaction.
func (s *source) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lead != nil {
		s.lead.close()
		s.lead, s.begun = nil, false
	}
	return nil
}

// connected is the connection that discovers and plans.
func (s *source) connected(ctx context.Context) (*conn, error) {
	if s.lead != nil && !s.lead.closed() {
		return s.lead, nil
	}
	var err error
	s.begun = false
	if s.lead, err = s.at.connect(ctx, true); err == nil {
		s.Dialect = dialect(s.lead.flavour)
	}
	return s.lead, err
}

// Discover takes the types of the columns from the catalogue.
func (s *source) Discover(ctx context.Context) (*connector.Stream, error) {
	st, err := s.discover(ctx)
	if err != nil {
		s.Close()
		return nil, s.Fail(err)
	}
	return st, nil
}

func (s *source) discover(ctx context.Context) (*connector.Stream, error) {
	c, err := s.connected(ctx)
	if err != nil {
		return nil, err
	}
	st := &connector.Stream{}
	cols, err := s.described(ctx, c, st)
	if err != nil {
		return nil, err
	}
	if err := s.spans24(ctx, c, cols, st); err != nil {
		return nil, err
	}
	if err := s.choose(cols, st); err != nil {
		return nil, err
	}
	st.Schema = s.Schema
	return st, s.prepareOrder(ctx, c, st)
}

// described is the columns there are, each with its own type.
func (s *source) described(ctx context.Context, c *conn, st *connector.Stream) ([]column, error) {
	if s.Req.Table == "" {
		return s.describedQuery(ctx, c)
	}
	name, err := s.Dialect.ParseName(s.Req.Table)
	if err != nil {
		return nil, err
	}
	if s.rel, err = c.find(ctx, name); err != nil {
		return nil, err
	}
	s.Table = s.rel.name
	if s.cols, err = c.columns(ctx, s.rel); err != nil {
		return nil, err
	}
	if _, err := c.table(ctx, s.rel, s.cols); err != nil { // for the primary key
		return nil, err
	}
	if undoes, err := c.transactional(ctx, s.rel.engine); err != nil {
		return nil, err
	} else if !undoes && !s.rel.view {
		st.Notes = append(st.Notes, fmt.Sprintf("`%s` is kept by the engine %s, which has no snapshots: rows that change while it is read may be missed or come twice", s.rel.name, s.rel.engine))
	}
	var cols []column
	for _, t := range s.cols {
		if t.hidden && !slices.Contains(s.Req.Select, t.Name) {
			continue
		}
		col := column{name: t.Name, info: t.info, sourceType: t.info.read()}
		col.field = record.Field{Name: t.Name, Type: col.Type, Native: t.info.native(c.flavour, col.Type)}
		col.field.Native.NotNull, col.field.Native.Key = t.must, t.PrimaryKey
		cols = append(cols, col)
	}
	return cols, nil
}

// describedQuery takes the query apart and asks the server what its rows are.
func (s *source) describedQuery(ctx context.Context, c *conn) (cols []column, err error) {
	if err := s.TakeApart(); err != nil {
		return nil, err
	}
	a := s.Args()
	rows, err := c.prepared(ctx, "SELECT * FROM "+s.From()+" LIMIT 0", a.Values)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	raw := rows
	if st, ok := rows.(statement); ok {
		raw = st.Rows
	}
	types, ok := raw.(driver.RowsColumnTypeDatabaseTypeName)
	sizes, ok2 := raw.(driver.RowsColumnTypePrecisionScale)
	if !ok || !ok2 {
		return nil, fmt.Errorf("the driver does not say what types the columns have")
	}
	for i, name := range raw.Columns() {
		word, unsigned := strings.CutPrefix(types.ColumnTypeDatabaseTypeName(i), "UNSIGNED ")
		info := typeInfo{data: strings.ToLower(word), unsigned: unsigned}
		if p, scale, ok := sizes.ColumnTypePrecisionScale(i); ok && info.data == "decimal" {
			info.digits, info.places = int(p), int(scale)
			if scale > p { // of a number below one
				info.digits = int(scale)
			}
		}
		if info.data == "bit" { // how many is not said
			info.digits = 64
		}
		col := column{name: name, info: info, sourceType: info.read()}
		col.field = record.Field{Name: name, Type: col.Type}
		cols = append(cols, col)
	}
	return cols, nil
}

// sampleRows is how many rows are looked at for times of more than a day.
const sampleRows = 1000

// spans24 makes the times strings that are none of a day, as far as the first rows tell.
func (s *source) spans24(ctx context.Context, c *conn, cols []column, st *connector.Stream) error {
	for i := range cols {
		col := &cols[i]
		if !col.time || slices.ContainsFunc(s.Req.Columns, func(f record.Field) bool { return f.Name == col.name }) {
			continue
		}
		name, a := s.Dialect.Ident(col.name), s.Args()
		_, beyond, err := c.one(ctx, fmt.Sprintf("SELECT 1 FROM (SELECT %s FROM %s LIMIT %d) AS s WHERE %s < 0 OR %s >= '24:00:00' LIMIT 1", name, s.From(), sampleRows, name, name), a.Values...)
		if err != nil {
			return err
		}
		if beyond {
			col.Type = record.Type{Kind: record.String}
			col.field.Type = col.Type
			col.field.Native.As = col.Type
			st.Notes = append(st.Notes, fmt.Sprintf("`%s` holds times that are none of a day: read as string", col.name))
		}
	}
	return nil
}

// choose makes the schema, and the columns in its order.
func (s *source) choose(cols []column, st *connector.Stream) error {
	have := make([]record.Field, len(cols))
	for i := range cols {
		have[i] = cols[i].field
	}
	picked, err := s.Choose(have, st)
	if err != nil {
		return err
	}
	s.columns = nil
	for _, p := range picked {
		col := column{none: true, name: p.Field.Name}
		if p.Column >= 0 {
			col = cols[p.Column]
		}
		col.field = p.Field
		col.typed = !col.none && col.Type == p.Field.Type
		s.columns = append(s.columns, col)
	}
	return nil
}

// selectList is the columns of the schema in their order, then those that the order needs.
func (s *source) selectList(extra []string) string {
	parts := make([]string, 0, len(s.columns)+len(extra))
	for i := range s.columns {
		if s.columns[i].none {
			parts = append(parts, "NULL")
		} else {
			parts = append(parts, s.Dialect.Ident(s.columns[i].name))
		}
	}
	parts = append(parts, extra...)
	if len(parts) == 0 {
		return "NULL"
	}
	return strings.Join(parts, ", ")
}
