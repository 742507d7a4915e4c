package sqlite

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// A morsel is encoded as it will be bound: for each cell, row by row, a tag; then for
// each cell eight bytes; then the texts.
const (
	tagNull uint8 = iota
	tagInt
	tagFloat
	tagText
	tagBlob
)

// encoded reads what Encode made.
type encoded struct {
	data       []byte
	rows, cols int
}

func (e *encoded) cell(row, col int) (tag uint8, x uint64) {
	i := row*e.cols + col
	return e.data[i], binary.LittleEndian.Uint64(e.data[e.rows*e.cols+8*i:])
}

func (e *encoded) text() []byte { return e.data[9*e.rows*e.cols:] }

func floatOf(x uint64) float64 { return math.Float64frombits(x) }

// textOf is where a text starts and how long it is.
func textOf(x uint64) (off, n int) { return int(x >> 32), int(uint32(x)) }

// Encode brings the rows into the shape in which they are bound.
func (w *writer) Encode(m *connector.Morsel) error {
	b := &m.Batch
	for {
		before := len(b.Rejects)
		m.Out = w.encode(m.Out[:0], b)
		if len(b.Rejects) == before {
			return nil
		}
		b.DropRejected(before)
	}
}

// encode writes all rows of b.Sel and rejects those it cannot write.
func (w *writer) encode(out []byte, b *record.Batch) []byte {
	e := encoder{b: b, rows: len(b.Sel), cols: len(w.cells)}
	fixed := 9 * e.rows * e.cols
	e.out = slices.Grow(out, fixed)[:fixed]
	for c := range w.cells {
		e.col, e.store = c, &w.cells[c]
		v := b.Cols[w.cells[c].index].Values(b, b.Sel)
		for i, row := range b.Sel {
			switch v.Cells[row] {
			case record.Value:
				e.value(i, row, v)
			case record.Bad:
				f := v.Fault(row)
				b.Reject(row, f.Code, e.store.field, f.Message)
				e.set(i, tagNull, 0)
			default:
				if e.store.key {
					b.Reject(row, record.Constraint, e.store.field, "the key must not be NULL")
				}
				e.set(i, tagNull, 0)
			}
		}
	}
	return e.out
}

// encoder writes one column after the other.
type encoder struct {
	b          *record.Batch
	out        []byte
	rows, cols int
	col        int
	store      *cellStore
}

func (e *encoder) set(i int, tag uint8, x uint64) {
	at := i*e.cols + e.col
	e.out[at] = tag
	binary.LittleEndian.PutUint64(e.out[e.rows*e.cols+8*at:], x)
}

func (e *encoder) setInt(i int, x int64)     { e.set(i, tagInt, uint64(x)) }
func (e *encoder) setFloat(i int, f float64) { e.set(i, tagFloat, math.Float64bits(f)) }

// setText notes the text that was appended since the output had from bytes.
func (e *encoder) setText(i int, tag uint8, from int) {
	off := from - 9*e.rows*e.cols
	e.set(i, tag, uint64(off)<<32|uint64(len(e.out)-from))
}

// refuse rejects a row and writes a NULL in its place.
func (e *encoder) refuse(i int, row int32, message string) {
	e.b.Reject(row, record.Constraint, e.store.field, message)
	e.set(i, tagNull, 0)
}
