package blob

import (
	"bytes"
	"context"
	"os"
	"testing"

	"github.com/headgate/headgate/connector/spool"
)

// shown is an upload that shows what it gets at once.
type shown struct {
	bytes.Buffer
	sealed, closed bool
}

func (s *shown) Seal(context.Context) (string, error) { s.sealed = true; return "", nil }
func (s *shown) Close() error                         { s.closed = true; return nil }

// TestHeld: nothing is shown before Seal, all of it then, and nothing stays on disk.
func TestHeld(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	for _, size := range []int{0, 10, spool.Memory, 5 * spool.Memory} {
		for _, seal := range []bool{true, false} {
			out := &shown{}
			h := &held{Upload: out}
			want := bytes.Repeat([]byte("secret\n"), size/7)
			for rest := want; len(rest) > 0; {
				n := min(len(rest), 70_001)
				if _, err := h.Write(rest[:n]); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if out.Len() > 0 {
				t.Errorf("%d bytes: %d of them were shown before the end", size, out.Len())
			}
			if seal {
				if _, err := h.Seal(context.Background()); err != nil || !out.sealed || !bytes.Equal(out.Bytes(), want) {
					t.Errorf("%d bytes: %d shown, error %v", size, out.Len(), err)
				}
			}
			for range 2 {
				if err := h.Close(); err != nil || !out.closed || !seal && out.Len() > 0 {
					t.Errorf("closed: %v, error %v", out.closed, err)
				}
			}
		}
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, error %v", left, err)
	}
}
