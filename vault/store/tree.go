package store

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// span is where the keys of a page must lie: from low on, before high; nil is no
// bound. A key out of its span is there when the bucket is listed, and missing when it
// is looked for.
type span struct{ low, high []byte }

// in checks the next key of a page, which must be above the one before it.
func (p *pages) in(s span, page uint64, before, key []byte) error {
	if before != nil && bytes.Compare(before, key) >= 0 || s.low != nil && bytes.Compare(key, s.low) < 0 || s.high != nil && bytes.Compare(key, s.high) >= 0 {
		return p.damaged("page %d: a key is out of its order", page)
	}
	return nil
}

// walk says what is done with the leaves of a tree: those of the root name buckets;
// those of a long bucket may be too many to look into.
type walk struct{ buckets, deep bool }

// tree walks the tree below page id.
func (p *pages) tree(id uint64, depth int, w walk, s span) error {
	h, err := p.header(id)
	if err != nil {
		return err
	}
	if err := p.claim(id, h.overflow); err != nil {
		return err
	}
	if depth > maxTreeDepth {
		return p.damaged("page %d lies too deep", id)
	}
	switch h.flags {
	case flagBranch:
		return p.branch(h, depth, w, s)
	case flagLeaf:
		if w.deep {
			return p.leaf(h, depth, w, s)
		}
		return nil
	}
	return p.damaged("page %d is of no kind", id)
}

func (p *pages) branch(h pageHeader, depth int, w walk, s span) error {
	b, err := p.body(h)
	if err != nil {
		return err
	}
	if h.count == 0 {
		return p.damaged("page %d leads nowhere", h.id)
	}
	keys, err := p.branchKeys(h, b)
	if err != nil {
		return err
	}
	for i, key := range keys {
		below := s
		// Whatever lies before the first key is looked for in the first child.
		if i > 0 {
			if err := p.in(s, h.id, keys[i-1], key); err != nil {
				return err
			}
			below.low = key
		}
		if i+1 < len(keys) {
			below.high = keys[i+1]
		}
		if err := p.tree(binary.NativeEndian.Uint64(b[headerSize+i*elementSize+8:]), depth+1, w, below); err != nil {
			return err
		}
	}
	return nil
}

func (p *pages) branchKeys(h pageHeader, b []byte) ([][]byte, error) {
	keys := make([][]byte, h.count)
	le := binary.NativeEndian
	for i := range keys {
		at := headerSize + i*elementSize
		key := uint64(at) + uint64(le.Uint32(b[at:]))
		end := key + uint64(le.Uint32(b[at+4:]))
		if end > uint64(len(b)) {
			return nil, p.damaged("page %d: element %d leaves the page", h.id, i)
		}
		keys[i] = b[key:end]
	}
	return keys, nil
}

func (p *pages) leaf(h pageHeader, depth int, w walk, s span) error {
	b, err := p.body(h)
	if err != nil {
		return err
	}
	var before []byte
	for i := range int(h.count) {
		e, err := p.element(h.id, b, i)
		if err != nil {
			return err
		}
		if err := p.in(s, h.id, before, e.key); err != nil {
			return err
		}
		before = e.key
		switch {
		case !w.buckets && e.flags != 0:
			return p.damaged("page %d: element %d is of no kind", h.id, i)
		case w.buckets:
			if err := p.bucket(h, depth, i, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// element is one of a leaf.
type element struct {
	flags      uint32
	key, value []byte
}

func (p *pages) element(id uint64, b []byte, i int) (e element, err error) {
	le := binary.NativeEndian
	at := headerSize + i*elementSize
	key := uint64(at) + uint64(le.Uint32(b[at+4:]))
	value := key + uint64(le.Uint32(b[at+8:]))
	end := value + uint64(le.Uint32(b[at+12:]))
	if end > uint64(len(b)) {
		return e, p.damaged("page %d: element %d leaves the page", id, i)
	}
	return element{le.Uint32(b[at:]), b[key:value:value], b[value:end:end]}, nil
}

func (p *pages) bucket(h pageHeader, depth, i int, e element) error {
	if e.flags != leafBucket || len(e.value) < 16 {
		return p.damaged("page %d: element %d is no bucket", h.id, i)
	}
	root := binary.NativeEndian.Uint64(e.value)
	if root == 0 {
		return p.inline(h.id, e.value[16:])
	}
	deep := p.full || !slices.Contains(p.long, string(e.key))
	return p.tree(root, depth+1, walk{deep: deep}, span{})
}

// inline checks a small bucket that is kept within its parent's page.
func (p *pages) inline(id uint64, b []byte) error {
	le := binary.NativeEndian
	if len(b) < headerSize || le.Uint16(b[8:]) != flagLeaf {
		return p.damaged("page %d: a bucket in it is of no kind", id)
	}
	n := int(le.Uint16(b[10:]))
	if headerSize+n*elementSize > len(b) {
		return p.damaged("page %d: a bucket in it is too short", id)
	}
	var before []byte
	for i := range n {
		e, err := p.element(id, b, i)
		if err != nil {
			return err
		}
		if e.flags != 0 {
			return p.damaged("page %d: an element of a bucket in it is of no kind", id)
		}
		if err := p.in(span{}, id, before, e.key); err != nil {
			return err
		}
		before = e.key
	}
	return nil
}
