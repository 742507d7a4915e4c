package parquet

import (
	"encoding/binary"

	"github.com/headgate/headgate/connector/format/parquet/internal/bits"
	"github.com/headgate/headgate/connector/record"
)

// cells is a run of rows of one column on their way to a page.
type cells struct {
	rows, values int
	there        []byte // per row 1 or 0 for NULL; nil = no NULL
	plain        []byte // the values
}

// page is an encoded page. One with a dictionary is not compressed yet: its numbers
// change when the row group's dictionary takes its values in.
type page struct {
	rows, values int
	ext          extremes

	body []byte // compressed; nil = with a dictionary
	size int    // before

	levels []byte
	idx    []uint16
	dict   *dict
}

// work is the memory of one call of Encode. What it makes lives until the next use.
type work struct {
	there, plain []byte
	levels, body []byte
	packed       []byte
	idx          []uint16
	dict         dict
	listed       dict // of a page out of a parcel, whose memory it shares
	columns      []cells
	vectors      []*record.Vector
}

// makePage encodes cells of c.
func (w *work) makePage(c *outColumn, z *compressor, x cells) (page, error) {
	p := page{rows: x.rows, values: x.values}
	if x.values == x.rows {
		x.there = nil
	}
	w.levels = appendLevels(w.levels[:0], x.there, x.rows)
	if c.typ.Kind != record.Bool && x.values > 0 {
		w.dict.reset(c.width)
		var ok bool
		if w.idx, ok = w.dict.number(w.idx[:0], x.plain, x.values); ok {
			p.levels, p.idx, p.dict = w.levels, w.idx, &w.dict
			p.ext.add(c, w.dict.plain, w.dict.n)
			return p, nil
		}
	}
	p.ext.add(c, x.plain, x.values)
	return p, w.plainBody(&p, c, z, x.plain)
}

// plainBody makes the body of a page without a dictionary, w.levels standing first.
func (w *work) plainBody(p *page, c *outColumn, z *compressor, plain []byte) (err error) {
	w.body = append(w.body[:0], w.levels...)
	if c.typ.Kind == record.Bool {
		w.body = appendBits(w.body, plain)
	} else {
		w.body = append(w.body, plain...)
	}
	p.size, p.dict = len(w.body), nil
	w.packed, err = z.pack(w.packed, w.body)
	p.body = w.packed
	return err
}

// expand turns a page with a dictionary into one without.
func (w *work) expand(p *page, c *outColumn, z *compressor) error {
	w.plain = w.plain[:0]
	for _, i := range p.idx {
		start := uint32(0)
		if i > 0 {
			start = p.dict.ends[i-1]
		}
		w.plain = append(w.plain, p.dict.plain[start:p.dict.ends[i]]...)
	}
	w.levels = append(w.levels[:0], p.levels...)
	return w.plainBody(p, c, z, w.plain)
}

// appendLevels writes the levels of a v1 page: their length and they.
func appendLevels(dst, there []byte, rows int) []byte {
	at := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	if there == nil {
		dst = bits.AppendLevels(dst, nil, rows)
	} else {
		dst = bits.AppendLevels(dst, appendBits(nil, there), rows)
	}
	binary.LittleEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst
}

// appendBits packs bytes that are 0 or 1, the lowest bit first.
func appendBits(dst, bools []byte) []byte {
	for ; len(bools) >= 8; bools = bools[8:] {
		dst = append(dst, bools[0]|bools[1]<<1|bools[2]<<2|bools[3]<<3|bools[4]<<4|bools[5]<<5|bools[6]<<6|bools[7]<<7)
	}
	if len(bools) > 0 {
		var last byte
		for i, b := range bools {
			last |= b << i
		}
		dst = append(dst, last)
	}
	return dst
}
