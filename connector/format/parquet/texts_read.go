package parquet

import (
	"encoding/binary"
	"errors"

	"github.com/headgate/headgate/connector/format/parquet/internal/bits"
	"github.com/headgate/headgate/connector/format/parquet/internal/meta"
)

// texts decodes values that are bytes. What at tells of each depends on the page: its
// number in the dictionary; where in the page it starts, for a page whose values stay where
// they are; or where in out, to which the others are appended. Unless values have
// a fixed width, their length stands in the four bytes before.
func (r *leafReader) texts(at []uint32, out []byte) ([]byte, error) {
	if err := r.take(len(at)); err != nil {
		return out, err
	}
	var err error
	switch {
	case r.mode == byDictionary:
		err = bits.Decode(&r.indexes, at)
		for _, k := range at {
			if int(k) >= len(r.dict.at) {
				return out, errors.Join(err, errIndex)
			}
		}
	case r.mode == plainBytes && r.leaf.elem.Type == meta.FixedBytes:
		err = r.fixed(at)
	case r.mode == plainBytes:
		err = r.plain(at)
	default:
		for i := range at {
			at[i] = uint32(len(out) + 4)
			if out, err = r.copyText(out); err != nil {
				return out, err
			}
			if len(out) > maxSlab {
				return out, errSlab
			}
		}
	}
	return out, err
}

func (r *leafReader) fixed(at []uint32) error {
	width := int(r.leaf.elem.Width)
	if err := r.body.Need(width * len(at)); err != nil {
		return err
	}
	pos := r.body.Base() + r.body.R
	for i := range at {
		at[i] = uint32(pos + i*width)
	}
	r.body.Advance(width * len(at))
	return nil
}

func (r *leafReader) plain(at []uint32) error {
	for len(at) > 0 {
		at = at[r.plainRun(at):]
		if len(at) == 0 {
			return nil
		}
		if err := r.body.Need(4); err != nil {
			return err
		}
		n := int(le32(r.body.Unread()))
		if n > r.body.Rest() {
			return errFewValues
		}
		if n > maxCell {
			return errCell
		}
		if err := r.body.Need(4 + n); err != nil {
			return err
		}
		if r.body.R > maxSlab {
			return errSlab
		}
	}
	return nil
}

// plainRun takes the values that are decompressed already, and counts them.
func (r *leafReader) plainRun(at []uint32) int {
	src := r.body.Unread()
	start := r.body.Base() + r.body.R
	pos := 0
	for i := range at {
		if len(src)-pos < 4 {
			r.body.Advance(pos)
			return i
		}
		n := int(binary.LittleEndian.Uint32(src[pos:]))
		if len(src)-pos-4 < n {
			r.body.Advance(pos)
			return i
		}
		at[i] = uint32(start + pos + 4)
		pos += 4 + n
	}
	r.body.Advance(pos)
	return len(at)
}

// copyText appends the next value with its length.
func (r *leafReader) copyText(out []byte) ([]byte, error) {
	switch r.mode {
	case deltaLengths:
		if len(r.lengths) == 0 {
			return out, errFewValues
		}
		n := r.lengths[0]
		r.lengths = r.lengths[1:]
		if n < 0 || n > int64(r.body.Rest()) {
			return out, errFewValues
		}
		if n > maxCell {
			return out, errCell
		}
		out = binary.LittleEndian.AppendUint32(out, uint32(n))
		return r.copyBytes(out, int(n))
	case deltaBytes:
		return r.copySuffix(out)
	}
	width := int(r.leaf.elem.Width)
	n := 0
	if width > 0 {
		n = len(r.split) / width
	}
	if r.taken >= n {
		return out, errFewValues
	}
	out = binary.LittleEndian.AppendUint32(out, uint32(width))
	for k := range width {
		out = append(out, r.split[k*n+r.taken])
	}
	r.taken++
	return out, nil
}

func (r *leafReader) copyBytes(out []byte, n int) ([]byte, error) {
	if n > r.body.Rest() {
		return out, errFewValues
	}
	if err := r.body.Need(n); err != nil {
		return out, err
	}
	out = append(out, r.body.Unread()[:n]...)
	r.body.Advance(n)
	r.body.Compact()
	return out, nil
}

// copySuffix puts the beginning of the value before together with bytes of its own.
func (r *leafReader) copySuffix(out []byte) ([]byte, error) {
	if len(r.lengths) == 0 {
		return out, errFewValues
	}
	prefix, suffix := r.prefixes[0], r.lengths[0]
	r.prefixes, r.lengths = r.prefixes[1:], r.lengths[1:]
	if prefix < 0 || prefix > int64(len(r.previous)) || suffix < 0 || prefix+suffix > maxCell {
		return out, errors.New("a prefix longer than the value before")
	}
	if t := r.leaf.elem; t.Type == meta.FixedBytes && prefix+suffix != int64(t.Width) {
		return out, errors.New("a value of the wrong width")
	}
	out = binary.LittleEndian.AppendUint32(out, uint32(prefix+suffix))
	out = append(out, r.previous[:prefix]...)
	out, err := r.copyBytes(out, int(suffix))
	if err == nil {
		r.previous = append(r.previous[:prefix], out[len(out)-int(suffix):]...)
	}
	return out, err
}

// skipValues drops n values. The body's memory must be the reader's own.
func (r *leafReader) skipValues(n int) error {
	var ints [block]int64
	var places [block]uint32
	for n > 0 {
		k := min(n, block)
		var err error
		if r.leaf.numeric() {
			err = r.ints(ints[:k])
		} else {
			r.scratch, err = r.texts(places[:k], r.scratch[:0])
			r.body.Compact()
		}
		if err != nil {
			return err
		}
		n -= k
	}
	return nil
}
