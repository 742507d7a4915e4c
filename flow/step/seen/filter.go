package seen

import "math/bits"

// filter is a Bloom filter whose bits for a key lie in one cache line: one bit in each of
// the eight words of a block (Putze, Sanders, Singler: Cache-, Hash- and Space-Efficient
// Bloom Filters, 2007). The zero filter holds nothing.
type filter struct {
	blocks [][8]uint64
}

func newFilter(bytes int64) filter {
	return filter{make([][8]uint64, max(bytes/64, 1))}
}

func (f filter) block(k Key) *[8]uint64 {
	i, _ := bits.Mul64(k.Hi, uint64(len(f.blocks)))
	return &f.blocks[i]
}

func (f filter) add(k Key) {
	b := f.block(k)
	for i := range b {
		b[i] |= 1 << (k.Lo >> (6 * i) & 63)
	}
}

// maybe is false only when k was never added.
func (f filter) maybe(k Key) bool {
	if len(f.blocks) == 0 {
		return false
	}
	b := f.block(k)
	for i := range b {
		if b[i]>>(k.Lo>>(6*i)&63)&1 == 0 {
			return false
		}
	}
	return true
}
