package file_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/file"
)

// TestLargeFile writes enough for the disk to be given something to do before the end: the
// bytes are right, and giving up in the middle leaves nothing.
func TestLargeFile(t *testing.T) {
	dir := t.TempDir()
	s := file.Open(connector.Env{Project: dir}, file.Config{})
	defer s.Close()
	r := rand.New(rand.NewPCG(5, 6))
	for _, keep := range []bool{true, false} {
		u, err := s.Create(t.Context(), "large", "run.split")
		if err != nil {
			t.Fatal(err)
		}
		var want []byte
		for len(want) < 40<<20 {
			piece := bytes.Repeat([]byte{byte(r.IntN(256))}, 1+r.IntN(1<<20))
			want = append(want, piece...)
			if n, err := u.Write(piece); n != len(piece) || err != nil {
				t.Fatalf("wrote %d of %d bytes: %v", n, len(piece), err)
			}
		}
		if !keep {
			if err := u.Close(); err != nil {
				t.Fatal(err)
			}
			if left := conntest.Files(t, dir); len(left) != 1 {
				t.Errorf("left: %q", left)
			}
			continue
		}
		staged, err := u.Seal(t.Context())
		if err == nil {
			err = s.Publish(t.Context(), staged, "large")
		}
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(dir, "large")); err != nil || !bytes.Equal(got, want) {
			t.Errorf("read back %d bytes, %v, want %d", len(got), err, len(want))
		}
	}
}
