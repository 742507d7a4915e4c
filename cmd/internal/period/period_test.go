package period

import (
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"90d": 90 * day, "2w": 14 * day, "8h": 8 * time.Hour, "1h30m": 90 * time.Minute, "0d": 0, "0": 0,
	} {
		if got, err := Parse(s); err != nil || got != want {
			t.Errorf("%s: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "d", "-1d", "-1h", "1.5d", "soon", "99999999999999d", "2000000000w", "1y"} {
		if got, err := Parse(s); err == nil {
			t.Errorf("%q is %v", s, got)
		}
	}
}

func TestSince(t *testing.T) {
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	for s, want := range map[string]time.Time{
		"24h": now.Add(-day), "7d": now.Add(-7 * day), "2026-01-31": time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC),
		"2026-01-31T08:00:00Z": time.Date(2026, 1, 31, 8, 0, 0, 0, time.UTC),
	} {
		if got, err := Since(s, now); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v", s, got, err)
		}
	}
	if _, err := Since("yesterday", now); err == nil {
		t.Error("yesterday is a time")
	}
}

func TestFlag(t *testing.T) {
	var f Flag
	if f.String() != "" || f.Type() == "" {
		t.Error(f.String(), f.Type())
	}
	if err := f.Set("2d"); err != nil || f.String() != "48h0m0s" {
		t.Error(f.String(), err)
	}
	if f.Set("x") == nil {
		t.Error("took x")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("90d")
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := Parse(s); err == nil && d < 0 {
			t.Errorf("%q is %v", s, d)
		}
	})
}
