package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"sync/atomic"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

const (
	batchRows  = 8192
	batchBytes = 1 << 20 // of text; a piece ends with the row that reaches it
)

// Open starts reading. The query begins with the first Next.
func (s *source) Open(ctx context.Context, sp connector.Split) (connector.Reader, error) {
	r, err := s.open(ctx, sp)
	if err != nil {
		return nil, s.Fail(err)
	}
	return r, nil
}

func (s *source) open(ctx context.Context, sp connector.Split) (*reader, error) {
	var rows split
	if err := json.Unmarshal(sp.Spec, &rows); err != nil {
		return nil, fmt.Errorf("split: %w", err)
	}
	d, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	r := &reader{src: s, db: d, limit: s.Req.BatchRows}
	if r.limit <= 0 {
		r.limit = batchRows
	}
	r.st, err = d.prepare("SELECT " + s.selectList() + " FROM " + s.From() + s.where(rows) + s.order())
	if err == nil {
		err = s.bind(r.st, rows)
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// reader copies rows out of SQLite in Next and types them in Decode.
type reader struct {
	src   *source
	db    *db
	st    *stmt
	limit int
	row   int64 // rows read so far
	done  bool
	bytes atomic.Int64
}

// piece is the cells of one morsel, by column. Texts and blobs are views of the
// morsel's chunk.
type piece struct {
	src   *source
	first int64 // number of the first row, from 1
	rows  int
	class [][]uint8
	num   [][]int64 // the integer, the bits of the float
	view  [][]record.View
	dump  []byte // see Record
}

func (r *reader) Next(ctx context.Context, m *connector.Morsel) error {
	if r.done {
		return io.EOF
	}
	p, ok := m.Scratch.(*piece)
	if !ok {
		n := r.st.columns()
		p = &piece{src: r.src, class: make([][]uint8, n), num: make([][]int64, n), view: make([][]record.View, n)}
		m.Scratch = p
	}
	p.clear(r.row + 1)
	m.Chunk = m.Chunk[:0]
	if err := r.fill(ctx, m, p); err != nil {
		r.done = true
		return r.src.Fail(err)
	}
	r.row += int64(p.rows)
	if p.rows == 0 {
		return io.EOF
	}
	return nil
}

func (p *piece) clear(first int64) {
	p.first, p.rows = first, 0
	for c := range p.class {
		p.class[c], p.num[c], p.view[c] = p.class[c][:0], p.num[c][:0], p.view[c][:0]
	}
}

// fill reads rows until the morsel is full or the rows are over.
func (r *reader) fill(ctx context.Context, m *connector.Morsel, p *piece) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	defer r.db.watch(ctx)()
	for p.rows < r.limit && len(m.Chunk) < batchBytes {
		more, err := r.step(ctx)
		if err != nil {
			return cancelled(ctx, err)
		}
		if !more {
			r.done = true
			break
		}
		for c := range p.class {
			if m.Chunk, err = p.add(r.st, c, m.Chunk); err != nil {
				return err
			}
		}
		p.rows++
	}
	r.bytes.Add(int64(len(m.Chunk) + 8*p.rows*len(p.class)))
	return nil
}

// step waits for locks only before the first row: after it the read lock is ours.
func (r *reader) step(ctx context.Context) (more bool, err error) {
	if r.row > 0 {
		return r.st.step()
	}
	err = r.db.patiently(ctx, func() (err error) {
		more, err = r.st.step()
		if err != nil {
			r.st.reset()
		}
		return err
	})
	return more, err
}

// add copies cell c of the current row.
func (p *piece) add(st *stmt, c int, chunk []byte) ([]byte, error) {
	class := uint8(st.class(c))
	var num int64
	var view record.View
	switch class {
	case sqlite3.SQLITE_INTEGER:
		num = st.int(c)
	case sqlite3.SQLITE_FLOAT:
		num = int64(math.Float64bits(st.float(c)))
	case sqlite3.SQLITE_TEXT, sqlite3.SQLITE_BLOB:
		b := st.bytes(c)
		if len(chunk)+len(b) > record.MaxChunk {
			return chunk, fmt.Errorf("row %d: a row of more than %d bytes", p.first+int64(p.rows), record.MaxChunk)
		}
		view = record.ChunkView(len(chunk), len(b))
		chunk = append(chunk, b...)
	}
	p.class[c] = append(p.class[c], class)
	p.num[c] = append(p.num[c], num)
	p.view[c] = append(p.view[c], view)
	return chunk, nil
}

func (r *reader) BytesRead() int64 { return r.bytes.Load() }

func (r *reader) Close() error {
	if r.st != nil {
		r.st.close()
	}
	r.db.close()
	r.done = true
	return nil
}
