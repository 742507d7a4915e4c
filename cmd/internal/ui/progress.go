package ui

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// Sample is how far a run has come.
type Sample struct {
	Rows, Rejected   int64
	Bytes, Total     int64 // of the input; Total -1 = unknown
	Splits, OfSplits int64
}

const (
	liveEvery  = 200 * time.Millisecond
	quietEvery = 30 * time.Second
)

// Progress shows how far a run has come until stop is called: a live line on a
// terminal, elsewhere a line each 30 seconds. It shows nothing when quiet. stop may
// be called twice and returns when nothing more will be printed.
func (t *Terminal) Progress(label string, read func() Sample) (stop func()) {
	if t.Quiet {
		return func() {}
	}
	live := t.Interactive && !t.LogJSON
	every := quietEvery
	if live {
		every = liveEvery
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(every)
		defer tick.Stop()
		p := pace{start: time.Now()}
		for {
			select {
			case <-done:
				return
			case now := <-tick.C:
				line := p.line(label, now, read())
				if live {
					t.SetLive(line)
				} else {
					t.Note(line)
				}
			}
		}
	}()
	return sync.OnceFunc(func() {
		close(done)
		<-ended
		if live {
			t.SetLive("")
		}
	})
}

// pace turns samples into rates. The zero rate stands until two samples were seen.
type pace struct {
	start time.Time
	last  time.Time
	seen  Sample
	rows  float64 // a second, smoothed
	bytes float64
}

// smoothing is how much of a new rate counts: a jump settles within about two seconds.
const smoothing = 0.2

func (p *pace) line(label string, now time.Time, s Sample) string {
	if p.last.IsZero() {
		p.last = p.start
	}
	if dt := now.Sub(p.last).Seconds(); dt > 0 {
		rows, bytes := float64(s.Rows-p.seen.Rows)/dt, float64(s.Bytes-p.seen.Bytes)/dt
		if p.rows == 0 && p.bytes == 0 {
			p.rows, p.bytes = rows, bytes
		} else {
			p.rows += smoothing * (rows - p.rows)
			p.bytes += smoothing * (bytes - p.bytes)
		}
		p.last, p.seen = now, s
	}
	parts := []string{label, Plural(s.Rows, "row"), Count(int64(p.rows)) + " rows/s", fmt.Sprintf("%.1f MB/s", p.bytes/1e6)}
	if s.Total > 0 {
		parts = append(parts, fmt.Sprintf("%d%%", min(100, 100*s.Bytes/s.Total)))
		if left := s.Total - s.Bytes; left > 0 && p.bytes > 0 {
			eta := time.Duration(float64(left) / p.bytes * float64(time.Second)).Round(time.Second)
			parts = append(parts, "ETA "+max(eta, time.Second).String())
		}
	}
	if s.OfSplits > 1 {
		parts = append(parts, fmt.Sprintf("split %d of %d", min(s.Splits+1, s.OfSplits), s.OfSplits))
	}
	if s.Rejected > 0 {
		parts = append(parts, Count(s.Rejected)+" rejected")
	}
	return strings.Join(parts, "  ")
}
