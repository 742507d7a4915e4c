package spool

import (
	"bytes"
	"os"
	"testing"
)

// TestSpool: what is held comes out as it went in, is not readable on disk, and leaves nothing there.
func TestSpool(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	for _, size := range []int{0, 10, Memory, Memory + 1, 5 * Memory} {
		var s Spool
		want := bytes.Repeat([]byte("secret\n"), size/7)
		for rest := want; len(rest) > 0; {
			n := min(len(rest), 70_001)
			if _, err := s.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if s.file != nil {
			raw := make([]byte, 7000)
			if _, err := s.file.ReadAt(raw, 0); err != nil || bytes.Contains(raw, []byte("secret")) {
				t.Errorf("what is held is not encrypted, error %v", err)
			}
		}
		if named, err := os.ReadDir(temp); err != nil || len(named) > 0 && s.name == "" {
			t.Errorf("%d files have a name, error %v", len(named), err)
		}
		var out bytes.Buffer
		if err := s.CopyTo(&out); err != nil || !bytes.Equal(out.Bytes(), want) {
			t.Errorf("%d bytes of %d, error %v", out.Len(), len(want), err)
		}
		s.Close()
		s.Close()
		if s.file != nil || len(s.head) > 0 {
			t.Error("something is still held")
		}
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, error %v", left, err)
	}
}
