package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func at(t testing.TB) *Store {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "store")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return &Store{Path: filepath.Join(dir, "store.db"), Buckets: []string{"a", "b"}}
}

func made(t testing.TB) *Store {
	t.Helper()
	s := at(t)
	if err := s.Create(context.Background(), func(tx *Tx) error { return tx.Put("a", []byte("k"), []byte("v")) }); err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t testing.TB, s *Store, c Change, k, v string) {
	t.Helper()
	if err := s.Update(context.Background(), c, func(tx *Tx) error { return tx.Put("a", []byte(k), []byte(v)) }); err != nil {
		t.Fatal(err)
	}
}

func get(t testing.TB, s *Store, k string) (v string) {
	t.Helper()
	if err := s.View(context.Background(), func(tx *Tx) error { v = string(tx.Get("a", []byte(k))); return nil }); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestCreateAndChange(t *testing.T) {
	s := made(t)
	put(t, s, Change{}, "k2", "v2")
	if get(t, s, "k") != "v" || get(t, s, "k2") != "v2" || get(t, s, "none") != "" {
		t.Error("values are others")
	}
	failed := errors.New("no")
	err := s.Update(context.Background(), Change{}, func(tx *Tx) error {
		if err := tx.Put("a", []byte("k"), []byte("half")); err != nil {
			return err
		}
		return failed
	})
	if !errors.Is(err, failed) || get(t, s, "k") != "v" {
		t.Errorf("%v, and k is %q", err, get(t, s, "k"))
	}
	if err := s.Create(context.Background(), func(*Tx) error { return nil }); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second store: %v", err)
	}
	var keys string
	if err := s.View(context.Background(), func(tx *Tx) error {
		last, _ := tx.Last("a")
		keys = string(last) + ":"
		return tx.Each("a", []byte("k"), []byte("k1"), func(k, _ []byte) error { keys += string(k); return nil })
	}); err != nil || keys != "k2:k2" {
		t.Errorf("keys %q, %v", keys, err)
	}
	if err := s.View(context.Background(), func(tx *Tx) error { return tx.Put("a", []byte("x"), nil) }); err == nil {
		t.Error("a reader writes")
	}
}

func TestMissing(t *testing.T) {
	s := at(t)
	nothing := func(*Tx) error { return nil }
	for _, s := range []*Store{s, {Path: filepath.Join(t.TempDir(), "none", "store.db")}} {
		if err := s.View(context.Background(), nothing); !errors.Is(err, ErrMissing) {
			t.Errorf("view: %v", err)
		}
		if err := s.Update(context.Background(), Change{}, nothing); !errors.Is(err, ErrMissing) {
			t.Errorf("update: %v", err)
		}
	}
	if _, err := os.Stat(s.Path); err == nil {
		t.Error("opening made a file")
	}
}

