package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/flow"
)

func TestAttempts(t *testing.T) {
	passing, lasting := connector.Transient(errors.New("cut off")), errors.New("no such table")
	stopped := make(chan struct{})
	close(stopped)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	three := &flow.Retry{Attempts: 3}
	slow := &flow.Retry{Attempts: 3, Backoff: time.Hour}
	for _, c := range []struct {
		name      string
		ctx       context.Context
		rules     *flow.Retry
		stop      chan struct{}
		errs      []error
		committed bool
		tries     int
		ok        bool
	}{
		{"at once", t.Context(), three, nil, nil, false, 1, true},
		{"the third time", t.Context(), three, nil, []error{passing, passing}, false, 3, true},
		{"never", t.Context(), three, nil, []error{passing, passing, passing, passing}, false, 3, false},
		{"what lasts", t.Context(), three, nil, []error{lasting}, false, 1, false},
		{"what lasts after what passes", t.Context(), three, nil, []error{passing, lasting}, false, 2, false},
		{"no rules", t.Context(), nil, nil, []error{passing}, false, 1, false},
		{"committed", t.Context(), three, nil, []error{passing}, true, 1, false},
		{"stopped", t.Context(), slow, stopped, []error{passing}, false, 1, false},
		{"over", cancelled, slow, nil, []error{passing}, false, 1, false},
	} {
		tries := 0
		r, err := Attempts(c.ctx, c.rules, c.stop, func(context.Context) (*Report, error) {
			tries++
			if tries <= len(c.errs) {
				return &Report{Committed: c.committed}, c.errs[tries-1]
			}
			return &Report{}, nil
		})
		if tries != c.tries || (err == nil) != c.ok || r.Attempts != tries || len(r.Notes) != tries-1 {
			t.Errorf("%s: %d tries, %v, %+v", c.name, tries, err, *r)
		}
		if tries > 1 && !strings.HasPrefix(r.Notes[0], "attempt 1 failed: cut off") {
			t.Errorf("%s: notes %q", c.name, r.Notes)
		}
	}
}

func TestBackoffGrows(t *testing.T) {
	for n := 1; n < 40; n++ {
		want := min(time.Second<<min(n-1, 20), longestBackoff)
		if got := backoff(time.Second, n); got < want/2 || got > want*3/2 {
			t.Errorf("after attempt %d: %s, want about %s", n, got, want)
		}
	}
}

// TestDoubtfulCommit: a commit whose answer got lost is found out about, and no row is there
// twice, whether the same run tries again or the next one comes.
func TestDoubtfulCommit(t *testing.T) {
	for _, failing := range []string{"answer", "line"} {
		j := newJob(t, numbers(10))
		j.sink.failing = failing
		r, err := Attempts(t.Context(), &flow.Retry{Attempts: 2}, nil, func(context.Context) (*Report, error) { return j.start() })
		if err != nil || r.Status != Succeeded || !r.Committed || r.RowsWritten != 10 || len(j.sink.visible) != 10 || j.src.acked != 1 {
			t.Errorf("%s, tried again: %v, %+v, %d rows, acked %d", failing, err, *r, len(j.sink.visible), j.src.acked)
		}

		j = newJob(t, numbers(10))
		j.sink.failing = failing
		if r, err = j.start(); err == nil || r.Committed || !strings.Contains(err.Error(), "is not known") || j.sink.aborted != 0 {
			t.Fatalf("%s: %v, %+v", failing, err, *r)
		}
		j.run = "r2"
		r = j.mustRun(t, Succeeded)
		if len(j.sink.visible) != 20 || j.src.acked != 2 || !strings.HasPrefix(r.Notes[0], "finished run r1") {
			t.Errorf("%s, the next run: %+v, %d rows, acked %d", failing, *r, len(j.sink.visible), j.src.acked)
		}
	}
}
