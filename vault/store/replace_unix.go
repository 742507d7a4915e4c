//go:build unix

package store

import (
	"os"
	"path/filepath"
)

// replaceFile puts temp in the place of path, and says whether the old file is still
// open: nobody else can reach it then, and it can be overwritten.
func replaceFile(temp, path string, _ *os.File) (open bool, err error) {
	if err := os.Rename(temp, path); err != nil {
		return false, err
	}
	return true, syncFolder(filepath.Dir(path))
}
