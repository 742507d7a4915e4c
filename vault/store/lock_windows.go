package store

import (
	"os"

	"golang.org/x/sys/windows"
)

const noFollow = 0

// lockFile waits for the lock; closing f gives it back.
func lockFile(f *os.File, alone bool) error {
	var how uint32
	if alone {
		how = windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	return windows.LockFileEx(windows.Handle(f.Fd()), how, 0, 1, 0, &windows.Overlapped{})
}

// release closes f, and with it gives back a lock that the database holds.
func release(f *os.File) error { return f.Close() }
