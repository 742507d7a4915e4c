package seen

import "slices"

const (
	keySize   = 16
	partBits  = 6
	parts     = 1 << partBits
	partSlots = 8 // of a new part
)

// table is an open-addressing hash table with a limit. It is split by the keys' top bits,
// so that it grows a part at a time (never holding two copies of everything) and
// comes out sorted with little work.
type table struct {
	part [parts]part
	most int // slots of a part
	n    int // keys
}

type part struct {
	slots []Key // a power of two; the zero Key is free
	n     int
}

// newTable is an empty table that grows to at most bytes.
func newTable(bytes int64) table {
	t := table{most: partSlots}
	for int64(t.most)*2*parts*keySize <= bytes {
		t.most *= 2
	}
	for i := range t.part {
		t.part[i].slots = make([]Key, partSlots)
	}
	return t
}

// locate finds the slot of k in p, or the free slot where it belongs.
func (p *part) locate(k Key) (slot int, found bool) {
	mask := len(p.slots) - 1
	for i := int(k.Lo) & mask; ; i = (i + 1) & mask {
		switch p.slots[i] {
		case k:
			return i, true
		case Key{}:
			return i, false
		}
	}
}

func (t *table) of(k Key) *part { return &t.part[k.Hi>>(64-partBits)] }

// full reports whether p must grow before it takes another key. A quarter
// stays free to keep probes short.
func (p *part) full() bool { return 4*(p.n+1) > 3*len(p.slots) }

// grow doubles p; false when the table's limit forbids it.
func (t *table) grow(p *part) bool {
	if len(p.slots) >= t.most {
		return false
	}
	old := p.slots
	p.slots = make([]Key, 2*len(old))
	for _, k := range old {
		if k != (Key{}) {
			i, _ := p.locate(k)
			p.slots[i] = k
		}
	}
	return true
}

// put stores k in the free slot that locate found.
func (t *table) put(p *part, slot int, k Key) {
	p.slots[slot] = k
	p.n++
	t.n++
}

// drain gives all keys to f in ascending order and empties the table, which keeps its
// memory. scratch is reused and returned.
func (t *table) drain(scratch []Key, f func(Key) error) ([]Key, error) {
	for i := range t.part {
		p := &t.part[i]
		scratch = scratch[:0]
		for _, k := range p.slots {
			if k != (Key{}) {
				scratch = append(scratch, k)
			}
		}
		slices.SortFunc(scratch, Key.compare)
		for _, k := range scratch {
			if err := f(k); err != nil {
				return scratch, err
			}
		}
		clear(p.slots)
		p.n = 0
	}
	t.n = 0
	return scratch, nil
}
