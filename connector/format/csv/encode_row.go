package csv

import (
	"bytes"

	"github.com/headgate/headgate/connector/record"
)

// untouched is the piece that b was read from, when a row of it would be written just as it
// stands: the columns are those of the file in their order, none of them computed, and both
// sides agree about delimiters, quotes, NULL and line ends. Otherwise it is nil.
func (e *Encoder) untouched(b *record.Batch) *piece {
	p, ok := b.Origin.(*piece)
	if !ok || !p.grid || !e.quick || e.raw == 0 || e.raw != b.Delimiter || len(e.null) > 0 || len(e.end) > 1 {
		return nil
	}
	x := p.d.x
	if !x.nullEmpty || len(x.nullWords) > 0 || len(b.Cols) != len(p.d.names) {
		return nil
	}
	for i, c := range b.Cols {
		if c.Input() < 0 || p.d.input[c.Input()] != i {
			return nil
		}
	}
	if bytes.IndexByte(b.Buf, '\r') >= 0 {
		return nil
	}
	return p
}

// appendRows appends the rows of sel as they stand in data, neighbours together.
func (p *piece) appendRows(dst, data []byte, sel []int32) []byte {
	for len(sel) > 0 {
		n := 1
		for n < len(sel) && sel[n] == sel[n-1]+1 {
			n++
		}
		from := p.pos[int(sel[0])*p.pick.width] + 1
		to := p.pos[(int(sel[n-1])+1)*p.pick.width] + 1
		dst = append(dst, data[from:to]...)
		sel = sel[n:]
	}
	return dst
}
