package gzip

import (
	"bytes"
	stdgzip "compress/gzip"
	"io"
	"testing"

	"github.com/headgate/headgate/connector/codec/internal/codectest"
)

func pack(t *testing.T, text string) []byte {
	t.Helper()
	return codectest.Pack(t, Codec(), text)
}

func unpack(t *testing.T, r io.Reader) (string, error) {
	t.Helper()
	return codectest.Unpack(t, Codec(), r)
}

func TestCodec(t *testing.T) {
	codectest.Suite{Codec: Codec(), Name: "gunzip", Checksum: 6}.Run(t)
	codectest.Levels(t, Codec(), func(level int) any { return &Options{Level: level} }, map[int]bool{0: false, 1: true, 9: true, 10: false})
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
