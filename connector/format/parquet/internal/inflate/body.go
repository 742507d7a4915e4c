package inflate

import (
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"

	"github.com/headgate/headgate/connector/format/parquet/internal/meta"
)

const (
	// past is how much of what was decompressed references may reach back to.
	past = 64 << 10
	// step is how much is decompressed at once.
	step = 32 << 10
	// maxWindow bounds what a zstd frame may ask to remember.
	maxWindow = 128 << 20
)

// Body is the content of one page after another, decompressed as it is asked for.
type Body struct {
	// Buf[R:] is decompressed and not consumed. What stands before R may be needed to
	// decompress on. Users move R, and nothing else.
	Buf []byte
	R   int

	in    *Input
	codec meta.Codec
	left  int  // bytes still to be decompressed
	all   bool // Buf holds the page from its start
	size  int
	start int64 // where the compressed bytes are
	used  int   // consumed and no longer in Buf

	snappy snappy
	lz4    lz4
	zstd   *zstd.Decoder
	gzip   *gzip.Reader
	whole  []byte // memory for compressed bytes
}

// Open starts a page of size bytes of which the compressed ones are next in in, in
// its current page. A page of at most small bytes is decompressed at once.
func (b *Body) Open(in *Input, codec meta.Codec, size, small int) error {
	b.Buf, b.R, b.used = b.Buf[:0], 0, 0
	b.in, b.codec, b.left, b.size, b.start = in, codec, size, size, in.Offset()
	b.all = size <= small
	if size == 0 {
		return nil
	}
	switch codec {
	case meta.Uncompressed:
		return nil
	case meta.Snappy:
		b.snappy.in = in
		if b.all {
			return b.atOnce()
		}
		return b.snappy.start(size)
	case meta.LZ4Raw:
		b.lz4.in = in
		b.lz4.start()
		return nil
	case meta.Zstd:
		return b.openZstd()
	case meta.Gzip:
		return b.openGzip()
	}
	return fmt.Errorf("compressed with %s, which cannot be read", codec)
}

// atOnce decompresses a snappy page in one go, which is faster.
func (b *Body) atOnce() error {
	src, err := b.compressed()
	if err != nil {
		return err
	}
	if n, err := s2.DecodedLen(src); err != nil || n != b.size {
		return errSnappy
	}
	if cap(b.Buf) < b.size {
		b.Buf = make([]byte, b.size+b.size/4)
	}
	if b.Buf, err = s2.Decode(b.Buf[:b.size], src); err != nil {
		return errSnappy
	}
	b.left = 0
	return nil
}

// compressed reads the rest of the page.
func (b *Body) compressed() ([]byte, error) {
	b.whole = b.whole[:0]
	for {
		src, err := b.in.unread()
		if err != nil || len(src) == 0 {
			return b.whole, err
		}
		if len(b.whole) == 0 && int64(len(src)) == b.in.page {
			b.in.take(len(src))
			return src, nil
		}
		b.whole = append(b.whole, src...)
		b.in.take(len(src))
	}
}

func (b *Body) openZstd() (err error) {
	if b.zstd == nil {
		b.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderMaxMemory(1<<31))
		if err != nil {
			return fmt.Errorf("zstd: %w", err)
		}
	}
	if err := b.zstd.Reset(b.in); err != nil {
		return fmt.Errorf("zstd: %w", err)
	}
	return nil
}

func (b *Body) openGzip() (err error) {
	if b.gzip == nil {
		b.gzip, err = gzip.NewReader(b.in)
	} else {
		err = b.gzip.Reset(b.in)
	}
	if err != nil {
		return fmt.Errorf("gzip: %w", err)
	}
	return nil
}

// Need decompresses until at least n bytes wait to be consumed.
func (b *Body) Need(n int) error {
	for len(b.Buf)-b.R < n {
		if b.left == 0 {
			return ErrCut
		}
		if err := b.more(n); err != nil {
			return err
		}
	}
	return nil
}

// Rest is how many bytes have not been consumed, decompressed or not.
func (b *Body) Rest() int { return len(b.Buf) - b.R + b.left }

