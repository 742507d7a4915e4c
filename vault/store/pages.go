package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"os"
	"runtime/debug"
)

// The layout of bbolt's pages, as far as it must be sound before bbolt walks it.
const (
	headerSize     = 16
	elementSize    = 16
	metaMagic      = 0xED0CDAED
	metaVersion    = 2
	metaSum        = 56 // the meta's bytes before its checksum
	flagBranch     = 1
	flagLeaf       = 2
	flagFreelist   = 16
	leafBucket     = 1
	noFreelist     = ^uint64(0)
	maxTreeDepth   = 32
	wholeFileLimit = 16 << 20 // up to here leaves are checked too
)

// pages walks the trees of a database file once, on its own bounds-checked terms.
type pages struct {
	path string
	all  []byte // the whole file
	top  uint64 // pages at or above are not in use
	seen []uint64
	full bool // look into every leaf
	long []string
}

type pageHeader struct {
	id       uint64
	flags    uint16
	count    uint16
	overflow uint32
}

// checkPages refuses a file whose pages do not form trees of sorted keys: a pointer
// out of the file, a page reached twice, an element that leaves its page, a key where
// a search would not look for it. In files above wholeFileLimit, leaves of the buckets
// in long are only checked for being reached once.
func checkPages(path string, long []string) (err error) {
	f, info, err := openPlain(path, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	p := &pages{path: path, full: info.Size() <= wholeFileLimit, long: long}
	all, unmap, err := mapFile(f, int(info.Size()))
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	defer unmap()
	p.all = all
	// Whoever makes the file shorter meanwhile takes the memory away.
	before := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(before)
	defer func() {
		if r := recover(); r != nil {
			err = p.damaged("%v", r)
		}
	}()
	return p.check()
}

func (p *pages) damaged(format string, args ...any) error {
	return &DamagedError{p.path, fmt.Sprintf(format, args...)}
}

func (p *pages) check() error {
	if len(p.all) < 2*pageSize {
		return p.damaged("too short")
	}
	m, err := p.meta()
	if err != nil {
		return err
	}
	le := binary.NativeEndian
	root, free := le.Uint64(m[16:]), le.Uint64(m[32:])
	p.top = le.Uint64(m[40:])
	if p.top < 4 || p.top > uint64(len(p.all))/pageSize {
		return p.damaged("it is shorter than it was, or says it is longer than it is")
	}
	p.seen = make([]uint64, p.top/64+1)
	if free != noFreelist {
		if err := p.freelist(free); err != nil {
			return err
		}
	}
	return p.tree(root, 0, walk{buckets: true, deep: true}, span{})
}

// meta is the newer valid one of the two meta pages, as bbolt chooses.
func (p *pages) meta() ([]byte, error) {
	var best []byte
	var newest uint64
	le := binary.NativeEndian
	for i := range 2 {
		m := bytes.Clone(p.all[i*pageSize+headerSize:][:metaSum+8])
		h := fnv.New64a()
		_, _ = h.Write(m[:metaSum])
		if le.Uint32(m) != metaMagic || le.Uint32(m[4:]) != metaVersion || le.Uint32(m[8:]) != pageSize || le.Uint64(m[metaSum:]) != h.Sum64() {
			continue
		}
		if tx := le.Uint64(m[48:]); best == nil || tx > newest {
			best, newest = m, tx
		}
	}
	if best == nil {
		return nil, p.damaged("neither head page is valid")
	}
	return best, nil
}

func (p *pages) header(id uint64) (h pageHeader, err error) {
	if id < 2 || id >= p.top {
		return h, p.damaged("a pointer to page %d leaves the file", id)
	}
	b, le := p.all[id*pageSize:][:headerSize], binary.NativeEndian
	h = pageHeader{le.Uint64(b), le.Uint16(b[8:]), le.Uint16(b[10:]), le.Uint32(b[12:])}
	if h.id != id || id+uint64(h.overflow) >= p.top {
		return h, p.damaged("page %d: its head is wrong", id)
	}
	return h, nil
}

// claim marks pages as reached, once.
func (p *pages) claim(id uint64, overflow uint32) error {
	for i := id; i <= id+uint64(overflow); i++ {
		if i >= p.top {
			return p.damaged("a pointer to page %d leaves the file", i)
		}
		if p.seen[i/64]&(1<<(i%64)) != 0 {
			return p.damaged("page %d is used twice", i)
		}
		p.seen[i/64] |= 1 << (i % 64)
	}
	return nil
}

// whole is a page with its overflow.
func (p *pages) whole(h pageHeader) []byte {
	size := (uint64(h.overflow) + 1) * pageSize
	return p.all[h.id*pageSize:][:size:size]
}

func (p *pages) body(h pageHeader) ([]byte, error) {
	b := p.whole(h)
	if headerSize+int(h.count)*elementSize > len(b) {
		return nil, p.damaged("page %d: %d elements do not fit", h.id, h.count)
	}
	return b, nil
}

func (p *pages) freelist(id uint64) error {
	h, err := p.header(id)
	if err != nil {
		return err
	}
	if h.flags != flagFreelist {
		return p.damaged("page %d is not the list of free pages", id)
	}
	if err := p.claim(id, h.overflow); err != nil {
		return err
	}
	b := p.whole(h)
	list, count := b[headerSize:], uint64(h.count)
	if h.count == 0xFFFF {
		count, list = binary.NativeEndian.Uint64(list), list[8:]
	}
	if count > uint64(len(list))/8 {
		return p.damaged("%d free pages do not fit their list", count)
	}
	for i := range count {
		// A page that is free and in use would be overwritten.
		if err := p.claim(binary.NativeEndian.Uint64(list[i*8:]), 0); err != nil {
			return err
		}
	}
	return nil
}
