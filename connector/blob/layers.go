package blob

import (
	"fmt"
	"io"
	"strings"

	"github.com/headgate/headgate/connector"
)

// Layers is how the bytes of a file become rows. Options left nil are the defaults.
type Layers struct {
	Codecs []Codec // outermost first, for reading and for writing
	// Format nil means by the file's extension; the codecs then still count.
	Format *connector.Format
	Config any // of the format, from Format.Config
}

// Codec is a codec with its options.
type Codec struct {
	*connector.Codec
	Config any // from Codec.Config
}

// resolve completes l for a file; nil takes everything from the name.
func (l *Layers) resolve(reg *connector.Registry, name string) (Layers, error) {
	var full Layers
	if l != nil {
		full = *l
		full.Codecs = nil
		for _, c := range l.Codecs {
			if c.Config == nil {
				c.Config = newConfig(c.Codec.Config)
			}
			full.Codecs = append(full.Codecs, c)
		}
	}
	if full.Format != nil {
		if full.Config == nil {
			full.Config = newConfig(full.Format.Config)
		}
		return full, nil
	}
	codecs, format := reg.Layers(name)
	if format == nil {
		return full, fmt.Errorf("its name does not tell the format: name one of %s", formatNames(reg))
	}
	full.Format, full.Config = format, newConfig(format.Config)
	if l == nil {
		for _, c := range codecs {
			full.Codecs = append(full.Codecs, Codec{c, newConfig(c.Config)})
		}
	}
	return full, nil
}

func newConfig(make func() any) any {
	if make == nil {
		return nil
	}
	return make()
}

func formatNames(reg *connector.Registry) string {
	names := make([]string, len(reg.Formats))
	for i, f := range reg.Formats {
		names[i] = f.Name
	}
	return strings.Join(names, ", ")
}

// decode stacks the codecs on r. Closing the result closes the codecs, not r.
func (l *Layers) decode(r io.Reader, opt connector.CodecOptions) (io.Reader, closers, error) {
	var open closers
	for _, c := range l.Codecs {
		if c.NewReader == nil {
			return nil, open, fmt.Errorf("%s cannot be read", c.Name)
		}
		rc, err := c.NewReader(c.Config, r, opt)
		if err != nil {
			return nil, open, err
		}
		if c.Verifies {
			rc = &verified{ReadCloser: rc}
		}
		open = append(open, rc)
		r = rc
	}
	return r, open, nil
}

// encode stacks the codecs on w. Closing the result flushes the codecs, and does
// not close w.
func (l *Layers) encode(w io.Writer, opt connector.CodecOptions) (io.Writer, closers, error) {
	var open closers
	for _, c := range l.Codecs {
		if c.NewWriter == nil {
			return nil, open, fmt.Errorf("%s cannot be written", c.Name)
		}
		wc, err := c.NewWriter(c.Config, w, opt)
		if err != nil {
			return nil, open, err
		}
		open = append(open, wc)
		w = wc
	}
	return w, open, nil
}

// closers are closed last first, and once.
type closers []io.Closer

func (c *closers) Close() error {
	var first error
	for i := len(*c) - 1; i >= 0; i-- {
		if err := (*c)[i].Close(); err != nil && first == nil {
			first = err
		}
	}
	*c = nil
	return first
}
