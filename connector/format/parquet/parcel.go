package parquet

import (
	"encoding/binary"

	"github.com/headgate/headgate/connector/record"
)

// A parcel is what Encode hands to Append: slabs of rows, each with all columns, either
// as cells, to be joined with those of other morsels, or as pages.
const (
	slabCells byte = iota
	slabPages
)

// In a slab of pages, how a column's page is.
const (
	pagePlain byte = iota
	pageDict
)

func appendBytes(dst, s []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(s)))
	return append(dst, s...)
}

func appendCount(dst []byte, n int) []byte {
	return binary.LittleEndian.AppendUint32(dst, uint32(n))
}

func appendCells(dst []byte, x cells) []byte {
	dst = appendCount(dst, x.values)
	dst = appendBytes(dst, x.there)
	return appendBytes(dst, x.plain)
}

func appendPage(dst []byte, p *page) []byte {
	kind := pagePlain
	if p.dict != nil {
		kind = pageDict
	}
	dst = append(dst, kind)
	dst = appendCount(dst, p.values)
	dst = appendExtremes(dst, p.ext)
	if kind == pagePlain {
		dst = appendCount(dst, p.size)
		return appendBytes(dst, p.body)
	}
	dst = appendBytes(dst, p.levels)
	dst = appendBytes(dst, p.dict.plain)
	dst = appendCount(dst, len(p.idx))
	for _, i := range p.idx {
		dst = binary.LittleEndian.AppendUint16(dst, i)
	}
	return dst
}

func appendExtremes(dst []byte, e extremes) []byte {
	switch {
	case e.unknown:
		return append(dst, 0)
	case e.min == nil:
		return append(dst, 1)
	}
	dst = append(dst, 2)
	dst = appendBytes(dst, e.min)
	return appendBytes(dst, e.max)
}

// parcel reads what the functions above wrote.
type parcel []byte

func (p *parcel) byte() byte {
	b := (*p)[0]
	*p = (*p)[1:]
	return b
}

func (p *parcel) count() int {
	n := binary.LittleEndian.Uint32(*p)
	*p = (*p)[4:]
	return int(n)
}

func (p *parcel) bytes() []byte {
	n := p.count()
	s := (*p)[:n:n]
	*p = (*p)[n:]
	return s
}

func (p *parcel) cells(rows int) cells {
	x := cells{rows: rows, values: p.count(), there: p.bytes(), plain: p.bytes()}
	if len(x.there) == 0 {
		x.there = nil
	}
	return x
}

// page reads a page; w lends memory for its dictionary.
func (p *parcel) page(w *work, c *outColumn, rows int) page {
	kind := p.byte()
	pg := page{rows: rows, values: p.count()}
	switch p.byte() {
	case 0:
		pg.ext.unknown = true
	case 2:
		pg.ext.min, pg.ext.max = p.bytes(), p.bytes()
	}
	if kind == pagePlain {
		pg.size = p.count()
		pg.body = p.bytes()
		return pg
	}
	pg.levels = p.bytes()
	w.listed.list(c.width, p.bytes())
	pg.dict = &w.listed
	n := p.count()
	w.idx = w.idx[:0]
	for i := range n {
		w.idx = append(w.idx, binary.LittleEndian.Uint16((*p)[2*i:]))
	}
	*p = (*p)[2*n:]
	pg.idx = w.idx
	return pg
}

// list makes d the list of values in plain, which cannot be searched.
func (d *dict) list(width int, plain []byte) {
	d.width, d.plain, d.n, d.ends = width, plain, 0, d.ends[:0]
	for rest := plain; len(rest) > 0; d.n++ {
		_, rest = next(rest, width)
		d.ends = append(d.ends, uint32(len(plain)-len(rest)))
	}
}

// collect gathers the rows of sel.
func (w *work) collect(columns []outColumn, b *record.Batch, sel []int32) (size int) {
	w.there, w.plain, w.columns = w.there[:0], w.plain[:0], w.columns[:0]
	for i := range columns {
		v := w.vectors[i]
		x := cells{rows: len(sel)}
		nulls := 0
		for _, row := range sel {
			nulls += int(v.Cells[row])
		}
		x.values = x.rows - nulls
		there := len(w.there)
		if nulls > 0 {
			for _, row := range sel {
				w.there = append(w.there, 1-byte(v.Cells[row]))
			}
			x.there = w.there[there:]
		}
		plain := len(w.plain)
		w.plain = columns[i].gather(w.plain, b, v, sel)
		x.plain = w.plain[plain:]
		w.columns = append(w.columns, x)
	}
	return len(w.plain)
}
