package store

import "os"

// replaceFile puts temp in the place of path, and says whether the old file is still
// open. Windows does not rename over an open file, so it is not: what it held stays
// on the disk until something else is written there.
func replaceFile(temp, path string, old *os.File) (open bool, err error) {
	if err := old.Close(); err != nil {
		return false, err
	}
	return false, os.Rename(temp, path)
}
