// Package zip is the codec of ZIP archives: files that hold several, the members.
//
// # Reading
//
// A file of a store is read through its directory: each member that is wanted is a file of its
// own. An archive that comes as a stream, from standard input or from within another layer, is
// read as far as that goes: it may hold one wanted member.
//
// Archives come from strangers. Refused are names that lead out of a folder or hold control
// characters, two members of one name, members that overlap, lie about their sizes, or are encrypted, directories
// of more than 100,000 members, and what unpacks to much more than itself. All that is
// found in the directory, before a member is read.
//
// # Writing
//
// One member, named like the file without ".zip".
package zip

import (
	"errors"
	"fmt"
	"io"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/codec/internal/bound"
	"github.com/headgate/headgate/connector/spec"
)

// Options are the keys of `zip:` under decode and encode.
type Options struct {
	Members  string    `key:"members" default:"**" help:"reading: which members are wanted, as a glob; ** crosses folders"`
	Level    int       `key:"level" default:"6" help:"writing: how hard to compress, 1 (fast) to 9 (small)"`
	MaxRatio int       `key:"max_ratio" default:"200" help:"reading: refuse to unpack to more than this many times the size, beyond 64 MiB"`
	MaxSize  spec.Size `key:"max_size" help:"reading: refuse to unpack to more than this"`
}

// everything is the glob that matches all members.
const everything = "**"

// Codec is the registry entry.
func Codec() *connector.Codec {
	return &connector.Codec{
		Name:       "zip",
		Summary:    "ZIP archives",
		Extensions: []string{".zip"},
		Config:     func() any { return &Options{Members: everything, Level: 6, MaxRatio: bound.Ratio} },
		Check: func(cfg any, writing bool) error {
			if writing {
				return cfg.(*Options).checkLevel()
			}
			return cfg.(*Options).check()
		},
		NewReader: newReader,
		NewWriter: newWriter,
		Archive:   newArchive,
	}
}

func (o *Options) check() error {
	if !doublestar.ValidatePattern(o.Members) {
		return fmt.Errorf("members %q is not a glob", o.Members)
	}
	return o.limits().Check()
}

func (o *Options) checkLevel() error {
	if o.Level < 1 || o.Level > 9 {
		return fmt.Errorf("zip level %d: must be 1 to 9", o.Level)
	}
	return nil
}

func (o *Options) limits() bound.Limits { return bound.Limits{Ratio: o.MaxRatio, Size: o.MaxSize} }

// wants reports whether a member is wanted. A folder is none.
func (o *Options) wants(m *member) bool {
	return !m.folder() && doublestar.MatchUnvalidated(o.Members, m.name)
}

func newArchive(cfg any, at io.ReaderAt, size int64, _ connector.CodecOptions) (connector.Archive, error) {
	o := cfg.(*Options)
	err := o.check()
	if err == nil {
		var a *archive
		if a, err = openArchive(o, at, size); err == nil {
			return a, nil
		}
	}
	return nil, fmt.Errorf("unzip: %w", err)
}

func newReader(cfg any, r io.Reader, _ connector.CodecOptions) (io.ReadCloser, error) {
	o := cfg.(*Options)
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("unzip: %w", err)
	}
	return bound.Open("unzip", r, o.limits(), func(r io.Reader) (io.ReadCloser, error) { return newStream(o, r), nil })
}

var errDamaged = errors.New("this is not a ZIP archive, or it is damaged")

// hostile is an error of an archive that was made to do harm, or by somebody careless.
func hostile(format string, args ...any) error {
	return connector.Mark(fmt.Errorf(format, args...), connector.ErrRefused)
}
