package file_test

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/file"
)

func TestStore(t *testing.T) {
	conntest.RunStore(t, conntest.StoreHarness{
		Open: func(_ testing.TB, dir string) connector.Store {
			return file.Open(connector.Env{Project: dir, Connection: "drop"}, file.Config{Path: dir})
		},
		All: conntest.Files,
	})
}

// write makes a file under dir.
func write(t testing.TB, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

// save writes a file through the store.
func save(s *file.Store, name, content string) error {
	ctx := context.Background()
	u, err := s.Create(ctx, name, "run.split")
	if err != nil {
		return err
	}
	defer u.Close()
	if _, err := io.WriteString(u, content); err != nil {
		return err
	}
	staged, err := u.Seal(ctx)
	if err != nil {
		return err
	}
	return s.Publish(ctx, staged, name)
}

func wantError(t testing.TB, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one with %q", words)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q lacks %q", err, w)
		}
	}
}

func TestProjectFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "in/a.csv", "x")
	s := file.Open(connector.Env{Project: dir}, file.Config{})
	defer s.Close()
	got, err := s.List(t.Context(), filepath.ToSlash(dir)+"/in/*.csv")
	if err != nil || len(got) != 1 || got[0].Name != "in/a.csv" {
		t.Errorf("an absolute path within the project: %v, %v", got, err)
	}
	_, err = s.List(t.Context(), "/elsewhere/*.csv")
	wantError(t, err, "/elsewhere/*.csv", "outside the project", "connection of type file")
	_, err = s.Open(t.Context(), "../a.csv", 0)
	wantError(t, err, "../a.csv", "out of the project", "connection of type file")
}

func TestMessages(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "data/orders-2024.csv", "x")
	write(t, dir, "data/locked.csv", "x")
	if err := os.Chmod(filepath.Join(dir, "data/locked.csv"), 0); err != nil {
		t.Fatal(err)
	}
	project := file.Open(connector.Env{Project: dir}, file.Config{})
	shop := file.Open(connector.Env{Project: dir, Connection: "shop"}, file.Config{Path: "data"})
	for _, test := range []struct {
		store *file.Store
		name  string
		want  string
	}{
		{project, "data/orders-2023.csv", "read data/orders-2023.csv: no such file or folder; did you mean data/orders-2024.csv?"},
		{shop, "orders-2023.csv", "read shop:orders-2023.csv: no such file or folder; did you mean orders-2024.csv?"},
		{project, "dada/orders-2024.csv", "read dada/orders-2024.csv: folder dada: no such file or folder; did you mean data?"},
		{project, "data", "read data: is a folder, not a file: write data/* for the files in it"},
		{project, "data/[", "read data/[: the pattern is malformed (a bracket is not closed)"},
	} {
		_, err := test.store.List(t.Context(), test.name)
		if err == nil || err.Error() != test.want {
			t.Errorf("list %s:\n%v\nwant\n%s", test.name, err, test.want)
		}
	}
	gone := file.Open(connector.Env{Project: dir, Connection: "shop"}, file.Config{Path: "gone"})
	_, err := gone.List(t.Context(), "*")
	wantError(t, err, "shop:*", filepath.Join(dir, "gone"), "no such file")
	if os.Geteuid() != 0 { // root may read everything
		_, err = project.Open(t.Context(), "data/locked.csv", 0)
		wantError(t, err, "read data/locked.csv: permission denied")
	}
}

