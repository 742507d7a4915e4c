package blob

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"github.com/headgate/headgate/connector"
)

// place reads a file of a store at any place, and best on from where it stopped: stores
// open a file at an offset and then read it as it comes.
type place struct {
	source *Source
	ctx    context.Context
	name   string
	n      atomic.Int64 // bytes read

	mu  sync.Mutex
	rc  io.ReadCloser // nil before the first read, and after an error
	at  io.ReaderAt   // rc, when it can do it itself
	pos int64         // of rc
}

// placed opens a file for reading at any place.
func (s *Source) placed(ctx context.Context, o connector.Object) (*place, error) {
	p := &place{source: s, ctx: context.WithoutCancel(ctx), name: o.Name}
	err := s.cfg.Retry.Do(ctx, func() error { return p.open(0) })
	return p, err
}

func (p *place) open(off int64) error {
	p.drop()
	rc, err := p.source.cfg.Store.Open(p.ctx, p.name, off)
	if err != nil {
		return err
	}
	p.rc, p.pos = rc, off
	p.at, _ = rc.(io.ReaderAt)
	return nil
}

func (p *place) drop() {
	if p.rc != nil {
		p.rc.Close()
		p.rc, p.at = nil, nil
	}
}

func (p *place) ReadAt(b []byte, off int64) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	err = p.source.cfg.Retry.Do(p.ctx, func() error {
		got, err := p.readAt(b[n:], off+int64(n))
		n += got
		return err
	})
	p.n.Add(int64(n))
	return n, err
}

func (p *place) readAt(b []byte, off int64) (int, error) {
	if p.at != nil {
		return p.at.ReadAt(b, off)
	}
	if p.rc == nil || p.pos != off {
		if err := p.open(off); err != nil {
			return 0, err
		}
	}
	n, err := io.ReadFull(p.rc, b)
	p.pos += int64(n)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	if err != nil {
		p.drop()
	}
	return n, err
}

// Close may be called twice.
func (p *place) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop()
	return nil
}
