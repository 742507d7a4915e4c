package blob

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/headgate/headgate/connector"
)

// stored opens the bytes of a file from the start. When the connection drops, reading
// goes on where it stopped, if the file is still the same.
func (s *Source) stored(ctx context.Context, o connector.Object) (io.ReadCloser, error) {
	if s.cfg.Retry.Attempts <= 1 || o.Size < 0 {
		return s.cfg.Store.Open(ctx, o.Name, 0)
	}
	r := &resuming{ctx: ctx, source: s, object: o}
	err := s.cfg.Retry.Do(ctx, func() (err error) {
		r.rc, err = s.cfg.Store.Open(ctx, o.Name, 0)
		return err
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// resuming reads one file over as many connections as it takes.
type resuming struct {
	ctx    context.Context // of the opening; ends the waiting between attempts
	source *Source
	object connector.Object
	rc     io.ReadCloser
	at     int64
	failed int // attempts since the last byte
}

func (r *resuming) Read(p []byte) (int, error) {
	n, err := r.rc.Read(p)
	r.at += int64(n)
	if n > 0 {
		r.failed = 0
	}
	if err == io.EOF && r.at < r.object.Size {
		err = connector.Transient(io.ErrUnexpectedEOF) // cut off, or cut short: reopen tells
	}
	if err == nil || err == io.EOF {
		return n, err
	}
	if !r.again(err) {
		return n, r.source.cfg.Retry.GivenUp(err)
	}
	if n > 0 {
		return n, r.reopen(err)
	}
	if err := r.reopen(err); err != nil {
		return 0, err
	}
	return r.Read(p)
}

// again reports whether another attempt may help.
func (r *resuming) again(err error) bool {
	r.failed++
	return connector.IsTransient(err) && r.failed < r.source.cfg.Retry.Attempts && r.ctx.Err() == nil
}

// reopen goes on at the byte that was not read.
func (r *resuming) reopen(cause error) error {
	r.rc.Close()
	for {
		if err := r.source.cfg.Retry.Wait(r.ctx, r.failed+1); err != nil {
			return errors.Join(cause, err)
		}
		err := r.source.unchanged(r.ctx, split{Name: r.object.Name, Size: r.object.Size, Modified: r.object.Modified})
		if err == nil {
			if r.rc, err = r.source.cfg.Store.Open(r.ctx, r.object.Name, r.at); err == nil {
				return nil
			}
		}
		if !r.again(err) {
			r.rc = closedReader{}
			return fmt.Errorf("at byte %d: %w", r.at, r.source.cfg.Retry.GivenUp(err))
		}
	}
}

func (r *resuming) Close() error { return r.rc.Close() }

// closedReader stands for a connection that could not be had again.
type closedReader struct{}

func (closedReader) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }
func (closedReader) Close() error             { return nil }
