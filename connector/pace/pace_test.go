package pace

import (
	"testing"
	"time"

	"github.com/headgate/headgate/connector"
)

func TestDelay(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	rule := connector.Retry{Attempts: 5, Backoff: 500 * time.Millisecond}
	for _, c := range []struct {
		attempt    int
		asked      string
		least, top time.Duration
	}{
		{2, "", 250 * time.Millisecond, 750 * time.Millisecond}, {5, "", 2 * time.Second, 6 * time.Second}, {60, "", time.Minute, 3 * time.Minute},
		{2, "3", 3 * time.Second, 4 * time.Second}, {2, "Sun, 22 Nov 2026 12:00:10 GMT", 10 * time.Second, 11 * time.Second},
		{2, "Sun, 22 Nov 2020 12:00:10 GMT", 0, time.Second}, {2, "soon", 250 * time.Millisecond, 750 * time.Millisecond}, {2, "-5", 250 * time.Millisecond, 750 * time.Millisecond},
	} {
		for range 20 {
			if d, err := Delay(rule, c.attempt, c.asked, now); err != nil || d < c.least || d > c.top {
				t.Errorf("before attempt %d, asked %q: %s, %v", c.attempt, c.asked, d, err)
			}
		}
	}
	if _, err := Delay(rule, 2, "86400", now); !connector.IsTransient(err) {
		t.Error(err)
	}
}

// TestEvenly: a limit lets nothing pass before its time, whatever the order of who asks.
func TestEvenly(t *testing.T) {
	for text, gap := range map[string]time.Duration{"20/s": 50 * time.Millisecond, "600/m": 100 * time.Millisecond, "3600 / h": time.Second} {
		l, err := Requests(text)
		if err != nil {
			t.Fatal(err)
		}
		now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
		for i := range 5 {
			if d := l.take(now, 1); d != time.Duration(i)*gap {
				t.Errorf("%s: request %d waits %s", text, i, d)
			}
		}
		if d := l.take(now.Add(time.Hour), 1); d != 0 {
			t.Errorf("%s: after a pause %s", text, d)
		}
		if d := l.take(now.Add(time.Hour), 1); d != gap {
			t.Errorf("%s: there was something to catch up on: %s", text, d)
		}
	}
	bytes := Bytes(1 << 20)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	if a, b := bytes.take(now, 1<<19), bytes.take(now, 1); a != 0 || b != time.Second/2 {
		t.Errorf("half a second's bytes: %s, then %s", a, b)
	}
	for _, text := range []string{"20", "20/d", "0/s", "-1/s", "x/s", "/s", "1.5/s"} {
		if _, err := Requests(text); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
	if l, err := Requests(""); l != nil || err != nil || l.Wait(t.Context(), 1) != nil || Bytes(0) != nil {
		t.Error("there is a limit where none was given")
	}
}
