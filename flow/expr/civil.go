package expr

import (
	"time"
	_ "time/tzdata" // the zones, also where the machine has no list of them

	"github.com/headgate/headgate/connector/record"
)

// Times are microseconds since 1970-01-01T00:00:00Z, dates days since that day and
// times of day microseconds since midnight, as in package record.
const (
	usSecond = int64(1_000_000)
	usMinute = 60 * usSecond
	usHour   = 60 * usMinute
	usDay    = 24 * usHour
)

// civil is a day of the Gregorian calendar.
type civil struct{ year, month, day int64 }

// civilOf is the calendar day of days since 1970-01-01.
func civilOf(days int64) civil {
	y, m, d := record.CivilOf(days)
	return civil{int64(y), int64(m), int64(d)}
}

// days is the inverse of civilOf, also for years that no date has, which come up on
// the way to an overflow.
func (c civil) days() int64 {
	m, y := c.month, c.year
	if m <= 2 {
		y--
	}
	era := floorDiv(y, 400)
	yoe := y - era*400
	mp := m - 3
	if m <= 2 {
		mp = m + 9
	}
	doy := (153*mp+2)/5 + c.day - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146097 + doe - 719468
}

func leap(y int64) bool { return monthDays(y, 2) == 29 }

func monthDays(y, m int64) int64 { return int64(record.DaysIn(int(y), int(m))) }

// addMonths moves by n months; a day the month lacks becomes its last day.
func (c civil) addMonths(n int64) civil {
	m := c.year*12 + c.month - 1 + n
	c.year, c.month = floorDiv(m, 12), floorMod(m, 12)+1
	c.day = min(c.day, monthDays(c.year, c.month))
	return c
}

// isoWeekday is 1 for Monday to 7 for Sunday.
func isoWeekday(days int64) int64 { return floorMod(days+3, 7) + 1 }

// isoWeek is the week of ISO 8601: week 1 holds the year's first Thursday.
func isoWeek(days int64) int64 {
	thursday := days - isoWeekday(days) + 4
	first := civil{civilOf(thursday).year, 1, 1}.days()
	return (thursday-first)/7 + 1
}

func dayOfYear(days int64) int64 {
	return days - civil{civilOf(days).year, 1, 1}.days() + 1
}

func floorDiv(x, y int64) int64 {
	q := x / y
	if x%y < 0 {
		q--
	}
	return q
}

func floorMod(x, y int64) int64 {
	m := x % y
	if m < 0 {
		m += y
	}
	return m
}

// zone turns moments into local time and back. nil is UTC. It remembers the last
// offset and for how long it holds, so it must not be shared between goroutines.
type zone struct {
	loc      *time.Location
	from, to int64 // microseconds for which offset holds
	offset   int64 // microseconds
}

func newZone(loc *time.Location) *zone {
	if loc == nil || loc == time.UTC {
		return nil
	}
	return &zone{loc: loc, from: 1, to: 0}
}

// local is us as it is read on a clock in the zone.
func (z *zone) local(us int64) int64 {
	if z == nil {
		return us
	}
	return us + z.offsetAt(us)
}

func (z *zone) offsetAt(us int64) int64 {
	if us >= z.from && us < z.to {
		return z.offset
	}
	t := time.UnixMicro(us).In(z.loc)
	_, sec := t.Zone()
	start, end := t.ZoneBounds()
	z.offset, z.from, z.to = int64(sec)*usSecond, record.MinTimestamp, record.MaxTimestamp+1
	if !start.IsZero() {
		z.from = max(z.from, start.UnixMicro())
	}
	if !end.IsZero() {
		z.to = min(z.to, end.UnixMicro())
	}
	return z.offset
}

// moment is the inverse of local. A time that a clock change skips is read with the
// offset before the change, one that comes twice is the first of the two.
func (z *zone) moment(local int64) int64 {
	if z == nil {
		return local
	}
	first := local - z.offsetAt(local-usDay)
	if z.local(first) == local {
		return first
	}
	second := local - z.offsetAt(local+usDay)
	if z.local(second) == local {
		return second
	}
	return first
}

func stampVal(us int64) val {
	if us < record.MinTimestamp || us > record.MaxTimestamp {
		return overflowTime(record.Timestamp)
	}
	return intVal(us)
}

func dayVal(days int64) val {
	if days < record.MinDate || days > record.MaxDate {
		return overflowTime(record.Date)
	}
	return intVal(days)
}

func overflowTime(k record.Kind) val {
	return bad(record.Overflow, "the result does not fit "+k.String()+" (years 0001 to 9999)")
}

// name is the abbreviation in force at us, such as CEST.
func (z *zone) name(us int64) string {
	n, _ := time.UnixMicro(us).In(z.loc).Zone()
	return n
}
