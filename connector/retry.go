package connector

import (
	"context"
	"math/rand/v2"
	"time"
)

// Retry is the one rule by which something that failed for a reason that may pass is tried
// again: `run.retry` of the flow. Whoever is closest to the failure tries again (a request, a
// read that goes on where it stopped, at last the run) and nobody tries again what somebody
// below has given up: the attempts do not multiply. The zero value tries once.
type Retry struct {
	Attempts int           // in all, without progress between them
	Backoff  time.Duration // before the second; it doubles each time, up to MaxBackoff
}

// MaxBackoff is the longest wait between two attempts.
const MaxBackoff = 2 * time.Minute

// Or is r, or other when the flow says nothing.
func (r Retry) Or(other Retry) Retry {
	if r.Attempts < 1 {
		return other
	}
	return r
}

// Delay is the wait before attempt n, from 2 on, somewhat less or more than the rule says, so
// that many who failed together do not come back together.
func (r Retry) Delay(n int) time.Duration {
	d := min(r.Backoff<<min(n-2, 20), MaxBackoff)
	if d <= 0 {
		return 0
	}
	return d/2 + rand.N(d)
}

// Wait waits before attempt n.
func (r Retry) Wait(ctx context.Context, n int) error { return Sleep(ctx, r.Delay(n)) }

// Sleep waits, unless ctx ends before.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 || ctx.Err() != nil {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Do calls f again while its error is worth another try. An error after the last of several
// attempts is GivenUp.
func (r Retry) Do(ctx context.Context, f func() error) error {
	for n := 1; ; n++ {
		err := f()
		if err == nil || !IsTransient(err) || ctx.Err() != nil {
			return err
		}
		if n >= r.Attempts {
			return r.GivenUp(err)
		}
		if e := r.Wait(ctx, n+1); e != nil {
			return err
		}
	}
}

// GivenUp is err after the last attempt of the rule: nobody tries it again. A rule of one
// attempt leaves that to others.
func (r Retry) GivenUp(err error) error {
	if err == nil || r.Attempts <= 1 {
		return err
	}
	return givenUp{err}
}

// givenUp hides from IsTransient what it wraps.
type givenUp struct{ err error }

func (g givenUp) Error() string { return g.err.Error() }
func (g givenUp) Unwrap() error { return g.err }
