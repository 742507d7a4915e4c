package store

import (
	"os"

	"golang.org/x/sys/windows"
)

const noFollow, noWait = 0, 0

// lockFile takes the lock; closing f gives it back. Without wait it is an error when
// another process has it.
func lockFile(f *os.File, alone, wait bool) error {
	var how uint32
	if alone {
		how = windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	if !wait {
		how |= windows.LOCKFILE_FAIL_IMMEDIATELY
	}
	return windows.LockFileEx(windows.Handle(f.Fd()), how, 0, 1, 0, &windows.Overlapped{})
}

// release closes f, and with it gives back a lock that the database holds.
func release(f *os.File) error { return f.Close() }
