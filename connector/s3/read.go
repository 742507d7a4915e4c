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
)

// A reader has aheadPieces requests of pieceSize bytes under way: one connection alone
// leaves a fast network idle.
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

	next  int64        // where the next request starts
	queue []chan piece // under way, in order
	free  [][]byte     // buffers to use again
	whole []byte       // of the piece being read
	left  []byte
	err   error
}

type piece struct {
	data []byte
	err  error
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
		done := make(chan piece, 1)
		go func(at int64, buf []byte) {
			_, err := r.ReadAt(buf, at)
			done <- piece{buf, err}
		}(r.next, buf[:n])
		r.queue = append(r.queue, done)
		r.next += n
	}
}

func (r *reader) Read(p []byte) (int, error) {
	for len(r.left) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		if r.whole != nil {
			r.free, r.whole = append(r.free, r.whole), nil
		}
		r.ask()
		if len(r.queue) == 0 {
			r.err = io.EOF
			continue
		}
		got := <-r.queue[0]
		r.queue = r.queue[1:]
		r.whole, r.left, r.err = got.data, got.data, got.err
		if r.err != nil {
			r.left = nil
		}
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}

// ReadAt reads at any place. It may be called from several goroutines.
func (r *reader) ReadAt(p []byte, off int64) (int, error) {
	if off >= r.size || len(p) == 0 {
		return 0, io.EOF
	}
	want := p[:min(int64(len(p)), r.size-off)]
	var opt minio.GetObjectOptions
	if err := errors.Join(opt.SetRange(off, off+int64(len(want))-1), r.same(&opt)); err != nil {
		return 0, err
	}
	n, err := r.fetch(want, off, opt)
	if err == nil && len(want) < len(p) {
		err = io.EOF
	}
	return n, err
}

// same asks for the version that was opened. Behind some servers objects can appear as files
// that have no ETag: then fetch compares the times.
func (r *reader) same(opt *minio.GetObjectOptions) error {
	if r.version.ETag == "" {
		return nil
	}
	return opt.SetMatchETag(r.version.ETag)
}

func (r *reader) fetch(p []byte, off int64, opt minio.GetObjectOptions) (int, error) {
	body, info, head, err := r.core.GetObject(r.ctx, r.store.cfg.Bucket, r.key, opt)
	if err != nil {
		return 0, r.store.explain("read", r.name, err)
	}
	defer body.Close()
	if r.version.ETag == "" && !info.LastModified.Equal(r.version.LastModified) {
		return 0, fmt.Errorf("read %s: %w", r.store.label(r.name), errChanged)
	}
	if err := covers(head, off, len(p)); err != nil {
		return 0, fmt.Errorf("read %s: %w", r.store.label(r.name), err)
	}
	n, err := io.ReadFull(body, p)
	if err != nil {
		if r.ctx.Err() == nil {
			err = connector.Transient(connector.Mark(fmt.Errorf("the connection was lost after %d bytes: %w", off+int64(n), err), connector.ErrUnreachable))
		}
		return n, fmt.Errorf("read %s: %w", r.store.label(r.name), err)
	}
	return n, nil
}

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
	for _, q := range r.queue {
		<-q
	}
	r.queue, r.left = nil, nil
	if r.err == nil {
		r.err = io.ErrClosedPipe
	}
	return nil
}
