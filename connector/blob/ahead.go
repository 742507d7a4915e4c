package blob

import (
	"errors"
	"io"
	"sync"
)

// The read-ahead has two buffers: one is filled while the other is used.
const (
	aheadBuffers = 2
	aheadSize    = 256 << 10
)

// errInterrupted is what a read that was interrupted returns.
var errInterrupted = errors.New("interrupted")

// ahead reads in a goroutine of its own, so that decompression overlaps with the
// rest, and a read that waits for ever (standard input) can be given up.
type ahead struct {
	full chan piece
	free chan []byte
	stop chan struct{}
	done chan struct{} // closed when the goroutine is gone

	once sync.Once
	cur  piece
	rest []byte // of cur, not read yet
}

type piece struct {
	data []byte
	err  error
}

func newAhead(r io.Reader) *ahead {
	a := &ahead{
		full: make(chan piece, aheadBuffers),
		free: make(chan []byte, aheadBuffers),
		stop: make(chan struct{}),
		done: make(chan struct{}),
	}
	for range aheadBuffers {
		a.free <- make([]byte, aheadSize)
	}
	go a.run(r)
	return a
}

func (a *ahead) run(r io.Reader) {
	defer close(a.done)
	for {
		select {
		case <-a.stop:
			return
		case buf := <-a.free:
			n, err := fill(r, buf[:cap(buf)])
			a.full <- piece{buf[:n], err} // never blocks: as many places as buffers
			if err != nil {
				return
			}
		}
	}
}

// fill reads at least once, and on while r gives whole buffers quickly: a
// decompressor hands out small pieces, a terminal lines.
func fill(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf)/2 && err == nil {
		var m int
		m, err = r.Read(buf[n:])
		n += m
		if m > 0 && m < minPiece {
			break
		}
	}
	return n, err
}

// minPiece is the size of a read that shows there is more to come at once.
const minPiece = 4 << 10

func (a *ahead) Read(p []byte) (int, error) {
	for len(a.rest) == 0 {
		if a.cur.err != nil {
			return 0, a.cur.err
		}
		if a.cur.data != nil {
			a.free <- a.cur.data
			a.cur = piece{}
		}
		select {
		case <-a.stop:
			return 0, errInterrupted
		case a.cur = <-a.full:
			a.rest = a.cur.data
		}
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// interrupt makes Read return, now and ever after. The goroutine ends after the
// read it is in.
func (a *ahead) interrupt() { a.once.Do(func() { close(a.stop) }) }

// Close interrupts and waits for the goroutine.
func (a *ahead) Close() error {
	a.interrupt()
	<-a.done
	return nil
}
