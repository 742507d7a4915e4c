package engine

import (
	"context"
	"errors"

	"github.com/headgate/headgate/connector"
)

// verify makes sure of what was read from r when it is not read to its end.
func verify(ctx context.Context, r connector.Reader) error {
	if v, ok := r.(connector.Verifier); ok {
		return v.Verify(ctx)
	}
	return nil
}

// verifies reports whether rows of the source are only known to be right once it was read.
func verifies(from connector.Source) bool {
	v, ok := from.(interface{ Verifies() bool })
	return ok && v.Verifies()
}

// blame is the error of a pipeline that failed: rows that make no sense may come from a file
// that was tampered with, and then that is what is wrong. All workers have ended.
func (p *pipeline) blame() error {
	if errors.Is(p.err, connector.ErrIntegrity) || p.ctx.Err() != nil {
		return p.err
	}
	p.verified = true
	for l := range p.all {
		if !l.begun || l.err != nil {
			continue
		}
		err := verify(p.ctx, l.reader)
		if errors.Is(err, connector.ErrIntegrity) {
			p.verified = false
			return err
		}
		p.verified = p.verified && err == nil
	}
	return p.err
}
