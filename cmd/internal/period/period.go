// Package period reads lengths of time as people write them: 90d, 2w, 8h, 1h30m.
package period

import (
	"fmt"
	"strconv"
	"time"
)

const day = 24 * time.Hour

// Parse reads a length of time: whole days or weeks, or what time.ParseDuration takes.
// It is never negative.
func Parse(s string) (time.Duration, error) {
	bad := fmt.Errorf("%q is not a length of time: write 8h, 90d or 2w", s)
	if s == "" {
		return 0, bad
	}
	unit := map[byte]time.Duration{'d': day, 'w': 7 * day}[s[len(s)-1]]
	if unit == 0 {
		d, err := time.ParseDuration(s)
		if err != nil || d < 0 {
			return 0, bad
		}
		return d, nil
	}
	n, err := strconv.ParseUint(s[:len(s)-1], 10, 31)
	if err != nil || time.Duration(n) > (1<<62)/unit {
		return 0, bad
	}
	return time.Duration(n) * unit, nil
}

// Since reads a moment in the past: a length of time before now, a date, or a time as
// RFC 3339 has it. Dates are days of UTC.
func Since(s string, now time.Time) (time.Time, error) {
	if d, err := Parse(s); err == nil {
		return now.Add(-d), nil
	}
	for _, form := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(form, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time: write 24h, 7d, 2026-01-31 or 2026-01-31T08:00:00Z", s)
}

// Flag is a length of time as the value of a flag.
type Flag struct{ time.Duration }

// Set implements pflag.Value.
func (f *Flag) Set(s string) (err error) {
	f.Duration, err = Parse(s)
	return err
}

// String is "" for no time at all, so that help shows no default.
func (f *Flag) String() string {
	if f.Duration == 0 {
		return ""
	}
	return f.Duration.String()
}

// Type names the value in the help.
func (f *Flag) Type() string { return "time" }
