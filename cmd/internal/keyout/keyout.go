// Package keyout writes key files. The place is taken before the key is made: a key
// that was handed out and could not be written is lost, and nobody can give it back.
package keyout

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/headgate/headgate/cmd/internal/cli"
)

// room is more than any key file takes, so that a full disk is found in time.
const room = 4096

// File is a key file that waits for its key. Close it in any case.
type File struct {
	name    string
	f       *os.File
	written bool
}

// Reserve makes the file, which must not exist, for its owner alone.
func Reserve(name string) (*File, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, &cli.UsageError{Message: "key file " + name + " exists already; it is left as it is"}
	}
	if err != nil {
		return nil, fmt.Errorf("write key file: %w", err)
	}
	k := &File{name: name, f: f}
	if _, err := f.WriteString(strings.Repeat("\n", room)); err != nil {
		return nil, errors.Join(fmt.Errorf("write key file %s: %w", name, err), k.Close())
	}
	return k, nil
}

// Write puts the key into the file, for good.
func (k *File) Write(text string) error {
	if len(text) >= room {
		return fmt.Errorf("write key file %s: the key is too long", k.name)
	}
	if _, err := k.f.WriteAt([]byte(text+"\n"), 0); err != nil {
		return fmt.Errorf("write key file %s: %w", k.name, err)
	}
	k.written = true
	// Only now may it get shorter: the blocks are there.
	return errors.Join(k.f.Truncate(int64(len(text)+1)), k.f.Sync())
}

// Close removes the file when no key was written.
func (k *File) Close() error {
	err := k.f.Close()
	if !k.written {
		err = errors.Join(err, os.Remove(k.name))
	}
	return err
}
