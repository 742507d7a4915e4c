package parquet

import (
	"encoding/binary"
	"fmt"
	"sync"
)

// stream fills the slabs of one column, in the order of the rows. What nobody asks for
// is passed over: row groups and pages without a look, the rest of a page by
// decompressing it.
type stream struct {
	d    *Decoder
	col  int
	name string

	mu    sync.Mutex
	r     leafReader
	nest  *nested // instead of r
	group int     // being read; -1 at first
	row   int64   // the next row in it
	err   error   // ends the stream
	spare []byte
}

// slab fills and returns the slab of p, after those of the pieces before it that are
// still under way: they may ask later, when the stream is past them.
func (s *stream) slab(p *piece) (*slab, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sl := &p.slabs[s.col]
	if sl.seq == p.seq {
		return sl, nil
	}
	for _, q := range s.d.before(p) {
		if err := s.fillOther(q); err != nil {
			return nil, err
		}
	}
	return sl, s.fill(p)
}

// fillOther fills the slab of a piece of somebody else, if it is still wanted.
func (s *stream) fillOther(q waiting) error {
	q.piece.mu.RLock()
	defer q.piece.mu.RUnlock()
	if q.piece.seq != q.seq || q.piece.slabs[s.col].seq == q.seq || q.piece.pruned {
		return nil
	}
	return s.fill(q.piece)
}

func (s *stream) fill(p *piece) error {
	if s.err == nil {
		if err := s.read(p); err != nil {
			s.err = fmt.Errorf("column %s: row group %d: %w", s.name, p.group, err)
		}
	}
	return s.err
}

// read moves on to p and reads its cells.
func (s *stream) read(p *piece) error {
	if s.group != p.group {
		if err := s.open(p.group); err != nil {
			return err
		}
	}
	sl := &p.slabs[s.col]
	var err error
	if s.nest != nil {
		err = s.assemble(sl, p.start-s.row, p.rows)
	} else if err = s.skip(p.start - s.row); err == nil {
		err = s.cells(sl, p.rows)
	}
	if err != nil {
		return err
	}
	sl.seq = p.seq
	s.row = p.start + int64(p.rows)
	return nil
}

// open moves to the start of a row group.
func (s *stream) open(group int) error {
	chunks, err := s.d.chunks(group)
	if err != nil {
		return err
	}
	s.group, s.row = group, 0
	if s.nest != nil {
		return s.nest.open(chunks)
	}
	c := chunks[s.r.leaf.index]
	if rows := s.d.file.Groups[group].Rows; c.Values != rows {
		return fmt.Errorf("it has %d values for %d rows", c.Values, rows)
	}
	return s.r.open(c)
}

// assemble passes over some rows of a column that nests and makes JSON of n more.
func (s *stream) assemble(sl *slab, pass int64, n int) (err error) {
	for ; pass > 0; pass-- {
		if s.spare, _, err = s.nest.row(s.spare[:0]); err != nil {
			return err
		}
	}
	sl.reset(n, nil)
	out := sl.buf()
	for i := range n {
		out = append(out, 0, 0, 0, 0)
		at := len(out)
		if out, sl.defs[i], err = s.nest.row(out); err != nil {
			return err
		}
		if len(out) > maxSlab {
			return errSlab
		}
		binary.LittleEndian.PutUint32(out[at-4:], uint32(len(out)-at))
		sl.at[i] = uint32(at)
	}
	sl.bufs[0] = out
	sl.parts = append(sl.parts, part{end: n, data: out})
	return nil
}

// skip passes over n rows.
func (s *stream) skip(n int64) error {
	r := &s.r
	if n > 0 && r.page && !r.copied() {
		s.r.body.Continue(s.spare) // no slab's memory is written to
		s.spare = s.r.body.Buf
	}
	for n > 0 {
		if r.left == 0 {
			if err := r.next(); err != nil {
				return err
			}
		}
		if !r.page && int64(r.left) <= n {
			n -= int64(r.left)
			if err := r.skipPage(); err != nil {
				return err
			}
			continue
		}
		if err := r.openPage(s.spare); err != nil {
			return err
		}
		k := int(min(n, int64(r.left), block))
		var defs [block]uint8
		values, err := r.definitions(defs[:k])
		if err == nil {
			err = r.skipValues(values)
		}
		if err != nil {
			return err
		}
		n -= int64(k)
	}
	return nil
}

// cells reads the next n rows.
func (s *stream) cells(sl *slab, n int) error {
	r := &s.r
	sl.reset(n, r.leaf)
	for done := 0; done < n; {
		if r.left == 0 {
			if err := r.next(); err != nil {
				return err
			}
		}
		var mem []byte
		if !r.leaf.numeric() {
			mem = sl.buf()
		}
		if r.page && !r.copied() {
			r.body.Continue(mem)
		}
		if err := r.openPage(mem); err != nil {
			return err
		}
		k := min(n-done, r.left)
		if err := s.page(sl, done, k, mem); err != nil {
			return err
		}
		if done += k; r.left == 0 {
			if err := r.endPage(); err != nil {
				return err
			}
		}
	}
	return nil
}

// page reads n rows of the open page into the slab from row at on.
func (s *stream) page(sl *slab, at, n int, mem []byte) error {
	r := &s.r
	defs := sl.defs[at : at+n]
	values, err := r.definitions(defs)
	if err != nil {
		return err
	}
	highest := uint8(r.leaf.maxDef)
	switch {
	case values == n:
		for i := range defs {
			defs[i] = 1
		}
	default:
		sl.nulls = true
		for i, d := range defs {
			defs[i] = 0
			if d == highest {
				defs[i] = 1
			}
		}
	}
	if r.leaf.numeric() {
		v := sl.ints[at : at+n]
		err := r.ints(v[:values])
		if values < n {
			spread(v, defs, values)
		}
		return err
	}
	v := sl.at[at : at+n]
	mem, err = r.texts(v[:values], mem[:0])
	if err != nil {
		return err
	}
	if values < n {
		spread(v, defs, values)
	}
	p := part{end: at + n}
	switch {
	case r.mode == byDictionary:
		p.dict = r.dict
		sl.used--
	case r.mode == plainBytes:
		p.data, p.base = r.body.Buf, r.body.Base()
		sl.bufs[sl.used-1] = p.data
	default:
		p.data, p.led = mem, true
		sl.bufs[sl.used-1] = mem
	}
	sl.parts = append(sl.parts, p)
	return nil
}

// newStream makes the stream of a column of the file.
func (d *Decoder) newStream(col int, n *node) *stream {
	s := &stream{d: d, col: col, name: n.elem.Name, group: -1}
	if n.flat() {
		s.r = leafReader{d: d, leaf: n.leaf}
		return s
	}
	s.nest = &nested{root: shapeOf(n, 0)}
	n.eachLeaf(func(l *leaf) {
		s.nest.cursors = append(s.nest.cursors, &cursor{r: &leafReader{d: d, leaf: l}})
	})
	return s
}
