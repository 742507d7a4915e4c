package parquet

import (
	"errors"
	"fmt"

	"github.com/headgate/headgate/connector/format/parquet/internal/bits"
	"github.com/headgate/headgate/connector/format/parquet/internal/inflate"
	"github.com/headgate/headgate/connector/format/parquet/internal/meta"
	"github.com/headgate/headgate/connector/format/parquet/internal/thrift"
)

const (
	// maxHead is how long the head of a page may be.
	maxHead = 1 << 20
	// maxDictionary bounds the pages that must be held whole.
	maxDictionary = 128 << 20
)

var errFewValues = errors.New("there are fewer values than rows")

// leafReader reads the pages of a leaf, row group after row group: first the levels of
// some cells, then the values of those that are there.
type leafReader struct {
	d     *Decoder
	leaf  *leaf
	asked bool

	in    inflate.Input
	body  inflate.Body
	own   []byte // memory for a body whose values are copied out of it
	chunk meta.Chunk
	dict  *dictionary
	tests []filter // for the values of dictionaries
	// dictBody decompresses dictionaries; its memory goes to them.
	dictBody inflate.Body

	head   meta.Page
	page   bool // a page is open
	left   int  // cells of it whose levels are still to be read
	values int  // cells whose levels have been read and that have a value not read yet

	levels     []byte
	defSource  bits.Slice
	repSource  bits.Slice
	defs, reps bits.Hybrid
	valuesReader
}

const (
	// smallNumbers and smallBytes are up to which size a page is decompressed in one go.
	// Bytes stay where they are, so what is left of them moves from slab to slab.
	smallNumbers = 1 << 20
	smallBytes   = 256 << 10
)

// small is the size of a page that is decompressed in one go.
func (r *leafReader) small() int {
	limit := smallNumbers
	if !r.leaf.numeric() {
		limit = smallBytes
	}
	return min(limit, r.d.share.of(smallPages))
}

// open starts a row group.
func (r *leafReader) open(c meta.Chunk) error {
	if !r.asked {
		r.asked = true
		r.d.share.asked.Add(1)
	}
	if r.page && r.copied() {
		r.own = r.body.Buf
	}
	r.chunk, r.dict, r.page, r.left, r.values = c, nil, false, 0, 0
	if c.Type != r.leaf.elem.Type {
		return fmt.Errorf("it is %s in the row group and %s in the schema", c.Type, r.leaf.elem.Type)
	}
	start := c.DataPage
	if c.Dictionary > 0 && c.Dictionary < start {
		start = c.Dictionary
	}
	// Some old writers left the head of the dictionary page out of the size.
	const forgotten = 100
	if start < int64(len(magic)) || c.Compressed < 0 || start > r.d.pages || c.Compressed > r.d.pages-start {
		return errors.New("its pages lie outside the file")
	}
	r.in.Reset(r.d.opt.At, start, min(start+c.Compressed+forgotten, r.d.pages))
	return nil
}

// next finds the next data page and leaves it closed. left is then what it holds.
func (r *leafReader) next() error {
	if err := r.endPage(); err != nil {
		return err
	}
	r.in.Limit(r.d.share.of(readAhead))
	for {
		if err := r.readHead(); err != nil {
			return err
		}
		if err := r.in.StartPage(int64(r.head.Compressed), r.head.HasCRC); err != nil {
			return err
		}
		switch r.head.Type {
		case meta.DataPage, meta.DataPageV2:
			r.left = int(r.head.Values)
			if r.left > 0 {
				return nil
			}
		case meta.DictionaryPage:
			if err := r.readDictionary(); err != nil {
				return fmt.Errorf("dictionary: %w", err)
			}
		}
		if err := r.in.EndPage(r.head.CRC, false); err != nil {
			return err
		}
	}
}

func (r *leafReader) readHead() error {
	for n := 512; ; n *= 4 {
		buf, err := r.in.Peek(n)
		if err != nil {
			return err
		}
		if len(buf) == 0 {
			return errFewValues
		}
		var size int
		r.head, size, err = meta.ReadPage(buf)
		if err == nil {
			r.in.Advance(size)
			return nil
		}
		if !errors.Is(err, thrift.ErrShort) || len(buf) < n || n > maxHead {
			return err
		}
	}
}

// endPage leaves the page, checking its sum when all of it was wanted.
func (r *leafReader) endPage() error {
	if !r.page {
		return r.in.EndPage(0, false)
	}
	r.page = false
	if r.copied() {
		r.own = r.body.Buf
	}
	return r.in.EndPage(r.head.CRC, r.left == 0 && r.values == 0)
}

// skipPage leaves a page that was not opened.
func (r *leafReader) skipPage() error {
	r.left = 0
	return r.in.EndPage(0, false)
}

// copied reports whether values are copied out of the body, and do not stay there.
func (r *leafReader) copied() bool { return r.leaf.numeric() || r.mode != plainBytes }

// openPage makes the levels and values of the page readable. mem is the memory of a body
// that keeps its values.
func (r *leafReader) openPage(mem []byte) error {
	if r.page {
		return nil
	}
	h := &r.head
	size, codec := int(h.Uncompressed), r.chunk.Codec
	if err := r.setMode(h.Encoding); err != nil {
		return err
	}
	if r.copied() {
		mem = r.own
	}
	r.body.Buf = mem[:0]
	r.page = true
	r.values = 0
	if h.Type == meta.DataPageV2 {
		if err := r.levelsV2(); err != nil {
			return err
		}
		size -= int(h.DefBytes) + int(h.RepBytes)
		if !h.Packed {
			codec = meta.Uncompressed
		}
		if r.in.PageLeft() == 0 {
			size = 0 // nothing but NULL
		}
	}
	if err := r.body.Open(&r.in, codec, size, r.small()); err != nil {
		return err
	}
	if h.Type == meta.DataPage {
		if err := r.levelsV1(); err != nil {
			return err
		}
	}
	return r.startValues()
}
