package mysql

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"sync/atomic"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
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
	r := &reader{src: s, conn: c, split: sp.ID, seen: p.Seen, limit: s.Req.BatchRows, size: s.Req.BatchBytes}
	if r.size <= 0 {
		r.size = batchBytes
	}
	if r.limit <= 0 {
		r.limit = max(batchRows, batchRows*(r.size/batchBytes))
	}
	if err := r.start(ctx, p); err != nil {
		r.Close()
		return nil, s.Fail(err)
	}
	return r, nil
}

// reading is a connection in the snapshot of the plan, or in one of its own while that is in
// use: the server cannot share one.
func (s *source) reading(ctx context.Context) (*conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lead != nil && !s.busy && s.begun && !s.lead.closed() {
		s.busy = true
		return s.lead, nil
	}
	c, err := s.at.connect(ctx, true)
	if err != nil {
		return nil, err
	}
	if err := c.exec(ctx, snapshot); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// reader takes rows off the connection in Next and types them in Decode.
type reader struct {
	src    *source
	conn   *conn
	split  connector.SplitID
	seen   sqldb.Seen
	limit  int         // rows of a morsel
	size   int         // bytes, about
	rows   driver.Rows // nil once the server has sent all
	cancel context.CancelFunc
	dest   []driver.Value
	row    int64 // rows read so far
	done   bool
	bytes  atomic.Int64
}

// start sends the query. It goes on until the reader is closed, whatever becomes of ctx.
func (r *reader) start(ctx context.Context, p sqldb.Piece) error {
	s := r.src
	a := s.Args()
	var extra []string
	if len(p.Seen) > 0 {
		extra = s.Keyset.Texts()
	}
	sql := "SELECT " + s.selectList(extra) + " FROM " + s.From() + s.Clauses(a, s.narrowed(a), p)
	own, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	stop := context.AfterFunc(ctx, cancel)
	rows, err := r.conn.prepared(own, sql, a.Values)
	if !stop() && ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		return err
	}
	r.rows = rows
	r.dest = make([]driver.Value, len(rows.Columns()))
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
	if err := r.next(ctx, m, p); err != nil {
		r.done = true
		r.release()
		return r.src.Fail(err)
	}
	if p.n == 0 {
		r.done = true
		r.release()
		return io.EOF
	}
	p.first = r.row + 1
	r.row += int64(p.n)
	r.bytes.Add(int64(len(m.Chunk)))
	return nil
}

func (r *reader) next(ctx context.Context, m *connector.Morsel, p *rows) error {
	m.Chunk, p.cells, p.n = m.Chunk[:0], p.cells[:0], 0
	if err := ctx.Err(); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, r.cancel)()
	for r.rows != nil && p.n < r.limit && len(m.Chunk) < r.size {
		err := r.rows.Next(r.dest)
		if errors.Is(err, io.EOF) {
			err = r.rows.Close()
			r.rows = nil
			return r.conn.fail(ctx, err)
		}
		if err != nil {
			return r.conn.fail(ctx, err)
		}
		for _, v := range r.dest {
			at := len(m.Chunk)
			c := cell{at: int32(at), form: cellText}
			switch v := v.(type) {
			case nil:
				c.form = cellNull
			case []byte:
				m.Chunk = append(m.Chunk, v...)
			case int64:
				c.form = cellInt
				m.Chunk = binary.LittleEndian.AppendUint64(m.Chunk, uint64(v))
			case float32:
				c.form = cellFloat32
				m.Chunk = binary.LittleEndian.AppendUint32(m.Chunk, math.Float32bits(v))
			case float64:
				c.form = cellFloat64
				m.Chunk = binary.LittleEndian.AppendUint64(m.Chunk, math.Float64bits(v))
			default:
				m.Chunk = appendValue(m.Chunk, v)
			}
			c.size = int32(len(m.Chunk) - at)
			p.cells = append(p.cells, c)
		}
		if len(m.Chunk) > record.MaxChunk {
			return fmt.Errorf("a row of more than %d bytes", record.MaxChunk)
		}
		p.n++
	}
	return nil
}

// BytesRead counts the values of rows.
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
	if r.rows != nil && lead {
		s.lead, s.begun = nil, false
	}
	r.cancel()
	if r.rows != nil || !lead {
		// Closing the rows would read what is still to come.
		c.close()
	}
	if r.rows != nil {
		return
	}
	if delete(s.unread, r.split); len(s.unread) == 0 {
		s.end()
	}
}
