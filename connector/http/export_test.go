package http

import (
	"context"
	"net/url"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/pace"
	"github.com/headgate/headgate/connector/tree"
)

// WithoutPauses makes the store wait for nobody, except where it was asked to.
func (s *Store) WithoutPauses() *Store {
	s.pause = func(ctx context.Context, _ connector.Retry, _ int, asked string) error {
		if d, ok := pace.RetryAfter(asked, time.Now()); ok && d > connector.MaxBackoff {
			return errBrokenOff
		}
		return ctx.Err()
	}
	return s
}

// Pausing makes the store call f instead of waiting.
func (s *Store) Pausing(f func(ctx context.Context, attempt int, asked string) error) *Store {
	s.pause = func(ctx context.Context, _ connector.Retry, n int, asked string) error { return f(ctx, n-1, asked) }
	return s
}

// ReadIndex is readIndex.
func ReadIndex(page []byte, contentType string, base *url.URL) ([]tree.Entry, error) {
	return readIndex(page, contentType, base)
}
