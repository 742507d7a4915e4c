package ftp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/tree"
)

// Create starts a file beside its final name. A leftover of the same name and tag
// is from a run that crashed, and replaced. ctx counts for as long as the file is written.
func (s *Store) Create(ctx context.Context, name, tag string) (connector.Upload, error) {
	u, err := s.create(ctx, name, tag)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", s.label(name), err)
	}
	return u, nil
}

func (s *Store) create(ctx context.Context, name, tag string) (*upload, error) {
	final, err := s.clean(name)
	if err != nil {
		return nil, err
	}
	staged := tree.Staged(final, tag)
	if there, err := (*folders)(s).folder(ctx, final); err != nil || there {
		return nil, errors.Join(err, only(there, tree.ErrFolder))
	}
	if err := s.makeFolder(ctx, path.Dir(staged)); err != nil {
		return nil, err
	}
	c, err := s.take(ctx)
	if err != nil {
		return nil, err
	}
	u := &upload{s: s, c: c, ctx: ctx, staged: staged, label: s.label(name), feed: newFeed(), done: make(chan error, 1), stop: c.obey(ctx)}
	go func() { u.done <- c.Stor(c.remote(staged), u.feed) }()
	return u, nil
}

func only(really bool, err error) error {
	if really {
		return err
	}
	return nil
}

// upload is a file beside its final name. Its methods belong to one goroutine.
type upload struct {
	s      *Store
	c      *control
	ctx    context.Context
	staged string
	label  string
	feed   *feed
	sent   int64
	done   chan error // what the transfer came to
	stop   func() bool
	over   bool // sealed or discarded
	ended  bool // the transfer ended, and the connection was given back
	err    error
}

func (u *upload) Write(p []byte) (int, error) {
	n := 0
	for n < len(p) && u.err == nil {
		m, full := u.feed.add(p[n:])
		n += m
		u.sent += int64(m)
		if full {
			u.err = u.pass()
		}
	}
	if u.err != nil {
		return n, fmt.Errorf("write %s: %w", u.label, u.err)
	}
	return n, nil
}

// pass hands the full buffer over.
func (u *upload) pass() error {
	select {
	case u.feed.full <- u.feed.cur:
	case err := <-u.done:
		return u.finish(err, true)
	}
	select {
	case u.feed.cur = <-u.feed.free:
		return nil
	case err := <-u.done:
		return u.finish(err, true)
	}
}

// finish takes what the transfer came to, and gives the connection back. early means
// that it ended before we did, which is a failure whatever the server says.
func (u *upload) finish(err error, early bool) error {
	err = u.c.explain(u.ctx, err)
	if early && err == nil {
		err = connector.Transient(errors.New("the server ended the transfer"))
	}
	u.ended = true
	u.stop()
	u.s.give(u.c)
	return err
}

// Seal waits until the server has confirmed the transfer, and compares the size. Whether the
// bytes are on its disk FTP cannot tell.
func (u *upload) Seal(ctx context.Context) (string, error) {
	if err := u.seal(ctx); err != nil {
		return "", fmt.Errorf("write %s: %w", u.label, err)
	}
	u.over = true
	return u.staged, nil
}

func (u *upload) seal(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if u.err != nil {
		return u.err
	}
	if u.err = u.flush(ctx); u.err != nil {
		return u.err
	}
	size, err := u.s.size(ctx, u.staged)
	if err == nil && size != u.sent {
		err = connector.Transient(connector.Mark(fmt.Errorf("%d bytes were sent, and the server says that it has %d", u.sent, size), connector.ErrUnreachable))
	}
	u.err = err
	return err
}

func (u *upload) flush(ctx context.Context) error {
	if len(u.feed.cur) > 0 {
		if err := u.pass(); err != nil {
			return err
		}
	}
	close(u.feed.full)
	select {
	case err := <-u.done:
		return u.finish(err, false)
	case <-ctx.Done():
		u.c.kill(ctx.Err())
		<-u.done
		u.c.broken = true
		u.finish(nil, false)
		return ctx.Err()
	}
}

// size asks how large a file became.
func (s *Store) size(ctx context.Context, name string) (size int64, err error) {
	err = s.with(ctx, func(c *control) (err error) {
		size, err = c.FileSize(c.remote(name))
		return err
	})
	if !unknown(err) {
		return size, err
	}
	e, err := (*folders)(s).Stat(ctx, name)
	return e.Size, err
}

// Close discards what was not sealed.
func (u *upload) Close() error {
	if u.over {
		return nil
	}
	u.over = true
	if !u.ended {
		close(u.feed.gone)
		u.finish(<-u.done, true)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(u.ctx), u.s.cfg.Timeout)
	defer cancel()
	err := (*folders)(u.s).Delete(ctx, u.staged)
	if connector.IsTransient(err) {
		err = (*folders)(u.s).Delete(ctx, u.staged)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("write %s: discard: %w", u.label, err)
	}
	return nil
}

// Buffers between who writes and the transfer: one is filled while another is sent.
const (
	feedBuffers = 4
	feedSize    = 256 << 10
)

// feed is an upload as the library takes it: a reader.
type feed struct {
	cur  []byte // being filled
	full chan []byte
	free chan []byte
	gone chan struct{} // closed when the rest is not to be had any more
	rest []byte        // of what Read gives
}

func newFeed() *feed {
	f := &feed{full: make(chan []byte, feedBuffers), free: make(chan []byte, feedBuffers), gone: make(chan struct{})}
	for range feedBuffers {
		f.free <- make([]byte, 0, feedSize)
	}
	f.cur = <-f.free
	return f
}

// add fills the buffer; full means that it is.
func (f *feed) add(p []byte) (n int, full bool) {
	n = copy(f.cur[len(f.cur):cap(f.cur)], p)
	f.cur = f.cur[:len(f.cur)+n]
	return n, len(f.cur) == cap(f.cur)
}

// errGone ends a transfer that is given up.
var errGone = errors.New("the upload was discarded")

// next is the next full buffer.
func (f *feed) next() ([]byte, error) {
	select {
	case <-f.gone:
		return nil, errGone
	default:
	}
	select {
	case buf, ok := <-f.full:
		if !ok {
			return nil, io.EOF
		}
		return buf, nil
	case <-f.gone:
		return nil, errGone
	}
}

// WriteTo sends buffer after buffer.
func (f *feed) WriteTo(w io.Writer) (total int64, err error) {
	for {
		buf, err := f.next()
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, err
		}
		n, err := w.Write(buf)
		total += int64(n)
		if err != nil {
			return total, err
		}
		f.free <- buf[:0]
	}
}

// Read is for those who do not ask for WriteTo.
func (f *feed) Read(p []byte) (int, error) {
	for len(f.rest) == 0 {
		buf, err := f.next()
		if err != nil {
			return 0, err
		}
		f.rest = buf
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}
