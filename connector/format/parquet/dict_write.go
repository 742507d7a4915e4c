package parquet

import (
	"bytes"
	"encoding/binary"
)

// dict numbers distinct values in the order of their first appearance. Values are
// plain-encoded; width is their size, 0 = a length stands before each.
type dict struct {
	width  int
	plain  []byte // the values
	n      int
	ends   []uint32 // of each value in plain
	hashes []uint32 // of each value
	slots  []uint32 // hash table: number + 1
	shift  uint
}

const (
	firstSlots = 1024
	// maxProbes bounds the search for a value, whatever the values are made to do.
	maxProbes = 64
)

// reset empties d, keeping its memory.
func (d *dict) reset(width int) {
	d.width, d.plain, d.n, d.ends, d.hashes = width, d.plain[:0], 0, d.ends[:0], d.hashes[:0]
	d.slots = d.slots[:0] // made by the first value
}

func (d *dict) setSlots(n int) {
	if cap(d.slots) < n {
		d.slots = make([]uint32, n)
	}
	d.slots = d.slots[:n]
	clear(d.slots)
	d.shift = 32
	for ; n > 1; n >>= 1 {
		d.shift--
	}
}

const mixer = 0x9e3779b97f4a7c15

// hash is good enough for a table that bounds its probes.
func hash(value []byte) uint32 {
	h := uint64(len(value)) * mixer
	var last uint64
	switch n := len(value); {
	case n >= 8:
		last = binary.LittleEndian.Uint64(value[n-8:])
		for ; len(value) > 8; value = value[8:] {
			h = (h ^ binary.LittleEndian.Uint64(value)) * mixer
			h ^= h >> 29
		}
	case n >= 4:
		last = uint64(le32(value)) | uint64(le32(value[n-4:]))<<32
	default:
		for i, c := range value {
			last |= uint64(c) << (8 * i)
		}
	}
	h = (h ^ last) * mixer
	h = (h ^ h>>32) * mixer
	return uint32(h >> 32)
}

// value is the value with number i, without its length.
func (d *dict) value(i int) []byte {
	start := uint32(0)
	if i > 0 {
		start = d.ends[i-1]
	}
	if d.width == 0 {
		start += 4
	}
	return d.plain[start:d.ends[i]]
}

// add numbers a value; -1 when it would take too long.
func (d *dict) add(value []byte) int {
	if len(d.slots) == 0 {
		d.setSlots(firstSlots)
	}
	mask := uint32(len(d.slots) - 1)
	h := hash(value)
	at := h >> d.shift
	for range maxProbes {
		s := d.slots[at]
		if s == 0 {
			d.slots[at] = uint32(d.n + 1)
			return d.append(value, h)
		}
		if d.hashes[s-1] == h && bytes.Equal(d.value(int(s-1)), value) {
			return int(s - 1)
		}
		at = (at + 1) & mask
	}
	return -1
}

func (d *dict) append(value []byte, h uint32) int {
	if d.width == 0 {
		d.plain = binary.LittleEndian.AppendUint32(d.plain, uint32(len(value)))
	}
	d.plain = append(d.plain, value...)
	d.ends = append(d.ends, uint32(len(d.plain)))
	d.hashes = append(d.hashes, h)
	d.n++
	if 2*d.n > len(d.slots) {
		d.grow()
	}
	return d.n - 1
}

// grow makes the table four times as large.
func (d *dict) grow() {
	d.setSlots(4 * len(d.slots))
	mask := uint32(len(d.slots) - 1)
	for i, h := range d.hashes {
		at := h >> d.shift
		for d.slots[at] != 0 {
			at = (at + 1) & mask
		}
		d.slots[at] = uint32(i + 1)
	}
}

// next cuts the first value off plain-encoded values.
func next(plain []byte, width int) (value, rest []byte) {
	if width > 0 {
		return plain[:width], plain[width:]
	}
	n := 4 + int(binary.LittleEndian.Uint32(plain))
	return plain[4:n], plain[n:]
}

// A dictionary is given up when the values look like more than likelyMost different ones,
// which the first lookEvery of them already tell, or when it saves less than a quarter.
const (
	lookEvery  = 512
	likelyMost = 10_000
)

// hopeless guesses from the first i values how many different ones there are: i values
// drawn from N repeat themselves about i*i/2N times.
func (d *dict) hopeless(i int) bool { return i*i > 2*likelyMost*(i-d.n) }

// number appends the numbers of the n values in plain to idx; false when a dictionary
// is not worth it.
func (d *dict) number(idx []uint16, plain []byte, n int) ([]uint16, bool) {
	var value []byte
	for i := range n {
		if i > 0 && i%lookEvery == 0 && d.hopeless(i) {
			return idx, false
		}
		value, plain = next(plain, d.width)
		k := d.add(value)
		if k < 0 {
			return idx, false
		}
		idx = append(idx, uint16(k))
	}
	return idx, 4*d.n <= 3*n
}
