// Package zstd is the Zstandard codec (RFC 8878): files of one or several frames.
package zstd

import (
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/headgate/headgate/connector"
)

// maxWindow bounds what a frame may ask the reader to remember. 128 MiB is what the
// zstd program accepts without --long.
const maxWindow = 128 << 20

// writeWindow keeps a writer at about 6 MB, and what it wrote readable with 4 MB.
const writeWindow = 4 << 20

// Options are the keys of `zstd:` under decode and encode.
type Options struct {
	Level int `key:"level" help:"how hard to compress, 1 (fast) to 22 (small); reading ignores it" default:"3"`
}

// Codec is the registry entry.
func Codec() *connector.Codec {
	return &connector.Codec{
		Name:       "zstd",
		Summary:    "Zstandard compression",
		Extensions: []string{".zst", ".zstd"},
		Config:     func() any { return &Options{Level: 3} },
		NewReader:  newReader,
		NewWriter:  newWriter,
	}
}

func newReader(_ any, r io.Reader) (io.ReadCloser, error) {
	z, err := zstd.NewReader(r,
		zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, fmt.Errorf("unzstd: %w", err)
	}
	return &reader{z: z}, nil
}

func newWriter(cfg any, w io.Writer) (io.WriteCloser, error) {
	o := cfg.(*Options)
	if o.Level < 1 || o.Level > 22 {
		return nil, fmt.Errorf("zstd level %d: must be 1 to 22", o.Level)
	}
	z, err := zstd.NewWriter(w,
		zstd.WithEncoderLevel(zstd.EncoderLevelFromZstd(o.Level)), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(writeWindow), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	return z, nil
}

type reader struct {
	z   *zstd.Decoder
	err error
}

func (r *reader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.z.Read(p)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("unzstd: %w", err)
	}
	r.err = err
	return n, err
}

func (r *reader) Close() error {
	r.err = io.ErrClosedPipe
	r.z.Close()
	return nil
}
