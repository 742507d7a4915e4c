package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"runtime"
	"strings"
)

// makeFolder makes dir and the folders above it.
func makeFolder(root *os.Root, dir string) error {
	if dir == "." {
		return nil
	}
	return root.MkdirAll(dir, 0o777)
}

// syncFolders makes the entries of dir durable, and of the folders above it, which
// may be new.
func syncFolders(root *os.Root, dir string) error {
	for {
		if err := syncFolder(root, dir); err != nil {
			return err
		}
		if dir == "." {
			return nil
		}
		dir = path.Dir(dir)
	}
}

func syncFolder(root *os.Root, dir string) error {
	if runtime.GOOS == "windows" {
		return nil // has no such call
	}
	f, err := root.Open(dir)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return nil // a folder one may write but not list
		}
		return err
	}
	err = f.Sync()
	return errors.Join(err, f.Close())
}

// Sweep removes the files in dir and below it that were being written under a tag
// that starts with tag and were never published: what a crash left behind.
func (s *Store) Sweep(ctx context.Context, dir, tag string) error {
	clean, err := s.clean(dir)
	if err != nil {
		return err
	}
	root, err := s.folder(false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	mark := "." + safe(tag)
	err = fs.WalkDir(root.FS(), clean, func(name string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission):
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case d.IsDir() || !isStaged(path.Base(name), mark):
			return nil
		}
		return root.Remove(name)
	})
	if err != nil {
		return fmt.Errorf("remove leftovers in %s: %w", s.label(dir), cause(err))
	}
	return nil
}

// isStaged recognises what stagedName makes of a tag that starts with mark.
func isStaged(base, mark string) bool {
	return strings.HasPrefix(base, ".") && strings.HasSuffix(base, stagedSuffix) && strings.Contains(base[1:], mark)
}
