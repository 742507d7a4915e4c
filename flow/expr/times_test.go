package expr

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/headgate/headgate/connector/record"
)

// Days and zones agree with package time.
func TestCalendarAgainstTime(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20000 {
		days := record.MinDate + r.Int64N(record.MaxDate-record.MinDate)
		at := time.Unix(days*86400, 0).UTC()
		c := civilOf(days)
		if int(c.year) != at.Year() || int(c.month) != int(at.Month()) || int(c.day) != at.Day() || c.days() != days {
			t.Fatalf("day %d is %v, want %v", days, c, at)
		}
		_, week := at.ISOWeek()
		if isoWeek(days) != int64(week) || dayOfYear(days) != int64(at.YearDay()) || isoWeekday(days)%7 != int64(at.Weekday()) {
			t.Fatalf("%v: week %d, day of year %d, weekday %d", at, isoWeek(days), dayOfYear(days), isoWeekday(days))
		}
	}
	for _, name := range []string{"Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Monrovia", "Pacific/Apia"} {
		loc, ok := loadZone(name)
		if !ok {
			t.Fatal(name)
		}
		z := newZone(loc)
		for range 5000 {
			us := int64(-2e15) + r.Int64N(6e15)
			at := time.UnixMicro(us).In(loc)
			days, rest := record.SplitTimestamp(z.local(us))
			midnight := time.Unix(days*86400, 0).UTC()
			got := midnight.Add(time.Duration(rest) * time.Microsecond).Format("2006-01-02 15:04:05.000000")
			if want := at.Format("2006-01-02 15:04:05.000000"); got != want {
				t.Fatalf("%s: %d is %s, want %s", name, us, got, want)
			}
			if back := z.moment(z.local(us)); z.local(back) != z.local(us) {
				t.Fatalf("%s: %v comes back as %v", name, at, time.UnixMicro(back).In(loc))
			}
		}
	}
}

func TestZoneChanges(t *testing.T) {
	loc, _ := loadZone("Europe/Berlin")
	for _, tt := range []struct{ local, want string }{
		{"2024-07-01T12:00:00Z", "2024-07-01T10:00:00Z"},
		{"2024-03-31T02:30:00Z", "2024-03-31T01:30:00Z"}, // skipped: read with the offset before
		{"2024-10-27T02:30:00Z", "2024-10-27T00:30:00Z"}, // twice: the first
		{"2024-10-27T03:00:00Z", "2024-10-27T02:00:00Z"},
	} {
		local, _ := record.ParseTimestamp([]byte(tt.local))
		if got := string(record.AppendTimestamp(nil, newZone(loc).moment(local))); got != tt.want {
			t.Errorf("%s in Berlin is %s, want %s", tt.local, got, tt.want)
		}
	}
	for _, bad := range []string{"Europe/Berln", "Local", ""} {
		if _, ok := loadZone(bad); ok {
			t.Errorf("zone %q was found", bad)
		}
	}
}

// What a layout prints, package time prints too, and the layout reads it back.
func TestLayoutsAgainstTime(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	loc, _ := loadZone("America/New_York")
	for _, tt := range []struct{ layout, reference string }{
		{"%Y-%m-%d %H:%M:%S.%f%z", "2006-01-02 15:04:05.000000-0700"},
		{"%d.%m.%y %I:%M:%S.%f %p %z", "02.01.06 03:04:05.000000 PM -0700"},
		{"%a %e %b %Y %T.%f %z", "Mon _2 Jan 2006 15:04:05.000000 -0700"},
		{"%A, %B %d, %Y %H:%M:%S.%f %z", "Monday, January 02, 2006 15:04:05.000000 -0700"},
		{"%Y/%j %H%M%S%f%z", "2006/002 150405.000000-0700"},
	} {
		l, err := parseLayout(tt.layout)
		if err != nil {
			t.Fatal(err)
		}
		for range 2000 {
			us := r.Int64N(3e15)
			at := time.UnixMicro(us).In(loc)
			got := string(l.append(nil, momentOf(us, record.Timestamp, newZone(loc))))
			want := at.Format(tt.reference)
			if tt.layout == "%Y/%j %H%M%S%f%z" {
				want = at.Format("2006/002 150405") + at.Format(".000000")[1:] + at.Format("-0700")
			}
			if got != want {
				t.Fatalf("%s of %v: %s, want %s", tt.layout, at, got, want)
			}
			back, why := l.parse([]byte(got))
			if why != "" || back.stamp(nil) != us {
				t.Fatalf("%s: %s reads back as %v, %s", tt.layout, got, time.UnixMicro(back.stamp(nil)), why)
			}
		}
	}
}

