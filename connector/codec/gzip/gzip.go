// Package gzip is the gzip codec (RFC 1952): files of one or several members.
//
// # Writing
//
// Every 512 KiB of the input become a member of their own, compressed in parallel; a
// reader sees the members one after the other, as RFC 1952 wants it. Each header
// tells the length of its member in the extra field MZ, which is that of the MiGz
// library: those who know it can read the members in parallel, the others skip
// it. (BGZF, which others read in parallel too, would cost 3 % of the size more, since its
// blocks end at 64 KiB.) The bytes written do not depend on the number of processors.
//
// # Reading
//
// Members that tell their length, as those of BGZF and MiGz do, are read in
// parallel. The others have to be inflated to find their end, and are read one after the
// other, as is a member that is not as long as it says.
package gzip

import (
	"fmt"
	"io"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/codec/internal/bound"
	"github.com/headgate/headgate/connector/codec/internal/inorder"
	"github.com/headgate/headgate/connector/spec"
)

// Options are the keys of `gzip:` under decode and encode.
type Options struct {
	Level    int       `key:"level" help:"how hard to compress, 1 (fast) to 9 (small); reading ignores it" default:"6"`
	MaxRatio int       `key:"max_ratio" default:"200" help:"reading: refuse to unpack to more than this many times the size, beyond 64 MiB"`
	MaxSize  spec.Size `key:"max_size" help:"reading: refuse to unpack to more than this"`
}

// Codec is the registry entry.
func Codec() *connector.Codec {
	return &connector.Codec{
		Name:       "gzip",
		Summary:    "gzip compression",
		Extensions: []string{".gz"},
		Config:     func() any { return &Options{Level: 6, MaxRatio: bound.Ratio} },
		Check:      check,
		NewReader:  newReader,
		NewWriter:  newWriter,
	}
}

func check(cfg any, _ bool) error {
	o := cfg.(*Options)
	if o.Level < 1 || o.Level > 9 {
		return fmt.Errorf("gzip level %d: must be 1 to 9", o.Level)
	}
	return bound.Limits{Ratio: o.MaxRatio}.Check()
}

func newReader(cfg any, r io.Reader, _ connector.CodecOptions) (io.ReadCloser, error) {
	o := cfg.(*Options)
	return bound.Open("gunzip", r, bound.Limits{Ratio: o.MaxRatio, Size: o.MaxSize}, func(r io.Reader) (io.ReadCloser, error) {
		return inorder.NewReader(r, &members{}, "gunzip", "member"), nil
	})
}

func newWriter(cfg any, w io.Writer, _ connector.CodecOptions) (io.WriteCloser, error) {
	if err := check(cfg, true); err != nil {
		return nil, err
	}
	p := &packer{level: cfg.(*Options).Level}
	return inorder.NewWriter(w, memberSize, inorder.Workers(), p.pack), nil
}
