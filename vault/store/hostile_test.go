//go:build unix

package store

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// files are the store and what lies beside it.
var beside = []string{"", ".lock", ".new", ".bak.new", ".bak.1", ".bak.2", ".bak.3"}

// TestOtherThingsInThePlaceOfFiles: somebody who may write to the folder puts links and
// pipes where the store has files. Nothing hangs, and no file elsewhere is changed.
func TestOtherThingsInThePlaceOfFiles(t *testing.T) {
	mine := []byte("a file of the same user, elsewhere")
	for what, put := range map[string]func(elsewhere, name string) error{
		"link":              os.Symlink,
		"link to nothing":   func(_, name string) error { return os.Symlink(name+".gone", name) },
		"second name":       os.Link,
		"pipe":              func(_, name string) error { return syscall.Mkfifo(name, 0o600) },
		"folder":            func(_, name string) error { return os.Mkdir(name, 0o700) },
		"folder with files": func(_, name string) error { return os.MkdirAll(filepath.Join(name, "x"), 0o700) },
	} {
		for _, file := range beside {
			t.Run(what+" "+file, func(t *testing.T) {
				s := made(t)
				s.LockTimeout = time.Second
				put3(t, s)
				elsewhere := filepath.Join(t.TempDir(), "mine")
				name := s.Path + file
				if err := errors.Join(os.WriteFile(elsewhere, mine, 0o600), os.RemoveAll(name), put(elsewhere, name)); err != nil {
					t.Fatal(err)
				}
				for _, err := range []error{
					s.View(context.Background(), func(*Tx) error { return nil }),
					s.Update(context.Background(), Change{Copy: true, Erase: func() bool { return true }}, func(tx *Tx) error { return tx.Put("a", []byte("k"), nil) }),
					s.Compact(context.Background(), true),
				} {
					if file == "" && err == nil {
						t.Error("taken for the store")
					}
				}
				if got, err := os.ReadFile(elsewhere); err != nil || !bytes.Equal(got, mine) {
					t.Errorf("the file elsewhere is %q, %v", got, err)
				}
				if _, err := os.Lstat(name + ".gone"); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("a file was made where a link leads: %v", err)
				}
			})
		}
	}
}

// put3 leaves three copies.
func put3(t *testing.T, s *Store) {
	t.Helper()
	for _, v := range []string{"1", "2", "3"} {
		put(t, s, Change{Copy: true}, "k", v)
	}
}

// TestCreateOverwritesNothing: not a store, nor anything else that is there.
func TestCreateOverwritesNothing(t *testing.T) {
	for what, there := range map[string]func(name string) error{
		"store": nil,
		"file":  func(name string) error { return os.WriteFile(name, []byte("x"), 0o600) },
		"link":  func(name string) error { return os.Symlink("nowhere", name) },
		"pipe":  func(name string) error { return syscall.Mkfifo(name, 0o600) },
	} {
		s := made(t)
		if there != nil {
			if err := errors.Join(os.Remove(s.Path), there(s.Path)); err != nil {
				t.Fatal(err)
			}
		}
		before, err := os.Lstat(s.Path)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Create(context.Background(), func(*Tx) error { return nil }); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: %v", what, err)
		}
		if after, err := os.Lstat(s.Path); err != nil || !os.SameFile(before, after) || after.Size() != before.Size() {
			t.Errorf("%s: it was replaced, %v", what, err)
		}
	}
}
