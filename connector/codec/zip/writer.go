package zip

import (
	stdzip "archive/zip"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/flate"

	"github.com/headgate/headgate/connector"
)

// defaultName is the name of the member of a file that has none.
const defaultName = "data"

// writer writes an archive of one member.
type writer struct {
	z      *stdzip.Writer
	member io.Writer
	closed bool
}

func newWriter(cfg any, w io.Writer, opt connector.CodecOptions) (io.WriteCloser, error) {
	o := cfg.(*Options)
	if err := o.checkLevel(); err != nil {
		return nil, err
	}
	z := stdzip.NewWriter(w)
	z.RegisterCompressor(stdzip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, o.Level) })
	member, err := z.CreateHeader(&stdzip.FileHeader{Name: memberName(opt.File), Method: stdzip.Deflate})
	if err != nil {
		return nil, fmt.Errorf("zip: %w", err)
	}
	return &writer{z: z, member: member}, nil
}

// memberName is the name of a file, as messages call it, without its connection, its folder and
// the extension of the archive.
func memberName(file string) string {
	name := path.Base(file)
	name = name[strings.LastIndexByte(name, ':')+1:]
	if ext := path.Ext(name); strings.EqualFold(ext, ".zip") {
		name = strings.TrimSuffix(name, ext)
	}
	m := member{name: name, flags: flagUTF8}
	if name == "standard output" || m.checkName() != nil {
		return defaultName
	}
	return name
}

func (w *writer) Write(p []byte) (int, error) {
	n, err := w.member.Write(p)
	if err != nil {
		err = fmt.Errorf("zip: %w", err)
	}
	return n, err
}

// Close writes the directory. It may be called twice.
func (w *writer) Close() error {
	if w.closed {
		return nil
	}
	w.closed = true
	if err := w.z.Close(); err != nil {
		return fmt.Errorf("zip: %w", err)
	}
	return nil
}
