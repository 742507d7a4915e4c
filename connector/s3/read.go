package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/minio/minio-go/v7"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/pace"
)

// A reader has aheadPieces requests of pieceSize bytes under way, also while a piece is
// consumed: one connection alone leaves a fast network idle.
const (
	pieceSize   = 8 << 20
	aheadPieces = 3
)

// Open reads an object from offset on, several pieces at a time, all of the same version
// of it. The result is an io.ReaderAt too.
func (s *Store) Open(ctx context.Context, name string, offset int64) (io.ReadCloser, error) {
	key, err := s.key(name)
	if err != nil {
		return nil, s.explain("read", name, err)
	}
	core, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	info, err := core.StatObject(ctx, s.cfg.Bucket, key, minio.StatObjectOptions{})
	if err != nil {
		if missing(err) {
			err = s.notExist(ctx, core, name)
		}
		return nil, s.explain("read", name, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	return &reader{store: s, core: core, ctx: ctx, cancel: cancel, name: name, key: key, version: info, next: offset, size: info.Size}, nil
}

// reader is the bytes of an object in order.
type reader struct {
	store     *Store
	core      *minio.Core
	ctx       context.Context
	cancel    context.CancelFunc
	name, key string
	version   minio.ObjectInfo
	size      int64

	next  int64    // where the next request starts
	queue []*piece // under way, in order
	free  [][]byte // buffers to use again
	cur   *piece   // being consumed
	err   error
}

// ask starts requests until enough are under way.
func (r *reader) ask() {
	for len(r.queue) < aheadPieces && r.next < r.size {
		n := min(pieceSize, r.size-r.next)
		var buf []byte
		if k := len(r.free); k > 0 {
			buf, r.free = r.free[k-1], r.free[:k-1]
		}
		if int64(cap(buf)) < n {
			buf = make([]byte, n)
		}
		p := newPiece(buf[:n])
		go func(at int64) { p.end(r.fill(p.buf, at, p.add)) }(r.next)
		r.queue = append(r.queue, p)
		r.next += n
	}
}

// Read hands out bytes as soon as they are there, while they are still in the processor's
// cache.
func (r *reader) Read(p []byte) (int, error) {
	for r.err == nil && len(p) > 0 {
		if r.cur == nil {
			r.ask()
			if len(r.queue) == 0 {
				r.err = io.EOF
				break
			}
			r.cur, r.queue = r.queue[0], r.queue[1:]
			r.ask()
		}
		n, err := r.cur.read(p)
		if err == io.EOF {
			r.free, r.cur = append(r.free, r.cur.buf), nil
			continue
		}
		r.err = err
		return n, err
	}
	return 0, r.err
}

// ReadAt reads at any place. It may be called from several goroutines.
func (r *reader) ReadAt(p []byte, off int64) (int, error) {
	if off >= r.size || len(p) == 0 {
		return 0, io.EOF
	}
	want := p[:min(int64(len(p)), r.size-off)]
	n := 0
	err := r.fill(want, off, func(more int) { n += more })
	if err == nil && len(want) < len(p) {
		err = io.EOF
	}
	return n, err
}

// fill reads all of p from off on, and says of each part that it is there. What breaks off goes on
// where it stopped.
func (r *reader) fill(p []byte, off int64, more func(n int)) error {
	done := 0
	return pace.Rule(r.store.env.Retry).Do(r.ctx, func() error {
		return r.fetch(p[done:], off+int64(done), func(n int) {
			done += n
			more(n)
		})
	})
}

// same asks for the version that was opened. Behind some servers objects can appear as files
// that have no ETag: then fetch compares the times.
func (r *reader) same(opt *minio.GetObjectOptions) error {
	if r.version.ETag == "" {
		return nil
	}
	return opt.SetMatchETag(r.version.ETag)
}

// fetch is one request of fill.
func (r *reader) fetch(p []byte, off int64, more func(n int)) error {
	var opt minio.GetObjectOptions
	if err := errors.Join(opt.SetRange(off, off+int64(len(p))-1), r.same(&opt)); err != nil {
		return err
	}
	body, info, head, err := r.core.GetObject(r.ctx, r.store.cfg.Bucket, r.key, opt)
	if err != nil {
		return r.store.explain("read", r.name, err)
	}
	defer body.Close()
	if info.ETag != r.version.ETag || info.ETag == "" && !info.LastModified.Equal(r.version.LastModified) {
		return fmt.Errorf("read %s: %w", r.store.label(r.name), errChanged)
	}
	if err := covers(head, off, len(p)); err != nil {
		return fmt.Errorf("read %s: %w", r.store.label(r.name), err)
	}
	for done := 0; done < len(p); {
		n, err := io.ReadFull(body, p[done:min(done+told, len(p))])
		if n > 0 {
			more(n)
		}
		done += n
		if err == nil {
			continue
		}
		if r.ctx.Err() == nil {
			err = connector.Transient(connector.Mark(fmt.Errorf("the connection was lost after %d bytes: %w", off+int64(done), err), connector.ErrUnreachable))
		}
		return fmt.Errorf("read %s: %w", r.store.label(r.name), err)
	}
	return nil
}

// told is after how many bytes of a piece whoever waits for them is told.
const told = 256 << 10

// covers checks that an answer is the piece that was asked for.
func covers(head http.Header, off int64, n int) error {
	want := fmt.Sprintf("bytes %d-%d/", off, off+int64(n)-1)
	if got := head.Get("Content-Range"); got != "" && !strings.HasPrefix(got, want) {
		return fmt.Errorf("the server sent %q instead of %q", got, want)
	} else if got == "" && head.Get("Content-Length") != strconv.Itoa(n) {
		return errors.New("the server does not read from the middle")
	}
	return nil
}

// Close gives up what is under way. It may be called twice.
func (r *reader) Close() error {
	r.cancel()
	if r.cur != nil {
		r.queue = append(r.queue, r.cur)
	}
	for _, p := range r.queue {
		p.wait()
	}
	r.queue, r.cur, r.free = nil, nil, nil
	if r.err == nil {
		r.err = io.ErrClosedPipe
	}
	return nil
}
