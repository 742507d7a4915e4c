// Package gzip is the gzip codec (RFC 1952): files of one or several members.
package gzip

import (
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"

	"github.com/headgate/headgate/connector"
)

// Options are the keys of `gzip:` under decode and encode.
type Options struct {
	Level int `key:"level" help:"how hard to compress, 1 (fast) to 9 (small); reading ignores it" default:"6"`
}

// Codec is the registry entry.
func Codec() *connector.Codec {
	return &connector.Codec{
		Name:       "gzip",
		Summary:    "gzip compression",
		Extensions: []string{".gz"},
		Config:     func() any { return &Options{Level: 6} },
		NewReader: func(_ any, r io.Reader) (io.ReadCloser, error) {
			return &reader{src: r}, nil
		},
		NewWriter: newWriter,
	}
}

func newWriter(cfg any, w io.Writer) (io.WriteCloser, error) {
	o := cfg.(*Options)
	if o.Level < 1 || o.Level > 9 {
		return nil, fmt.Errorf("gzip level %d: must be 1 to 9", o.Level)
	}
	z, err := gzip.NewWriterLevel(w, o.Level)
	if err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	return z, nil
}

// reader starts with the first Read, since opening a file must not wait for bytes.
// A stream of no bytes at all is an empty input, as an interrupted download never
// is: gzip's own empty file has a header.
type reader struct {
	src io.Reader
	z   *gzip.Reader
	err error
}

func (r *reader) Read(p []byte) (int, error) {
	if r.err == nil && r.z == nil {
		r.z, r.err = gzip.NewReader(r.src)
		if r.err != nil {
			r.err = explain(r.err)
		}
	}
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.z.Read(p)
	if err != nil {
		r.err = explain(err)
	}
	return n, r.err
}

// Close frees nothing and so cannot go wrong; whatever did was told by Read.
func (r *reader) Close() error {
	r.z, r.err = nil, io.ErrClosedPipe
	return nil
}

// explain keeps io.EOF as it is and names the codec in everything else.
func explain(err error) error {
	if err == io.EOF {
		return io.EOF
	}
	return fmt.Errorf("gunzip: %w", err)
}
