package pgp

import (
	"bufio"
	stdbzip2 "compress/bzip2"
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zlib"
)

// unpacker reads the contents of a packet of compressed data, which must be the last thing
// in its stream. The library would do it with a slower inflater and without looking at the ratio.
type unpacker struct {
	in   *bufio.Reader // the stream
	body io.Reader     // the packet
	z    io.Reader
}

func newUnpacker(in *bufio.Reader) (io.Reader, error) {
	body, err := bodyOf(in)
	if err != nil {
		return nil, err
	}
	b := bufio.NewReaderSize(body, 64<<10)
	algorithm, err := b.ReadByte()
	if err != nil {
		return nil, noEOF(err)
	}
	u := &unpacker{in: in, body: b}
	switch algorithm {
	case 0:
		u.z = b
	case 1:
		u.z = flate.NewReader(b)
	case 2:
		u.z, err = zlib.NewReader(b)
	case 3:
		u.z = stdbzip2.NewReader(b)
	default:
		err = fault("the message is packed in a way that is not known (%d)", algorithm)
	}
	return u, err
}

func (u *unpacker) Read(p []byte) (int, error) {
	n, err := u.z.Read(p)
	if err == io.EOF {
		err = u.end()
	}
	return n, err
}

// end reads what follows the packed data: nothing but, in the packet, padding that some
// programs leave.
func (u *unpacker) end() error {
	if _, err := io.Copy(io.Discard, u.body); err != nil {
		return err
	}
	if _, err := u.in.Peek(1); err != io.EOF {
		if err == nil {
			err = errMalformed
		}
		return err
	}
	return io.EOF
}

// bodyOf reads the header of a packet and returns what is in it.
func bodyOf(in *bufio.Reader) (io.Reader, error) {
	tag, err := in.ReadByte()
	if err != nil {
		return nil, noEOF(err)
	}
	if tag&0x40 != 0 {
		p := &partial{in: in, more: true}
		return p, nil
	}
	var size [8]byte
	switch kind := tag & 3; kind {
	case 3: // up to the end of the stream
		return in, nil
	default:
		width := 1 << kind
		if _, err := io.ReadFull(in, size[8-width:]); err != nil {
			return nil, noEOF(err)
		}
		return &partial{in: in, left: int64(binary.BigEndian.Uint64(size[:]))}, nil
	}
}

// partial reads the body of a packet, which may come in parts that each tell their length.
type partial struct {
	in   *bufio.Reader
	left int64 // of this part
	more bool  // the length of another part follows it
}

func (p *partial) Read(b []byte) (int, error) {
	for p.left == 0 {
		if !p.more {
			return 0, io.EOF
		}
		if err := p.next(); err != nil {
			return 0, noEOF(err)
		}
	}
	n, err := p.in.Read(b[:min(int64(len(b)), p.left)])
	p.left -= int64(n)
	return n, noEOF(err)
}

// next reads the length of the next part.
func (p *partial) next() error {
	first, err := p.in.ReadByte()
	if err != nil {
		return err
	}
	var rest [4]byte
	switch {
	case first < 192:
		p.left, p.more = int64(first), false
	case first < 224:
		_, err = io.ReadFull(p.in, rest[:1])
		p.left, p.more = int64(first-192)<<8+int64(rest[0])+192, false
	case first < 255:
		p.left = 1 << (first & 0x1f)
	default:
		_, err = io.ReadFull(p.in, rest[:])
		p.left, p.more = int64(binary.BigEndian.Uint32(rest[:])), false
	}
	return err
}

// noEOF is err where the stream may not end.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
