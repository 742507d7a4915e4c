//go:build darwin || freebsd

package store

import (
	"slices"

	"golang.org/x/sys/unix"
)

// networkOf names the network file system that dir lies on, "" for a local one.
func networkOf(dir string) (string, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return "", err
	}
	name := unix.ByteSliceToString(st.Fstypename[:])
	if slices.Contains([]string{"nfs", "smbfs", "afpfs", "webdav", "ftp"}, name) {
		return name, nil
	}
	return "", nil
}
