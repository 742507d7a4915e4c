package beside

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

var text = strings.Repeat("0123456789", 1000)

func TestReader(t *testing.T) {
	for _, size := range []int{1, 7, 4096, 1 << 20} {
		for _, wrap := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.OneByteReader, iotest.DataErrReader} {
			r := NewReader(wrap(strings.NewReader(text)), 2, size)
			got, err := io.ReadAll(r)
			if err != nil || string(got) != text {
				t.Errorf("size %d: %d bytes, error %v", size, len(got), err)
			}
			if _, err := r.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("after the end: error %v", err)
			}
			for range 2 {
				if err := r.Close(); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

// TestReaderError: an error comes after the bytes before it, and stays.
func TestReaderError(t *testing.T) {
	broken := errors.New("broken")
	r := NewReader(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)), 3, 100)
	defer r.Close()
	got, err := io.ReadAll(r)
	if !errors.Is(err, broken) || string(got) != text {
		t.Errorf("%d bytes, error %v", len(got), err)
	}
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

// endless is a stream that counts what was read of it.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) { e.read += len(p); return len(p), nil }

// TestReaderStops: nothing is read before the first Read, no more than the buffers hold ahead, and
// nothing after Close.
func TestReaderStops(t *testing.T) {
	e := &endless{}
	r := NewReader(e, 2, 100)
	r.Close()
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, ErrClosed) || e.read > 0 {
		t.Errorf("closed at once: %d bytes, error %v", e.read, err)
	}
	r = NewReader(e, 2, 100)
	io.ReadFull(r, make([]byte, 1000))
	r.Close()
	if e.read < 1000 || e.read > 1300 {
		t.Errorf("%d bytes were read for 1000", e.read)
	}
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, ErrClosed) {
		t.Errorf("error %v", err)
	}
}

func TestWriter(t *testing.T) {
	for _, size := range []int{1, 7, 4096, 1 << 20} {
		var out bytes.Buffer
		w := NewWriter(&out, 2, size)
		for rest := text; rest != ""; {
			n := min(len(rest), 333)
			if k, err := io.WriteString(w, rest[:n]); k != n || err != nil {
				t.Fatal(k, err)
			}
			rest = rest[n:]
		}
		for range 2 {
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		}
		if out.String() != text {
			t.Errorf("size %d: %d bytes", size, out.Len())
		}
		if _, err := w.Write([]byte("x")); !errors.Is(err, ErrClosed) {
			t.Errorf("after Close: error %v", err)
		}
	}
}

// full takes some bytes and then no more.
type full struct{ room int }

var errFull = errors.New("full")

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// TestWriterError: an error reaches whoever writes or closes, and nobody waits for ever.
func TestWriterError(t *testing.T) {
	for _, room := range []int{0, 50, 5000, len(text) - 1} {
		w := NewWriter(&full{room}, 2, 100)
		var err error
		for range 1000 {
			if _, err = io.WriteString(w, text); err != nil {
				break
			}
			if room == len(text)-1 {
				break
			}
		}
		if e := w.Close(); err == nil {
			err = e
		}
		if !errors.Is(err, errFull) {
			t.Errorf("room for %d: error %v", room, err)
		}
	}
}
