package jsonl

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// learned is a key in the order in which records are expected to have them. Its text,
// with the quotes and the colon, is compared a word at a time.
type learned struct {
	text  []byte
	words [2]uint64 // of the first 16 bytes
	masks [2]uint64
	field int // of the schema, unasked, or firstStray and below
}

const (
	// maxLearned bounds the order, for records whose keys are data.
	maxLearned = 512
	// ahead is how many keys of the order may be missing before the next one is looked up.
	ahead = 8
)

func newLearned(text []byte, field int) learned {
	k := learned{text: bytes.Clone(text), field: field}
	var first, mask [16]byte
	for i := range copy(first[:], text) {
		mask[i] = 0xff
	}
	for i := range k.words {
		k.words[i] = binary.LittleEndian.Uint64(first[8*i:])
		k.masks[i] = binary.LittleEndian.Uint64(mask[8*i:])
	}
	return k
}

// at reports whether the key stands at data[i:], of which 16 bytes can be read.
func (k *learned) at(data []byte, i int) bool {
	return (binary.LittleEndian.Uint64(data[i:])^k.words[0])&k.masks[0] == 0 &&
		(binary.LittleEndian.Uint64(data[i+8:])^k.words[1])&k.masks[1] == 0 &&
		(len(k.text) <= 16 || bytes.HasPrefix(data[i:], k.text))
}

// object reads the object at i into the last row, and returns where its line ends; -1
// when it is not one.
func (p *piece) object(i int) int {
	s := &p.s
	if s.data[i] != '{' {
		return s.fail(i, "an opening brace")
	}
	row := p.cells[len(p.cells)-len(p.d.schema.Fields):]
	if p.misses > 2 && p.misses > len(p.order)/2 {
		p.order = p.order[:0]
	}
	learn := len(p.order) == 0
	p.misses = 0
	p.strays.noted = p.strays.noted[:0]
	next := 0 // in order
	for i = s.space(i + 1); s.data[i] != '}'; {
		field := unasked
		if next < len(p.order) && p.order[next].at(s.data, i) {
			field = p.order[next].field
			i = s.space(i + len(p.order[next].text))
			next++
		} else if field, next, i = p.find(i, next, learn); i < 0 {
			return -1
		}
		f, start, end, after := s.shortString(i)
		if after < 0 {
			f, start, end, after = s.value(i)
		}
		if after < 0 {
			return -1
		}
		if field >= 0 {
			row[field] = cell{uint32(start), uint32(end), f}
		} else if field <= firstStray {
			p.strays.note(field)
		}
		if i = after + 1; s.data[after] != ',' || s.data[i] != '"' {
			if i = s.member(after); i < 0 {
				return -1
			}
		}
	}
	if i = s.space(i + 1); s.data[i] != '\n' {
		return s.fail(i, "the end of the line")
	}
	return i
}

// shortString is value for the usual string: of less than 16 bytes and without escapes.
func (s *scanner) shortString(i int) (f form, start, end, next int) {
	if s.data[i] != '"' {
		return 0, 0, 0, -1
	}
	start = i + 1
	end = start
	m := special(binary.LittleEndian.Uint64(s.data[end:]))
	if m == 0 {
		end += 8
		m = special(binary.LittleEndian.Uint64(s.data[end:]))
	}
	end += bits.TrailingZeros64(m) >> 3
	if m == 0 || s.data[end] != '"' {
		return 0, 0, 0, -1
	}
	return text, start, end, end + 1
}

// find reads a key that is not the one expected at order[next], and goes on to its value.
func (p *piece) find(i, next int, learn bool) (field, after, value int) {
	s := &p.s
	for k := next + 1; k < len(p.order) && k <= next+ahead; k++ {
		if p.order[k].at(s.data, i) {
			return p.order[k].field, k + 1, s.space(i + len(p.order[k].text))
		}
	}
	if s.data[i] != '"' {
		return 0, 0, s.fail(i, "a key in double quotes")
	}
	end, esc := s.str(i + 1)
	if end < 0 {
		return 0, 0, -1
	}
	key := s.data[i+1 : end]
	if esc {
		key = unescapeKey(key)
	}
	field, ok := p.d.field[string(key)]
	if !ok {
		field = unasked
		if p.d.strays != nil {
			field = p.strays.number(key, p.d.strays.known)
		}
	}
	if !learn {
		p.misses++
	}
	if value = s.colon(end + 1); value < 0 {
		return 0, 0, -1
	}
	if learn && len(p.order) < maxLearned && s.data[end+1] == ':' {
		p.order = append(p.order, newLearned(s.data[i:end+2], field))
		next = len(p.order)
	}
	return field, next, value
}
