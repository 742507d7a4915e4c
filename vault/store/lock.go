package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// lock takes FILE.lock, shared or alone. It waits in the kernel, where a waiter wakes
// the moment the holder leaves; a database that polls for its lock makes 50 processes
// take twice as long. When the time is over the waiting goroutine stays behind, and
// gives the lock back as soon as it gets it.
func (s *Store) lock(ctx context.Context, alone bool) (unlock func(), err error) {
	name := s.Path + ".lock"
	f, _, err := openPlain(name, os.O_RDWR|os.O_CREATE, s.mode())
	if readOnly(err) {
		switch r, _, e := openPlain(name, os.O_RDONLY, 0); {
		case e == nil:
			f, err = r, nil
		case errors.Is(e, fs.ErrNotExist) && !alone:
			return func() {}, nil // where no lock can be made nobody writes, and a file that was replaced can be read
		}
	}
	if err != nil {
		return nil, err
	}
	if s.Shared {
		_ = f.Chmod(s.mode()) // only its owner can, and did when it was made
	}
	if lockFile(f, alone, false) == nil { // mostly nobody else has it
		return func() { _ = f.Close() }, nil
	}
	done := make(chan error, 1)
	go func() { done <- lockFile(f, alone, true) }()
	timer := time.NewTimer(s.timeout())
	defer timer.Stop()
	select {
	case err := <-done:
		if err != nil {
			_ = f.Close()
			return nil, fmt.Errorf("lock the store: %w", err)
		}
		return func() { _ = f.Close() }, nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
		err = fmt.Errorf("open store %s: %w", s.Path, ErrBusy)
	}
	go func() {
		<-done
		_ = f.Close()
	}()
	return nil, err
}

// readOnly reports whether err says that the store can be read and not be written.
func readOnly(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}
