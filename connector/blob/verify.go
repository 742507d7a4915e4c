package blob

import (
	"context"
	"errors"
	"io"

	"github.com/headgate/headgate/connector"
)

// verified is a codec whose bytes are only known to be right at its end.
type verified struct {
	io.ReadCloser
	err error // of Read, ever after
}

func (v *verified) Read(p []byte) (int, error) {
	if v.err != nil {
		return 0, v.err
	}
	n, err := v.ReadCloser.Read(p)
	v.err = err
	return n, err
}

// verified are the codecs among those that were opened.
func (c closers) verified() (list []*verified) {
	for _, o := range c {
		if v, ok := o.(*verified); ok {
			list = append(list, v)
		}
	}
	return list
}

// verify reads the codecs that verify to their ends, the innermost first. What is above them
// cannot be read any more.
func (in *input) verify(ctx context.Context) error {
	if len(in.checks) == 0 {
		return nil
	}
	if in.inner != nil {
		in.inner.Close() // it reads them too
	}
	buf := make([]byte, aheadSize)
	for i := len(in.checks) - 1; i >= 0; i-- {
		for err := error(nil); err != io.EOF; {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if _, err = in.checks[i].Read(buf); err != nil && err != io.EOF {
				return err
			}
		}
	}
	return nil
}

// blame is err, unless the file turns out not to be what it should: then that is why.
func (in *input) blame(ctx context.Context, err error) error {
	if errors.Is(err, connector.ErrIntegrity) {
		return err
	}
	if e := in.verify(ctx); errors.Is(e, connector.ErrIntegrity) {
		return e
	}
	return err
}

// Verify implements connector.Verifier.
func (r *reader) Verify(ctx context.Context) error {
	defer context.AfterFunc(ctx, r.in.interrupt)()
	if err := r.in.verify(ctx); err != nil {
		return r.in.fail(ctx, err)
	}
	return nil
}
