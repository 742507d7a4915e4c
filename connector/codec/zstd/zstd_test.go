package zstd

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector/codec/internal/codectest"
)

func unpack(t *testing.T, r io.Reader) (string, error) {
	t.Helper()
	return codectest.Unpack(t, Codec(), r)
}

func TestCodec(t *testing.T) {
	codectest.Suite{Codec: Codec(), Name: "unzstd", Checksum: 1}.Run(t)
	codectest.Levels(t, Codec(), func(level int) any { return &Options{Level: level} }, map[int]bool{0: false, 1: true, 22: true, 23: false})
}

// TestWindow refuses a frame that asks for more memory than the reader gives: a header
// with a window of 256 MiB and no content size.
func TestWindow(t *testing.T) {
	frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, (28 - 10) << 3, 0x01, 0x00, 0x00}
	if _, err := unpack(t, bytes.NewReader(frame)); err == nil || !strings.Contains(err.Error(), "window") {
		t.Errorf("error %v", err)
	}
}
