// Package codectest is what every codec that compresses must do, as tests.
package codectest

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/headgate/headgate/connector"
)

// Suite is a codec under test.
type Suite struct {
	Codec *connector.Codec
	Name  string // what its messages start with when it reads
	// Pack packs a text into one piece; nil = with the codec's own writer.
	Pack func(t testing.TB, text string) []byte
	// Checksum is where a byte of the checksum of a piece is, counted from its end.
	Checksum int
}

// pack packs a text.
func (s Suite) pack(t testing.TB, text string) []byte {
	t.Helper()
	if s.Pack != nil {
		return s.Pack(t, text)
	}
	return Pack(t, s.Codec, text)
}

// Pack packs a text with the defaults of a codec.
func Pack(t testing.TB, c *connector.Codec, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := c.NewWriter(c.Config(), &out, connector.CodecOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

// Unpack reads all of r with the defaults of a codec.
func Unpack(t testing.TB, c *connector.Codec, r io.Reader) (string, error) {
	t.Helper()
	z, err := c.NewReader(c.Config(), r, connector.CodecOptions{})
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

// Run runs all tests.
func (s Suite) Run(t *testing.T) {
	t.Run("round trip", s.roundTrip)
	t.Run("pieces", s.pieces)
	t.Run("cut", s.cut)
	t.Run("damaged", s.damaged)
	t.Run("reader error", s.readerError)
	t.Run("bound", s.bound)
}

func (s Suite) roundTrip(t *testing.T) {
	for _, text := range []string{"", "x", strings.Repeat("abc\n", 100_000)} {
		for _, wrap := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.DataErrReader} {
			if got, err := Unpack(t, s.Codec, wrap(bytes.NewReader(s.pack(t, text)))); err != nil || got != text {
				t.Errorf("%d bytes: got %d, error %v", len(text), len(got), err)
			}
		}
	}
	if got, err := Unpack(t, s.Codec, strings.NewReader("")); err != nil || got != "" {
		t.Errorf("no bytes at all are an empty input: %q, %v", got, err)
	}
}

// pieces: several in a row are read as one.
func (s Suite) pieces(t *testing.T) {
	data := bytes.Join([][]byte{s.pack(t, "one "), s.pack(t, ""), s.pack(t, "two")}, nil)
	if got, err := Unpack(t, s.Codec, bytes.NewReader(data)); err != nil || got != "one two" {
		t.Errorf("%q, %v", got, err)
	}
}

// cut cuts two pieces at every place: nothing but the whole is without an error.
func (s Suite) cut(t *testing.T) {
	first := s.pack(t, "one two three")
	data := append(bytes.Clone(first), s.pack(t, "four")...)
	for n := 1; n < len(data); n++ {
		_, err := Unpack(t, s.Codec, bytes.NewReader(data[:n]))
		if n == len(first) {
			continue // one piece is a whole file
		}
		if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(err.Error(), s.Name+": ") {
			t.Errorf("cut at %d: error %v", n, err)
		}
	}
}

func (s Suite) damaged(t *testing.T) {
	data := s.pack(t, strings.Repeat("abc", 100))
	data[len(data)-s.Checksum] ^= 1
	if _, err := Unpack(t, s.Codec, bytes.NewReader(data)); err == nil {
		t.Error("a wrong checksum was accepted")
	}
	if _, err := Unpack(t, s.Codec, strings.NewReader(string(s.pack(t, "abc"))+"a,b\n1,2\n")); err == nil {
		t.Error("something else after the end was accepted")
	}
	if _, err := Unpack(t, s.Codec, strings.NewReader("a,b\n1,2\n")); err == nil || !strings.HasPrefix(err.Error(), s.Name+": ") {
		t.Errorf("plain text: error %v", err)
	}
}

func (s Suite) readerError(t *testing.T) {
	broken := errors.New("the line went dead")
	data := s.pack(t, "hello")
	if _, err := Unpack(t, s.Codec, io.MultiReader(bytes.NewReader(data[:len(data)-3]), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

// bound: a stream that unpacks to much more than itself ends with an error.
func (s Suite) bound(t *testing.T) {
	bomb := s.pack(t, strings.Repeat("\x00", 80<<20))
	if len(bomb) > 80<<20/250 {
		t.Fatalf("zeros are packed to a %dth only: this tests nothing", 80<<20/len(bomb))
	}
	n, err := Unpack(t, s.Codec, bytes.NewReader(bomb))
	if !errors.Is(err, connector.ErrRefused) || !strings.HasPrefix(err.Error(), s.Name+": ") || !strings.Contains(err.Error(), "max_ratio") {
		t.Errorf("%d bytes from %d, error %v", len(n), len(bomb), err)
	}
}

// Levels: the writer takes the levels that are true.
func Levels(t *testing.T, c *connector.Codec, config func(level int) any, levels map[int]bool) {
	t.Helper()
	for level, ok := range levels {
		if _, err := c.NewWriter(config(level), io.Discard, connector.CodecOptions{}); (err == nil) != ok {
			t.Errorf("level %d: error %v", level, err)
		}
	}
}
