package meta

import (
	"errors"
	"fmt"
	"math"

	"github.com/headgate/headgate/connector/format/parquet/internal/thrift"
)

// The fewest bytes that a real element of a list takes. A list that claims more
// elements than that allows is refused before memory is taken for it.
const (
	minElement = 4
	minGroup   = 6
	minChunk   = 12
)

// maxElements bounds the schema.
const maxElements = 1 << 17

// ReadFile reads a footer. The file keeps it.
func ReadFile(footer []byte) (*File, error) {
	if len(footer) > math.MaxInt32 {
		return nil, errors.New("footer: too large")
	}
	r := thrift.NewReader(footer)
	f := &File{footer: footer, Rows: -1}
	var last int16
	for id, t := r.Field(&last); t != thrift.Stop; id, t = r.Field(&last) {
		switch id {
		case 2:
			_, n := r.List(t, minElement)
			if n > maxElements {
				r.Fail(errors.New("too many columns"))
				n = 0
			}
			f.Schema = make([]Element, 0, n)
			for range n {
				f.Schema = append(f.Schema, readElement(r))
			}
		case 3:
			f.Rows = r.Int(t)
		case 4:
			_, n := r.List(t, minGroup)
			f.Groups = make([]Group, 0, n)
			for range n {
				f.Groups = append(f.Groups, readGroup(r))
			}
		case 6:
			f.CreatedBy = string(r.Bytes(t))
		case 7:
			_, n := r.List(t, 1)
			f.Ordered = n > 0
			for range n {
				r.Skip(thrift.Struct)
			}
		case 8:
			r.Fail(errors.New("the file is encrypted, which cannot be read"))
		default:
			r.Skip(t)
		}
	}
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("footer: %w", err)
	}
	return f, f.check()
}

// check refuses what no column could be read with.
func (f *File) check() error {
	total := int64(0)
	for i := range f.Groups {
		n := f.Groups[i].Rows
		if n < 0 || total > math.MaxInt64-n {
			return fmt.Errorf("footer: row group %d has %d rows", i, n)
		}
		total += n
	}
	if len(f.Schema) == 0 {
		return errors.New("footer: no schema")
	}
	if total != f.Rows {
		return fmt.Errorf("footer: %d rows, but its row groups have %d", f.Rows, total)
	}
	return nil
}

func readElement(r *thrift.Reader) Element {
	e := Element{Type: None, Converted: NoConverted}
	var last int16
	for id, t := r.Field(&last); t != thrift.Stop; id, t = r.Field(&last) {
		switch id {
		case 1:
			e.Type = Physical(r.Int32(t))
		case 2:
			e.Width = r.Int32(t)
		case 3:
			e.Repetition = Repetition(r.Int32(t))
		case 4:
			e.Name = string(r.Bytes(t))
		case 5:
			e.Children = r.Int32(t)
		case 6:
			e.Converted = Converted(r.Int32(t))
		case 7:
			e.Scale = r.Int32(t)
		case 8:
			e.Precision = r.Int32(t)
		case 10:
			readLogical(r, t, &e)
		default:
			r.Skip(t)
		}
	}
	return e
}

// readLogical reads the union of logical types.
func readLogical(r *thrift.Reader, t thrift.Type, e *Element) {
	if t != thrift.Struct {
		r.Skip(t)
		return
	}
	var last int16
	for id, t := r.Field(&last); t != thrift.Stop; id, t = r.Field(&last) {
		e.Logical = Logical(id)
		if t != thrift.Struct {
			r.Skip(t)
			continue
		}
		var in int16
		for id, t := r.Field(&in); t != thrift.Stop; id, t = r.Field(&in) {
			readParameter(r, e, id, t)
		}
	}
}

// readParameter reads field id of the chosen logical type.
func readParameter(r *thrift.Reader, e *Element, id int16, t thrift.Type) {
	switch {
	case e.Logical == LogicalDecimal && id == 1:
		e.Scale = r.Int32(t)
	case e.Logical == LogicalDecimal && id == 2:
		e.Precision = r.Int32(t)
	case (e.Logical == LogicalTime || e.Logical == LogicalTimestamp) && id == 1:
		e.UTC = r.Bool(t)
	case (e.Logical == LogicalTime || e.Logical == LogicalTimestamp) && id == 2 && t == thrift.Struct:
		var in int16
		for id, t := r.Field(&in); t != thrift.Stop; id, t = r.Field(&in) {
			e.Unit = Unit(id)
			r.Skip(t)
		}
	case e.Logical == LogicalInteger && id == 1:
		e.Bits = int8(r.Int(t))
	case e.Logical == LogicalInteger && id == 2:
		e.Signed = r.Bool(t)
	default:
		r.Skip(t)
	}
}

func readGroup(r *thrift.Reader) Group {
	g := Group{Rows: -1, columns: -1}
	var last int16
	for id, t := r.Field(&last); t != thrift.Stop; id, t = r.Field(&last) {
		switch id {
		case 1:
			g.columns = int32(r.Pos())
			r.Skip(t)
		case 2:
			g.Bytes = r.Int(t)
		case 3:
			g.Rows = r.Int(t)
		default:
			r.Skip(t)
		}
	}
	return g
}

// Chunks reads the columns of a row group. want is how many there must be.
func (f *File) Chunks(group, want int) ([]Chunk, error) {
	at := f.Groups[group].columns
	if at < 0 {
		return nil, fmt.Errorf("row group %d has no columns", group)
	}
	r := thrift.NewReader(f.footer[at:])
	_, n := r.List(thrift.List, minChunk)
	if r.Err() == nil && n != want {
		return nil, fmt.Errorf("row group %d has %d columns, the schema %d", group, n, want)
	}
	chunks := make([]Chunk, 0, n)
	for range n {
		chunks = append(chunks, readChunk(r))
	}
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("row group %d: %w", group, err)
	}
	for i := range chunks {
		if chunks[i].elsewhere {
			return nil, fmt.Errorf("row group %d: column %d is in another file or encrypted", group, i)
		}
	}
	return chunks, nil
}

