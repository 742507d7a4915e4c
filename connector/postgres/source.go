package postgres

import (
	"context"
	"fmt"
	"strconv"
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

	mu       sync.Mutex // guards lead and busy against readers that are closed meanwhile
	lead     *conn      // with the transaction that is read in, from Plan on
	busy     bool       // a reader has lead
	snapshot string     // of that transaction; "" = it cannot be shared

	rel     relation
	cols    []tableColumn // of a table
	columns []column      // as they are read
	ascii   bool          // the server does not check what texts are
}

// column is a column of the result.
type column struct {
	sourceType
	name  string
	oid   uint32 // of its type
	field record.Field
	typed bool // the field has the column's own type
	none  bool // there is no such column
}

func newSource(at *server, req connector.SourceRequest) *source {
	return &source{at: at, Source: sqldb.Source{Connection: at.name, Req: req, Dialect: dialect()}}
}

// Close ends the transaction.
func (s *source) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lead != nil {
		s.lead.close()
		s.lead = nil
	}
	return nil
}

// connected is the connection that discovers and plans.
func (s *source) connected(ctx context.Context) (*conn, error) {
	if s.lead != nil && !s.lead.pg.IsClosed() {
		return s.lead, nil
	}
	var err error
	s.lead, err = s.at.connect(ctx, true)
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
	s.ascii = c.pg.ParameterStatus("server_encoding") == "SQL_ASCII"
	if err := s.locate(ctx, c); err != nil {
		return nil, err
	}
	cols, err := s.described(ctx, c)
	if err != nil {
		return nil, err
	}
	st := &connector.Stream{}
	if err := s.sample(ctx, c, cols, st); err != nil {
		return nil, err
	}
	if err := s.choose(cols, st); err != nil {
		return nil, err
	}
	st.Schema = s.Schema
	return st, s.SetOrder(ctx, c.query, st, func(column string) (sqldb.Term, error) { return s.term(ctx, c, column) })
}

// locate finds the table, or takes the query apart.
func (s *source) locate(ctx context.Context, c *conn) (err error) {
	if s.Req.Table == "" {
		return s.TakeApart()
	}
	name, err := s.Dialect.ParseName(s.Req.Table)
	if err != nil {
		return err
	}
	if s.rel, err = c.find(ctx, name); err != nil {
		return err
	}
	s.Table = s.rel.name
	s.cols, err = c.columns(ctx, s.rel)
	return err
}

// described is the columns there are, each with its own type.
func (s *source) described(ctx context.Context, c *conn) ([]column, error) {
	fields, err := c.describe(ctx, "SELECT * FROM "+s.From())
	if err != nil {
		return nil, err
	}
	var oids []uint32
	var mods []int32
	for _, f := range fields {
		oids, mods = append(oids, f.DataTypeOID), append(mods, f.TypeModifier)
	}
	infos, err := c.types(ctx, oids, mods)
	if err != nil {
		return nil, err
	}
	cols := make([]column, len(fields))
	for i, f := range fields {
		col := &cols[i]
		col.name, col.oid = f.Name, f.DataTypeOID
		col.sourceType = infos[i].read()
		col.field = record.Field{Name: f.Name, Type: col.Type, Native: infos[i].native(col.Type)}
		if t := columnNamed(s.cols, f.Name); t != nil {
			col.field.Native.NotNull, col.field.Native.Key = t.must, t.PrimaryKey
		}
	}
	return cols, nil
}

// sampleRows is how many rows are looked at for the scale of a numeric without one.
const sampleRows = 1000

// sample gives the numerics without a scale the one that the first rows have.
func (s *source) sample(ctx context.Context, c *conn, cols []column, st *connector.Stream) error {
	var list, names []string
	var open []*column
	for i := range cols {
		if cols[i].open && s.wants(cols[i].name) {
			open = append(open, &cols[i])
			list = append(list, "max(scale("+s.Dialect.Ident(cols[i].name)+"))")
			names = append(names, s.Dialect.Ident(cols[i].name))
		}
	}
	if len(open) == 0 {
		return nil
	}
	a := s.Args()
	rows, err := c.query(ctx, "SELECT "+strings.Join(list, ", ")+" FROM (SELECT "+strings.Join(names, ", ")+" FROM "+s.From()+" LIMIT "+strconv.Itoa(sampleRows)+") AS s", a.Values...)
	if err != nil {
		return err
	}
	for i, col := range open {
		scale := 10
		if !rows[0][i].Null {
			scale, _ = strconv.Atoi(rows[0][i].S)
		}
		if scale > record.MaxPrecision {
			col.sourceType = sourceType{Type: record.Type{Kind: record.String}}
		} else {
			col.Type = record.DecimalOf(record.MaxPrecision, scale)
			st.Notes = append(st.Notes, fmt.Sprintf("`%s` is numeric without a scale: read as %s, as its first rows are; declare it if others have more decimals", col.name, col.Type))
		}
		col.field.Type, col.field.Native.As = col.Type, col.Type
	}
	return nil
}

// wants reports whether a column is read and not declared.
func (s *source) wants(name string) bool {
	for _, f := range s.Req.Columns {
		if f.Name == name {
			return false
		}
	}
	if len(s.Req.Columns) > 0 && s.Req.NewColumn != "add" {
		return false
	}
	for _, n := range s.Req.Select {
		if n == name {
			return true
		}
	}
	return len(s.Req.Select) == 0
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
	for i, p := range picked {
		col := column{none: true, name: p.Field.Name}
		if p.Column >= 0 {
			col = cols[p.Column]
		}
		if k := p.Field.Type.Kind; col.open && k == record.Decimal {
			col.Type = p.Field.Type // as declared: nothing is lost by reading it so
			s.Schema.Fields[i].Native.As = col.Type
		}
		col.field = s.Schema.Fields[i]
		col.typed = !col.none && col.Type == p.Field.Type
		s.columns = append(s.columns, col)
	}
	return nil
}

// selectList is the columns of the schema in their order, then those that the order needs.
func (s *source) selectList(extra []string) (list string, formats []int16) {
	parts := make([]string, 0, len(s.columns)+len(extra))
	for i := range s.columns {
		c := &s.columns[i]
		format, expr := int16(1), s.Dialect.Ident(c.name)
		switch {
		case c.none:
			format, expr = 0, "NULL::text"
		case c.expr != "":
			expr = fmt.Sprintf(c.expr, expr) + " AS " + s.Dialect.Ident(sqldb.OwnPrefix+strconv.Itoa(i))
		}
		if c.wire == wireText {
			format = 0
		}
		parts, formats = append(parts, expr), append(formats, format)
	}
	for _, e := range extra {
		parts, formats = append(parts, e), append(formats, 0)
	}
	if len(parts) == 0 {
		return "NULL::text", []int16{0}
	}
	return strings.Join(parts, ", "), formats
}
