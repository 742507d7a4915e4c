//go:build unix

package store

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

func folderMode(dir string, info fs.FileInfo) error {
	if why := modeProblem(info.Mode(), mine(info)); why != "" {
		return &PlaceError{dir, why}
	}
	return nil
}

func fileMode(path string, info fs.FileInfo) error {
	if why := modeProblem(info.Mode(), mine(info)); why != "" {
		return &PlaceError{path, why}
	}
	if info.Mode().Perm()&0o070 == 0 {
		return nil
	}
	// A file for a group belongs into a folder for a group.
	dir, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return err
	}
	if dir.Mode()&fs.ModeSetgid == 0 {
		return &PlaceError{path, "its group can reach it, and its folder is not shared (2770); chmod 0600"}
	}
	return nil
}

// names is how many names a file has.
func names(info fs.FileInfo) uint64 {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 1
	}
	return uint64(st.Nlink)
}

func mine(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Geteuid()
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}
