package sftp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/headgate/headgate/connector/tree"
)

// Publish gives a sealed file its final name. Where the server cannot replace a file
// in one step, there is a moment without it.
func (s *Store) Publish(ctx context.Context, staged, name string) error {
	if err := s.publish(ctx, staged, name); err != nil {
		return fmt.Errorf("write %s: %w", s.label(name), err)
	}
	return nil
}

func (s *Store) publish(ctx context.Context, staged, name string) error {
	final, err := s.clean(name)
	if err != nil {
		return err
	}
	if staged, err = s.clean(staged); err != nil {
		return err
	}
	l, err := s.connected(ctx)
	if err != nil {
		return err
	}
	return tree.Publish(ctx, mover{s, l}, staged, final)
}

// mover renames over one link.
type mover struct {
	s *Store
	l *link
}

// Move replaces what has the new name, where the server can.
func (m mover) Move(ctx context.Context, from, to string) error {
	rename := m.l.sftp.Rename
	if m.l.posixRename {
		rename = m.l.sftp.PosixRename
	}
	return do(ctx, m.l, func() error { return rename(m.s.remote(from), m.s.remote(to)) })
}

func (m mover) Delete(ctx context.Context, name string) error { return m.s.remove(ctx, name) }

func (m mover) Exists(ctx context.Context, name string) (bool, error) {
	_, err := call(ctx, m.l, func() (os.FileInfo, error) { return m.l.sftp.Lstat(m.s.remote(name)) })
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