// TestPlace: a store that others can reach is not opened. Class: binary.
func TestPlace(t *testing.T) {
	for _, c := range []struct {
		name         string
		folder, file fs.FileMode
		ok           bool
	}{
		{"own", 0o700, 0o600, true},
		{"readable file", 0o700, 0o644, false},
		{"group file, own folder", 0o700, 0o660, false},
		{"open folder", 0o755, 0o600, false},
		{"group folder without setgid", 0o770, 0o660, false},
		{"shared", 0o770 | fs.ModeSetgid, 0o660, true},
		{"shared, others read", 0o775 | fs.ModeSetgid, 0o660, false},
		{"shared folder, group reads", 0o750 | fs.ModeSetgid, 0o660, false},
		{"executable", 0o700, 0o700, true},
		{"world", 0o777, 0o666, false},
	} {
		s := made(t)
		dir := filepath.Dir(s.Path)
		if err := errors.Join(os.Chmod(s.Path, c.file), os.Chmod(dir, c.folder)); err != nil {
			t.Fatal(err)
		}
		err := s.View(context.Background(), func(*Tx) error { return nil })
		var place *PlaceError
		if (err == nil) != c.ok || err != nil && !errors.As(err, &place) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestLinksAreNotFollowed(t *testing.T) {
	s := made(t)
	real := s.Path + ".real"
	if err := errors.Join(os.Rename(s.Path, real), os.Symlink(real, s.Path)); err != nil {
		t.Fatal(err)
	}
	var place *PlaceError
	if err := s.View(context.Background(), func(*Tx) error { return nil }); !errors.As(err, &place) {
		t.Errorf("%v", err)
	}
}

func TestSharedStoreIsMadeForTheGroup(t *testing.T) {
	s := at(t)
	s.Shared = true
	dir := filepath.Dir(s.Path)
	if err := os.Chmod(dir, 0o770|fs.ModeSetgid); err != nil {
		t.Fatal(err)
	}
	if err := s.Create(context.Background(), func(*Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	put(t, s, Change{Copy: true, Erase: func() bool { return true }}, "k", "v")
	for _, name := range []string{s.Path, s.Path + ".lock", s.copyName(1)} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o660 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

func TestBusy(t *testing.T) {
	s := made(t)
	impatient := *s
	impatient.LockTimeout = 30 * time.Millisecond
	err := s.Update(context.Background(), Change{}, func(*Tx) error {
		for name, try := range map[string]func() error{
			"reader": func() error { return impatient.View(context.Background(), func(*Tx) error { return nil }) },
			"writer": func() error { return impatient.Update(context.Background(), Change{}, func(*Tx) error { return nil }) },
		} {
			if err := try(); !errors.Is(err, ErrBusy) {
				t.Errorf("%s: %v", name, err)
			}
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := s.View(ctx, func(*Tx) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.View(context.Background(), func(*Tx) error { // two readers
		return impatient.View(context.Background(), func(*Tx) error { return nil })
	}); err != nil {
		t.Error(err)
	}
	put(t, s, Change{}, "k", "after those who gave up")
}

// TestErasedBytesAreGone looks for what was replaced in every file of the folder.
func TestErasedBytesAreGone(t *testing.T) {
	s := made(t)
	canary := []byte("canary-5e5f0a1c9d")
	put(t, s, Change{}, "secret", string(canary))
	put(t, s, Change{Copy: true}, "other", "x") // a copy with the canary
	put(t, s, Change{Copy: true}, "secret", "replaced")
	if !folderHas(t, s, canary) {
		t.Fatal("the bytes would have gone anyway: the test shows nothing")
	}
	put(t, s, Change{Copy: true, Erase: func() bool { return true }}, "other", "y")
	if folderHas(t, s, canary) {
		t.Error("the bytes are still there")
	}
	if get(t, s, "secret") != "replaced" || get(t, s, "other") != "y" {
		t.Error("values were lost")
	}
	if _, err := os.Stat(s.copyName(1)); err != nil {
		t.Error("no fresh copy")
	}
}

func folderHas(t *testing.T, s *Store, text []byte) (found bool) {
	t.Helper()
	names, err := filepath.Glob(s.Path + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		found = found || bytes.Contains(b, text)
	}
	return found
}

func TestCopiesRoll(t *testing.T) {
	s := made(t)
	for i := range 5 {
		put(t, s, Change{Copy: true}, "n", fmt.Sprint(i))
	}
	for i, want := range []string{"3", "2", "1"} {
		c := *s
		c.Path = s.copyName(i + 1)
		if got := get(t, &c, "n"); got != want {
			t.Errorf("copy %d has %q, want %q", i+1, got, want)
		}
	}
	if _, err := os.Stat(s.copyName(4)); err == nil {
		t.Error("a fourth copy")
	}
	if age, ok := s.CopyAge(time.Now().Add(time.Hour)); !ok || age < 59*time.Minute {
		t.Errorf("age %v, %v", age, ok)
	}
}

func TestNewer(t *testing.T) {
	s := made(t)
	if err := s.Update(context.Background(), Change{}, func(tx *Tx) error {
		return tx.Put(Meta, []byte("format"), []byte{0, 0, 0, 0, 0, 0, 0, 2})
	}); err != nil {
		t.Fatal(err)
	}
	var newer *NewerError
	if err := s.View(context.Background(), func(*Tx) error { return nil }); !errors.As(err, &newer) || newer.Format != 2 {
		t.Errorf("%v", err)
	}
}

// TestAfterAFaultOthersGoOn: a fault in the file leaves the database mapped, and no
// lock behind.
func TestAfterAFaultOthersGoOn(t *testing.T) {
	s := made(t)
	s.LockTimeout = 5 * time.Second
	fault := func(*Tx) error { panic("fault") }
	for name, use := range map[string]func() error{
		"read":  func() error { return s.View(context.Background(), fault) },
		"write": func() error { return s.Update(context.Background(), Change{}, fault) },
	} {
		var damaged *DamagedError
		if err := use(); !errors.As(err, &damaged) {
			t.Errorf("%s: %v", name, err)
		}
		put(t, s, Change{Copy: true, Erase: func() bool { return true }}, "k", name)
		if get(t, s, "k") != name {
			t.Errorf("%s: nobody can go on", name)
		}
	}
}

// TestReadOnly: a store that can't be written can be read, with or without a lock file.
// Root may write everything, and then sees only the readers.
func TestReadOnly(t *testing.T) {
	s := made(t)
	dir := filepath.Dir(s.Path)
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
	for _, locked := range []bool{true, false} {
		if !locked {
			if err := errors.Join(os.Chmod(dir, 0o700), os.Remove(s.Path+".lock")); err != nil {
				t.Fatal(err)
			}
		} else if err := errors.Join(os.Chmod(s.Path, 0o400), os.Chmod(s.Path+".lock", 0o400)); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, 0o500); err != nil {
			t.Fatal(err)
		}
		if v := get(t, s, "k"); v != "v" {
			t.Errorf("locked %v: %q", locked, v)
		}
		err := s.Update(context.Background(), Change{}, func(tx *Tx) error { return tx.Put("a", []byte("k"), []byte("v")) })
		if os.Getuid() != 0 && !errors.Is(err, fs.ErrPermission) {
			t.Errorf("locked %v: %v", locked, err)
		}
	}
}
