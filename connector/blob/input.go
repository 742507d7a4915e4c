package blob

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/headgate/headgate/connector"
)

// input is an opened file with its layers and its decoder.
type input struct {
	dec   connector.Decoder
	label string
	read  *counter
	outer *ahead // below the codecs, of a stream that may keep one waiting
	inner *ahead // above the codecs
	open  closers
	// packed says that reading unpacks, also without codecs: a member of an archive.
	packed bool
	// checks are the codecs that verify, outermost first.
	checks []*verified
	// still checks that a file that is not read from its start to its end is the one
	// that was planned; nil for others, whose length tells.
	still func(context.Context) error
}

// Close may be called twice.
func (in *input) Close() error {
	if in.outer != nil && in.inner != nil {
		in.outer.interrupt()
	}
	if in.inner != nil {
		in.inner.Close()
	}
	return in.open.Close()
}

// interrupt lets a call that waits for input return.
func (in *input) interrupt() {
	if in.outer != nil {
		in.outer.interrupt()
	}
	if in.inner != nil {
		in.inner.interrupt()
	}
}

// fail makes an error of reading say which file. The cause of an interruption is the
// context's.
func (in *input) fail(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("read %s: %w", in.label, in.blame(ctx, err))
}

// counter counts what was read.
type counter struct {
	r io.Reader
	n atomic.Int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// stream is input that can be read only once, with its start kept while the columns
// are looked for.
type stream struct {
	src  io.Closer
	wait *ahead
	head []byte
	pos  int
	keep bool
}

func newStream(r io.ReadCloser) *stream { return &stream{src: r, wait: newAhead(r), keep: true} }

func (s *stream) Read(p []byte) (int, error) {
	if s.pos < len(s.head) {
		n := copy(p, s.head[s.pos:])
		s.pos += n
		return n, nil
	}
	if !s.keep {
		s.head = nil
		s.pos = 0
	}
	n, err := s.wait.Read(p)
	if s.keep {
		s.head = append(s.head, p[:n]...)
		s.pos = len(s.head)
	}
	return n, err
}

// Close gives the stream up. A read of standard input that is under way is not waited
// for: nothing can end it.
func (s *stream) Close() error {
	s.wait.interrupt()
	return s.src.Close()
}

// open opens a file down to its decoder. With sample it stays in this goroutine and
// leaves a stream as it was.
func (s *Source) open(ctx context.Context, o connector.Object, sample bool) (*input, error) {
	in := &input{label: s.label(o.Name)}
	layers, err := s.cfg.Layers.resolve(s.cfg.Registry, o.Name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", in.label, err)
	}
	if layers.Format.NewDecoder == nil {
		return nil, fmt.Errorf("read %s: %s cannot be read", in.label, layers.Format.Name)
	}
	if layers.Format.RandomAccess {
		return s.openAt(ctx, o, layers, in, sample)
	}
	if codec, ok := s.archived(o); ok {
		return s.openFirst(ctx, o, codec)
	}
	raw, err := s.raw(ctx, o, sample, in)
	if err != nil {
		return nil, err
	}
	in.read = &counter{r: raw}
	if err := s.stack(ctx, in, layers, sample, sample && o.Size < 0); err != nil {
		return nil, err
	}
	return in, nil
}

// stack puts the layers on what in reads. It closes in when there is an error. once says
// that this is the sample of a stream, which must not become all of it.
func (s *Source) stack(ctx context.Context, in *input, layers Layers, sample, once bool) error {
	top, codecs, err := layers.decode(in.read, connector.CodecOptions{Context: ctx, File: in.label, Keys: s.cfg.Keys})
	in.open = append(in.open, &codecs)
	if err == nil {
		if !once {
			in.checks = codecs.verified()
		}
		if (len(layers.Codecs) > 0 || in.packed) && !sample {
			in.inner = newAhead(top)
			top = in.inner
		}
		in.dec, err = layers.Format.NewDecoder(layers.Config, top, connector.DecodeOptions{
			File: in.label, ChunkSize: s.chunkSize(sample), Strict: s.cfg.Strict,
		})
	}
	if err != nil {
		in.Close()
		return in.fail(ctx, err)
	}
	return nil
}

// raw opens the bytes as stored.
func (s *Source) raw(ctx context.Context, o connector.Object, sample bool, in *input) (io.Reader, error) {
	if o.Size >= 0 {
		rc, err := s.stored(ctx, o)
		if err != nil {
			return nil, err
		}
		if s.sums() && !sample {
			rc = &summing{r: rc, h: sha256.New(), size: o.Size, done: func(sum []byte) { s.keepSum(o.Name, sum) }}
		}
		in.open = append(in.open, rc)
		return rc, nil
	}
	st := s.streams[o.Name]
	switch {
	case st == nil:
		rc, err := s.cfg.Store.Open(ctx, o.Name, 0)
		if err != nil {
			return nil, err
		}
		st = newStream(rc)
		s.streams[o.Name] = st
	case !st.keep:
		return nil, fmt.Errorf("read %s: it can be read only once", in.label)
	}
	st.pos, st.keep = 0, sample
	in.outer = st.wait
	return st, nil
}

// sampleChunk is small so that typing reads no more than it needs.
const sampleChunk = 128 << 10

func (s *Source) chunkSize(sample bool) int {
	if sample {
		return sampleChunk
	}
	return s.cfg.ChunkSize
}
