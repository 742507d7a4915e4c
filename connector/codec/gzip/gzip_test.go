package gzip

import (
	"bytes"
	stdgzip "compress/gzip"
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

// TestOthersRead reads with another program's library what was written here.
func TestOthersRead(t *testing.T) {
	r, err := stdgzip.NewReader(bytes.NewReader(pack(t, "hello")))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || string(got) != "hello" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestMembers(t *testing.T) {
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
			continue // one member is a whole file
		}
		if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(err.Error(), "gunzip: ") {
			t.Errorf("cut at %d: error %v", n, err)
		}
	}
}

func TestDamaged(t *testing.T) {
	data := pack(t, strings.Repeat("abc", 100))
	data[len(data)-6] ^= 1 // the checksum
	if _, err := unpack(t, bytes.NewReader(data)); err == nil {
		t.Error("a wrong checksum was accepted")
	}
	if _, err := unpack(t, strings.NewReader("a,b\n1,2\n")); err == nil || !strings.HasPrefix(err.Error(), "gunzip: ") {
		t.Errorf("plain text: error %v", err)
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
	for level, ok := range map[int]bool{0: false, 1: true, 9: true, 10: false} {
		if _, err := Codec().NewWriter(&Options{Level: level}, io.Discard, connector.CodecOptions{}); (err == nil) != ok {
			t.Errorf("level %d: error %v", level, err)
		}
	}
}
