package pace

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/headgate/headgate/connector"
)

// Rule is the flow's, or, where it has none, one for requests to web servers, which turn some away
// in the ordinary course of things.
func Rule(flow connector.Retry) connector.Retry {
	return flow.Or(connector.Retry{Attempts: 5, Backoff: 500 * time.Millisecond})
}

// Transient reports whether an answer with this status may be another one soon.
func Transient(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// Pause waits before attempt n, from 2 on: as long as the server asked in Retry-After, or else as
// the rule says. A server that asks for more than connector.MaxBackoff is an error that
// may pass.
func Pause(ctx context.Context, rule connector.Retry, n int, asked string) error {
	d, err := Delay(rule, n, asked, time.Now())
	if err != nil {
		return err
	}
	return connector.Sleep(ctx, d)
}

// Delay is how long Pause waits.
func Delay(rule connector.Retry, n int, asked string, now time.Time) (time.Duration, error) {
	d := rule.Delay(n)
	wanted, ok := RetryAfter(asked, now)
	if !ok {
		return d, nil
	}
	if wanted > connector.MaxBackoff {
		return 0, connector.Transient(fmt.Errorf("the server asks to come back in %s", wanted.Round(time.Second)))
	}
	return wanted + d/4, nil
}

// RetryAfter reads the header Retry-After: seconds, or a date.
func RetryAfter(text string, now time.Time) (time.Duration, bool) {
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(n) * time.Second, true
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(now), 0), true
	}
	return 0, false
}
