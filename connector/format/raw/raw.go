// Package raw passes the bytes of a file on as they are. A flow that moves files unparsed has
// it at both ends. A file counts as one row, whatever its size.
package raw

import (
	"context"
	"io"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// Column is the name of the only column. Nobody reads it: the bytes are the batch's.
const Column = "content"

// Format is the registry's entry.
func Format() *connector.Format {
	return &connector.Format{
		Name:    "raw",
		Summary: "the bytes as they are, unparsed; at both ends of a flow, without steps",
		Opaque:  true,
		Config:  func() any { return &struct{}{} },
		NewDecoder: func(_ any, r io.Reader, opt connector.DecodeOptions) (connector.Decoder, error) {
			return &decoder{r: r, size: opt.ChunkSize}, nil
		},
		NewEncoder: func(any, *record.Schema) (connector.Encoder, error) { return encoder{}, nil },
	}
}

// chunkSize is how many bytes a piece has.
const chunkSize = 512 << 10

// decoder cuts the input into pieces. The first one is there even when the input is empty:
// an empty file is a file.
type decoder struct {
	r       io.Reader
	size    int
	started bool
	ended   bool
}

// Columns is the one column.
func (d *decoder) Columns(context.Context) ([]string, error) { return []string{Column}, nil }

// Bind takes any schema.
func (d *decoder) Bind(*record.Schema) error { return nil }

// Next fills m with the next piece.
func (d *decoder) Next(ctx context.Context, m *connector.Morsel) error {
	if d.ended && d.started {
		return io.EOF
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	size := d.size
	if size == 0 {
		size = chunkSize
	}
	if cap(m.Chunk) < size {
		m.Chunk = make([]byte, size)
	}
	n, err := d.fill(m.Chunk[:size])
	if err != nil {
		return err
	}
	m.Chunk = m.Chunk[:n]
	first := !d.started
	d.started = true
	if n == 0 && !first {
		return io.EOF
	}
	m.Scratch = piece(first)
	return nil
}

// fill reads until buf is full or the input ends.
func (d *decoder) fill(buf []byte) (n int, err error) {
	for idle := 0; n < len(buf) && !d.ended; idle++ {
		k, err := d.r.Read(buf[n:])
		n += k
		switch {
		case err == io.EOF:
			d.ended = true
		case err != nil:
			return n, err
		case k > 0:
			idle = 0
		case idle == idleReads:
			return n, io.ErrNoProgress
		}
	}
	return n, nil
}

// idleReads is how many times in a row a reader may return nothing and no error.
const idleReads = 100

// Decode makes a batch of one row for the first piece, and of none for the others.
func (d *decoder) Decode(m *connector.Morsel) error {
	rows := 0
	if m.Scratch == piece(true) {
		rows = 1
	}
	b := &m.Batch
	b.Reset(rows)
	b.Buf, b.Origin = m.Chunk, piece(true)
	b.Cols = append(b.Cols, b.InputColumn(record.Type{Kind: record.Bytes}, 0))
	return nil
}

// piece says whether a piece is the first of its file. It is the origin of the batch.
type piece bool

// FillText implements record.Origin: nobody has a use for the cell.
func (piece) FillText(_ *record.Batch, _ int, sel []int32, v *record.Vector) {
	for _, row := range sel {
		v.Str[row], v.Cells[row] = record.ChunkView(0, 0), record.Value
	}
}

// Position implements record.Origin.
func (piece) Position(*record.Batch, int32) record.Position { return record.Position{} }

// Record implements record.Origin.
func (piece) Record(*record.Batch, int32) []byte { return nil }

// encoder writes the bytes of a batch.
type encoder struct{}

// Encode hands out the bytes of the piece as they are, without copying them, where nothing
// stands before them.
func (encoder) Encode(dst []byte, b *record.Batch) ([]byte, error) {
	if len(dst) == 0 {
		return b.Buf[:len(b.Buf):len(b.Buf)], nil
	}
	return append(dst, b.Buf...), nil
}

// Append writes them.
func (encoder) Append(w io.Writer, enc []byte) error {
	_, err := w.Write(enc)
	return err
}

// Close has nothing to add.
func (encoder) Close(io.Writer) error { return nil }
