//go:build !purego

package csv

import (
	"golang.org/x/sys/cpu"

	"github.com/headgate/headgate/connector/format/chunk"
)

// grid lists the structural bytes of data as index and dense do. quotes is about how many
// there are.
func (x *indexer) grid(data []byte, delim, quote byte, quotes int) (feeds int, counted bool) {
	if quote != 0 && cpu.X86.HasAVX2 && cpu.X86.HasPCLMULQDQ && cpu.X86.HasBMI1 && cpu.X86.HasPOPCNT {
		return x.masked(data, delim, quote), true
	}
	return x.portable(data, delim, quote, quotes)
}

// maskBlocks finds the structural bytes of blocks of 64 bytes: bit i of dst[k] is set
// when byte 64*k+i is the delimiter or a line feed, and outside quotes. inside is all
// ones when the first block starts in quotes, after when the next one would. feeds counts
// the line feeds outside quotes. Whether a byte is in quotes is the parity of the quotes up
// to it, which a multiplication without carries gives for 64 bytes at once (Langdale and
// Lemire, Parsing Gigabytes of JSON per Second, 2019).
//
//go:noescape
func maskBlocks(dst *uint64, src *byte, blocks int, delim, quote byte, inside uint64) (after uint64, feeds int)

// listMasks writes the offset of every bit of n masks to dst: base is that of the first one's bit 0.
// It stores eight at a time, so dst needs room for seven more than there are bits.
//
//go:noescape
func listMasks(dst *uint32, masks *uint64, n int, base uint32) (count int)

// masked is dense on maskBlocks.
func (x *indexer) masked(data []byte, delim, quote byte) int {
	x.data = data[:len(data)+chunk.Slack]
	var masks [64]uint64 // of 4 KiB, which stay close by until they are read
	inside, feeds := uint64(0), 0
	blocks := (len(data) + 63) / 64
	for first := 0; first < blocks; first += len(masks) {
		n := min(len(masks), blocks-first)
		var f int
		inside, f = maskBlocks(&masks[0], &x.data[first*64], n, delim, quote, inside)
		feeds += f
		if left := len(data) % 64; left > 0 && first+n == blocks {
			masks[n-1] &= 1<<left - 1
		}
		x.putAll(masks[:n], uint32(first*64))
	}
	return feeds
}

// putAll is put for masks one after the other.
func (x *indexer) putAll(masks []uint64, base uint32) {
	if x.gaps == nil {
		x.room(64 * (len(masks) + 1))
		x.n += listMasks(&x.pos[x.n], &masks[0], len(masks), base)
		return
	}
	for k, m := range masks {
		if m != 0 {
			x.pick(m, base+uint32(k*64))
		}
	}
}
