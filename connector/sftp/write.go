package sftp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"sync"

	wire "github.com/pkg/sftp"

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
	l, err := s.connected(ctx)
	if err != nil {
		return nil, err
	}
	old, err := call(ctx, l, func() (os.FileInfo, error) { return l.sftp.Stat(s.remote(final)) })
	switch {
	case err == nil && old.IsDir():
		return nil, tree.ErrFolder
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	staged := tree.Staged(final, tag)
	f, err := s.createNew(ctx, l, staged)
	if err != nil && !errors.Is(err, fs.ErrPermission) && !connector.IsTransient(err) {
		if err := s.makeFolder(ctx, l, path.Dir(staged)); err != nil {
			return nil, err
		}
		f, err = s.createNew(ctx, l, staged)
	}
	if err != nil {
		return nil, err
	}
	if old != nil { // a file that only some may read stays one
		if err := do(ctx, l, func() error { return f.Chmod(old.Mode().Perm()) }); err != nil && connector.IsTransient(err) {
			return nil, err
		}
	}
	most := max(inFlight/l.packet, 2)
	return &upload{ctx: ctx, store: s, link: l, f: f, staged: staged, label: s.label(name), slots: make(chan []byte, most), most: most}, nil
}

// createNew makes a file that was not there before: not one that somebody else put
// there, nor a link to one.
func (s *Store) createNew(ctx context.Context, l *link, name string) (*wire.File, error) {
	open := func() (*wire.File, error) {
		return l.sftp.OpenFile(s.remote(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	}
	f, err := call(ctx, l, open)
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || connector.IsTransient(err) {
		return f, err
	}
	if s.remove(ctx, name) != nil {
		return nil, err
	}
	return call(ctx, l, open)
}

// upload is a file beside its final name. Its methods belong to one goroutine.
type upload struct {
	ctx    context.Context
	store  *Store
	link   *link
	f      *wire.File
	staged string
	label  string

	cur   []byte      // being filled
	slots chan []byte // free buffers
	made  int         // buffers so far
	most  int         // buffers at most
	sent  int64       // bytes asked to be written

	wg   sync.WaitGroup
	mu   sync.Mutex
	err  error // of a write, the first
	over bool  // sealed or discarded
}

func (u *upload) Write(p []byte) (int, error) {
	total := 0
	for len(p) > 0 {
		if u.cur == nil {
			if err := u.room(); err != nil {
				return total, fmt.Errorf("write %s: %w", u.label, err)
			}
		}
		n := copy(u.cur[len(u.cur):cap(u.cur)], p)
		u.cur = u.cur[:len(u.cur)+n]
		p = p[n:]
		total += n
		if len(u.cur) == cap(u.cur) {
			u.send()
		}
	}
	return total, nil
}

// room waits for a free buffer.
func (u *upload) room() error {
	if err := u.failed(); err != nil {
		return err
	}
	if len(u.slots) == 0 && u.made < u.most {
		u.made++
		u.cur = make([]byte, 0, u.link.packet)
		return nil
	}
	select {
	case u.cur = <-u.slots:
		u.cur = u.cur[:0]
		return u.failed()
	case <-u.ctx.Done():
		return u.ctx.Err()
	}
}

func (u *upload) failed() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.err
}

// send asks the server to write what is in the buffer.
func (u *upload) send() {
	buf, off := u.cur, u.sent
	u.cur = nil
	u.sent += int64(len(buf))
	u.wg.Add(1)
	u.link.flow.begin()
	go func() {
		defer u.wg.Done()
		defer u.link.flow.end()
		if _, err := u.f.WriteAt(buf, off); err != nil {
			err = u.link.explain(err)
			u.mu.Lock()
			if u.err == nil {
				u.err = err
			}
			u.mu.Unlock()
		}
		u.slots <- buf
	}()
}

// Seal waits until the server confirmed every byte and has them on its disk, where it
// can be asked to, and compares the size.
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
	if len(u.cur) > 0 {
		u.send()
	}
	if err := do(ctx, u.link, func() error { u.wg.Wait(); return nil }); err != nil {
		return err
	}
	if err := u.failed(); err != nil {
		return err
	}
	if u.link.fsync {
		u.link.flow.slow.Add(1)
		err := do(ctx, u.link, u.f.Sync)
		u.link.flow.slow.Add(-1)
		if err != nil {
			return err
		}
	}
	info, err := call(ctx, u.link, u.f.Stat)
	if err != nil {
		return err
	}
	if info.Size() != u.sent {
		return fmt.Errorf("%d bytes were sent, and the server says that it has %d", u.sent, info.Size())
	}
	return do(ctx, u.link, u.f.Close)
}

// Close discards what was not sealed. Where the connection was lost it makes a new one
// to do so.
func (u *upload) Close() error {
	if u.over {
		return nil
	}
	u.over = true
	ctx, cancel := context.WithTimeout(context.WithoutCancel(u.ctx), u.store.cfg.Timeout)
	defer cancel()
	do(ctx, u.link, func() error {
		u.wg.Wait()
		return u.f.Close()
	})
	err := u.store.remove(ctx, u.staged)
	if connector.IsTransient(err) {
		err = u.store.remove(ctx, u.staged)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("write %s: discard: %w", u.label, err)
	}
	return nil
}
