package blob

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/headgate/headgate/connector/conntest"
)

func TestAhead(t *testing.T) {
	conntest.NoLeak(t)
	data := bytes.Repeat([]byte("0123456789abcdef"), 200_000)
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		r    io.Reader
		want error
	}{
		"whole":         {bytes.NewReader(data), nil},
		"one byte":      {iotest.OneByteReader(bytes.NewReader(data[:10_000])), nil},
		"half":          {iotest.HalfReader(bytes.NewReader(data)), nil},
		"data and EOF":  {iotest.DataErrReader(bytes.NewReader(data)), nil},
		"broken at end": {io.MultiReader(bytes.NewReader(data), iotest.ErrReader(broken)), broken},
	} {
		a := newAhead(test.r)
		got, err := io.ReadAll(a)
		if !errors.Is(err, test.want) || !bytes.Equal(got, data[:len(got)]) || len(got) != len(data) && name != "one byte" {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if _, err := a.Read(make([]byte, 1)); err == nil {
			t.Errorf("%s: no error after the end", name)
		}
		if err := errors.Join(a.Close(), a.Close()); err != nil {
			t.Error(err)
		}
	}
}

// TestAheadInterrupted gives up a read that waits.
func TestAheadInterrupted(t *testing.T) {
	conntest.NoLeak(t)
	r, w := io.Pipe()
	a := newAhead(r)
	read := make(chan error)
	go func() {
		_, err := a.Read(make([]byte, 1))
		read <- err
	}()
	a.interrupt()
	if err := <-read; !errors.Is(err, errInterrupted) {
		t.Errorf("read: %v", err)
	}
	w.Close()
	a.Close()
}

func TestFixedFolder(t *testing.T) {
	for pattern, want := range map[string]string{
		"x.csv": ".", "out/x.csv": "out", "out/${{ split.id }}.csv": "out", "out/${{ run.id }}/x.csv": "out",
		"out/a-${{ split.id }}/x.csv": "out", "${{ split.id }}.csv": ".", "/abs/${{ split.id }}": "/abs",
	} {
		if got := fixedFolder(pattern); got != want {
			t.Errorf("%s: %s, want %s", pattern, got, want)
		}
	}
}
