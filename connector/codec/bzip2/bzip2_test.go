package bzip2

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/spec"
)

// packed is `printf 'id,name\n1,a\n' | bzip2`, and nothing is `bzip2 </dev/null`.
const (
	packed  = "425a6839314159265359c8bbe2eb000004d9000010000420002623200031064c4101e9342042e7c35e2ee48a70a1219177c5d6"
	nothing = "425a683917724538509000000000"
	plain   = "id,name\n1,a\n"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func unpack(t *testing.T, o *Options, r io.Reader) (string, error) {
	t.Helper()
	z, err := Codec().NewReader(o, r, connector.CodecOptions{})
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

func TestRead(t *testing.T) {
	one, none := unhex(t, packed), unhex(t, nothing)
	for _, c := range []struct {
		data []byte
		want string
	}{{one, plain}, {none, ""}, {nil, ""}, {bytes.Join([][]byte{one, none, one}, nil), plain + plain}} {
		for _, wrap := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.DataErrReader} {
			if got, err := unpack(t, &Options{}, wrap(bytes.NewReader(c.data))); err != nil || got != c.want {
				t.Errorf("%x: got %q, error %v", c.data, got, err)
			}
		}
	}
}

func TestCut(t *testing.T) {
	data := unhex(t, packed)
	for n := 1; n < len(data); n++ {
		if _, err := unpack(t, &Options{}, bytes.NewReader(data[:n])); !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(err.Error(), "bunzip2: ") {
			t.Errorf("cut at %d: error %v", n, err)
		}
	}
}

func TestDamaged(t *testing.T) {
	data := unhex(t, packed)
	data[12] ^= 1 // the checksum
	if _, err := unpack(t, &Options{}, bytes.NewReader(data)); err == nil {
		t.Error("a wrong checksum was accepted")
	}
	if _, err := unpack(t, &Options{}, strings.NewReader("a,b\n1,2\n")); err == nil || !strings.HasPrefix(err.Error(), "bunzip2: ") {
		t.Errorf("plain text: error %v", err)
	}
}

func TestBound(t *testing.T) {
	if _, err := unpack(t, &Options{MaxSize: 5}, bytes.NewReader(unhex(t, packed))); !errors.Is(err, connector.ErrRefused) {
		t.Errorf("error %v", err)
	}
	if err := spec.Lint(&Options{}); err != nil {
		t.Error(err)
	}
}

func TestReaderError(t *testing.T) {
	broken := errors.New("the line went dead")
	data := unhex(t, packed)
	if _, err := unpack(t, &Options{}, io.MultiReader(bytes.NewReader(data[:15]), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}