func TestLinks(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	write(t, outside, "secret.csv", "secret")
	write(t, dir, "real/a.csv", "a")
	for link, to := range map[string]string{
		"out.csv": filepath.Join(outside, "secret.csv"), "out": outside, "in.csv": "real/a.csv", "in": "real", "loop": ".",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	s := file.Open(connector.Env{Project: dir}, file.Config{})
	defer s.Close()
	for _, name := range []string{"out.csv", "out/secret.csv"} {
		_, err := s.Open(t.Context(), name, 0)
		wantError(t, err, name, "link that leads out of the folder")
		wantError(t, save(s, name, "x"), name, "link that leads out of the folder")
	}
	_, err := s.List(t.Context(), "*.csv")
	wantError(t, err, "out.csv", "link that leads out")
	if got, err := s.List(t.Context(), "in/*.csv"); err != nil || len(got) != 1 {
		t.Errorf("through a linked folder: %v, %v", got, err)
	}
	if err := save(s, "in.csv", "new"); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "real/a.csv")); string(got) != "new" {
		t.Errorf("the link's file holds %q", got)
	}
	if to, err := os.Readlink(filepath.Join(dir, "in.csv")); to != "real/a.csv" {
		t.Errorf("the link is gone: %q, %v", to, err)
	}
	if got, _ := os.ReadFile(filepath.Join(outside, "secret.csv")); string(got) != "secret" {
		t.Errorf("outside: %q", got)
	}
}

func TestMode(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "old", "x")
	if err := os.Chmod(filepath.Join(dir, "old"), 0o640); err != nil {
		t.Fatal(err)
	}
	s := file.Open(connector.Env{Project: dir}, file.Config{})
	defer s.Close()
	for _, name := range []string{"old", "new/file"} {
		if err := save(s, name, "y"); err != nil {
			t.Fatal(err)
		}
	}
	write(t, dir, "plain", "x")
	plain, _ := os.Stat(filepath.Join(dir, "plain"))
	for name, want := range map[string]fs.FileMode{"old": 0o640, "new/file": plain.Mode()} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v, want %v", name, info.Mode(), err, want)
		}
	}
}

func TestDevices(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Log("no /dev/full here")
		return
	}
	s := file.Open(connector.Env{Connection: "dev"}, file.Config{Path: "/dev"})
	defer s.Close()
	if err := save(s, "null", "x"); err != nil {
		t.Error(err)
	}
	wantError(t, save(s, "full", "x"), "write dev:full: no space left on device")
	if info, err := os.Stat("/dev/full"); err != nil || info.Mode().IsRegular() {
		t.Errorf("the device was replaced: %v, %v", info, err)
	}
}

func TestStandardStreams(t *testing.T) {
	var out strings.Builder
	s := file.Open(connector.Env{Project: t.TempDir(), Stdin: strings.NewReader("in"), Stdout: &out}, file.Config{})
	defer s.Close()
	if got, err := s.List(t.Context(), "-"); err != nil || len(got) != 1 || got[0].Size != -1 {
		t.Errorf("list: %v, %v", got, err)
	}
	r, err := s.Open(t.Context(), "-", 0)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); string(got) != "in" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	if err := save(s, "-", "out"); err != nil || out.String() != "out" {
		t.Errorf("wrote %q, %v", out.String(), err)
	}
	none := file.Open(connector.Env{Project: t.TempDir()}, file.Config{})
	_, err = none.Open(t.Context(), "-", 0)
	wantError(t, err, "standard input", "not available")
	wantError(t, save(none, "-", ""), "standard output", "not available")
}

func TestSweep(t *testing.T) {
	dir := t.TempDir()
	s := file.Open(connector.Env{Project: dir}, file.Config{})
	defer s.Close()
	for _, tag := range []string{"run1.a", "run1.b", "run10.a"} {
		u, err := s.Create(t.Context(), "out/"+strings.Repeat("long", 60), tag)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := u.Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	write(t, dir, "out/.run1.partial.csv", "mine")
	if err := s.Sweep(t.Context(), ".", "run1."); err != nil {
		t.Fatal(err)
	}
	left := conntest.Files(t, dir)
	if len(left) != 2 || !strings.Contains(left[0], ".run10.a.partial") && !strings.Contains(left[1], ".run10.a.partial") {
		t.Errorf("left: %q", left)
	}
	if err := s.Sweep(t.Context(), "nowhere", "run1."); err != nil {
		t.Error(err)
	}
}