func TestLayoutParsing(t *testing.T) {
	for _, tt := range []struct{ layout, text, want string }{
		{"%Y-%m-%d", "2024-02-30", "is not a day of the calendar"},
		{"%Y-%m-%d", "2024-2-3", "2024-02-03T00:00:00Z"},
		{"%Y-%m-%d", "24-02-03", "does not follow the layout"},
		{"%Y-%m-%d", "2024-02-03 ", "has more after the layout"},
		{"%Y%m%d", "20240203", "2024-02-03T00:00:00Z"},
		{"%d/%m/%y", "03/02/69", "1969-02-03T00:00:00Z"},
		{"%d/%m/%y", "03/02/68", "2068-02-03T00:00:00Z"},
		{"%H:%M", "24:00", "is not a time of day"},
		{"%I %p", "12 AM", "1970-01-01T00:00:00Z"},
		{"%I %p", "12 pm", "1970-01-01T12:00:00Z"},
		{"%I %p", "13 pm", "is not a time of day"},
		{"%s", "-1", "1969-12-31T23:59:59Z"},
		{"%s.%f", "1.5", "1970-01-01T00:00:01.500000Z"},
		{"%S.%f", "1.1234567", "does not follow the layout"},
		{"%S.%f", "1.123456000", "1970-01-01T00:00:01.123456Z"},
		{"%FT%T%z", "2024-02-03T04:05:06Z", "2024-02-03T04:05:06Z"},
		{"%FT%T%z", "2024-02-03T04:05:06+05:30", "2024-02-02T22:35:06Z"},
		{"%FT%T%z", "2024-02-03T04:05:06-08", "2024-02-03T12:05:06Z"},
		{"%FT%T%z", "2024-02-03T04:05:06", "does not follow the layout"},
		{"%d %b %Y", "3 FEBRUARY 2024", "2024-02-03T00:00:00Z"},
		{"100%% %Y", "100% 2024", "2024-01-01T00:00:00Z"},
		{"%Y %j", "2023 366", "is not a day of the calendar"},
		{"%Y %j", "2024 366", "2024-12-31T00:00:00Z"},
		{"%Y-%m-%d", "0000-01-01", "is not a day of the calendar"},
	} {
		l, err := parseLayout(tt.layout)
		if err != nil {
			t.Fatal(err)
		}
		r, got := l.parse([]byte(tt.text))
		if got == "" {
			got = string(record.AppendTimestamp(nil, r.stamp(nil)))
		}
		if got != tt.want {
			t.Errorf("%q of %q: %s, want %s", tt.layout, tt.text, got, tt.want)
		}
	}
}

func TestTimeArithmetic(t *testing.T) {
	stamp := func(s string) int64 {
		us, p := record.ParseTimestamp([]byte(s))
		if p != record.NoProblem {
			t.Fatal(s)
		}
		return us
	}
	for _, tt := range []struct {
		from, to, unit string
		want           int64
	}{
		{"2024-01-31", "2024-02-29", "month", 1}, // the last day of February is a month after
		{"2024-01-31", "2024-02-28", "month", 0},
		{"2024-02-29", "2025-02-28", "year", 1},
		{"2024-03-01", "2024-01-31", "month", -1},
		{"2024-01-01T12:00:00Z", "2024-02-01T11:59:59Z", "month", 0},
		{"2024-01-01T12:00:00Z", "2024-01-02T11:59:59Z", "day", 0},
		{"2024-01-02T11:59:59Z", "2024-01-01T12:00:00Z", "day", 0},
		{"2024-01-01", "2024-12-31", "quarter", 3},
		{"2024-01-01", "2024-01-15", "week", 2},
		{"0001-01-01", "9999-12-31", "second", 315537811200},
	} {
		if got := diffStamp(stamp(tt.from), stamp(tt.to), parseUnit(tt.unit)); got != tt.want {
			t.Errorf("diff(%s, %s, %s) = %d, want %d", tt.from, tt.to, tt.unit, got, tt.want)
		}
	}
	for _, tt := range []struct {
		at   string
		n    int64
		unit string
		want string
	}{
		{"2024-01-31T01:02:03Z", 1, "month", "2024-02-29T01:02:03Z"},
		{"2024-03-31T00:00:00Z", -1, "month", "2024-02-29T00:00:00Z"},
		{"2024-02-29T00:00:00Z", 4, "year", "2028-02-29T00:00:00Z"},
		{"2024-02-29T00:00:00Z", 1, "quarter", "2024-05-29T00:00:00Z"},
		{"9999-12-31T00:00:00Z", 1, "day", "overflow"},
		{"0001-01-01T00:00:00Z", -1, "second", "overflow"},
		{"2024-01-01T00:00:00Z", 1 << 62, "year", "overflow"},
		{"2024-01-01T00:00:00Z", -1 << 63, "second", "overflow"},
	} {
		v := addStamp(stamp(tt.at), tt.n, parseUnit(tt.unit))
		got := "overflow"
		if v.ok() {
			got = string(record.AppendTimestamp(nil, v.i))
		}
		if got != tt.want {
			t.Errorf("add(%s, %d, %s) = %s, want %s", tt.at, tt.n, tt.unit, got, tt.want)
		}
	}
}
