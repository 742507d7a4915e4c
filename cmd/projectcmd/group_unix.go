//go:build unix

package projectcmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/headgate/headgate/cmd/internal/cli"
)

// shareFolder makes the folder of a shared store: its files belong to the group,
// whoever writes them. A folder that is there must be such a one already.
func shareFolder(dir, group string) error {
	g, err := user.LookupGroup(group)
	if err != nil {
		return &cli.UsageError{Message: err.Error(), Hint: "--group takes the name of a group of the system"}
	}
	gid, err := strconv.Atoi(g.Gid)
	if err != nil {
		return fmt.Errorf("group %s: %w", group, err)
	}
	info, err := os.Stat(dir)
	if err == nil {
		if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Gid) == gid && info.Mode()&fs.ModeSetgid != 0 && info.Mode().Perm() == 0o770 {
			return nil
		}
		return &cli.UsageError{Message: "folder " + dir + " is not shared with group " + group, Hint: "chgrp " + group + " " + dir + " && chmod 2770 " + dir}
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	if err := os.Chown(dir, -1, gid); err != nil {
		return errors.Join(fmt.Errorf("share %s: %w", dir, err), os.Remove(dir))
	}
	return os.Chmod(dir, 0o770|fs.ModeSetgid)
}

// closeFolder closes a folder that is there, and that a store is to be made in, to
// everybody else: they could read it so far, and a store is not opened in such a folder. One
// that others can change or that is somebody else's is left alone, for the store to refuse.
func closeFolder(dir string) (closed bool, err error) {
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() {
		return false, nil // the store says what is wrong
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(st.Uid) != os.Getuid() || info.Mode().Perm()&0o022 != 0 || info.Mode().Perm()&0o077 == 0 {
		return false, nil
	}
	return true, os.Chmod(dir, 0o700)
}
