package parquet

import (
	"errors"
	"fmt"
	"io"

	"github.com/headgate/headgate/connector/format/parquet/internal/meta"
	"github.com/headgate/headgate/connector/record"
)

const (
	// pageRows is a page's size at most.
	pageRows = 16 << 10
	// wholeSlab is how many bytes of values a slab has when it is made into pages of its
	// own. Smaller ones are joined first.
	wholeSlab = 128 << 10
	// groupBytes bounds the encoded pages that wait for their row group to be complete.
	groupBytes = 16 << 20
)

var magic = []byte("PAR1")

// Encoder writes Parquet. Statements about rows of the batch are in its Encode, which
// may run many times at once; everything else is serial.
type Encoder struct {
	columns []outColumn
	z       *compressor
	rows    int // of a row group, at most

	shop *workshop
	held int // bytes that wait, as the shop knows

	offset  int64
	group   group
	pending []cells // rows that wait for a page to be full
	own     *work   // lent while the serial half works
	file    meta.File
	groups  []byte // those written, as the footer has them
	ngroups int
}

// NewEncoder writes rows of schema.
func NewEncoder(o *Options, schema *record.Schema) (*Encoder, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if len(schema.Fields) == 0 {
		return nil, errors.New("there is no column to write")
	}
	e := &Encoder{rows: o.RowGroupRows, shop: o.shop, pending: make([]cells, len(schema.Fields))}
	if e.shop == nil {
		e.shop = &workshop{}
	}
	e.file.CreatedBy = "headgate"
	e.file.Schema = []meta.Element{{Name: "schema", Type: meta.None, Children: int32(len(schema.Fields)), Converted: meta.NoConverted}}
	for _, f := range schema.Fields {
		c, err := newOutColumn(f)
		if err != nil {
			return nil, err
		}
		e.columns = append(e.columns, c)
		e.file.Schema = append(e.file.Schema, c.elem)
	}
	e.group.chunks = make([]outChunk, len(e.columns))
	e.group.reset(e.columns, false)
	var err error
	e.z, err = e.shop.join(o)
	return e, err
}

// Encode appends a parcel of the rows of b.Sel.
func (e *Encoder) Encode(dst []byte, b *record.Batch) ([]byte, error) {
	w := e.shop.lend()
	defer e.shop.giveBack(w)
	known := len(b.Rejects)
	w.vectors = w.vectors[:0]
	for i := range e.columns {
		v := b.Cols[i].Values(b, b.Sel)
		e.columns[i].refuse(b, v)
		w.vectors = append(w.vectors, v)
	}
	b.DropRejected(known)
	limit := min(pageRows, e.rows)
	slabs := (len(b.Sel) + limit - 1) / limit
	for i := range slabs {
		part := b.Sel[len(b.Sel)*i/slabs : len(b.Sel)*(i+1)/slabs]
		var err error
		if dst, err = e.slab(dst, w, b, part); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// slab appends the rows of sel.
func (e *Encoder) slab(dst []byte, w *work, b *record.Batch, sel []int32) ([]byte, error) {
	size := w.collect(e.columns, b, sel)
	dst = appendCount(dst, len(sel))
	if size < wholeSlab {
		dst = append(dst, slabCells)
		for i := range e.columns {
			dst = appendCells(dst, w.columns[i])
		}
		return dst, nil
	}
	dst = append(dst, slabPages)
	for i := range e.columns {
		p, err := w.makePage(&e.columns[i], e.z, w.columns[i])
		if err != nil {
			return dst, err
		}
		dst = appendPage(dst, &p)
	}
	return dst, nil
}

// Append takes a parcel into the row group.
func (e *Encoder) Append(w io.Writer, enc []byte) error {
	e.own = e.shop.lend()
	defer e.shop.giveBack(e.own)
	for in := parcel(enc); len(in) > 0; {
		rows := in.count()
		if in.byte() == slabCells {
			if err := e.join(w, &in, rows); err != nil {
				return err
			}
			continue
		}
		if err := e.flush(w); err != nil {
			return err
		}
		if err := e.room(w, rows); err != nil {
			return err
		}
		for i := range e.columns {
			p := in.page(e.own, &e.columns[i], rows)
			if err := e.group.chunks[i].add(e, &e.columns[i], &p); err != nil {
				return err
			}
		}
		e.group.rows += rows
	}
	return e.settle(w)
}

// settle tells the shop what waits, and writes it when that is too much.
func (e *Encoder) settle(w io.Writer) error {
	now := e.waiting() + e.group.bytes()
	before := e.held
	e.held = now
	if !e.shop.hold(before, now) {
		return nil
	}
	if err := e.flush(w); err != nil {
		return err
	}
	if err := e.cut(w); err != nil {
		return err
	}
	e.held = e.group.bytes()
	e.shop.hold(now, e.held)
	return nil
}

// join adds rows to those that wait for a page. A page ends at the same row however
// the rows came.
func (e *Encoder) join(w io.Writer, in *parcel, rows int) error {
	parts := make([]cells, len(e.columns))
	for i := range parts {
		parts[i] = in.cells(rows)
	}
	limit := min(pageRows, e.rows)
	for rows > 0 {
		n := min(rows, limit-e.pending[0].rows)
		for i := range parts {
			var head cells
			head, parts[i] = e.columns[i].split(parts[i], n)
			e.pending[i].append(head)
		}
		rows -= n
		if e.pending[0].rows == limit || e.waiting() > wholeSlab*8 {
			if err := e.flush(w); err != nil {
				return err
			}
		}
	}
	return nil
}

// waiting is how many bytes of values wait.
func (e *Encoder) waiting() (n int) {
	for i := range e.pending {
		n += len(e.pending[i].plain)
	}
	return n
}

// flush makes pages of the rows that wait.
func (e *Encoder) flush(w io.Writer) error {
	rows := e.pending[0].rows
	if rows == 0 {
		return nil
	}
	if err := e.room(w, rows); err != nil {
		return err
	}
	for i := range e.columns {
		p, err := e.own.makePage(&e.columns[i], e.z, e.pending[i])
		if err == nil {
			err = e.group.chunks[i].add(e, &e.columns[i], &p)
		}
		if err != nil {
			return err
		}
		e.pending[i].reset(!e.shop.crowded())
	}
	e.group.rows += rows
	return nil
}

// room ends the row group when it cannot take that many rows more.
func (e *Encoder) room(w io.Writer, rows int) error {
	if e.group.rows > 0 && (e.group.rows+rows > e.rows || e.group.bytes() > groupBytes) {
		return e.cut(w)
	}
	return nil
}

// Close writes the last row group and the footer.
func (e *Encoder) Close(w io.Writer) error {
	e.own = e.shop.lend()
	defer e.shop.giveBack(e.own)
	defer func() { e.shop.leave(e.held) }()
	if err := e.flush(w); err != nil {
		return err
	}
	if err := e.cut(w); err != nil {
		return err
	}
	foot := e.file.Append(nil, e.groups, e.ngroups)
	foot = appendCount(foot, len(foot))
	foot = append(foot, magic...)
	return e.write(w, foot)
}

func (e *Encoder) write(w io.Writer, p []byte) error {
	n, err := w.Write(p)
	e.offset += int64(n)
	if err != nil {
		return fmt.Errorf("parquet: %w", err)
	}
	return nil
}
