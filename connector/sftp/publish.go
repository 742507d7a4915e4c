package sftp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/glob"
	"github.com/headgate/headgate/connector/tree"
)

// Publish gives a sealed file its final name. Where the server cannot replace a file
// in one step, the old one stands aside while the new one takes its place, and comes
// back if that fails.
func (s *Store) Publish(ctx context.Context, staged, name string) error {
	if err := s.publish(ctx, staged, name); err != nil {
		return fmt.Errorf("write %s: %w", s.label(name), err)
	}
	return nil
}

func (s *Store) publish(ctx context.Context, staged, name string) error {
	final, err := glob.Clean(name)
	if err != nil {
		return err
	}
	if staged, err = glob.Clean(staged); err != nil {
		return err
	}
	l, err := s.connected(ctx)
	if err != nil {
		return err
	}
	err = s.replace(ctx, l, staged, final)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	there, err := s.exists(ctx, l, final)
	if err == nil && !there {
		return fmt.Errorf("neither it nor the staged file %s is there: %w", tree.Show(path.Base(staged)), connector.ErrNothingStaged)
	}
	return err
}

func (s *Store) exists(ctx context.Context, l *link, name string) (bool, error) {
	_, err := call(ctx, l, func() (os.FileInfo, error) { return l.sftp.Lstat(s.remote(name)) })
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// replace renames from to to, which goes away.
func (s *Store) replace(ctx context.Context, l *link, from, to string) error {
	move := func(from, to string) error {
		return do(ctx, l, func() error { return l.sftp.Rename(s.remote(from), s.remote(to)) })
	}
	if l.posixRename {
		return do(ctx, l, func() error { return l.sftp.PosixRename(s.remote(from), s.remote(to)) })
	}
	err := move(from, to)
	if err == nil || errors.Is(err, fs.ErrNotExist) || connector.IsTransient(err) {
		return err
	}
	there, e := s.exists(ctx, l, to)
	if e != nil || !there {
		return errors.Join(err, e)
	}
	old := aside(to)
	if err := s.remove(ctx, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := move(to, old); err != nil {
		return fmt.Errorf("set the old file aside: %w", err)
	}
	if err := move(from, to); err != nil {
		return errors.Join(err, move(old, to))
	}
	return s.remove(ctx, old)
}

// aside is where an old file waits while a new one takes its name.
func aside(name string) string {
	dir, base := path.Split(name)
	return dir + "." + base + ".old"
}
