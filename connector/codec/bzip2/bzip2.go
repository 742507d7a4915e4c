// Package bzip2 is the bzip2 codec, which can only be read: there are better ones to
// write.
package bzip2

import (
	"bufio"
	stdbzip2 "compress/bzip2"
	"errors"
	"fmt"
	"io"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/codec/internal/bound"
	"github.com/headgate/headgate/connector/spec"
)

// inputSize is how much of the packed stream is read at once.
const inputSize = 128 << 10

// Options are the keys of `bzip2:` under decode.
type Options struct {
	MaxRatio int       `key:"max_ratio" default:"200" help:"refuse to unpack to more than this many times the size, beyond 64 MiB"`
	MaxSize  spec.Size `key:"max_size" help:"refuse to unpack to more than this"`
}

// Codec is the registry entry.
func Codec() *connector.Codec {
	return &connector.Codec{
		Name:       "bzip2",
		Summary:    "bzip2 compression, for reading",
		Extensions: []string{".bz2"},
		Config:     func() any { return &Options{MaxRatio: bound.Ratio} },
		Check: func(cfg any, _ bool) error {
			return bound.Limits{Ratio: cfg.(*Options).MaxRatio}.Check()
		},
		NewReader: func(cfg any, r io.Reader, _ connector.CodecOptions) (io.ReadCloser, error) {
			o := cfg.(*Options)
			return bound.Open("bunzip2", r, bound.Limits{Ratio: o.MaxRatio, Size: o.MaxSize}, func(r io.Reader) (io.ReadCloser, error) {
				return &reader{in: bufio.NewReaderSize(r, inputSize)}, nil
			})
		},
	}
}

// reader unpacks one stream after the other, up to the end.
type reader struct {
	in  *bufio.Reader
	z   io.Reader // nil before the first Read
	err error
}

func (r *reader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	if r.z == nil {
		if _, r.err = r.in.Peek(1); r.err == io.EOF { // no bytes at all are an empty input
			return 0, io.EOF
		}
		r.z = stdbzip2.NewReader(r.in)
	}
	n, err := r.z.Read(p)
	if err == stdbzip2.StructuralError("bad magic value") {
		err = errors.New("this is not bzip2")
	}
	if err != nil && err != io.EOF {
		err = fmt.Errorf("bunzip2: %w", err)
	}
	r.err = err
	return n, err
}

// Close lets go of the memory. It may be called twice.
func (r *reader) Close() error {
	r.in, r.z, r.err = nil, nil, io.ErrClosedPipe
	return nil
}
