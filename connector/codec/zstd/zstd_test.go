package zstd

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/headgate/headgate/connector"
)

func pack(t *testing.T, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := Codec().NewWriter(Codec().Config(), &out, connector.CodecOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func unpack(t *testing.T, r io.Reader) (string, error) {
	t.Helper()
	z, err := Codec().NewReader(Codec().Config(), r, connector.CodecOptions{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	for range 2 {
		if err := z.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	return string(text), err
}

func TestRoundTrip(t *testing.T) {
	for _, text := range []string{"", "x", strings.Repeat("abc\n", 100_000)} {
		for _, wrap := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.DataErrReader} {
			if got, err := unpack(t, wrap(bytes.NewReader(pack(t, text)))); err != nil || got != text {
				t.Errorf("%d bytes: got %d, error %v", len(text), len(got), err)
			}
		}
	}
}

func TestFrames(t *testing.T) {
	data := append(pack(t, "one "), append(pack(t, ""), pack(t, "two")...)...)
	if got, err := unpack(t, bytes.NewReader(data)); err != nil || got != "one two" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestCut cuts the stream at every place: nothing but the whole is without an error.
func TestCut(t *testing.T) {
	data := append(pack(t, "one two three"), pack(t, "four")...)
	whole := len(pack(t, "one two three"))
	for n := 1; n < len(data); n++ {
		_, err := unpack(t, bytes.NewReader(data[:n]))
		if n == whole {
			continue // one frame is a whole file
		}
		if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(err.Error(), "unzstd: ") {
			t.Errorf("cut at %d: error %v", n, err)
		}
	}
}

func TestDamaged(t *testing.T) {
	data := pack(t, strings.Repeat("abc", 100))
	data[len(data)-1] ^= 1 // the checksum
	if _, err := unpack(t, bytes.NewReader(data)); err == nil {
		t.Error("a wrong checksum was accepted")
	}
	if _, err := unpack(t, strings.NewReader("a,b\n1,2\n")); err == nil || !strings.HasPrefix(err.Error(), "unzstd: ") {
		t.Errorf("plain text: error %v", err)
	}
}

// TestWindow refuses a frame that asks for more memory than the reader gives: a header
// with a window of 256 MiB and no content size.
func TestWindow(t *testing.T) {
	frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, (28 - 10) << 3, 0x01, 0x00, 0x00}
	if _, err := unpack(t, bytes.NewReader(frame)); err == nil || !strings.Contains(err.Error(), "window") {
		t.Errorf("error %v", err)
	}
}

// TestEmpty: no bytes at all are an empty input.
func TestEmpty(t *testing.T) {
	if got, err := unpack(t, strings.NewReader("")); err != nil || got != "" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestReaderError(t *testing.T) {
	broken := errors.New("the line went dead")
	data := pack(t, "hello")
	if _, err := unpack(t, io.MultiReader(bytes.NewReader(data[:15]), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

func TestLevel(t *testing.T) {
	for level, ok := range map[int]bool{0: false, 1: true, 22: true, 23: false} {
		if _, err := Codec().NewWriter(&Options{Level: level}, io.Discard, connector.CodecOptions{}); (err == nil) != ok {
			t.Errorf("level %d: error %v", level, err)
		}
	}
}
