package expr

import (
	"bytes"
	"fmt"

	"github.com/headgate/headgate/connector/record"
)

// reading is what a layout has read so far.
type reading struct {
	year, month, day     int64
	hour, minute, second int64
	micros, offset, unix int64
	yearday              int64
	pm, twelve           bool
	zoned, isUnix        bool
}

// parse reads s, the whole of it. The second result is why it cannot be read.
func (l layout) parse(s []byte) (reading, string) {
	r := reading{year: 1970, month: 1, day: 1}
	rest := s
	for _, p := range l {
		var ok bool
		if p.dir == 0 {
			rest, ok = bytes.CutPrefix(rest, []byte(p.text))
		} else {
			rest, ok = r.directive(p.dir, rest)
		}
		if !ok {
			return r, "does not follow the layout"
		}
	}
	if len(rest) > 0 {
		return r, "has more after the layout"
	}
	return r, r.check()
}

// directive reads what one directive stands for off the front of s.
func (r *reading) directive(dir byte, s []byte) ([]byte, bool) {
	switch dir {
	case 'Y':
		return number(s, 4, 4, &r.year)
	case 'y':
		rest, ok := number(s, 2, 2, &r.year)
		if r.year < 69 { // as POSIX: 69 to 99 are 1969 to 1999
			r.year += 2000
		} else {
			r.year += 1900
		}
		return rest, ok
	case 'm':
		return number(s, 1, 2, &r.month)
	case 'd':
		return number(s, 1, 2, &r.day)
	case 'e':
		return number(bytes.TrimLeft(s, " "), 1, 2, &r.day)
	case 'j':
		return number(s, 1, 3, &r.yearday)
	case 'H':
		return number(s, 1, 2, &r.hour)
	case 'I':
		r.twelve = true
		return number(s, 1, 2, &r.hour)
	case 'M':
		return number(s, 1, 2, &r.minute)
	case 'S':
		return number(s, 1, 2, &r.second)
	case 'f':
		return r.fraction(s)
	case 'b', 'B':
		return named(s, 12, monthName, &r.month)
	case 'a', 'A':
		var day int64
		return named(s, 7, dayName, &day)
	case 'p':
		return r.halfDay(s)
	case 'z':
		return r.zone(s)
	case 's':
		r.isUnix = true
		return signed(s, &r.unix)
	}
	return s, false // %u, %V and %Z are for printing only
}

func number(s []byte, least, most int, x *int64) ([]byte, bool) {
	n := 0
	*x = 0
	for n < most && n < len(s) && s[n]-'0' <= 9 {
		*x = *x*10 + int64(s[n]-'0')
		n++
	}
	return s[n:], n >= least
}

func signed(s []byte, x *int64) ([]byte, bool) {
	neg := len(s) > 0 && s[0] == '-'
	if neg {
		s = s[1:]
	}
	rest, ok := number(s, 1, 15, x)
	if neg {
		*x = -*x
	}
	return rest, ok
}

// named reads one of n names, in full or its first three letters, in any case.
func named(s []byte, n int64, name func(int64) string, x *int64) ([]byte, bool) {
	for i := int64(1); i <= n; i++ {
		full := name(i)
		for _, form := range []string{full, full[:3]} {
			if len(s) >= len(form) && bytes.EqualFold(s[:len(form)], []byte(form)) {
				*x = i
				return s[len(form):], true
			}
		}
	}
	return s, false
}

// fraction reads one to nine digits after the point; what is below a microsecond
// must be zero.
func (r *reading) fraction(s []byte) ([]byte, bool) {
	n := 0
	r.micros = 0
	for n < len(s) && n < 9 && s[n]-'0' <= 9 {
		d := int64(s[n] - '0')
		if n < 6 {
			r.micros = r.micros*10 + d
		} else if d != 0 {
			return s, false
		}
		n++
	}
	for i := n; i < 6; i++ {
		r.micros *= 10
	}
	return s[n:], n > 0
}

func (r *reading) halfDay(s []byte) ([]byte, bool) {
	if len(s) < 2 || s[1]|0x20 != 'm' {
		return s, false
	}
	switch s[0] | 0x20 {
	case 'p':
		r.pm = true
	case 'a':
	default:
		return s, false
	}
	return s[2:], true
}

// zone reads Z, +hh, +hhmm or +hh:mm.
func (r *reading) zone(s []byte) ([]byte, bool) {
	if len(s) == 0 {
		return s, false
	}
	r.zoned = true
	if s[0] == 'Z' || s[0] == 'z' {
		return s[1:], true
	}
	if s[0] != '+' && s[0] != '-' {
		return s, false
	}
	var h, m int64
	rest, ok := number(s[1:], 2, 2, &h)
	if !ok || h > 18 {
		return s, false
	}
	after := bytes.TrimPrefix(rest, []byte(":"))
	if tail, two := number(after, 2, 2, &m); two {
		rest = tail
	} else if len(after) != len(rest) {
		return s, false
	}
	r.offset = h*usHour + m*usMinute
	if s[0] == '-' {
		r.offset = -r.offset
	}
	return rest, m < 60
}

// check looks for values out of range.
func (r *reading) check() string {
	switch {
	case r.twelve && (r.hour < 1 || r.hour > 12), r.hour > 23, r.minute > 59, r.second > 59:
		return "is not a time of day"
	case r.year < 1 || r.month < 1 || r.month > 12 || r.day < 1 || r.day > monthDays(r.year, r.month):
		return "is not a day of the calendar"
	case r.yearday > 365 && !(r.yearday == 366 && leap(r.year)):
		return "is not a day of the calendar"
	}
	return ""
}

func (r *reading) days() int64 {
	if r.yearday > 0 {
		return civil{r.year, 1, 1}.days() + r.yearday - 1
	}
	return civil{r.year, r.month, r.day}.days()
}

func (r *reading) time() int64 {
	h := r.hour
	if r.twelve {
		h %= 12
		if r.pm {
			h += 12
		}
	}
	return h*usHour + r.minute*usMinute + r.second*usSecond + r.micros
}

// stamp is the moment read; without an offset it is a time on the clock of z.
func (r *reading) stamp(z *zone) int64 {
	if r.isUnix {
		return r.unix*usSecond + r.micros
	}
	local := r.days()*usDay + r.time()
	if r.zoned {
		return local - r.offset
	}
	return z.moment(local)
}

// layoutParser reads text of a layout as a value of kind k.
func layoutParser(l layout, source string, k record.Kind, z func(*arena) *zone) rowFunc {
	return func(x *arena, a []val) val {
		r, why := l.parse(record.Trim(a[0].s))
		if why != "" {
			return bad(record.BadValue, fmt.Sprintf("%s %s %q", record.Quote(a[0].s), why, source))
		}
		switch k {
		case record.Date:
			return dayVal(r.days())
		case record.Time:
			return intVal(r.time())
		}
		return stampVal(r.stamp(z(x)))
	}
}
