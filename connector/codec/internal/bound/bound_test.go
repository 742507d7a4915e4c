package bound

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
)

// zeros is an endless stream that stands for what a bomb unpacks to.
type zeros struct{ read int64 }

func (z *zeros) Read(p []byte) (int, error) {
	clear(p)
	z.read += int64(len(p))
	return len(p), nil
}

// unpack makes a codec that unpacks size bytes of zeros from whatever r holds.
func unpack(size int64) func(io.Reader) (io.ReadCloser, error) {
	return func(r io.Reader) (io.ReadCloser, error) {
		_, err := io.Copy(io.Discard, r)
		return io.NopCloser(io.LimitReader(&zeros{}, size)), err
	}
}

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		name   string
		packed int
		size   int64
		limits Limits
		want   string
	}{
		{"small, any ratio", 1, Free, Limits{}, ""},
		{"large, ordinary", 1 << 20, 100 << 20, Limits{}, ""},
		{"large, just so", 1 << 20, 200 << 20, Limits{}, ""},
		{"a bomb", 1 << 10, 2 * Free, Limits{}, "max_ratio"},
		{"meant", 1 << 10, 2 * Free, Limits{Ratio: 1 << 20}, ""},
		{"stricter", 1 << 20, 80 << 20, Limits{Ratio: 50}, "50 times"},
		{"too large", 1 << 20, 5000, Limits{Size: 4096}, "max_size, which is 4KiB"},
		{"just not", 1 << 20, 4096, Limits{Size: 4096}, ""},
		{"negative", 1, 1, Limits{Ratio: -1}, "negative"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := int64(0)
			r, err := Open("unzip", bytes.NewReader(make([]byte, c.packed)), c.limits, unpack(c.size))
			if err == nil {
				n, err = io.Copy(io.Discard, r)
			}
			switch {
			case c.want == "" && (err != nil || n != c.size):
				t.Errorf("%d bytes, error %v", n, err)
			case c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), "unzip: ") || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error %v", err)
			case c.want != "" && c.name != "negative" && !errors.Is(err, connector.ErrRefused):
				t.Errorf("not refused: %v", err)
			}
		})
	}
}
