package blob

import (
	"context"
	"fmt"
	"io"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// reader reads one file.
type reader struct {
	in    *input
	size  int64  // as planned, -1 unknown
	empty bool   // not even a header
	place int    // among the files opened
	told  func() // called at the end, nil = nothing to tell
	began func() // called before the first piece
	file  connector.Object
	about []record.Field // columns that describe the file
}

func (r *reader) Next(ctx context.Context, m *connector.Morsel) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if r.began != nil {
		r.began()
		r.began = nil
	}
	if r.empty {
		return r.end(ctx)
	}
	stop := context.AfterFunc(ctx, r.in.interrupt)
	err := r.in.dec.Next(ctx, m)
	stop()
	switch {
	case err == nil:
		return nil
	case err == io.EOF && ctx.Err() == nil: // a connection that ended wraps it, and is no end
		return r.end(ctx)
	}
	return r.in.fail(ctx, err)
}

// end is io.EOF, unless the file was cut or grew while it was read: what was read
// then is neither the old file nor the new one.
func (r *reader) end(ctx context.Context) error {
	if r.in.still != nil {
		if err := r.in.still(ctx); err != nil {
			return err
		}
		return io.EOF
	}
	if err := r.in.verify(ctx); err != nil {
		return r.in.fail(ctx, err)
	}
	if n := r.in.read.n.Load(); r.size >= 0 && r.in.inner == nil && n != r.size {
		return fmt.Errorf("read %s: the file has changed while it was read (%d bytes when planned, %d now)", r.in.label, r.size, n)
	}
	return io.EOF
}

func (r *reader) Decode(m *connector.Morsel) error {
	if err := r.in.dec.Decode(m); err != nil {
		return fmt.Errorf("read %s: %w", r.in.label, err)
	}
	r.describe(&m.Batch)
	return nil
}

func (r *reader) BytesRead() int64 {
	if p, ok := r.in.dec.(connector.Progress); ok && r.in.still != nil {
		return p.Passed()
	}
	return r.in.read.n.Load()
}

func (r *reader) Close() error {
	if r.told != nil {
		r.told()
		r.told = nil
	}
	return r.in.Close()
}
