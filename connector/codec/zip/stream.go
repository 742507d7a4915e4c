package zip

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/flate"
)

// stream reads an archive from its start to its end, without its directory, which comes
// last. It hands out the one member that is wanted.
type stream struct {
	o   *Options
	in  *bufio.Reader
	cur *streamed // nil before the wanted member
	had string    // the member that was handed out, once it has begun
	any bool
	err error
}

func newStream(o *Options, r io.Reader) *stream {
	return &stream{o: o, in: bufio.NewReaderSize(r, inputSize)}
}

func (s *stream) Read(p []byte) (int, error) {
	for s.err == nil {
		if s.cur == nil {
			s.fail(s.next())
			continue
		}
		n, err := s.cur.Read(p)
		if err == io.EOF {
			s.cur, err = nil, s.cur.end()
		}
		s.fail(err)
		if n > 0 || s.err != nil {
			return n, s.err
		}
	}
	return 0, s.err
}

func (s *stream) fail(err error) {
	if err != nil && err != io.EOF {
		err = fmt.Errorf("unzip: %w", err)
	}
	s.err = err
}

// next reads on to the wanted member, or to the end.
func (s *stream) next() error {
	var b [localSize]byte
	if _, err := io.ReadFull(s.in, b[:4]); err != nil {
		return noEOF(err)
	}
	switch binary.LittleEndian.Uint32(b[:]) {
	case localSignature:
	case centralSignature, endSignature:
		return s.rest()
	default:
		return errDamaged
	}
	if _, err := io.ReadFull(s.in, b[4:]); err != nil {
		return noEOF(err)
	}
	m, err := s.begin(parseLocal(b[:]))
	if err != nil {
		return err
	}
	if !s.o.wants(&m.member) {
		if _, err := io.Copy(io.Discard, m); err != nil {
			return err
		}
		return m.end()
	}
	if s.any {
		return hostile("it holds several files, %q and %q among them, and can only be read from a store, as the outermost layer: or say with members which one is wanted", s.had, m.name)
	}
	s.any, s.had, s.cur = true, m.name, m
	return wantable(s.o, &m.member)
}

// rest reads the directory, which tells nothing new.
func (s *stream) rest() error {
	if !s.any {
		return fmt.Errorf("none of its members matches %q", s.o.Members)
	}
	if _, err := io.Copy(io.Discard, s.in); err != nil {
		return err
	}
	return io.EOF
}

// begin reads what comes before the data of a member.
func (s *stream) begin(l local) (*streamed, error) {
	m := &streamed{in: s.in, member: member{flags: l.flags, method: l.method, crc: l.crc, packed: l.packed, unpacked: l.unpacked}}
	rest := make([]byte, l.name+l.extra)
	if _, err := io.ReadFull(s.in, rest); err != nil {
		return nil, noEOF(err)
	}
	m.setName(rest[:l.name])
	if err := m.checkName(); err != nil {
		return nil, err
	}
	if m.flags&flagEncrypted != 0 {
		return nil, m.readable()
	}
	m.described = m.flags&flagDescribed != 0
	if m.described && m.method == stored {
		return nil, errors.New("the sizes of its members come after them: it can only be read from a store, as the outermost layer")
	}
	if !m.described {
		if err := m.extend(rest[l.name:], &m.unpacked, &m.packed); err != nil {
			return nil, err
		}
		if err := m.readable(); err != nil {
			return nil, err
		}
		m.limit = &io.LimitedReader{R: s.in, N: m.packed}
		m.z = m.limit
		if m.method == deflated {
			m.z = flate.NewReader(bufio.NewReaderSize(m.limit, inputSize))
		}
		return m, nil
	}
	if m.method != deflated {
		return nil, m.readable()
	}
	m.z = flate.NewReader(s.in) // reads no byte too many from what has ReadByte
	return m, nil
}

// streamed is a member of a stream.
type streamed struct {
	member
	in        *bufio.Reader
	limit     *io.LimitedReader // nil when it is described
	z         io.Reader
	described bool
	n         int64
	sum       uint32
}

func (m *streamed) Read(p []byte) (int, error) {
	n, err := m.z.Read(p)
	m.n += int64(n)
	m.sum = crc32.Update(m.sum, crc32.IEEETable, p[:n])
	if !m.described && m.n > m.unpacked {
		return 0, hostile("the member %q lies about its size", m.name)
	}
	return n, err
}

// end holds the member to what is said of it, after it was read.
func (m *streamed) end() error {
	if m.described {
		if err := m.descriptor(); err != nil {
			return err
		}
	} else if _, err := m.in.Peek(1); m.limit.N > 0 && err != nil {
		return noEOF(err)
	} else if m.limit.N > 0 || m.n != m.unpacked {
		return hostile("the member %q lies about its size", m.name)
	}
	if m.sum != m.crc {
		return fmt.Errorf("the member %q is damaged: its checksum does not match", m.name)
	}
	return nil
}

// descriptor reads what follows the data: a signature that may be missing, the checksum, and
// the sizes, of 32 or 64 bits each.
func (m *streamed) descriptor() error {
	const short, long = 12, 20
	if head, err := m.in.Peek(4); err == nil && binary.LittleEndian.Uint32(head) == describeSignature {
		m.in.Discard(4)
	}
	b, err := m.in.Peek(long)
	if len(b) < short {
		return noEOF(err)
	}
	m.crc = binary.LittleEndian.Uint32(b)
	switch {
	case binary.LittleEndian.Uint32(b[8:]) == uint32(m.n) && signed(b[short:]):
		m.in.Discard(short)
	case len(b) == long && int64(binary.LittleEndian.Uint64(b[12:])) == m.n:
		m.in.Discard(long)
	default:
		return hostile("the member %q lies about its size", m.name)
	}
	return nil
}

// signed reports whether b starts with what can follow a member.
func signed(b []byte) bool {
	if len(b) < 4 {
		return false
	}
	s := binary.LittleEndian.Uint32(b)
	return s == localSignature || s == centralSignature
}

// Close lets go of the memory. It may be called twice.
func (s *stream) Close() error {
	s.in, s.cur, s.err = nil, nil, io.ErrClosedPipe
	return nil
}
