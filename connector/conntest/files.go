package conntest

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/headgate/headgate/connector"
)

// Put writes a whole file through a store.
func Put(ctx context.Context, s connector.Store, name string, content io.Reader) error {
	u, err := s.Create(ctx, name, "run.split")
	if err != nil {
		return err
	}
	defer u.Close()
	if _, err := io.Copy(u, content); err != nil {
		return err
	}
	staged, err := u.Seal(ctx)
	if err != nil {
		return err
	}
	return s.Publish(ctx, staged, name)
}

// Get reads a whole file through a store.
func Get(ctx context.Context, s connector.Store, name string, offset int64) ([]byte, error) {
	r, err := s.Open(ctx, name, offset)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// Files lists the files under dir, also hidden ones.
func Files(t testing.TB, dir string) []string {
	t.Helper()
	var all []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all = append(all, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Spoiled reads the file "in" and writes the file "out" over a connection that something is wrong
// with. dir is the store's folder, where "in" holds data and "out" holds old. Each transfer
// ends right, or with an error that is worth another try, and leaves no part of a file
// under its final name. The errors are that of reading and that of writing.
func Spoiled(t *testing.T, s connector.Store, dir string, data, old []byte, what string) [2]error {
	t.Helper()
	return [2]error{spoiledGet(t, s, data, what), spoiledPut(t, s, dir, data, old, what)}
}

func spoiledGet(t *testing.T, s connector.Store, want []byte, what string) error {
	t.Helper()
	got, err := Get(t.Context(), s, "in", 0)
	if err == nil && !bytes.Equal(got, want) {
		t.Errorf("%s: read %d bytes and no error", what, len(got))
	}
	if err != nil && !connector.IsTransient(err) {
		t.Errorf("%s: get: %v: not worth another try", what, err)
	}
	return err
}

func spoiledPut(t *testing.T, s connector.Store, dir string, data, old []byte, what string) error {
	t.Helper()
	err := Put(t.Context(), s, "out", bytes.NewReader(data))
	got, e := os.ReadFile(filepath.Join(dir, "out"))
	if e != nil {
		t.Errorf("%s: %v", what, e)
	}
	switch whole := bytes.Equal(got, data); {
	case err == nil && !whole:
		t.Errorf("%s: no error, and %d bytes arrived", what, len(got))
	case !whole && !bytes.Equal(got, old):
		t.Errorf("%s: %v, and %d bytes stand there", what, err, len(got))
	}
	if err != nil && !connector.IsTransient(err) {
		t.Errorf("%s: put: %v: not worth another try", what, err)
	}
	return err
}
