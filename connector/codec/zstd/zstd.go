// Package zstd is the Zstandard codec (RFC 8878): files of one or several frames.
//
// # Writing
//
// Every 1 MiB of the input, 2 MiB from level 6 on, become a frame of their own, compressed
// in parallel; a reader sees the frames one after the other, as RFC 8878 wants it. The bytes written do
// not depend on the number of processors.
//
// # Reading
//
// The headers of its blocks tell where a frame ends, so that frames of up to 8 MiB are
// read in parallel, whoever wrote them. A larger one is decompressed while it is read.
package zstd

import (
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/codec/internal/bound"
	"github.com/headgate/headgate/connector/codec/internal/inorder"
	"github.com/headgate/headgate/connector/spec"
)

// maxWindow bounds what a frame may ask the reader to remember. 128 MiB is what the
// zstd program accepts without --long.
const maxWindow = 128 << 20

// How much of the input becomes a frame. With less the result grows, with more the memory
// does; the higher levels find more in more of it.
const (
	frameSize     = 1 << 20
	highFrameSize = 2 << 20
)

// Options are the keys of `zstd:` under decode and encode.
type Options struct {
	Level    int       `key:"level" help:"how hard to compress, 1 (fast) to 22 (small); reading ignores it" default:"3"`
	MaxRatio int       `key:"max_ratio" default:"200" help:"reading: refuse to unpack to more than this many times the size, beyond 64 MiB"`
	MaxSize  spec.Size `key:"max_size" help:"reading: refuse to unpack to more than this"`
}

// Codec is the registry entry.
func Codec() *connector.Codec {
	return &connector.Codec{
		Name:       "zstd",
		Summary:    "Zstandard compression",
		Extensions: []string{".zst", ".zstd"},
		Config:     func() any { return &Options{Level: 3, MaxRatio: bound.Ratio} },
		Check:      check,
		NewReader:  newReader,
		NewWriter:  newWriter,
	}
}

func check(cfg any, _ bool) error {
	o := cfg.(*Options)
	if o.Level < 1 || o.Level > 22 {
		return fmt.Errorf("zstd level %d: must be 1 to 22", o.Level)
	}
	return bound.Limits{Ratio: o.MaxRatio}.Check()
}

func newReader(cfg any, r io.Reader, _ connector.CodecOptions) (io.ReadCloser, error) {
	o := cfg.(*Options)
	return bound.Open("unzstd", r, bound.Limits{Ratio: o.MaxRatio, Size: o.MaxSize}, func(r io.Reader) (io.ReadCloser, error) {
		f, err := newFrames()
		if err != nil {
			return nil, fmt.Errorf("unzstd: %w", err)
		}
		return inorder.NewReader(r, f, "unzstd", "frame"), nil
	})
}

func newWriter(cfg any, w io.Writer, _ connector.CodecOptions) (io.WriteCloser, error) {
	if err := check(cfg, true); err != nil {
		return nil, err
	}
	level := zstd.EncoderLevelFromZstd(cfg.(*Options).Level)
	n, size := encoders(level)
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithEncoderConcurrency(n),
		zstd.WithWindowSize(size), zstd.WithLowerEncoderMem(true), zstd.WithZeroFrames(true))
	if err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	return inorder.NewWriter(w, size, n, func(t *inorder.Task) {
		t.Out = z.EncodeAll(t.In, t.Out[:0])
	}), nil
}

// encoders is how many there may be of a level, whose tables take 1, 4 and 34 MB each, and
// the size of its frames.
func encoders(level zstd.EncoderLevel) (n, size int) {
	switch level {
	case zstd.SpeedBestCompression:
		return 1, highFrameSize
	case zstd.SpeedBetterCompression:
		return min(4, inorder.Workers()), highFrameSize
	}
	return inorder.Workers(), frameSize
}
