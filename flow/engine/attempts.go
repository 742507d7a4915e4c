package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/flow"
)

// longestBackoff is the longest wait between two attempts.
const longestBackoff = 10 * time.Minute

// Attempts calls try until it ends without an error that may pass, as rules say; nil = once.
// A run that is committed is never tried again, and nothing is after stop. The last report
// tells how often it was tried.
func Attempts(ctx context.Context, rules *flow.Retry, stop <-chan struct{}, try func(context.Context) (*Report, error)) (*Report, error) {
	var notes []string
	for n := 1; ; n++ {
		report, err := try(ctx)
		if report != nil {
			report.Attempts = n
			report.Notes = append(notes, report.Notes...)
		}
		if err == nil || rules == nil || n >= rules.Attempts || !connector.IsTransient(err) || report != nil && report.Committed {
			return report, err
		}
		notes = append(notes, fmt.Sprintf("attempt %d failed: %v", n, err))
		if !pause(ctx, stop, backoff(rules.Backoff, n)) {
			return report, err
		}
	}
}

// backoff is the wait after attempt n: twice that of the one before, and a little less or
// more, so that many do not come back at the same moment.
func backoff(first time.Duration, n int) time.Duration {
	d := min(first<<min(n-1, 20), longestBackoff)
	if d <= 0 {
		return 0
	}
	return d/2 + rand.N(d)
}

// pause waits; false when there was a reason not to.
func pause(ctx context.Context, stop <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-stop:
		return false
	case <-timer.C:
		return true
	}
}
