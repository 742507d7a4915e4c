package expr

import (
	"fmt"
	"strings"

	"github.com/headgate/headgate/connector/record"
)

// layout is a strftime pattern taken apart: directives and the text between them.
type layout []piece

// piece is a directive letter, or literal text when dir is 0.
type piece struct {
	dir  byte
	text string
}

const directives = "YmdHMSfyjbBaAIpzZeuV%sFT"

// parseLayout reads a strftime pattern such as "%d.%m.%Y %H:%M". It refuses what it
// does not know.
func parseLayout(s string) (layout, error) {
	var l layout
	for s != "" {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			l = append(l, piece{text: s})
			break
		}
		if i > 0 {
			l = append(l, piece{text: s[:i]})
		}
		if i+1 == len(s) {
			return nil, fmt.Errorf("the layout ends in a single %%")
		}
		d := s[i+1]
		if strings.IndexByte(directives, d) < 0 {
			return nil, fmt.Errorf("the layout has %%%s, which is not one of %s", s[i+1:i+2], directiveList())
		}
		l = append(l, expand(d)...)
		s = s[i+2:]
	}
	if len(l) == 0 {
		return nil, fmt.Errorf("the layout is empty")
	}
	return l, nil
}

func expand(d byte) []piece {
	switch d {
	case 'F':
		return []piece{{dir: 'Y'}, {text: "-"}, {dir: 'm'}, {text: "-"}, {dir: 'd'}}
	case 'T':
		return []piece{{dir: 'H'}, {text: ":"}, {dir: 'M'}, {text: ":"}, {dir: 'S'}}
	case '%':
		return []piece{{text: "%"}}
	}
	return []piece{{dir: d}}
}

func directiveList() string {
	out := make([]string, 0, len(directives))
	for i := range directives {
		out = append(out, "%"+directives[i:i+1])
	}
	return strings.Join(out, " ")
}

// fitsKind reports the first directive that a value of kind k cannot give.
func (l layout) misfit(k record.Kind) (byte, bool) {
	for _, p := range l {
		if p.dir == 0 {
			continue
		}
		clock := strings.IndexByte("HMSfIpzZs", p.dir) >= 0
		if k == record.Date && clock || k == record.Time && (!clock || p.dir == 'z' || p.dir == 'Z' || p.dir == 's') {
			return p.dir, true
		}
	}
	return 0, false
}

func monthName(m int64) string {
	return [...]string{"January", "February", "March", "April", "May", "June", "July", "August",
		"September", "October", "November", "December"}[m-1]
}

func dayName(d int64) string {
	return [...]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}[d-1]
}

// moment is what a layout prints: local days and time of day, and where that is.
type moment struct {
	days, rest int64
	utc        int64 // microseconds, for %s
	offset     int64 // microseconds
	zone       *zone
}

// append prints m.
func (l layout) append(dst []byte, m moment) []byte {
	c := civilOf(m.days)
	for _, p := range l {
		switch p.dir {
		case 0:
			dst = append(dst, p.text...)
		case 'Y':
			dst = pad(dst, c.year, 4, '0')
		case 'y':
			dst = pad(dst, c.year%100, 2, '0')
		case 'm':
			dst = pad(dst, c.month, 2, '0')
		case 'd':
			dst = pad(dst, c.day, 2, '0')
		case 'e':
			dst = pad(dst, c.day, 2, ' ')
		case 'b':
			dst = append(dst, monthName(c.month)[:3]...)
		case 'B':
			dst = append(dst, monthName(c.month)...)
		case 'a':
			dst = append(dst, dayName(isoWeekday(m.days))[:3]...)
		case 'A':
			dst = append(dst, dayName(isoWeekday(m.days))...)
		case 'u':
			dst = pad(dst, isoWeekday(m.days), 1, '0')
		case 'V':
			dst = pad(dst, isoWeek(m.days), 2, '0')
		case 'j':
			dst = pad(dst, dayOfYear(m.days), 3, '0')
		default:
			dst = m.clock(dst, p.dir)
		}
	}
	return dst
}

func (m moment) clock(dst []byte, dir byte) []byte {
	hour := m.rest / usHour
	switch dir {
	case 'H':
		return pad(dst, hour, 2, '0')
	case 'I':
		return pad(dst, (hour+11)%12+1, 2, '0')
	case 'M':
		return pad(dst, m.rest/usMinute%60, 2, '0')
	case 'S':
		return pad(dst, m.rest/usSecond%60, 2, '0')
	case 'f':
		return pad(dst, m.rest%usSecond, 6, '0')
	case 'p':
		if hour < 12 {
			return append(dst, "AM"...)
		}
		return append(dst, "PM"...)
	case 's':
		return pad(dst, floorDiv(m.utc, usSecond), 1, '0')
	case 'Z':
		if m.zone == nil {
			return append(dst, "UTC"...)
		}
		return append(dst, m.zone.name(m.utc)...)
	}
	off, sign := m.offset, byte('+')
	if off < 0 {
		off, sign = -off, '-'
	}
	dst = append(dst, sign)
	dst = pad(dst, off/usHour, 2, '0')
	return pad(dst, off/usMinute%60, 2, '0')
}

// pad writes x in at least n places.
func pad(dst []byte, x int64, n int, with byte) []byte {
	if x < 0 {
		dst = append(dst, '-')
		x = -x
	}
	var buf [20]byte
	i := len(buf)
	for x > 0 || i == len(buf) {
		i--
		buf[i] = byte('0' + x%10)
		x /= 10
	}
	for len(buf)-i < n {
		i--
		buf[i] = with
	}
	return append(dst, buf[i:]...)
}