func readChunk(r *thrift.Reader) Chunk {
	c := Chunk{elsewhere: true}
	outside := false
	var last int16
	for id, t := r.Field(&last); t != thrift.Stop; id, t = r.Field(&last) {
		switch {
		case id == 1 && t == thrift.Binary:
			outside = len(r.Bytes(t)) > 0
		case id == 3 && t == thrift.Struct:
			c = readColumn(r)
		case id == 8:
			outside = true
			r.Skip(t)
		default:
			r.Skip(t)
		}
	}
	c.elsewhere = c.elsewhere || outside
	return c
}

func readColumn(r *thrift.Reader) Chunk {
	c := Chunk{Stats: Stats{Nulls: -1}}
	var last int16
	for id, t := r.Field(&last); t != thrift.Stop; id, t = r.Field(&last) {
		switch id {
		case 1:
			c.Type = Physical(r.Int32(t))
		case 4:
			c.Codec = Codec(r.Int32(t))
		case 5:
			c.Values = r.Int(t)
		case 6:
			c.Uncompressed = r.Int(t)
		case 7:
			c.Compressed = r.Int(t)
		case 9:
			c.DataPage = r.Int(t)
		case 11:
			c.Dictionary = r.Int(t)
		case 12:
			readStats(r, t, &c.Stats)
		default:
			r.Skip(t)
		}
	}
	return c
}

// readStats reads min_value and max_value; the older min and max have an order that
// writers did not agree on.
func readStats(r *thrift.Reader, t thrift.Type, s *Stats) {
	if t != thrift.Struct {
		r.Skip(t)
		return
	}
	var last int16
	for id, t := r.Field(&last); t != thrift.Stop; id, t = r.Field(&last) {
		switch id {
		case 3:
			s.Nulls = r.Int(t)
		case 5:
			s.Max = r.Bytes(t)
		case 6:
			s.Min = r.Bytes(t)
		case 7:
			s.MaxExact = r.Bool(t)
		case 8:
			s.MinExact = r.Bool(t)
		default:
			r.Skip(t)
		}
	}
}

// ReadPage reads the head of a page from the start of buf, and tells its length. The
// error is thrift.ErrShort when buf does not hold all of it.
func ReadPage(buf []byte) (p Page, n int, err error) {
	r := thrift.NewReader(buf)
	p.Type = -1
	p.Packed = true
	var last int16
	for id, t := r.Field(&last); t != thrift.Stop; id, t = r.Field(&last) {
		switch {
		case id == 1:
			p.Type = PageType(r.Int32(t))
		case id == 2:
			p.Uncompressed = r.Int32(t)
		case id == 3:
			p.Compressed = r.Int32(t)
		case id == 4:
			p.CRC, p.HasCRC = uint32(r.Int32(t)), true
		case id == 5 && t == thrift.Struct:
			p.readData(r)
		case id == 7 && t == thrift.Struct:
			p.readDictionary(r)
		case id == 8 && t == thrift.Struct:
			p.readDataV2(r)
		default:
			r.Skip(t)
		}
	}
	if r.Err() != nil {
		return p, 0, r.Err()
	}
	return p, r.Pos(), p.check()
}

func (p *Page) check() error {
	if p.Compressed < 0 || p.Uncompressed < 0 || p.Values < 0 || p.Rows < 0 {
		return errors.New("page: negative size")
	}
	if p.Type != IndexPage && !p.hasHead && (p.Type == DataPage || p.Type == DictionaryPage || p.Type == DataPageV2) {
		return errors.New("page: no header for its type")
	}
	if p.DefBytes < 0 || p.RepBytes < 0 || int64(p.DefBytes)+int64(p.RepBytes) > int64(min(p.Compressed, p.Uncompressed)) {
		return errors.New("page: levels larger than the page")
	}
	return nil
}

func (p *Page) readData(r *thrift.Reader) {
	p.hasHead = p.Type == DataPage
	var last int16
	for id, t := r.Field(&last); t != thrift.Stop; id, t = r.Field(&last) {
		switch id {
		case 1:
			p.Values = r.Int32(t)
		case 2:
			p.Encoding = Encoding(r.Int32(t))
		case 3:
			p.DefLevels = Encoding(r.Int32(t))
		case 4:
			p.RepLevels = Encoding(r.Int32(t))
		default:
			r.Skip(t)
		}
	}
}

func (p *Page) readDictionary(r *thrift.Reader) {
	p.hasHead = p.Type == DictionaryPage
	var last int16
	for id, t := r.Field(&last); t != thrift.Stop; id, t = r.Field(&last) {
		switch id {
		case 1:
			p.Values = r.Int32(t)
		case 2:
			p.Encoding = Encoding(r.Int32(t))
		default:
			r.Skip(t)
		}
	}
}

func (p *Page) readDataV2(r *thrift.Reader) {
	p.hasHead = p.Type == DataPageV2
	p.DefLevels, p.RepLevels = RLE, RLE
	var last int16
	for id, t := r.Field(&last); t != thrift.Stop; id, t = r.Field(&last) {
		switch id {
		case 1:
			p.Values = r.Int32(t)
		case 3:
			p.Rows = r.Int32(t)
		case 4:
			p.Encoding = Encoding(r.Int32(t))
		case 5:
			p.DefBytes = r.Int32(t)
		case 6:
			p.RepBytes = r.Int32(t)
		case 7:
			p.Packed = r.Bool(t)
		default:
			r.Skip(t)
		}
	}
}
