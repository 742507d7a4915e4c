package parquet

import (
	"fmt"
	"sync"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// column is a field of the schema that the decoder is bound to.
type column struct {
	name  string
	node  *node       // nil when the file has no such column
	typ   record.Type // of the file's column
	typed bool        // the field has that type too
	cells *stream
}

// piece is the rows of a morsel. It is the Origin of its batch.
type piece struct {
	d *Decoder

	// mu is held for writing by Next, and for reading by whoever fills a slab.
	mu     sync.RWMutex
	seq    int64
	group  int
	start  int64 // in the group
	rows   int
	line   int64 // rows of the file before
	pruned bool

	slabs  []slab          // by column; each belongs to the lock of its stream
	native []record.Vector // by column: values on their way to text
	text   []byte
}

// waiting is a piece as it was when it was looked up.
type waiting struct {
	piece *piece
	seq   int64
}

// piece is the slot's own.
func (d *Decoder) piece(m *connector.Morsel) *piece {
	if p, ok := m.Scratch.(*piece); ok && p.d == d {
		return p
	}
	p := &piece{d: d, slabs: make([]slab, len(d.columns)), native: make([]record.Vector, len(d.columns))}
	m.Scratch = p
	d.mu.Lock()
	d.pieces = append(d.pieces, p)
	d.mu.Unlock()
	return p
}

// retire says that p is not read any more.
func (d *Decoder) retire(p *piece) {
	p.mu.Lock()
	p.seq = 0
	p.mu.Unlock()
}

// before lists the pieces under way that come before p, in order.
func (d *Decoder) before(p *piece) []waiting {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []waiting
	for _, q := range d.pieces {
		q.mu.RLock()
		seq := q.seq
		q.mu.RUnlock()
		if seq == 0 || seq >= p.seq {
			continue
		}
		at := len(list)
		list = append(list, waiting{})
		for ; at > 0 && list[at-1].seq > seq; at-- {
			list[at] = list[at-1]
		}
		list[at] = waiting{q, seq}
	}
	return list
}

// Decode makes the batch of m.
func (d *Decoder) Decode(m *connector.Morsel) error {
	p := d.piece(m)
	b := &m.Batch
	b.Reset(p.rows)
	b.Origin = p
	for i, f := range d.schema.Fields {
		if d.columns[i].typed {
			b.Cols = append(b.Cols, b.TypedColumn(f.Type, i))
		} else {
			b.Cols = append(b.Cols, b.InputColumn(f.Type, i))
		}
	}
	if p.pruned {
		b.Sel, b.Filtered = b.Sel[:0], int64(p.rows)
	}
	p.narrow(b)
	return nil
}

// FillValues hands out cells as they are.
func (p *piece) FillValues(b *record.Batch, col int, sel []int32, v *record.Vector) {
	c := &p.d.columns[col]
	if c.node == nil {
		for _, row := range sel {
			v.Cells[row] = record.Null
		}
		return
	}
	s, err := c.cells.slab(p)
	if err == nil && len(b.Aux) > record.MaxChunk/2 {
		err = fmt.Errorf("column %s: the values of %d rows are too large", c.name, p.rows)
	}
	if err != nil {
		b.Fail(fmt.Errorf("read %s: %w", p.d.opt.File, err))
		for _, row := range sel {
			v.Fail(row, record.BadRecord, "the file cannot be read")
		}
		return
	}
	c.hand(b, s, sel, v)
}

// FillText hands out cells of a column of another type than the field's.
func (p *piece) FillText(b *record.Batch, col int, sel []int32, v *record.Vector) {
	n := p.values(b, col, sel)
	raw := n.Type.Textual()
	for _, row := range sel {
		switch n.Cells[row] {
		case record.Value:
			if raw {
				v.Str[row] = n.Str[row]
			} else {
				p.text = n.AppendText(p.text[:0], b, row)
				v.Str[row] = b.AddText(p.text)
			}
			v.Cells[row] = record.Value
		case record.Null:
			v.Cells[row] = record.Null
		default:
			f := n.Fault(row)
			v.Fail(row, f.Code, f.Message)
		}
	}
	if n.Type.Kind == record.Bytes {
		checkText(b, sel, v)
	}
}

// values are the cells of sel in the type the file has.
func (p *piece) values(b *record.Batch, col int, sel []int32) *record.Vector {
	n := &p.native[col]
	typ := p.d.columns[col].typ
	if p.d.columns[col].node == nil {
		typ = record.Type{Kind: record.String}
	}
	n.Reset(typ, b.Rows)
	p.FillValues(b, col, sel, n)
	return n
}

// Position counts rows.
func (p *piece) Position(_ *record.Batch, row int32) record.Position {
	return record.Position{File: p.d.opt.File, Line: p.line + int64(row) + 1}
}

// Record is the row as a JSON object.
func (p *piece) Record(b *record.Batch, row int32) []byte {
	sel := []int32{row}
	out := []byte{'{'}
	for i := range p.d.columns {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendQuoted(out, p.d.columns[i].name)
		out = append(out, ':')
		out = appendJSON(out, b, p.values(b, i, sel), row)
	}
	return append(out, '}')
}
