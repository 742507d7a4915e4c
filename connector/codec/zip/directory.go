package zip

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"io"
	"slices"
)

// The directory of an archive may have this many members and bytes.
const (
	maxMembers   = 100_000
	maxDirectory = 32 << 20
)

// maxComment is how much text may follow the end of the directory.
const maxComment = 1<<16 - 1

// place is where the directory is, and how many members it has.
type place struct {
	offset, size int64
	members      uint64
}

// locate finds the directory of an archive of size bytes.
func locate(at io.ReaderAt, size int64) (place, error) {
	tail := make([]byte, min(size, endSize+maxComment))
	start := size - int64(len(tail))
	if n, err := at.ReadAt(tail, start); n < len(tail) {
		return place{}, err
	}
	for i := len(tail) - endSize; i >= 0; i-- {
		b := tail[i:]
		if binary.LittleEndian.Uint32(b) != endSignature || int(binary.LittleEndian.Uint16(b[20:])) != len(b)-endSize {
			continue
		}
		if binary.LittleEndian.Uint16(b[4:]) == 0xffff || binary.LittleEndian.Uint16(b[10:]) == 0xffff ||
			binary.LittleEndian.Uint32(b[12:]) == in64 || binary.LittleEndian.Uint32(b[16:]) == in64 {
			if p, ok, err := locate64(at, start+int64(i)); ok || err != nil {
				return p, err
			}
		}
		p := place{members: uint64(binary.LittleEndian.Uint16(b[10:])), size: int64(binary.LittleEndian.Uint32(b[12:])), offset: int64(binary.LittleEndian.Uint32(b[16:]))}
		return p, p.check(start+int64(i), b[4:8])
	}
	return place{}, errDamaged
}

// locate64 looks for the end that has room for larger numbers, before the one at end.
func locate64(at io.ReaderAt, end int64) (p place, ok bool, err error) {
	var loc [locator64Size]byte
	if end < locator64Size {
		return p, false, nil
	}
	if n, err := at.ReadAt(loc[:], end-locator64Size); n < len(loc) {
		return p, false, err
	}
	if binary.LittleEndian.Uint32(loc[:]) != locator64Signature {
		return p, false, nil
	}
	begin := int64(binary.LittleEndian.Uint64(loc[8:]))
	if begin < 0 || begin > end-locator64Size-end64Size {
		return p, false, errDamaged
	}
	var b [end64Size]byte
	if n, err := at.ReadAt(b[:], begin); n < len(b) {
		return p, false, err
	}
	if binary.LittleEndian.Uint32(b[:]) != end64Signature {
		return p, false, errDamaged
	}
	p = place{members: binary.LittleEndian.Uint64(b[32:]), size: int64(binary.LittleEndian.Uint64(b[40:])), offset: int64(binary.LittleEndian.Uint64(b[48:]))}
	return p, true, p.check(begin, nil)
}

// check wants the directory to end where its end begins. disks are the numbers of this
// part of the archive and of that with the directory.
func (p place) check(end int64, disks []byte) error {
	switch {
	case len(bytes.Trim(disks, "\x00")) > 0:
		return hostile("it is one part of an archive of several")
	case p.offset < 0 || p.size < 0 || p.offset > end || p.offset+p.size != end:
		return errDamaged
	case p.members > maxMembers || p.size > maxDirectory:
		return hostile("it holds %d members in a directory of %d MiB; at most %d in %d MiB are read", p.members, p.size>>20, maxMembers, maxDirectory>>20)
	}
	return nil
}

// directory reads all members, in the order of the directory.
func directory(at io.ReaderAt, p place) ([]member, error) {
	in := bufio.NewReaderSize(io.NewSectionReader(at, p.offset, p.size), 64<<10)
	list := make([]member, 0, p.members)
	for range p.members {
		m, err := central(in)
		if err != nil {
			return nil, err
		}
		if err := m.checkName(); err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	if _, err := in.Peek(1); err != io.EOF {
		return nil, errDamaged
	}
	if err := distinct(list); err != nil {
		return nil, err
	}
	return list, apart(list, p.offset)
}

// distinct refuses two members of one name: programs differ in which of them they read.
func distinct(list []member) error {
	seen := make(map[string]bool, len(list))
	for i := range list {
		name := list[i].name
		if seen[name] {
			return hostile("it holds two members with the name %q", name)
		}
		seen[name] = true
	}
	return nil
}

// central reads the entry of a member.
func central(in *bufio.Reader) (m member, err error) {
	var b [centralSize]byte
	if _, err := io.ReadFull(in, b[:]); err != nil || binary.LittleEndian.Uint32(b[:]) != centralSignature {
		return m, cmp.Or(noEOF(err), errDamaged)
	}
	m = member{flags: binary.LittleEndian.Uint16(b[8:]), method: binary.LittleEndian.Uint16(b[10:]), crc: binary.LittleEndian.Uint32(b[16:]),
		packed: int64(binary.LittleEndian.Uint32(b[20:])), unpacked: int64(binary.LittleEndian.Uint32(b[24:])),
		offset: int64(binary.LittleEndian.Uint32(b[42:]))}
	if b[5] == 3 { // made on a Unix
		m.mode = binary.LittleEndian.Uint32(b[38:]) >> 16
	}
	name, extra, comment := int(binary.LittleEndian.Uint16(b[28:])), int(binary.LittleEndian.Uint16(b[30:])), int(binary.LittleEndian.Uint16(b[32:]))
	rest := make([]byte, name+extra)
	if _, err := io.ReadFull(in, rest); err != nil {
		return m, noEOF(err)
	}
	if _, err := in.Discard(comment); err != nil {
		return m, noEOF(err)
	}
	m.setName(rest[:name])
	return m, m.extend(rest[name:], &m.unpacked, &m.packed, &m.offset)
}

// apart refuses members that overlap, or reach into the directory.
func apart(list []member, directory int64) error {
	order := make([]*member, len(list))
	for i := range list {
		order[i] = &list[i]
	}
	slices.SortFunc(order, func(a, b *member) int { return cmp.Compare(a.offset, b.offset) })
	for i, m := range order {
		next := directory
		if i+1 < len(order) {
			next = order[i+1].offset
		}
		if m.offset > directory-localSize || m.packed > next-m.offset-localSize {
			return hostile("the member %q overlaps with what follows", m.name)
		}
	}
	return nil
}

// noEOF is err where the archive may not end.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
