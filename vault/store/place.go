package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// makeFolder makes the store's folder for its owner alone. The folder of a shared
// store is made by whoever decides about the group.
func (s *Store) makeFolder() error {
	dir := filepath.Dir(s.Path)
	if _, err := os.Stat(dir); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if s.Shared {
		return &PlaceError{s.Path, "a shared store needs an existing folder with mode 2770 and the group"}
	}
	return os.MkdirAll(dir, 0o700)
}

// checkFolder refuses a folder that others can reach or that lies on a network.
func checkFolder(dir string) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("open store in %s: %w", dir, ErrMissing)
	}
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	if !info.IsDir() {
		return &PlaceError{dir, "not a folder"}
	}
	if name, err := networkOf(dir); err != nil {
		return fmt.Errorf("open store: %w", err)
	} else if name != "" {
		return &PlaceError{dir, "lies on " + name + "; a file system over a network does not keep a store that several processes write whole"}
	}
	return folderMode(dir, info)
}

// checkFile refuses anything but a plain file that others can't reach.
func checkFile(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("open store %s: %w", path, ErrMissing)
	}
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	if !info.Mode().IsRegular() {
		return &PlaceError{path, "not a plain file"}
	}
	return fileMode(path, info)
}

// openPlain opens a plain file, also when somebody put a link or a pipe in its place since
// checkFile looked, which would lead elsewhere or never open.
func openPlain(path string, flag int, perm fs.FileMode) (*os.File, fs.FileInfo, error) {
	f, err := os.OpenFile(path, flag|noFollow|noWait, perm)
	if err != nil {
		return nil, nil, fmt.Errorf("open store: %w", err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &PlaceError{path, "not a plain file"}
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, info, nil
}

// modeProblem says what is wrong with the permissions of a folder or file, "" if
// nothing is: the owner alone, or a group together with a setgid folder.
func modeProblem(m fs.FileMode, mine bool) string {
	p := m.Perm()
	want := "0600"
	if m.IsDir() {
		want = "0700"
	}
	group := p & 0o070
	switch {
	case p&0o007 != 0:
		return fmt.Sprintf("others can reach it (mode %04o); chmod %s", p, want)
	case group == 0 && !mine:
		return "it belongs to somebody else"
	case m.IsDir() && group != 0 && (group != 0o070 || m&fs.ModeSetgid == 0):
		return fmt.Sprintf("its group can reach it (mode %04o) and it is not shared (2770); chmod %s", p, want)
	case !m.IsDir() && group&0o010 != 0:
		return fmt.Sprintf("it can be executed (mode %04o); chmod %s", p, want)
	}
	return ""
}
