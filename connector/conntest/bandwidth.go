package conntest

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/headgate/headgate/connector"
)

// Bandwidth is the limit, in bytes a second, of the store that RunBandwidth is given.
const Bandwidth = 4 << 20

// RunBandwidth writes a file and reads it back through a store with the limit Bandwidth: the
// bytes are right, and take the time that they must.
func RunBandwidth(t *testing.T, s connector.Store) {
	t.Helper()
	content := make([]byte, 1<<20)
	rand.NewChaCha8([32]byte{7}).Read(content)
	begin := time.Now()
	u, err := s.Create(t.Context(), "limited", "t")
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	if _, err := u.Write(content); err != nil {
		t.Fatal(err)
	}
	staged, err := u.Seal(t.Context())
	if err == nil {
		err = s.Publish(t.Context(), staged, "limited")
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Open(t.Context(), "limited", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("read back %d bytes, %v", len(got), err)
	}
	// The last bytes have nobody after them to wait.
	if took, least := time.Since(begin), 2*time.Second*time.Duration(len(content)-128<<10)/Bandwidth; took < least {
		t.Errorf("%d bytes there and back in %s, which is faster than %d a second", len(content), took, Bandwidth)
	}
}
