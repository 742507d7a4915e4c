package parquet

import (
	"errors"
	"unicode/utf8"

	"github.com/headgate/headgate/connector/format/parquet/internal/meta"
)

// wholeDictionary is up to which size a dictionary is decompressed in one go.
const wholeDictionary = 2 << 20

// dictionary is the values that a column of a row group numbers.
type dictionary struct {
	ints  []int64
	data  []byte
	at    []uint32 // where in data a value starts; its length stands before unless it is fixed
	valid bool     // all values are UTF-8
	keep  []bool   // by value: the filters can be true of it; nil = nobody knows
}

// readDictionary reads the dictionary page that r stands at. It is memory of its own,
// since batches go on using it when the reader is at the next row group.
func (r *leafReader) readDictionary() error {
	h := &r.head
	if h.Encoding != meta.Plain && h.Encoding != meta.PlainDictionary {
		return errors.New("it is not plain")
	}
	if h.Uncompressed > maxDictionary {
		return errors.New("it is too large")
	}
	t := r.leaf.elem.Type
	if t == meta.Boolean {
		return errors.New("a bool has none")
	}
	body := &r.dictBody
	body.Buf = nil
	if err := body.Open(&r.in, r.chunk.Codec, int(h.Uncompressed), wholeDictionary); err != nil {
		return err
	}
	if err := body.Need(int(h.Uncompressed)); err != nil {
		return err
	}
	d := &dictionary{data: body.Unread()}
	body.Buf, body.R = nil, 0
	r.dict = d
	if err := d.index(int(h.Values), t, int(r.leaf.elem.Width)); err != nil {
		return err
	}
	if t == meta.ByteArray {
		d.validate()
	}
	if len(r.tests) > 0 && d.valid {
		d.judge(r.tests)
	}
	return r.in.EndPage(h.CRC, true)
}

// index finds the n values in data.
func (d *dictionary) index(n int, t meta.Physical, width int) error {
	if size := sizes[t]; size > 0 {
		if n > len(d.data)/size {
			return errFewValues
		}
		d.ints = make([]int64, n)
		plainNumbers(d.ints, d.data[:n*size], t)
		d.data = nil
		return nil
	}
	if t == meta.FixedBytes {
		if width == 0 || n > len(d.data)/width {
			return errFewValues
		}
		d.at = make([]uint32, n)
		for i := range d.at {
			d.at[i] = uint32(i * width)
		}
		return nil
	}
	if n > len(d.data)/4 {
		return errFewValues
	}
	d.at = make([]uint32, n)
	pos := 0
	for i := range d.at {
		if len(d.data)-pos < 4 {
			return errFewValues
		}
		size := int(le32(d.data[pos:]))
		if pos += 4; size > len(d.data)-pos {
			return errFewValues
		}
		d.at[i] = uint32(pos)
		pos += size
	}
	return nil
}

// validate finds out whether all values with a length are UTF-8.
func (d *dictionary) validate() {
	d.valid = true
	for i := range d.at {
		if d.valid = utf8.Valid(d.text(i)); !d.valid {
			return
		}
	}
}

// text is value i, which has a length before it.
func (d *dictionary) text(i int) []byte {
	at := int(d.at[i])
	return d.data[at : at+int(le32(d.data[at-4:]))]
}