// more decompresses something, towards n bytes that wait. Memory grows with what is
// really there.
func (b *Body) more(n int) error {
	add := min(max(n-(len(b.Buf)-b.R), step), max(step, len(b.Buf)), b.left)
	had := len(b.Buf)
	aim := had + add
	var err error
	switch b.codec {
	case meta.Snappy:
		b.Buf, err = b.snappy.decode(b.Buf, aim, b.all)
		if errors.Is(err, errFar) {
			return b.again()
		}
	case meta.LZ4Raw:
		b.Buf, err = b.lz4.decode(b.Buf, aim)
	case meta.Zstd:
		err = b.read(b.zstd, aim)
	case meta.Gzip:
		err = b.read(b.gzip, aim)
	default:
		err = b.read(b.in, aim)
	}
	if b.left -= len(b.Buf) - had; err == nil && b.left < 0 {
		err = fmt.Errorf("%s: more data than the page says", b.codec)
	}
	if err == nil && b.left == 0 {
		err = b.ended()
	}
	return err
}

// ended checks that a stream with an end of its own is at it. Its checksum, if it has one,
// is compared there.
func (b *Body) ended() error {
	var r io.Reader
	switch b.codec {
	case meta.Zstd:
		r = b.zstd
	case meta.Gzip:
		r = b.gzip
	default:
		return nil
	}
	switch _, err := io.ReadFull(r, make([]byte, 1)); {
	case err == nil:
		return fmt.Errorf("%s: more data than the page says", b.codec)
	case err == io.EOF:
		return nil
	default:
		return fmt.Errorf("%s: %w", b.codec, err)
	}
}

func (b *Body) read(r io.Reader, aim int) error {
	had := len(b.Buf)
	if cap(b.Buf) < aim {
		grown := make([]byte, had, aim+aim/4)
		copy(grown, b.Buf)
		b.Buf = grown
	}
	n, err := io.ReadFull(r, b.Buf[had:aim])
	b.Buf = b.Buf[:had+n]
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrCut
	}
	return err
}

// again decompresses a snappy page from its start, keeping all of it: it refers to
// more than was kept.
func (b *Body) again() error {
	done := b.used + b.R
	page := int64(b.start) // of compressed bytes
	in := b.in
	rest := in.page + in.Offset() - page
	end := in.end
	in.Reset(in.at, page, end)
	if err := in.StartPage(rest, false); err != nil {
		return err
	}
	b.Buf, b.R, b.used, b.all, b.left = b.Buf[:0], 0, 0, true, b.size
	if err := b.snappy.start(b.size); err != nil {
		return err
	}
	if err := b.Need(done); err != nil {
		return err
	}
	b.R = done
	return nil
}

// Continue makes buf the memory of what comes, from its start. What is not consumed,
// and what it takes to go on, is copied there, so Buf may be kept by others.
func (b *Body) Continue(buf []byte) {
	keep := b.kept()
	if cap(buf) < len(b.Buf)-keep {
		buf = make([]byte, 0, len(b.Buf)-keep+step)
	}
	buf = buf[:len(b.Buf)-keep]
	copy(buf, b.Buf[keep:])
	b.Buf = buf
	b.R -= keep
	b.used += keep
}

// kept is where in Buf the part begins that must stay.
func (b *Body) kept() int {
	switch {
	case b.left == 0:
		return b.R
	case b.codec != meta.Snappy && b.codec != meta.LZ4Raw:
		return b.R
	case b.all && b.codec == meta.Snappy:
		return 0
	}
	return max(0, min(b.R, len(b.Buf)-past))
}

// Compact drops what has been consumed when that is much.
func (b *Body) Compact() {
	if keep := b.kept(); keep >= 2*past {
		n := copy(b.Buf, b.Buf[keep:])
		b.Buf = b.Buf[:n]
		b.R -= keep
		b.used += keep
	}
}

// Unread is what is decompressed and not consumed.
func (b *Body) Unread() []byte { return b.Buf[b.R:] }

// Advance consumes n bytes of it.
func (b *Body) Advance(n int) { b.R += n }

// Base is how many bytes of the page stood before Buf.
func (b *Body) Base() int { return b.used }
