package sftp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	wire "github.com/pkg/sftp"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/tree"
)

// Open reads name from offset on. It asks ahead of what is read, little at first. ctx
// counts for as long as the file is read.
func (s *Store) Open(ctx context.Context, name string, offset int64) (io.ReadCloser, error) {
	r, err := s.open(ctx, name, offset)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.label(name), err)
	}
	return r, nil
}

func (s *Store) open(ctx context.Context, name string, offset int64) (*reader, error) {
	clean, err := s.clean(name)
	if err != nil {
		return nil, err
	}
	l, err := s.connected(ctx)
	if err != nil {
		return nil, err
	}
	f, err := call(ctx, l, func() (*wire.File, error) { return l.sftp.Open(s.remote(clean)) })
	if err != nil {
		return nil, err
	}
	info, err := call(ctx, l, f.Stat)
	if err == nil && info.IsDir() {
		err = tree.ErrFolder
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &reader{
		ctx: ctx, link: l, f: f, size: info.Size(), pos: offset, next: offset,
		window: 1, most: max(inFlight/l.packet, 2), closed: make(chan struct{}),
	}, nil
}

// reader reads one file. Read and Close belong to one goroutine, ReadAt to any.
type reader struct {
	ctx  context.Context
	link *link
	f    *wire.File

	size   int64   // when it was opened
	pos    int64   // of what Read gives next
	next   int64   // of what is asked for next
	most   int     // requests under way, at most
	window int     // requests under way, now
	queue  []*part // asked for, in order
	free   []*part
	cur    *part  // being read
	rest   []byte // of cur
	err    error

	once   sync.Once
	closed chan struct{}
	wg     sync.WaitGroup
}

// part is one request.
type part struct {
	buf  []byte
	n    int
	err  error
	done chan struct{}
}

func (r *reader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.advance()
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// WriteTo hands out what was read without another copy.
func (r *reader) WriteTo(w io.Writer) (total int64, err error) {
	for {
		if len(r.rest) > 0 {
			n, err := w.Write(r.rest)
			total += int64(n)
			r.rest = r.rest[n:]
			if err != nil {
				return total, err
			}
		}
		if r.err != nil {
			if r.err == io.EOF {
				return total, nil
			}
			return total, r.err
		}
		r.advance()
	}
}

// advance waits for the next part, and asks for more.
func (r *reader) advance() {
	select {
	case <-r.closed:
		r.err = os.ErrClosed
		return
	default:
	}
	if r.cur != nil {
		r.free = append(r.free, r.cur)
		r.cur = nil
	}
	r.window = min(r.window+1, r.most)
	for len(r.queue) < r.window {
		r.ask()
	}
	first := r.queue[0]
	select {
	case <-r.ctx.Done():
		r.err = r.ctx.Err()
		return
	case <-first.done:
	}
	r.queue = r.queue[1:]
	r.cur, r.rest = first, first.buf[:first.n]
	r.pos += int64(first.n)
	if first.err == io.EOF {
		r.err = r.atEnd()
	} else {
		r.err = r.link.explain(first.err)
	}
}

// ask sends the next request.
func (r *reader) ask() {
	var p *part
	if n := len(r.free); n > 0 {
		p, r.free = r.free[n-1], r.free[:n-1]
	} else {
		p = &part{buf: make([]byte, r.link.packet)}
	}
	p.done = make(chan struct{})
	off := r.next
	r.next += int64(len(p.buf))
	r.queue = append(r.queue, p)
	r.wg.Add(1)
	r.link.flow.begin()
	go func() {
		defer r.wg.Done()
		defer r.link.flow.end()
		defer close(p.done)
		p.n, p.err = r.f.ReadAt(p.buf, off)
	}()
}

// atEnd is io.EOF, unless the server says that the file is longer: what ends before its end
// was cut.
func (r *reader) atEnd() error {
	if r.pos == r.size {
		return io.EOF
	}
	info, err := call(r.ctx, r.link, r.f.Stat)
	switch {
	case err != nil:
		return err
	case info.Size() > r.pos && info.Mode().IsRegular():
		return connector.Transient(fmt.Errorf("the server ends it at byte %d and says that it has %d", r.pos, info.Size()))
	}
	return io.EOF
}

// ReadAt reads at any place, with several requests under way where it is much.
func (r *reader) ReadAt(p []byte, off int64) (int, error) {
	r.link.flow.begin()
	defer r.link.flow.end()
	total := 0
	for total < len(p) {
		piece := p[total:min(len(p), total+inFlight)]
		n, err := r.readPiece(piece, off+int64(total))
		total += n
		if errors.Is(err, os.ErrClosed) {
			return total, err
		}
		if err != nil {
			return total, r.link.explain(err)
		}
	}
	return total, nil
}

func (r *reader) readPiece(p []byte, off int64) (int, error) {
	type answer struct {
		n   int
		err error
	}
	size := r.link.packet
	answers := make([]answer, (len(p)+size-1)/size)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			n, err := r.f.ReadAt(p[i*size:min(len(p), (i+1)*size)], off+int64(i*size))
			answers[i] = answer{n, err}
		})
	}
	wg.Wait()
	total := 0
	for _, a := range answers {
		total += a.n
		if a.err != nil {
			return total, a.err
		}
	}
	return total, nil
}

// Close gives up what is under way; its answers are thrown away when they come.
func (r *reader) Close() error {
	r.once.Do(func() {
		close(r.closed)
		go func() {
			r.wg.Wait()
			r.f.Close()
		}()
	})
	return nil
}
