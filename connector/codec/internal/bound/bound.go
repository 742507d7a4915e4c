// Package bound stops what unpacks to more than anybody meant it to.
package bound

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/spec"
)

// Ratio is how many times its size a stream may unpack to when nobody says otherwise,
// and Free is how many bytes it may have whatever the ratio.
const (
	Ratio = 200
	Free  = 64 << 20
)

// Limits bound a stream.
type Limits struct {
	Ratio int       // 0 = Ratio; it counts once more than Free bytes came out
	Size  spec.Size // bytes; 0 = as many as the ratio allows
}

// Check reports whether the limits make sense.
func (l Limits) Check() error {
	if l.Ratio < 0 {
		return errors.New("max_ratio cannot be negative")
	}
	return nil
}

// Counter counts the bytes of the packed stream.
type Counter struct {
	R io.Reader
	n atomic.Int64
}

func (c *Counter) Read(p []byte) (int, error) {
	n, err := c.R.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// N is how many bytes were read. It may be called from any goroutine.
func (c *Counter) N() int64 { return c.n.Load() }

// Reader hands out an unpacked stream until it exceeds its limits.
type Reader struct {
	r      io.Reader
	in     *Counter
	limits Limits
	out    int64
	err    error // that it exceeded its limits
}

// NewReader bounds r, which unpacks what in reads.
func NewReader(r io.Reader, in *Counter, l Limits) *Reader {
	if l.Ratio == 0 {
		l.Ratio = Ratio
	}
	return &Reader{r: r, in: in, limits: l}
}

func (b *Reader) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.r.Read(p)
	b.out += int64(n)
	if b.err = b.exceeded(); b.err != nil {
		return 0, b.err
	}
	return n, err
}

// Exceeded is the error of a stream that was too large; nil while it was not. It is for
// those who read through others that do not pass errors on.
func (b *Reader) Exceeded() error { return b.err }

// exceeded is the error that ends a stream which is too large.
func (b *Reader) exceeded() error {
	switch {
	case b.limits.Size > 0 && b.out > int64(b.limits.Size):
		return connector.Mark(fmt.Errorf("it unpacks to more than max_size, which is %s", b.limits.Size), connector.ErrRefused)
	case b.out > Free && b.out/int64(b.limits.Ratio) > b.in.N():
		return connector.Mark(fmt.Errorf("it unpacks to more than %d times its size (%d MiB from %d KiB so far), as bombs do: if this is meant, raise max_ratio",
			b.limits.Ratio, b.out>>20, b.in.N()>>10), connector.ErrRefused)
	}
	return nil
}

// Open bounds a codec: unpack reads the packed stream r. Messages start with name.
func Open(name string, r io.Reader, l Limits, unpack func(io.Reader) (io.ReadCloser, error)) (io.ReadCloser, error) {
	if err := l.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	in := &Counter{R: r}
	rc, err := unpack(in)
	if err != nil {
		return nil, err
	}
	return &opened{Reader: NewReader(rc, in, l), Closer: rc, name: name}, nil
}

type opened struct {
	*Reader
	io.Closer
	name string
}

func (o *opened) Read(p []byte) (int, error) {
	n, err := o.Reader.Read(p)
	if err != nil && o.Exceeded() != nil {
		err = fmt.Errorf("%s: %w", o.name, err)
	}
	return n, err
}
