package meta

import "github.com/headgate/headgate/connector/format/parquet/internal/thrift"

// Append writes the footer of f to dst. groups is what AppendGroup made of its n row
// groups: they wait as bytes, which is smaller.
func (f *File) Append(dst, groups []byte, n int) []byte {
	w := &thrift.Writer{Buf: dst}
	w.Open()
	w.I32(1, 1)
	w.List(2, thrift.Struct, len(f.Schema))
	leaves := 0
	for i := range f.Schema {
		f.Schema[i].write(w)
		if f.Schema[i].Type != None {
			leaves++
		}
	}
	w.I64(3, f.Rows)
	w.List(4, thrift.Struct, n)
	w.Buf = append(w.Buf, groups...)
	w.String(6, f.CreatedBy)
	w.List(7, thrift.Struct, leaves) // the order of statistics: the one of each type
	for range leaves {
		w.Open()
		w.Empty(1)
		w.Close()
	}
	w.Close()
	return w.Buf
}

func (e *Element) write(w *thrift.Writer) {
	w.Open()
	if e.Type != None {
		w.I32(1, int32(e.Type))
	}
	if e.Type == FixedBytes {
		w.I32(2, e.Width)
	}
	if e.Children == 0 {
		w.I32(3, int32(e.Repetition))
	}
	w.String(4, e.Name)
	if e.Children > 0 {
		w.I32(5, e.Children)
	}
	if e.Converted != NoConverted {
		w.I32(6, int32(e.Converted))
	}
	if e.Logical == LogicalDecimal {
		w.I32(7, e.Scale)
		w.I32(8, e.Precision)
	}
	if e.Logical != NoLogical {
		w.Begin(10)
		e.writeLogical(w)
		w.Close()
	}
	w.Close()
}

func (e *Element) writeLogical(w *thrift.Writer) {
	w.Begin(int16(e.Logical))
	switch e.Logical {
	case LogicalDecimal:
		w.I32(1, e.Scale)
		w.I32(2, e.Precision)
	case LogicalTime, LogicalTimestamp:
		w.Bool(1, e.UTC)
		w.Begin(2)
		w.Empty(int16(e.Unit))
		w.Close()
	case LogicalInteger:
		w.Byte(1, e.Bits)
		w.Bool(2, e.Signed)
	}
	w.Close()
}

// AppendGroup writes a row group to dst.
func AppendGroup(dst []byte, g Group, columns []Chunk) []byte {
	w := &thrift.Writer{Buf: dst}
	w.Open()
	w.List(1, thrift.Struct, len(columns))
	packed := int64(0)
	for i := range columns {
		columns[i].write(w)
		packed += columns[i].Compressed
	}
	w.I64(2, g.Bytes)
	w.I64(3, g.Rows)
	if len(columns) > 0 {
		w.I64(5, columns[0].start())
	}
	w.I64(6, packed)
	w.Close()
	return w.Buf
}

// start is where the chunk's first page is.
func (c *Chunk) start() int64 {
	if c.Dictionary > 0 {
		return c.Dictionary
	}
	return c.DataPage
}

func (c *Chunk) write(w *thrift.Writer) {
	w.Open()
	w.I64(2, c.start())
	w.Begin(3)
	w.I32(1, int32(c.Type))
	w.List(2, thrift.I32, len(c.Encodings))
	for _, e := range c.Encodings {
		w.ElementI32(int32(e))
	}
	w.List(3, thrift.Binary, len(c.Path))
	for _, name := range c.Path {
		w.ElementString(name)
	}
	w.I32(4, int32(c.Codec))
	w.I64(5, c.Values)
	w.I64(6, c.Uncompressed)
	w.I64(7, c.Compressed)
	w.I64(9, c.DataPage)
	if c.Dictionary > 0 {
		w.I64(11, c.Dictionary)
	}
	w.Begin(12)
	c.Stats.write(w)
	w.Close()
	w.Close()
	w.Close()
}

func (s *Stats) write(w *thrift.Writer) {
	if s.Nulls >= 0 {
		w.I64(3, s.Nulls)
	}
	if s.Max != nil {
		w.Bytes(5, s.Max)
	}
	if s.Min != nil {
		w.Bytes(6, s.Min)
	}
	if s.Max != nil {
		w.Bool(7, s.MaxExact)
	}
	if s.Min != nil {
		w.Bool(8, s.MinExact)
	}
}

// Append writes the head of a v1 data page or of a dictionary page to dst.
func (p *Page) Append(dst []byte) []byte {
	w := thrift.Writer{Buf: dst}
	w.Open()
	w.I32(1, int32(p.Type))
	w.I32(2, p.Uncompressed)
	w.I32(3, p.Compressed)
	if p.HasCRC {
		w.I32(4, int32(p.CRC))
	}
	if p.Type == DictionaryPage {
		w.Begin(7)
		w.I32(1, p.Values)
		w.I32(2, int32(p.Encoding))
	} else {
		w.Begin(5)
		w.I32(1, p.Values)
		w.I32(2, int32(p.Encoding))
		w.I32(3, int32(RLE))
		w.I32(4, int32(RLE))
	}
	w.Close()
	w.Close()
	return w.Buf
}
