package inflate

import (
	"encoding/binary"
	"errors"
)

var (
	errSnappy = errors.New("snappy: the data is damaged")
	// errFar means that the data refers to more of the past than was kept.
	errFar = errors.New("snappy: a reference reaches too far back")
)

// slack is how far beyond its aim a decoder may write, and how much input lets it
// decode without looking at every byte.
const slack = 96

// snappy decodes the block format of Snappy, stopping and going on anywhere.
type snappy struct {
	in      *Input
	literal int // bytes of the current literal still to come
}

// start reads the head of a block.
func (s *snappy) start(size int) error {
	n, shift := uint64(0), 0
	for {
		b, err := s.in.ReadByte()
		if err != nil || shift > 28 {
			return errSnappy
		}
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			break
		}
		shift += 7
	}
	s.literal = 0
	if n != uint64(size) {
		return errSnappy
	}
	return nil
}

// decode appends to dst until it has n bytes or some more, or the block ends. dst starts
// with what was decoded before, whole when all is set.
func (s *snappy) decode(dst []byte, n int, all bool) ([]byte, error) {
	for len(dst) < n {
		src, err := s.in.unread()
		if err != nil {
			return dst, err
		}
		if len(src) == 0 {
			return dst, errSnappy
		}
		if s.literal > 0 {
			k := min(s.literal, len(src), n-len(dst))
			dst = append(dst, src[:k]...)
			s.in.take(k)
			s.literal -= k
			continue
		}
		if len(src) < slack {
			if src, err = s.top(src); err != nil {
				return dst, err
			}
		}
		out, used, err := s.run(dst, src, n)
		if errors.Is(err, errFar) && all {
			err = errSnappy
		}
		if err != nil {
			return dst, err
		}
		s.in.take(used)
		dst = out
	}
	return dst, nil
}

// top makes what is buffered contiguous when more of the page is to come.
func (s *snappy) top(src []byte) ([]byte, error) {
	if int64(len(src)) == s.in.page {
		return src, nil
	}
	if _, err := s.in.Peek(slack); err != nil {
		return nil, err
	}
	return s.in.unread()
}

// run decodes elements of src while it surely holds them whole.
func (s *snappy) run(dst, src []byte, n int) (_ []byte, used int, err error) {
	if cap(dst) < n+slack {
		grown := make([]byte, len(dst), n+slack+n/4)
		copy(grown, dst)
		dst = grown
	}
	d, i := len(dst), 0
	out := dst[:cap(dst)]
	for d < n && i < len(src) {
		if len(src)-i < slack && (int64(len(src)) != s.in.page && i > 0) {
			break // more may follow: come back with it
		}
		tag := int(src[i])
		head := int(heads[tag&3])
		if tag&3 == 0 && tag>>2 >= 60 {
			head = tag>>2 - 58
		}
		if len(src)-i < head {
			return dst, 0, errSnappy
		}
		size, off := 0, 0
		switch tag & 3 {
		case 0:
			size = tag>>2 + 1
			if head > 1 {
				size = longLiteral(src[i+1:i+head]) + 1
			}
			if i += head; size <= 16 && len(src)-i >= 16 {
				*(*[16]byte)(out[d:]) = *(*[16]byte)(src[i:])
				i += size
				d += size
				continue
			}
			k := min(size, len(src)-i, n-d)
			copy(out[d:d+k], src[i:])
			i += k
			d += k
			if s.literal = size - k; s.literal > 0 {
				return out[:d], i, nil
			}
			continue
		case 1:
			size, off = tag>>2&7+4, tag>>5<<8|int(src[i+1])
		case 2:
			size, off = tag>>2+1, int(binary.LittleEndian.Uint16(src[i+1:]))
		default:
			size, off = tag>>2+1, int(binary.LittleEndian.Uint32(src[i+1:]))
		}
		i += head
		if off == 0 {
			return dst, 0, errSnappy
		}
		if off > d {
			return dst, 0, errFar
		}
		again(out, d, off, size)
		d += size
	}
	return out[:d], i, nil
}

// heads is how many bytes a tag takes, by its kind.
var heads = [4]uint8{1, 2, 3, 5}

func longLiteral(b []byte) int {
	n := 0
	for i, c := range b {
		n |= int(c) << (8 * i)
	}
	return n
}

// again copies size bytes from off before d, at most slack of them.
func again(out []byte, d, off, size int) {
	from := d - off
	switch {
	case off >= 16:
		for k := 0; k < size; k += 16 {
			*(*[16]byte)(out[d+k:]) = *(*[16]byte)(out[from+k:])
		}
	case off >= size:
		copy(out[d:d+size], out[from:])
	default:
		for k := range size {
			out[d+k] = out[from+k]
		}
	}
}
