package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Copies is how many copies are kept beside the file. They are as encrypted as the
// file is.
const Copies = 3

func (s *Store) copyName(i int) string { return fmt.Sprintf("%s.bak.%d", s.Path, i) }

// CopyAge is the age of the newest copy, and false without one.
func (s *Store) CopyAge(now time.Time) (time.Duration, bool) {
	info, err := os.Stat(s.copyName(1))
	if err != nil {
		return 0, false
	}
	return now.Sub(info.ModTime()), true
}

// Keep makes a copy now; the oldest is dropped.
func (s *Store) Keep(ctx context.Context) error {
	unlock, err := s.enter(ctx, true)
	if err != nil {
		return err
	}
	defer unlock()
	return s.keepCopy()
}

// KeepOlder makes a copy if the newest is older than d, or there is none. Of several that ask at
// the same time one makes it: else each would push out one that is older and worth more.
func (s *Store) KeepOlder(ctx context.Context, d time.Duration, now time.Time) error {
	if s.recent(d, now) { // so that hardly anybody waits for the lock
		return nil
	}
	unlock, err := s.enter(ctx, true)
	if err != nil {
		return err
	}
	defer unlock()
	if s.recent(d, now) {
		return nil
	}
	return s.keepCopy()
}

// recent reports whether the newest copy is younger than d. One from further in the future than that
// comes from a clock that was wrong.
func (s *Store) recent(d time.Duration, now time.Time) bool {
	age, ok := s.CopyAge(now)
	return ok && age.Abs() < d
}

// keepCopy needs the lock.
func (s *Store) keepCopy() error {
	temp := s.Path + ".bak.new"
	if err := s.writeCopy(temp); err != nil {
		return err
	}
	for i := Copies; i > 1; i-- {
		if err := os.Rename(s.copyName(i-1), s.copyName(i)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := os.Rename(temp, s.copyName(1)); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(s.Path))
}

func (s *Store) writeCopy(name string) error {
	info, err := os.Stat(s.Path)
	if err != nil {
		return err
	}
	f, err := createNew(name, os.O_WRONLY, info.Mode().Perm())
	if err != nil {
		return err
	}
	err = s.with(false, func(t *Tx) error {
		_, err := t.tx.WriteTo(f)
		return err
	})
	return errors.Join(err, f.Sync(), f.Close())
}

// Compact rewrites the file without what was deleted from it. With fresh, one new
// copy replaces the copies, which may hold what was deleted.
func (s *Store) Compact(ctx context.Context, fresh bool) error {
	unlock, err := s.enter(ctx, true)
	if err != nil {
		return err
	}
	defer unlock()
	return s.rewrite(fresh)
}

// rewrite needs the lock. A database keeps deleted values in its free pages; only a
// new file is without them. The old one is overwritten after the new one stands.
func (s *Store) rewrite(fresh bool) error {
	temp := s.Path + ".new"
	if err := s.compactTo(temp); err != nil {
		return errors.Join(fmt.Errorf("rewrite the store: %w", err), os.Remove(temp))
	}
	old, err := os.OpenFile(s.Path, os.O_RDWR|noFollow, 0)
	if err != nil {
		return err
	}
	defer func() { _ = old.Close() }()
	open, err := replaceFile(temp, s.Path, old)
	if err != nil {
		return err
	}
	if open {
		if err := overwrite(old); err != nil {
			return fmt.Errorf("overwrite the old store: %w", err)
		}
	}
	if !fresh {
		return nil
	}
	for i := 1; i <= Copies; i++ {
		if err := shred(s.copyName(i)); err != nil {
			return err
		}
	}
	return s.keepCopy()
}

func (s *Store) compactTo(temp string) error {
	info, err := os.Stat(s.Path)
	if err != nil {
		return err
	}
	dst, err := newDatabase(temp, info.Mode().Perm(), true)
	if err != nil {
		return err
	}
	err = s.with(false, func(t *Tx) error { return bolt.Compact(dst, t.tx.DB(), 1<<20) })
	if err == nil {
		err = dst.Sync()
	}
	return errors.Join(err, dst.Close())
}

// createNew makes a file in the place of a left one. What somebody puts there meanwhile,
// a link to a file of this user for example, is not written to.
func createNew(name string, flag int, perm fs.FileMode) (*os.File, error) {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f, err := os.OpenFile(name, flag|os.O_CREATE|os.O_EXCL|noFollow, perm)
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(perm); err != nil { // the umask must not decide who shares the store
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// newDatabase is an empty database in a new file.
func newDatabase(name string, perm fs.FileMode, quick bool) (*bolt.DB, error) {
	return bolt.Open(name, perm, &bolt.Options{PageSize: pageSize, NoSync: quick, FreelistType: bolt.FreelistMapType,
		OpenFile: func(name string, flag int, perm os.FileMode) (*os.File, error) { return createNew(name, flag, perm) }})
}

// shred overwrites a file and removes it. One with another name is only removed: it may
// be somebody's file that was linked here to be destroyed.
func shred(name string) error {
	f, info, err := openPlain(name, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if names(info) == 1 {
		err = overwrite(f)
	}
	return errors.Join(err, f.Close(), os.Remove(name))
}

// overwrite puts zeros over a file. What the disk keeps elsewhere it does not reach.
func overwrite(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	zeros := make([]byte, 64<<10)
	for at := int64(0); at < info.Size(); at += int64(len(zeros)) {
		n := min(int64(len(zeros)), info.Size()-at)
		if _, err := f.WriteAt(zeros[:n], at); err != nil {
			return err
		}
	}
	return f.Sync()
}
