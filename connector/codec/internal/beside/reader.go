// Package beside moves the work of one layer of a byte stream into a goroutine of its
// own, with a bounded number of buffers between it and the next.
package beside

import (
	"errors"
	"io"
	"sync"
)

// ErrClosed is what reading and writing return after Close.
var ErrClosed = errors.New("the stream is closed")

// Reader reads another reader in a goroutine of its own, which starts with the first
// Read and ends with the first error or with Close.
type Reader struct {
	r       io.Reader
	size    int
	buffers int

	full  chan piece
	free  chan []byte
	stop  chan struct{}
	done  chan struct{} // closed when the goroutine is gone
	start sync.Once
	once  sync.Once
	cur   piece
	rest  []byte // of cur, not read yet
}

type piece struct {
	data []byte
	err  error
}

// NewReader reads r ahead by up to buffers pieces of size bytes. r is always given a whole
// buffer to fill.
func NewReader(r io.Reader, buffers, size int) *Reader {
	return &Reader{r: r, size: size, buffers: buffers, full: make(chan piece, buffers),
		free: make(chan []byte, buffers), stop: make(chan struct{}), done: make(chan struct{})}
}

func (a *Reader) run() {
	defer close(a.done)
	for {
		select {
		case <-a.stop:
			return
		case buf := <-a.free:
			if buf == nil {
				buf = make([]byte, a.size)
			}
			n, err := a.r.Read(buf)
			a.full <- piece{buf[:n], err} // never blocks: as many places as buffers
			if err != nil {
				return
			}
		}
	}
}

func (a *Reader) Read(p []byte) (int, error) {
	a.start.Do(func() {
		for range a.buffers {
			a.free <- nil // made when it is needed: little may be read
		}
		go a.run()
	})
	select {
	case <-a.stop:
		return 0, ErrClosed
	default:
	}
	for len(a.rest) == 0 {
		if a.cur.err != nil {
			return 0, a.cur.err
		}
		if a.cur.data != nil {
			a.free <- a.cur.data[:cap(a.cur.data)]
			a.cur = piece{}
		}
		select {
		case <-a.stop:
			return 0, ErrClosed
		case a.cur = <-a.full:
			a.rest = a.cur.data
		}
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// Stop makes Read return, now and ever after, and the goroutine end after the read that it
// is in.
func (a *Reader) Stop() { a.once.Do(func() { close(a.stop) }) }

// Close stops and waits for the goroutine. It may be called twice.
func (a *Reader) Close() error {
	a.Stop()
	a.start.Do(func() { close(a.done) })
	<-a.done
	return nil
}
