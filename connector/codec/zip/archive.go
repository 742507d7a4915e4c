package zip

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/flate"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/codec/internal/bound"
)

// inputSize is how much of the packed data is read at once.
const inputSize = 128 << 10

// archive is a file with a directory.
type archive struct {
	at     io.ReaderAt
	wanted []member
}

func openArchive(o *Options, at io.ReaderAt, size int64) (*archive, error) {
	p, err := locate(at, size)
	if err != nil {
		return nil, err
	}
	all, err := directory(at, p)
	if err != nil {
		return nil, err
	}
	a := &archive{at: at}
	total := int64(0)
	for i := range all {
		if !o.wants(&all[i]) {
			continue
		}
		if err := wantable(o, &all[i]); err != nil {
			return nil, err
		}
		if total += all[i].unpacked; total < 0 {
			return nil, hostile("the member %q lies about its size", all[i].name)
		}
		a.wanted = append(a.wanted, all[i])
	}
	if len(a.wanted) == 0 {
		return nil, nothing(o, all)
	}
	return a, tooLarge(o, total, size)
}

// wantable refuses members that cannot be meant to be read.
func wantable(o *Options, m *member) error {
	if o.Members == everything && strings.EqualFold(path.Ext(m.name), ".zip") {
		return hostile("it holds another archive, %q: say with members what is wanted", m.name)
	}
	return m.readable()
}

// nothing is the error of an archive without a wanted member.
func nothing(o *Options, all []member) error {
	for i := range all {
		if !all[i].folder() {
			return fmt.Errorf("none of its %d members matches %q; the first is %q", len(all), o.Members, all[i].name)
		}
	}
	return fmt.Errorf("it holds no files")
}

// tooLarge applies the limits to what the members say of themselves, to which they are
// held when they are read.
func tooLarge(o *Options, total, size int64) error {
	l := o.limits()
	if l.Ratio == 0 {
		l.Ratio = bound.Ratio
	}
	switch {
	case l.Size > 0 && total > int64(l.Size):
		return hostile("it unpacks to %d bytes, more than max_size, which is %s", total, l.Size)
	case total > bound.Free && total/int64(l.Ratio) > size:
		return hostile("it unpacks to more than %d times its size (%d MiB from %d KiB), as bombs do: if this is meant, raise max_ratio", l.Ratio, total>>20, size>>10)
	}
	return nil
}

// Members lists the wanted members.
func (a *archive) Members() []connector.Member {
	list := make([]connector.Member, len(a.wanted))
	for i, m := range a.wanted {
		list[i] = connector.Member{Name: m.name, Size: m.unpacked}
	}
	return list
}

// Open reads a member.
func (a *archive) Open(i int) (io.ReadCloser, error) {
	m := &a.wanted[i]
	start, err := a.data(m)
	if err != nil {
		return nil, fmt.Errorf("unzip: %w", err)
	}
	in := bufio.NewReaderSize(io.NewSectionReader(a.at, start, m.packed), inputSize)
	return &content{in: in, z: unpack(m, in), want: m}, nil
}

// data is where the data of a member start. The header before them must say the same as the
// directory.
func (a *archive) data(m *member) (int64, error) {
	var b [localSize]byte
	if n, err := a.at.ReadAt(b[:], m.offset); n < len(b) {
		return 0, noEOF(err)
	}
	local := parseLocal(b[:])
	rest := make([]byte, local.name+local.extra)
	if n, err := a.at.ReadAt(rest, m.offset+localSize); n < len(rest) {
		return 0, noEOF(err)
	}
	same := member{flags: m.flags}
	same.setName(rest[:local.name])
	if local.signature != localSignature || local.method != m.method || same.name != m.name || local.flags&flagEncrypted != 0 {
		return 0, hostile("the member %q is not what the directory says", m.name)
	}
	return m.offset + localSize + int64(len(rest)), nil
}

// local is the header before the data of a member.
type local struct {
	signature        uint32
	flags, method    uint16
	crc              uint32
	packed, unpacked int64
	name, extra      int
}

func parseLocal(b []byte) local {
	return local{signature: binary.LittleEndian.Uint32(b), flags: binary.LittleEndian.Uint16(b[6:]), method: binary.LittleEndian.Uint16(b[8:]),
		crc: binary.LittleEndian.Uint32(b[14:]), packed: int64(binary.LittleEndian.Uint32(b[18:])), unpacked: int64(binary.LittleEndian.Uint32(b[22:])),
		name: int(binary.LittleEndian.Uint16(b[26:])), extra: int(binary.LittleEndian.Uint16(b[28:]))}
}

// unpack reads the data of a member.
func unpack(m *member, in *bufio.Reader) io.Reader {
	if m.method == stored {
		return in
	}
	return flate.NewReader(in)
}

// content reads a member and holds it to what is said of it.
type content struct {
	in   *bufio.Reader // nothing may be left in it at the end
	z    io.Reader
	want *member
	n    int64
	sum  uint32
	err  error
}

func (c *content) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.z.Read(p)
	c.n += int64(n)
	c.sum = crc32.Update(c.sum, crc32.IEEETable, p[:n])
	if c.n > c.want.unpacked {
		n, err = 0, hostile("the member %q lies about its size", c.want.name)
	}
	if err == io.EOF {
		err = c.end()
	}
	if err != nil && err != io.EOF {
		err = fmt.Errorf("unzip: %w", err)
	}
	c.err = err
	return n, err
}

func (c *content) end() error {
	_, err := c.in.Peek(1)
	switch {
	case err == nil || c.n != c.want.unpacked:
		return hostile("the member %q lies about its size", c.want.name)
	case err != io.EOF:
		return err
	case c.sum != c.want.crc:
		return fmt.Errorf("the member %q is damaged: its checksum does not match", c.want.name)
	}
	return io.EOF
}

// Close lets go of the memory. It may be called twice.
func (c *content) Close() error {
	c.in, c.z, c.err = nil, nil, io.ErrClosedPipe
	return nil
}
