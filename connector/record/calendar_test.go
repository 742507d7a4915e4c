package record

import (
	"testing"
	"time"
)

// TestCalendar compares each day of the calendar with package time.
func TestCalendar(t *testing.T) {
	day := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	for n := MinDate; n <= MaxDate; n++ {
		y, m, d := day.Date()
		if got, ok := DaysOf(y, int(m), d); !ok || got != n {
			t.Fatalf("DaysOf(%v) = %d %v, want %d", day, got, ok, n)
		}
		if gy, gm, gd := CivilOf(n); gy != y || gm != int(m) || gd != d {
			t.Fatalf("CivilOf(%d) = %d-%d-%d, want %v", n, gy, gm, gd, day)
		}
		day = day.AddDate(0, 0, 1)
	}
	if y, m, d := day.Date(); y != 10000 || m != 1 || d != 1 {
		t.Errorf("MaxDate is followed by %v", day)
	}
}

func TestFarDates(t *testing.T) {
	for want, days := range map[string]int64{"0000-12-31": MinDate - 1, "10000-01-01": MaxDate + 1, "-1-12-31": MinDate - 367} {
		if got := string(AppendDate(nil, days)); got != want {
			t.Errorf("AppendDate(%d) = %s, want %s", days, got, want)
		}
	}
	if got := string(AppendTimestamp(nil, MaxTimestamp+1)); got != "10000-01-01T00:00:00Z" {
		t.Errorf("MaxTimestamp+1 = %s", got)
	}
}

func TestSplitTimestamp(t *testing.T) {
	for _, tt := range [][3]int64{{0, 0, 0}, {-1, -1, microsPerDay - 1}, {microsPerDay, 1, 0}, {-microsPerDay, -1, 0}} {
		if d, m := SplitTimestamp(tt[0]); d != tt[1] || m != tt[2] {
			t.Errorf("SplitTimestamp(%d) = %d, %d", tt[0], d, m)
		}
	}
}
