package file

import (
	"os"

	"golang.org/x/sys/unix"
)

// startFlush has the system begin to write a part of f to the disk. It is a hint: what
// fails shows when the file is made durable.
func startFlush(f *os.File, offset, n int64) {
	conn, err := f.SyscallConn()
	if err != nil {
		return
	}
	_ = conn.Control(func(fd uintptr) {
		_ = unix.SyncFileRange(int(fd), offset, n, unix.SYNC_FILE_RANGE_WRITE)
	})
}
