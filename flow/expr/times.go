package expr

import (
	"strings"
	"time"

	"github.com/headgate/headgate/connector/record"
)

// stampShift is timestamp ± duration.
func stampShift(sign string) rowFunc {
	return func(_ *arena, a []val) val {
		x, ok := addInt(a[0].i, a[1].i)
		if sign == "-" {
			x, ok = subInt(a[0].i, a[1].i)
		}
		if !ok {
			return overflowTime(record.Timestamp)
		}
		return stampVal(x)
	}
}

// dateShift is date ± duration, which must be whole days.
func dateShift(sign string) rowFunc {
	return func(_ *arena, a []val) val {
		if a[1].i%usDay != 0 {
			return bad(record.BadArgument, "a date moves by whole days, such as duration(\"24h\")")
		}
		n := a[1].i / usDay
		if sign == "-" {
			n = -n
		}
		return dayVal(a[0].i + n)
	}
}

// dateGap is date - date. The range of dates keeps it within 64 bits.
func dateGap(_ *arena, a []val) val { return intVal((a[0].i - a[1].i) * usDay) }

// unit is a piece of the calendar.
type unit uint8

const (
	unitNone unit = iota
	unitYear
	unitQuarter
	unitMonth
	unitWeek
	unitDay
	unitHour
	unitMinute
	unitSecond
)

func unitNames() []string {
	return []string{"year", "quarter", "month", "week", "day", "hour", "minute", "second"}
}

func parseUnit(s string) unit {
	for i, name := range unitNames() {
		if s == name {
			return unit(i + 1)
		}
	}
	return unitNone
}

// span is the length of a unit that has one, else 0.
func (u unit) span() int64 {
	switch u {
	case unitWeek:
		return 7 * usDay
	case unitDay:
		return usDay
	case unitHour:
		return usHour
	case unitMinute:
		return usMinute
	case unitSecond:
		return usSecond
	}
	return 0
}

// months is the length of a unit counted in months, else 0.
func (u unit) months() int64 {
	switch u {
	case unitYear:
		return 12
	case unitQuarter:
		return 3
	case unitMonth:
		return 1
	}
	return 0
}

// truncateDay is the first day of the unit around days.
func truncateDay(days int64, u unit) int64 {
	switch u {
	case unitWeek:
		return days - isoWeekday(days) + 1
	case unitDay, unitHour, unitMinute, unitSecond:
		return days
	}
	c := civilOf(days)
	c.day = 1
	switch u {
	case unitYear:
		c.month = 1
	case unitQuarter:
		c.month -= (c.month - 1) % 3
	}
	return c.days()
}

func truncateStamp(us int64, u unit, z *zone) int64 {
	local := z.local(us)
	switch u {
	case unitHour, unitMinute, unitSecond:
		// Within an hour no zone of today changes: keep the moment's own offset, so
		// that an hour that comes twice stays the one it was.
		return us - floorMod(local, u.span())
	}
	days, _ := record.SplitTimestamp(local)
	return z.moment(truncateDay(days, u) * usDay)
}

// addDay moves a date by n units.
func addDay(days, n int64, u unit) val {
	if m := u.months(); m != 0 {
		n, ok := mulInt(n, m)
		if !ok || n > 200_000 || n < -200_000 {
			return overflowTime(record.Date)
		}
		return dayVal(civilOf(days).addMonths(n).days())
	}
	n, ok := mulInt(n, u.span()/usDay)
	if !ok || n > record.MaxDate-record.MinDate || n < record.MinDate-record.MaxDate {
		return overflowTime(record.Date)
	}
	return dayVal(days + n)
}

func addStamp(us, n int64, u unit) val {
	if u.months() != 0 {
		days, rest := record.SplitTimestamp(us)
		v := addDay(days, n, u)
		if !v.ok() {
			return overflowTime(record.Timestamp)
		}
		return stampVal(v.i*usDay + rest)
	}
	n, ok := mulInt(n, u.span())
	if ok {
		us, ok = addInt(us, n)
	}
	if !ok {
		return overflowTime(record.Timestamp)
	}
	return stampVal(us)
}

// diffStamp is the number of whole units from a to b, negative when b is earlier.
func diffStamp(a, b int64, u unit) int64 {
	m := u.months()
	if m == 0 {
		return (b - a) / u.span()
	}
	if b < a {
		return -diffStamp(b, a, u)
	}
	ad, ar := record.SplitTimestamp(a)
	bd, br := record.SplitTimestamp(b)
	x, y := civilOf(ad), civilOf(bd)
	n := (y.year-x.year)*12 + y.month - x.month
	// The last month is not whole if a, moved by n months, lies beyond b.
	if moved := x.addMonths(n).days(); moved > bd || moved == bd && ar > br {
		n--
	}
	return n / m
}

// part is a number read off a moment or a day.
type part func(days, rest int64) int64

// parts names the functions that read a number off a date, a time or a timestamp.
func parts(name string) part {
	switch name {
	case "year":
		return func(d, _ int64) int64 { return civilOf(d).year }
	case "quarter":
		return func(d, _ int64) int64 { return (civilOf(d).month + 2) / 3 }
	case "month":
		return func(d, _ int64) int64 { return civilOf(d).month }
	case "week":
		return func(d, _ int64) int64 { return isoWeek(d) }
	case "day":
		return func(d, _ int64) int64 { return civilOf(d).day }
	case "weekday":
		return func(d, _ int64) int64 { return isoWeekday(d) }
	case "dayOfYear":
		return func(d, _ int64) int64 { return dayOfYear(d) }
	case "hour":
		return func(_, r int64) int64 { return r / usHour }
	case "minute":
		return func(_, r int64) int64 { return r / usMinute % 60 }
	case "second":
		return func(_, r int64) int64 { return r / usSecond % 60 }
	case "microsecond":
		return func(_, r int64) int64 { return r % usSecond }
	}
	return nil
}

// partFunc reads p off a value of kind k.
func partFunc(p part, k record.Kind, loc *time.Location) rowFunc {
	switch k {
	case record.Date:
		return func(_ *arena, a []val) val { return intVal(p(a[0].i, 0)) }
	case record.Time:
		return func(_ *arena, a []val) val { return intVal(p(0, a[0].i)) }
	}
	return func(x *arena, a []val) val {
		days, rest := record.SplitTimestamp(x.zone(loc).local(a[0].i))
		return intVal(p(days, rest))
	}
}

// loadZone finds a time zone by its IANA name; "" and UTC are nil.
func loadZone(name string) (*time.Location, bool) {
	if name == "UTC" || name == "" {
		return nil, name != ""
	}
	if name == "Local" { // would depend on the machine
		return nil, false
	}
	loc, err := time.LoadLocation(name)
	return loc, err == nil
}

// parseDuration reads a constant such as "24h", "90m" or "1h30m", and days as "7d".
func parseDuration(s string) (int64, bool) {
	if n, ok := strings.CutSuffix(s, "d"); ok {
		days, p := record.ParseInt([]byte(n))
		us, fits := mulInt(days, usDay)
		return us, p == record.NoProblem && fits
	}
	d, err := time.ParseDuration(s)
	return d.Microseconds(), err == nil && d%time.Microsecond == 0
}
