package s3

import (
	"io"
	"sync"
)

// piece is a part of an object on its way: one goroutine fills it, while another reads what is
// there.
type piece struct {
	buf  []byte
	seen int // bytes that were read

	mu    sync.Mutex
	moved *sync.Cond // have, ended
	have  int        // bytes that are there
	ended bool       // no more come, for
	err   error      // this reason; nil = it is full
}

func newPiece(buf []byte) *piece {
	p := &piece{buf: buf}
	p.moved = sync.NewCond(&p.mu)
	return p
}

// add says that n more bytes are there.
func (p *piece) add(n int) {
	p.mu.Lock()
	p.have += n
	p.mu.Unlock()
	p.moved.Signal()
}

// end says that no more bytes come.
func (p *piece) end(err error) {
	p.mu.Lock()
	p.ended, p.err = true, err
	p.mu.Unlock()
	p.moved.Broadcast()
}

// read waits for bytes and hands them out; io.EOF when all were.
func (p *piece) read(out []byte) (int, error) {
	p.mu.Lock()
	for p.have == p.seen && !p.ended {
		p.moved.Wait()
	}
	have, err := p.have, p.err
	p.mu.Unlock()
	if have > p.seen {
		n := copy(out, p.buf[p.seen:have])
		p.seen += n
		return n, nil
	}
	if err == nil {
		err = io.EOF
	}
	return 0, err
}

// wait waits for the end.
func (p *piece) wait() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.ended {
		p.moved.Wait()
	}
}
