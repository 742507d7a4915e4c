package parquet

import (
	"errors"

	"github.com/headgate/headgate/connector/format/parquet/internal/bits"
	"github.com/headgate/headgate/connector/format/parquet/internal/meta"
)

// cursor walks over the cells of a leaf of a column that nests.
type cursor struct {
	r          *leafReader
	left       int64 // cells of the row group not loaded yet
	reps, defs [block]uint8
	i, n       int // the cell at hand; those loaded
	ints       [block]int64
	at         [block]uint32
	v          int // the value at hand, when the cell has one
	bytes      slab
	out        []byte
	mem        []byte
}

var errLevels = errors.New("the levels of its parts contradict each other")

// open starts a row group.
func (c *cursor) open(chunk meta.Chunk) error {
	c.left, c.i, c.n, c.v = chunk.Values, 0, 0, 0
	if c.left < 0 {
		return errFewValues
	}
	return c.r.open(chunk)
}

// cell is the levels of the cell at hand; a new row when there is none.
func (c *cursor) cell() (rep, def int, err error) {
	if c.i == c.n {
		if c.left == 0 {
			return 0, 0, nil
		}
		if err := c.load(); err != nil {
			return 0, 0, err
		}
	}
	return int(c.reps[c.i]), int(c.defs[c.i]), nil
}

// load reads some cells.
func (c *cursor) load() error {
	r := c.r
	if r.left == 0 {
		if err := r.next(); err != nil {
			return err
		}
	}
	if r.page && !r.copied() {
		r.body.Continue(c.mem)
		c.mem = r.body.Buf
	}
	if err := r.openPage(c.mem); err != nil {
		return err
	}
	n := int(min(int64(r.left), block, c.left))
	c.i, c.n, c.v = 0, n, 0
	c.left -= int64(n)
	if r.leaf.maxRep > 0 {
		if err := bits.Decode(&r.reps, c.reps[:n]); err != nil {
			return err
		}
	} else {
		clear(c.reps[:n])
	}
	values, err := r.definitions(c.defs[:n])
	if err != nil {
		return err
	}
	if values == n {
		for i := range n {
			c.defs[i] = uint8(r.leaf.maxDef)
		}
	}
	if err := c.values(values); err != nil || r.left > 0 {
		return err
	}
	return r.endPage()
}

// values reads the values of the cells loaded.
func (c *cursor) values(n int) (err error) {
	r := c.r
	if r.leaf.numeric() {
		return r.ints(c.ints[:n])
	}
	if c.out, err = r.texts(c.at[:n], c.out[:0]); err != nil {
		return err
	}
	p := part{end: n}
	switch {
	case r.mode == byDictionary:
		p.dict = r.dict
	case r.mode == plainBytes:
		p.data, p.base = r.body.Buf, r.body.Base()
		c.mem = r.body.Buf
	default:
		p.data, p.led = c.out, true
	}
	c.bytes.at, c.bytes.width = c.at[:], 0
	if r.leaf.elem.Type == meta.FixedBytes {
		c.bytes.width = int(r.leaf.elem.Width)
	}
	c.bytes.parts = append(c.bytes.parts[:0], p)
	return nil
}

// pass leaves the cell at hand.
func (c *cursor) pass() error {
	if c.i == c.n {
		return errFewValues
	}
	if int(c.defs[c.i]) == c.r.leaf.maxDef {
		c.v++
	}
	c.i++
	return nil
}
