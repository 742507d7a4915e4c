//go:build unix

package store

import (
	"os"

	"golang.org/x/sys/unix"
)

// mapFile is the content of a file as it is in the system's memory, without a copy.
func mapFile(f *os.File, size int) (all []byte, unmap func(), err error) {
	if size == 0 {
		return nil, func() {}, nil
	}
	all, err = unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
	return all, func() { _ = unix.Munmap(all) }, err
}
