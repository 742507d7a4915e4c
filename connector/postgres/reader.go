package postgres

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/sqldb"
)

const (
	batchRows  = 8192
	batchBytes = 512 << 10
)

// Open starts reading a split.
func (s *source) Open(ctx context.Context, sp connector.Split) (connector.Reader, error) {
	p, err := sqldb.ParsePiece(sp)
	if err != nil {
		return nil, s.Fail(err)
	}
	c, err := s.reading(ctx)
	if err != nil {
		return nil, s.Fail(err)
	}
	r := &reader{src: s, conn: c, seen: p.Seen, limit: s.Req.BatchRows, size: max(batchBytes, s.Req.BatchBytes)}
	if r.limit <= 0 {
		r.limit = batchRows * r.size / batchBytes
	}
	if err := r.start(ctx, p); err != nil {
		r.Close()
		return nil, s.Fail(err)
	}
	return r, nil
}

// reading is a connection in the snapshot of the plan: the one that planned, or another while
// that is in use.
func (s *source) reading(ctx context.Context) (*conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lead != nil && !s.busy && s.lead.inTransaction() {
		s.busy = true
		return s.lead, nil
	}
	c, err := s.at.connect(ctx, true)
	if err != nil {
		return nil, err
	}
	begin := "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
	if s.snapshot != "" && s.lead != nil && !s.lead.pg.IsClosed() {
		begin += "; SET TRANSACTION SNAPSHOT '" + strings.ReplaceAll(s.snapshot, "'", "''") + "'"
	}
	if err := c.exec(ctx, begin); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// reader takes rows off the connection in Next and types them in Decode.
type reader struct {
	src   *source
	conn  *conn
	seen  sqldb.Seen
	limit int   // rows of a morsel
	size  int   // its bytes, about
	row   int64 // rows read so far
	open  bool  // the server is sending
	done  bool
	bytes atomic.Int64
}

// start sends the query.
func (r *reader) start(ctx context.Context, p sqldb.Piece) error {
	s := r.src
	a := s.Args()
	var extra []string
	if len(p.Seen) > 0 {
		extra = s.Keyset.Texts()
	}
	list, formats := s.selectList(extra)
	sql := "SELECT " + list + " FROM " + s.From() + s.Clauses(a, s.narrowed(a), p)
	return r.send(ctx, sql, a.Values, formats)
}

// send starts the statement and reads up to its first row.
func (r *reader) send(ctx context.Context, sql string, args []*string, formats []int16) error {
	params := make([][]byte, len(args))
	for i, v := range args {
		if v != nil {
			params[i] = []byte(*v)
		}
	}
	f := r.conn.pg.Frontend()
	f.SendParse(&pgproto3.Parse{Query: sql})
	f.SendBind(&pgproto3.Bind{Parameters: params, ResultFormatCodes: formats})
	f.SendDescribe(&pgproto3.Describe{ObjectType: 'P'})
	f.SendExecute(&pgproto3.Execute{})
	f.SendSync(&pgproto3.Sync{})
	stop := r.conn.watch(ctx)
	defer stop()
	r.open = true
	if err := f.Flush(); err != nil {
		r.conn.breakOff()
		return r.conn.fail(ctx, err)
	}
	for {
		msg, err := r.conn.pg.ReceiveMessage(context.Background())
		if err != nil {
			return r.conn.fail(ctx, err)
		}
		switch m := msg.(type) {
		case *pgproto3.RowDescription:
			if err := r.src.unchanged(m.Fields); err != nil {
				r.conn.breakOff()
				return err
			}
			return nil
		case *pgproto3.ErrorResponse:
			err := serverMessage(m)
			r.conn.drain()
			r.open = false
			return r.conn.fail(ctx, err)
		}
	}
}

// unchanged refuses columns that have other types than when the source was looked at: their
// bytes would be taken for something else.
func (s *source) unchanged(fields []pgproto3.FieldDescription) error {
	for i := range s.columns {
		c := &s.columns[i]
		if !c.none && c.expr == "" && fields[i].DataTypeOID != c.oid {
			return connector.Transient(fmt.Errorf("the type of column `%s` was changed just now", c.name))
		}
	}
	return nil
}

// Next takes whole rows.
func (r *reader) Next(ctx context.Context, m *connector.Morsel) error {
	if r.done {
		return io.EOF
	}
	p, ok := m.Scratch.(*rows)
	if !ok {
		p = newRows(r)
		m.Scratch = p
	}
	n, err := r.next(ctx, m)
	if err != nil {
		r.done = true
		return r.src.Fail(err)
	}
	if n == 0 {
		r.done = true
		r.release()
		return io.EOF
	}
	p.first, p.n = r.row+1, n
	r.row += int64(n)
	r.bytes.Add(int64(len(m.Chunk)))
	return nil
}

func (r *reader) next(ctx context.Context, m *connector.Morsel) (n int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	stop := r.conn.watch(ctx)
	defer stop()
	m.Chunk = m.Chunk[:0]
	for r.open && n == 0 {
		var more bool
		m.Chunk, n, more, err = r.conn.tap.rows(m.Chunk, r.size, r.limit)
		if err != nil {
			r.conn.breakOff()
			return 0, r.conn.fail(ctx, err)
		}
		if !more {
			if err := r.other(); err != nil {
				return 0, r.conn.fail(ctx, err)
			}
		}
	}
	return n, nil
}

// other reads the one message that is not a row.
func (r *reader) other() error {
	msg, err := r.conn.pg.ReceiveMessage(context.Background())
	if err != nil {
		return err
	}
	switch m := msg.(type) {
	case *pgproto3.CommandComplete:
		r.open = false
		return r.conn.drain()
	case *pgproto3.ErrorResponse:
		r.open = false
		err := serverMessage(m)
		r.conn.drain()
		return err
	}
	return nil
}

// BytesRead counts the messages of rows.
func (r *reader) BytesRead() int64 { return r.bytes.Load() }

// Close gives the connection back, or up when the server is still sending.
func (r *reader) Close() error {
	r.done = true
	r.release()
	return nil
}

// release is done with the connection: at the end of the rows, so that the next split can
// have it, or when the reader is closed, whichever comes first.
func (r *reader) release() {
	s := r.src
	s.mu.Lock()
	defer s.mu.Unlock()
	c := r.conn
	if c == nil {
		return
	}
	r.conn = nil
	lead := c == s.lead
	if lead {
		s.busy = false
	}
	switch {
	case r.open && lead:
		s.lead = nil
		fallthrough
	case r.open:
		c.breakOff()
	case !lead:
		c.close()
	}
}
