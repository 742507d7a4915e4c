package http

import (
	"context"
	"net/url"
	"time"

	"github.com/headgate/headgate/connector/tree"
)

// WithoutPauses makes the store wait for nobody, except where it was asked to.
func (s *Store) WithoutPauses() *Store {
	s.pause = func(ctx context.Context, _ int, asked string) error {
		if d, ok := retryAfter(asked, time.Now()); ok && d > longest {
			return errBrokenOff
		}
		return ctx.Err()
	}
	return s
}

// Pausing makes the store call f instead of waiting.
func (s *Store) Pausing(f func(ctx context.Context, attempt int, asked string) error) *Store {
	s.pause = f
	return s
}

// ReadIndex is readIndex.
func ReadIndex(page []byte, contentType string, base *url.URL) ([]tree.Entry, error) {
	return readIndex(page, contentType, base)
}

// Delay is delay.
var Delay = delay
