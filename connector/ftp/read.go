package ftp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	wire "github.com/jlaffaye/ftp"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/tree"
)

// Open reads name from offset on. ctx counts for as long as the file is read.
func (s *Store) Open(ctx context.Context, name string, offset int64) (io.ReadCloser, error) {
	r, err := s.read(ctx, name, offset)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.label(name), err)
	}
	return r, nil
}

func (s *Store) read(ctx context.Context, name string, offset int64) (io.ReadCloser, error) {
	clean, err := s.clean(name)
	if err != nil {
		return nil, err
	}
	c, err := s.take(ctx)
	if err != nil {
		return nil, err
	}
	r := &reader{ctx: ctx, c: c, pos: offset, size: -1, stop: c.obey(ctx)}
	done, err := r.start(c.remote(clean))
	if err == nil && !done {
		return r, nil
	}
	err = c.explain(ctx, err)
	r.release()
	if err == nil {
		return io.NopCloser(strings.NewReader("")), nil
	}
	if is550(err) {
		e, e2 := (*folders)(s).Stat(ctx, clean)
		switch {
		case errors.Is(e2, fs.ErrNotExist):
			return nil, errNotExist
		case e2 == nil && e.Kind == tree.Folder:
			return nil, tree.ErrFolder
		}
	}
	return nil, err
}

// reader reads one file on a control connection of its own.
type reader struct {
	ctx  context.Context
	c    *control
	r    *wire.Response
	pos  int64 // of what Read gives next
	size int64 // as the server says, -1 = it does not
	err  error
	stop func() bool
	once sync.Once
}

// start asks for the file; done means that there is nothing from the offset on.
func (r *reader) start(remote string) (done bool, err error) {
	size, err := r.c.FileSize(remote)
	switch e := r.c.explain(r.ctx, err); {
	case err == nil && size >= 0:
		r.size = size
	case e != nil && !unknown(e):
		return false, err
	}
	if r.pos > 0 && r.size >= 0 && r.pos >= r.size {
		return true, nil
	}
	r.r, err = r.c.RetrFrom(remote, uint64(r.pos))
	return false, err
}

func (r *reader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.r.Read(p)
	r.pos += int64(n)
	switch {
	case err == io.EOF:
		r.err = r.end()
	case err != nil:
		r.c.broken = true
		r.err = r.c.explain(r.ctx, err)
	}
	if n > 0 {
		return n, nil
	}
	return 0, r.err
}

// end is io.EOF if the server says that it has sent everything, and did.
func (r *reader) end() error {
	err := r.c.explain(r.ctx, r.r.Close())
	r.release()
	switch {
	case err != nil:
		return err
	case r.size >= 0 && r.pos < r.size:
		return connector.Transient(fmt.Errorf("the server ends it at byte %d and says that it has %d", r.pos, r.size))
	}
	return io.EOF
}

// release gives the control connection back.
func (r *reader) release() {
	r.once.Do(func() {
		r.stop()
		r.c.s.give(r.c)
	})
}

// farewell bounds the wait for what a server says to a transfer that we gave up.
const farewell = time.Second

// Close gives up what is under way.
func (r *reader) Close() error {
	if r.err == nil {
		r.err = os.ErrClosed
		r.c.abandon(r.r)
	}
	r.release()
	return nil
}

// abandon ends a transfer that nobody wants the rest of. The server says that it failed,
// and the control connection is as good as before; one that does not is given up.
func (c *control) abandon(r *wire.Response) {
	alarm := time.AfterFunc(farewell, func() { c.kill(errors.New("no answer to the end of a transfer")) })
	defer alarm.Stop()
	var said *answer
	err := c.explain(context.Background(), r.Close())
	if err != nil && !errors.As(err, &said) {
		return
	}
	c.broken = c.NoOp() != nil // there may be a second answer
}
