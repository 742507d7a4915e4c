package http

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/headgate/headgate/connector"
)

// How often a request is sent, without progress between the attempts, and how long the
// store waits before the next: at first the first, then always twice as long.
const (
	attempts   = 5
	firstPause = 500 * time.Millisecond
	longest    = 2 * time.Minute
)

// pause waits after an attempt that failed: as long as the server asked in Retry-After, or
// else longer each time, somewhat more or less than the rule says, so that many who failed
// together do not come back together.
func pause(ctx context.Context, attempt int, asked string) error {
	d, err := delay(attempt, asked, time.Now())
	if err != nil {
		return err
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

func delay(attempt int, asked string, now time.Time) (time.Duration, error) {
	d := min(firstPause<<min(attempt-1, 20), longest)
	d = d/2 + rand.N(d)
	wanted, ok := retryAfter(asked, now)
	if !ok {
		return d, nil
	}
	if wanted > longest {
		return 0, connector.Transient(fmt.Errorf("the server asks to come back in %s", wanted.Round(time.Second)))
	}
	return wanted + d/4, nil
}

// retryAfter reads the header Retry-After: seconds, or a date.
func retryAfter(text string, now time.Time) (time.Duration, bool) {
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(n) * time.Second, true
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(now), 0), true
	}
	return 0, false
}
