package pace

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/headgate/headgate/connector"
)

// Limiter lets through so much in a time, evenly spread: after a pause there is nothing to
// catch up on. It may be used from several goroutines. A nil Limiter lets everything through.
type Limiter struct {
	per time.Duration // of one unit; or
	n   int64         // of so many

	mu  sync.Mutex
	due time.Time // of the next unit
}

var errRate = errors.New("write a number of requests in a time, such as 20/s, 600/m or 1000/h")

// Requests reads the limit that a connection sets, "20/s"; nil for "".
func Requests(text string) (*Limiter, error) {
	if text == "" {
		return nil, nil
	}
	number, unit, _ := strings.Cut(text, "/")
	n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 32)
	per := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}[strings.TrimSpace(unit)]
	if err != nil || n < 1 || per == 0 {
		return nil, errRate
	}
	return &Limiter{per: per, n: n}, nil
}

// Bytes is a limit of bytes a second; nil for 0, which is none.
func Bytes(n int64) *Limiter {
	if n <= 0 {
		return nil
	}
	return &Limiter{per: time.Second, n: n}
}

// Wait takes n units, and waits until they are due, which is when those before them have had their
// time.
func (l *Limiter) Wait(ctx context.Context, n int) error {
	if l == nil || n <= 0 {
		return ctx.Err()
	}
	return connector.Sleep(ctx, l.take(time.Now(), n))
}

// take is how long to wait for n units.
func (l *Limiter) take(now time.Time, n int) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.due.Before(now) {
		l.due = now
	}
	wait := l.due.Sub(now)
	l.due = l.due.Add(time.Duration(float64(l.per) * float64(n) / float64(l.n)))
	return wait
}
