package blob

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/headgate/headgate/connector"
)

// openAt opens a file for a format that reads it at any place.
func (s *Source) openAt(ctx context.Context, o connector.Object, layers Layers, in *input, sample bool) (*input, error) {
	name := layers.Format.Name
	if len(layers.Codecs) > 0 {
		return nil, fmt.Errorf("read %s: %s cannot be read through %s: unpack the file first", in.label, name, layers.Codecs[0].Name)
	}
	if o.Size < 0 {
		return nil, fmt.Errorf("read %s: %s cannot be read from a stream, since its end comes first: write it to a file", in.label, name)
	}
	var rc io.ReadCloser
	err := s.cfg.Retry.Do(ctx, func() (err error) {
		rc, err = s.cfg.Store.Open(ctx, o.Name, 0)
		return err
	})
	if err != nil {
		return nil, err
	}
	in.read = &counter{}
	at, ok := rc.(io.ReaderAt)
	if ok {
		in.open = append(in.open, rc)
	} else {
		rc.Close()
		at = &ranges{ctx: context.WithoutCancel(ctx), store: s.cfg.Store, name: o.Name, retry: s.cfg.Retry}
	}
	in.dec, err = layers.Format.NewDecoder(layers.Config, nil, connector.DecodeOptions{
		File: in.label, ChunkSize: s.chunkSize(sample), Strict: s.cfg.Strict,
		At: at, Size: o.Size, Ranges: s.narrow,
	})
	if err != nil {
		in.Close()
		return nil, in.fail(ctx, err)
	}
	in.still = func(ctx context.Context) error {
		return s.unchanged(ctx, split{Name: o.Name, Size: o.Size, Modified: o.Modified})
	}
	return in, nil
}

// ranges reads at any place of an object of a store that only opens it at one.
type ranges struct {
	ctx   context.Context
	store connector.Store
	name  string
	retry connector.Retry
}

func (r *ranges) ReadAt(p []byte, off int64) (n int, err error) {
	err = r.retry.Do(r.ctx, func() error {
		n, err = r.read(p, off)
		return err
	})
	return n, err
}

func (r *ranges) read(p []byte, off int64) (int, error) {
	rc, err := r.store.Open(r.ctx, r.name, off)
	if err != nil {
		return 0, err
	}
	n, err := io.ReadFull(rc, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	if e := rc.Close(); err == nil {
		err = e
	}
	return n, err
}
