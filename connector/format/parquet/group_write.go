package parquet

import (
	"hash/crc32"
	"io"

	"github.com/headgate/headgate/connector/format/parquet/internal/bits"
	"github.com/headgate/headgate/connector/format/parquet/internal/meta"
)

const (
	// maxEntries and maxDictBytes end a dictionary: pages after that have none.
	maxEntries   = 1 << 15
	maxDictBytes = 1 << 20
)

// group is the row group being gathered.
type group struct {
	rows   int
	chunks []outChunk
	footer []meta.Chunk
}

// outChunk is a column of it.
type outChunk struct {
	pages         []byte // with their heads
	size          int64  // the same, not compressed
	values, nulls int64
	ext           extremes
	dict          dict
	full          bool // the dictionary takes no more
	plain         bool // there are pages without it
	renumber      []uint16
}

// reset empties g, and lets its memory go unless it is to keep it.
func (g *group) reset(columns []outColumn, keep bool) {
	g.rows = 0
	for i := range g.chunks {
		c := &g.chunks[i]
		if !keep {
			*c = outChunk{}
		}
		c.pages, c.size, c.values, c.nulls = c.pages[:0], 0, 0, 0
		c.ext, c.full, c.plain = extremes{}, false, false
		c.dict.reset(columns[i].width)
	}
}

// bytes is how much memory the pages take.
func (g *group) bytes() (n int) {
	for i := range g.chunks {
		n += len(g.chunks[i].pages) + len(g.chunks[i].dict.plain)
	}
	return n
}

// add takes a page in.
func (c *outChunk) add(e *Encoder, col *outColumn, p *page) error {
	c.values += int64(p.rows)
	c.nulls += int64(p.rows - p.values)
	c.ext.merge(col.order, p.ext)
	if p.dict == nil {
		c.put(p, meta.Plain)
		return nil
	}
	if !c.take(p) {
		if err := e.own.expand(p, col, e.z); err != nil {
			return err
		}
		c.put(p, meta.Plain)
		return nil
	}
	width := bits.WidthOf(c.dict.n)
	body := append(e.own.body[:0], p.levels...)
	body = append(body, byte(width))
	body = bits.AppendHybrid(body, p.idx, width)
	e.own.body = body
	p.size = len(body)
	var err error
	e.own.packed, err = e.z.pack(e.own.packed, body)
	p.body = e.own.packed
	c.put(p, meta.RLEDictionary)
	return err
}

// take adds the page's dictionary to the chunk's and renumbers the page.
func (c *outChunk) take(p *page) bool {
	if c.full {
		return false
	}
	c.renumber = c.renumber[:0]
	for i := range p.dict.n {
		if c.dict.n == maxEntries || len(c.dict.plain) > maxDictBytes {
			c.full = true
			return false
		}
		k := c.dict.add(p.dict.value(i))
		if k < 0 {
			c.full = true
			return false
		}
		c.renumber = append(c.renumber, uint16(k))
	}
	for i, k := range p.idx {
		p.idx[i] = c.renumber[k]
	}
	return true
}

func (c *outChunk) put(p *page, enc meta.Encoding) {
	c.plain = c.plain || enc == meta.Plain
	head := meta.Page{Type: meta.DataPage, Values: int32(p.rows), Encoding: enc}
	c.pages, c.size = appendWhole(c.pages, c.size, head, p.body, p.size)
}

// appendWhole appends a page with its head, and adds its size before compression.
func appendWhole(dst []byte, size int64, head meta.Page, body []byte, plain int) ([]byte, int64) {
	head.Uncompressed, head.Compressed = int32(plain), int32(len(body))
	head.CRC, head.HasCRC = crc32.ChecksumIEEE(body), true
	at := len(dst)
	dst = head.Append(dst)
	size += int64(len(dst)-at) + int64(plain)
	return append(dst, body...), size
}

// cut writes the row group and starts the next one.
func (e *Encoder) cut(w io.Writer) error {
	if e.offset == 0 {
		if err := e.write(w, magic); err != nil {
			return err
		}
	}
	g := &e.group
	if g.rows == 0 {
		return nil
	}
	done := meta.Group{Rows: int64(g.rows)}
	g.footer = g.footer[:0]
	for i := range g.chunks {
		m, err := e.writeChunk(w, &g.chunks[i], &e.columns[i])
		if err != nil {
			return err
		}
		g.footer = append(g.footer, m)
		done.Bytes += m.Uncompressed
	}
	e.groups = meta.AppendGroup(e.groups, done, g.footer)
	e.ngroups++
	e.file.Rows += done.Rows
	g.reset(e.columns, !e.shop.crowded())
	return nil
}

func (e *Encoder) writeChunk(w io.Writer, c *outChunk, col *outColumn) (meta.Chunk, error) {
	m := meta.Chunk{Path: []string{col.name}, Type: col.elem.Type, Codec: e.z.codec, Values: c.values, Uncompressed: c.size,
		Stats: c.ext.stats(col, c.nulls)}
	start := e.offset
	var head []byte
	if c.dict.n > 0 {
		packed, err := e.z.pack(e.own.packed, c.dict.plain)
		if err != nil {
			return m, err
		}
		page := meta.Page{Type: meta.DictionaryPage, Values: int32(c.dict.n), Encoding: meta.Plain}
		head, m.Uncompressed = appendWhole(nil, m.Uncompressed, page, packed, len(c.dict.plain))
		m.Dictionary = start
		m.Encodings = append(m.Encodings, meta.RLEDictionary)
	}
	if c.plain || c.dict.n > 0 {
		m.Encodings = append(m.Encodings, meta.Plain)
	}
	m.Encodings = append(m.Encodings, meta.RLE)
	if err := e.write(w, head); err != nil {
		return m, err
	}
	m.DataPage = e.offset
	err := e.write(w, c.pages)
	m.Compressed = e.offset - start
	return m, err
}

// append adds more rows.
func (x *cells) append(y cells) {
	if y.there != nil && x.there == nil || x.there != nil && y.there == nil {
		x.there, y.there = spell(x.there, x.rows), spell(y.there, y.rows)
	}
	x.there = append(x.there, y.there...)
	x.plain = append(x.plain, y.plain...)
	x.rows += y.rows
	x.values += y.values
}

// spell is there for rows without NULL.
func spell(there []byte, rows int) []byte {
	if there != nil || rows == 0 {
		return there
	}
	there = make([]byte, rows)
	for i := range there {
		there[i] = 1
	}
	return there
}

// reset empties x, and lets its memory go unless it is to keep it.
func (x *cells) reset(keep bool) {
	plain := x.plain[:0]
	if !keep {
		plain = nil
	}
	*x = cells{plain: plain}
}

// split cuts the first n rows off x.
func (c *outColumn) split(x cells, n int) (head, rest cells) {
	if n == x.rows {
		return x, cells{}
	}
	head = cells{rows: n, values: n}
	rest = cells{rows: x.rows - n}
	if x.there != nil {
		head.there, rest.there = x.there[:n], x.there[n:]
		head.values = 0
		for _, t := range head.there {
			head.values += int(t)
		}
	}
	rest.values = x.values - head.values
	at := x.plain
	if c.elem.Type == meta.Boolean {
		at = at[head.values:]
	} else {
		for range head.values {
			_, at = next(at, c.width)
		}
	}
	head.plain, rest.plain = x.plain[:len(x.plain)-len(at)], at
	return head, rest
}
