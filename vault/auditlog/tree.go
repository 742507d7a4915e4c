package auditlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// LeafHash is the hash of an entry in the tree of RFC 6962.
func LeafHash(raw []byte) [32]byte { return [32]byte(tlog.RecordHash(raw)) }

// Frontier is a tree of RFC 6962 as far as it is needed to add to it: the roots of
// its complete subtrees from the largest to the smallest, one for each bit of Size.
type Frontier struct {
	Size  uint64
	Roots []tlog.Hash
}

// Add appends a leaf.
func (f *Frontier) Add(leaf [32]byte) {
	h := tlog.Hash(leaf)
	roots := f.Roots[:len(f.Roots):len(f.Roots)]
	for n := f.Size; n&1 == 1; n >>= 1 {
		last := len(roots) - 1
		h, roots = tlog.NodeHash(roots[last], h), roots[:last]
	}
	f.Roots, f.Size = append(roots, h), f.Size+1
}

// Root is the tree's root hash; the empty tree's is the hash of nothing.
func (f *Frontier) Root() tlog.Hash {
	if f.Size == 0 {
		h, _ := tlog.TreeHash(0, nil)
		return h
	}
	h := f.Roots[len(f.Roots)-1]
	for i := len(f.Roots) - 2; i >= 0; i-- {
		h = tlog.NodeHash(f.Roots[i], h)
	}
	return h
}

// Encode is the stored form.
func (f *Frontier) Encode() []byte {
	b := binary.BigEndian.AppendUint64(nil, f.Size)
	for _, r := range f.Roots {
		b = append(b, r[:]...)
	}
	return b
}

// ParseFrontier reads what Encode wrote.
func ParseFrontier(b []byte) (Frontier, error) {
	if len(b) < 8 || (len(b)-8)%tlog.HashSize != 0 {
		return Frontier{}, errors.New("audit tree: of the wrong length")
	}
	f := Frontier{Size: binary.BigEndian.Uint64(b)}
	if n := (len(b) - 8) / tlog.HashSize; n != bits.OnesCount64(f.Size) {
		return Frontier{}, fmt.Errorf("audit tree: %d roots for %d entries", n, f.Size)
	}
	for b = b[8:]; len(b) > 0; b = b[tlog.HashSize:] {
		f.Roots = append(f.Roots, tlog.Hash(b[:tlog.HashSize]))
	}
	return f, nil
}
