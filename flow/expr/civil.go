package expr

import (
	"time"

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

// The days and moments of years 0001 to 9999, beyond which nothing is printed.
const (
	minDay   = int64(-719162)
	maxDay   = int64(2932896)
	minStamp = minDay * usDay
	maxStamp = (maxDay+1)*usDay - 1
)

// civil is a day of the Gregorian calendar.
type civil struct{ year, month, day int64 }

// civilOf is the calendar day of days since 1970-01-01, counted in eras of 400
// years that begin on 1 March.
func civilOf(days int64) civil {
	days += 719468
	era := floorDiv(days, 146097)
	doe := days - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	c := civil{year: yoe + era*400, month: mp + 3, day: doy - (153*mp+2)/5 + 1}
	if c.month > 12 {
		c.month -= 12
		c.year++
	}
	return c
}

// days is the inverse of civilOf. Months beyond 12 and below 1 carry into the year.
func (c civil) days() int64 {
	m := c.month - 1
	y := c.year + floorDiv(m, 12)
	m = floorMod(m, 12) + 1
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

func leap(y int64) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

func monthDays(y, m int64) int64 {
	switch m {
	case 2:
		if leap(y) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

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

// split takes local microseconds apart.
func split(us int64) (days, rest int64) {
	days = floorDiv(us, usDay)
	return days, us - days*usDay
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
	z.offset, z.from, z.to = int64(sec)*usSecond, minStamp, maxStamp+1
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
	if us < minStamp || us > maxStamp {
		return overflowTime(record.Timestamp)
	}
	return intVal(us)
}

func dayVal(days int64) val {
	if days < minDay || days > maxDay {
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
