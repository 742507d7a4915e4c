//go:build linux || darwin || freebsd

package toolcmd

import "golang.org/x/sys/unix"

// freeSpace is the bytes that this user may still write below dir.
func freeSpace(dir string) (bytes int64, known bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true //nolint:unconvert // their types differ between systems
}
