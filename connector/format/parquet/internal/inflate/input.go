// Package inflate decompresses the pages of Parquet files a little at a time, so that
// memory does not depend on how large a page is.
package inflate

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

const (
	// readSize is how much is read from the file at once.
	readSize = 64 << 10
	// leastRead is what a Limit cannot go below: less makes more reads, and hardly saves memory.
	leastRead = 4 << 10
)

// Input is a part of a file, read from its start to its end.
type Input struct {
	at       io.ReaderAt
	off, end int64 // of the bytes not read yet
	buf      []byte
	r        int // buf[r:] is read and not consumed
	limit    int // see Limit; 0 = readSize

	page   int64 // bytes of the current page not consumed; Unread and Read stop there
	crc    uint32
	summed bool
}

// ErrCut means that the input ends too early.
var ErrCut = errors.New("the data ends too early")

// Reset starts at off, to go no further than end.
func (in *Input) Reset(at io.ReaderAt, off, end int64) {
	in.at, in.off, in.end = at, off, end
	in.buf, in.r, in.page, in.summed = in.buf[:0], 0, 0, false
}

// Limit says how much to read at once from now on, within reason: where many inputs are open, what
// each has read ahead adds up.
func (in *Input) Limit(n int) { in.limit = min(max(n, leastRead), readSize) }

// Offset is where the first byte not consumed is in the file.
func (in *Input) Offset() int64 { return in.off - int64(len(in.buf)-in.r) }

// Peek is at least n unread bytes, or fewer where the input ends. It does not stop at
// the end of a page.
func (in *Input) Peek(n int) ([]byte, error) {
	for len(in.buf)-in.r < n && in.off < in.end {
		if err := in.more(n); err != nil {
			return nil, err
		}
	}
	return in.buf[in.r:], nil
}

// more reads on, with n unread bytes as the aim. Memory grows with what is really there.
func (in *Input) more(n int) error {
	if in.r > 0 {
		in.buf = in.buf[:copy(in.buf, in.buf[in.r:])]
		in.r = 0
	}
	size := in.limit
	if size == 0 {
		size = readSize
	}
	want := max(size-len(in.buf), min(n-len(in.buf), max(size, len(in.buf))))
	want = int(min(int64(want), in.end-in.off))
	have := len(in.buf)
	if cap(in.buf) < have+want {
		grown := make([]byte, have, have+want+want/8)
		copy(grown, in.buf)
		in.buf = grown
	}
	got, err := in.at.ReadAt(in.buf[have:have+want], in.off)
	in.buf = in.buf[:have+got]
	in.off += int64(got)
	if got == want {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return ErrCut
	}
	return err
}

// Advance consumes n of the bytes Peek showed.
func (in *Input) Advance(n int) { in.r += n }

// StartPage says that the next n bytes are a page, and whether to sum them up.
func (in *Input) StartPage(n int64, sum bool) error {
	if n > in.end-in.Offset() {
		return ErrCut
	}
	in.page, in.crc, in.summed = n, 0, sum
	return nil
}

// unread is what is buffered of the page, some of it unless the page is over.
func (in *Input) unread() ([]byte, error) {
	if in.page == 0 {
		return nil, nil
	}
	if in.r == len(in.buf) {
		if err := in.more(1); err != nil {
			return nil, err
		}
	}
	return in.buf[in.r:min(int64(len(in.buf)), int64(in.r)+in.page)], nil
}

// take consumes n bytes of the page.
func (in *Input) take(n int) {
	if in.summed {
		in.crc = crc32.Update(in.crc, crc32.IEEETable, in.buf[in.r:in.r+n])
	}
	in.r += n
	in.page -= int64(n)
}

// Read reads the page.
func (in *Input) Read(p []byte) (int, error) {
	src, err := in.unread()
	if err != nil {
		return 0, err
	}
	if len(src) == 0 {
		return 0, io.EOF
	}
	n := copy(p, src)
	in.take(n)
	return n, nil
}

// ReadByte makes Input what package flate reads without a buffer of its own.
func (in *Input) ReadByte() (byte, error) {
	src, err := in.unread()
	if err != nil {
		return 0, err
	}
	if len(src) == 0 {
		return 0, io.EOF
	}
	in.take(1)
	return src[0], nil
}

// EndPage leaves the page. When all of it was summed, or check is set and the rest is
// to be read for it, the sum must be want.
func (in *Input) EndPage(want uint32, check bool) error {
	if !check || !in.summed {
		in.skip(in.page)
		return nil
	}
	for in.page > 0 {
		src, err := in.unread()
		if err != nil {
			return err
		}
		in.take(len(src))
	}
	if in.crc != want {
		return fmt.Errorf("checksum %08x, the page says %08x: the file is damaged", in.crc, want)
	}
	return nil
}

func (in *Input) skip(n int64) {
	in.page = 0
	if buffered := int64(len(in.buf) - in.r); n > buffered {
		in.off += n - buffered
		in.buf, in.r = in.buf[:0], 0
		return
	}
	in.r += int(n)
}

// PageLeft is how many bytes of the page have not been consumed.
func (in *Input) PageLeft() int64 { return in.page }
