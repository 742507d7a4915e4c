package keyout

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWritten(t *testing.T) {
	name := filepath.Join(t.TempDir(), "k")
	f, err := Reserve(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Reserve(name); err == nil {
		t.Error("reserved twice")
	}
	if err := f.Write("key"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil || string(text) != "key\n" {
		t.Errorf("%q, %v", text, err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
}

func TestAbandoned(t *testing.T) {
	name := filepath.Join(t.TempDir(), "k")
	f, err := Reserve(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(name); err == nil {
		t.Error("the file stays")
	}
	if _, err := Reserve(filepath.Join(name, "nowhere")); err == nil {
		t.Error("reserved in no folder")
	}
}
