package gzip

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"

	"github.com/headgate/headgate/connector/codec/internal/inorder"
)

// members are the pieces of a gzip stream.
type members struct {
	inflaters sync.Pool // of *inflater
	alone     gzip.Reader
}

// inflater is what one task needs.
type inflater struct {
	in bytes.Reader
	z  io.ReadCloser
}

// Take takes the members that tell how long they are.
func (m *members) Take(s *inorder.Source, t *inorder.Task) (whole bool, err error) {
	head, err := s.Peek(fixedHeader)
	if len(head) == 0 {
		return false, err
	}
	if err == nil && head[3] == onlyExtra {
		head, _ = s.Peek(min(headerLength(head), maxHeader))
	}
	n := memberLength(head)
	if n < fixedHeader+trailer || n > inorder.MaxPiece {
		return false, nil
	}
	t.In = slices.Grow(t.In, n)[:n]
	got, err := io.ReadFull(s, t.In)
	t.In = t.In[:got]
	if err != nil {
		return false, nil // reading it alone fails in the right place
	}
	size := unpackedSize(t.In)
	if size > inorder.MaxPiece {
		return false, nil
	}
	t.Out = slices.Grow(t.Out, size)
	return true, nil
}

// unpackedSize is what the end of a member says.
func unpackedSize(member []byte) int {
	return int(binary.LittleEndian.Uint32(member[len(member)-4:]))
}

var errMember = errors.New("not what it says")

// Unpack fails for a member that does not end where it should.
func (m *members) Unpack(t *inorder.Task) {
	f, ok := m.inflaters.Get().(*inflater)
	if !ok {
		f = &inflater{}
		f.z = flate.NewReader(&f.in)
	}
	defer m.inflaters.Put(f)
	header, end := headerLength(t.In), len(t.In)-trailer
	if header > end {
		t.Err = errMember
		return
	}
	f.in.Reset(t.In[header:end])
	if t.Err = f.z.(flate.Resetter).Reset(&f.in, nil); t.Err != nil {
		return
	}
	t.Out = t.Out[:unpackedSize(t.In)]
	if _, t.Err = io.ReadFull(f.z, t.Out); t.Err != nil {
		return
	}
	var beyond [1]byte
	n, err := f.z.Read(beyond[:])
	if n > 0 || err != io.EOF || f.in.Len() > 0 || crc32.ChecksumIEEE(t.Out) != binary.LittleEndian.Uint32(t.In[end:]) {
		t.Err = errMember
	}
}

// Alone inflates a member up to its end, wherever it may be.
func (m *members) Alone(s *inorder.Source) io.Reader {
	if head, _ := s.Peek(len(magic)); !strings.HasPrefix(magic, string(head)) {
		return failed{errors.New("this is not gzip")}
	}
	if err := m.alone.Reset(s.Reader); err != nil {
		return failed{noEOF(err)}
	}
	m.alone.Multistream(false)
	return &m.alone
}

// failed is a reader of nothing.
type failed struct{ err error }

func (f failed) Read([]byte) (int, error) { return 0, f.err }

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
