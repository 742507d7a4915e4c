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
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|noFollow, info.Mode().Perm())
	if err != nil {
		return err
	}
	err = s.with(false, func(t *Tx) error {
		_, err := t.tx.WriteTo(f)
		return err
	})
	return errors.Join(err, f.Chmod(info.Mode().Perm()), f.Sync(), f.Close())
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
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	dst, err := bolt.Open(temp, info.Mode().Perm(), &bolt.Options{PageSize: pageSize, NoSync: true, FreelistType: bolt.FreelistMapType})
	if err != nil {
		return err
	}
	err = s.with(false, func(t *Tx) error { return bolt.Compact(dst, t.tx.DB(), 1<<20) })
	if err == nil {
		err = dst.Sync()
	}
	if cerr := dst.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Chmod(temp, info.Mode().Perm())
	}
	return err
}

func shred(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR|noFollow, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(overwrite(f), f.Close(), os.Remove(name))
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
