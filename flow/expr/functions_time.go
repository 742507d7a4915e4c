package expr

import (
	"strings"
	"time"

	"github.com/headgate/headgate/connector/record"
)

var (
	dateTyp     = typ{kind: record.Date}
	timeTyp     = typ{kind: record.Time}
	stampTyp    = typ{kind: record.Timestamp}
	durationTyp = typ{kind: kindDuration}
)

func timeFunctions() []function {
	layout := param{kinds: aString, fixed: true}
	zone := param{kinds: aString, fixed: true}
	unit := param{kinds: aString, fixed: true}
	text := param{kinds: aString}
	day := param{kinds: aDate | aStamp}
	fs := []function{
		{name: "date", signatures: []string{"date(x) date", `date(x, "ZONE") date`}, doc: "The day of a timestamp, in UTC or the time zone, or of a text such as 2024-12-31.",
			params: []param{{kinds: aString | aDate | aStamp | aJSON}, zone}, least: 1, result: dateTyp, build: buildDate},
		{name: "time", signatures: []string{"time(x) time", `time(x, "ZONE") time`}, doc: "The time of day of a timestamp, in UTC or the time zone, or of a text such as 15:04:05.",
			params: []param{{kinds: aString | aTime | aStamp | aJSON}, zone}, least: 1, result: timeTyp, build: buildTime},
		{name: "timestamp", signatures: []string{"timestamp(x) timestamp", `timestamp(x, "ZONE") timestamp`},
			doc:    "The moment of a text such as 2024-12-31T15:04:05Z, of the start of a day, in UTC or the time zone, or of an int of seconds since 1970.",
			params: []param{{kinds: aString | aDate | aStamp | anInt | aJSON}, zone}, least: 1, result: stampTyp, build: buildTimestamp},
		{name: "duration", signatures: []string{`duration("24h")`}, doc: "A length of time, such as 90m, 1h30m, 10s or 7d, to add to a timestamp or to compare with the difference of two.",
			params: []param{{kinds: aString, fixed: true}}, least: 1, result: durationTyp, build: buildDuration},
		{name: "parseDate", signatures: []string{`parseDate(text, "%d.%m.%Y") date`}, doc: "The day that a text of this layout spells.",
			params: []param{text, layout}, least: 2, result: dateTyp, build: buildParse(dateTyp)},
		{name: "parseTime", signatures: []string{`parseTime(text, "%H:%M") time`}, doc: "The time of day that a text of this layout spells.",
			params: []param{text, layout}, least: 2, result: timeTyp, build: buildParse(timeTyp)},
		{name: "parseTimestamp", signatures: []string{`parseTimestamp(text, "%Y-%m-%d %H:%M:%S") timestamp`, `parseTimestamp(text, "LAYOUT", "ZONE") timestamp`},
			doc:    "The moment that a text of this layout spells, on the clock of UTC or the time zone unless the layout has %z.",
			params: []param{text, layout, zone}, least: 2, result: stampTyp, build: buildParse(stampTyp)},
		{name: "format", signatures: []string{`format(x, "%Y-%m-%d") string`, `format(x, "LAYOUT", "ZONE") string`}, doc: "A date, time or timestamp as text of this layout; directives are those of strftime.",
			params: []param{{kinds: aDate | aTime | aStamp}, layout, zone}, least: 2, result: stringTyp, build: buildFormat},
		{name: "truncate", signatures: []string{`truncate(x, "UNIT")`, `truncate(x, "UNIT", "ZONE")`}, doc: "The start of the year, quarter, month, week (Monday), day, hour, minute or second around a date or timestamp.",
			params: []param{day, unit, zone}, least: 2, build: buildTruncate},
		{name: "add", signatures: []string{`add(x, n, "UNIT")`}, doc: "A date or timestamp moved by n units. A day that the month lacks becomes its last day.",
			params: []param{day, {kinds: anInt}, unit}, least: 3, build: buildAdd},
		{name: "diff", signatures: []string{`diff(from, to, "UNIT") int`}, doc: "The number of whole units between two dates or timestamps, negative when to is earlier.",
			params: []param{day, day, unit}, least: 3, result: intTyp, build: buildDiff},
	}
	for _, p := range []struct{ name, doc string }{
		{"year", "The year."}, {"quarter", "The quarter, 1 to 4."}, {"month", "The month, 1 to 12."},
		{"week", "The week of ISO 8601, 1 to 53."}, {"day", "The day of the month, 1 to 31."},
		{"weekday", "The day of the week, 1 for Monday to 7 for Sunday."}, {"dayOfYear", "The day of the year, 1 to 366."},
		{"hour", "The hour, 0 to 23."}, {"minute", "The minute, 0 to 59."}, {"second", "The second, 0 to 59."},
		{"microsecond", "The microseconds of the second, 0 to 999999."},
	} {
		ks := aDate | aStamp
		if strings.Contains("hour minute second microsecond", p.name) {
			ks = aTime | aStamp
		}
		fs = append(fs, function{name: p.name, signatures: []string{p.name + "(x) int", p.name + `(x, "ZONE") int`},
			doc: p.doc + " Of a timestamp in UTC or the time zone.", params: []param{{kinds: ks}, zone}, least: 1, result: intTyp, build: buildPart})
	}
	return fs
}

// zoneOf is the zone named by argument i, if it is given; only timestamps take one.
func (c *checker) zoneOf(k *call, i int) (*time.Location, bool) {
	if i >= len(k.args) {
		return c.scope.Zone, true
	}
	kind := k.args[0].typ.kind
	if kind != record.Timestamp && k.name != "parseTimestamp" && !(kind == record.Date && k.name == "timestamp") {
		hint := ""
		if kind == record.String {
			hint = `write parseTimestamp(x, "%Y-%m-%d %H:%M:%S", "ZONE")`
		}
		c.typeError(k.args[i].off, hint, "%s has no time zone", article(k.args[0].typ))
		return nil, false
	}
	loc, ok := loadZone(k.text(i))
	if !ok {
		c.typeError(k.args[i].off, `write it as "Europe/Berlin" or "UTC"`, "unknown time zone %q", k.text(i))
	}
	return loc, ok
}

func (c *checker) unitOf(k *call, i int) (unit, bool) {
	u := parseUnit(k.text(i))
	if u == unitNone {
		c.typeError(k.args[i].off, didYouMean(k.text(i), unitNames()), "unknown unit %q, which must be %s", k.text(i), orList(unitNames()))
		return u, false
	}
	if u > unitDay && k.args[0].typ.kind == record.Date && k.name != "truncate" {
		c.typeError(k.args[i].off, "", "a date has no %ss", k.text(i))
		return u, false
	}
	return u, true
}

func buildDate(c *checker, k *call) *node {
	loc, ok := c.zoneOf(k, 1)
	if !ok {
		return brokenNode(k.off)
	}
	a := k.args[0]
	if a.typ.kind != record.Timestamp {
		return c.cast(k.off, a, dateTyp, false)
	}
	k.args = k.args[:1]
	return c.finish(k.node(dateTyp, func(x *arena, a []val) val {
		days, _ := record.SplitTimestamp(x.zone(loc).local(a[0].i))
		return dayVal(days)
	}))
}

func buildTime(c *checker, k *call) *node {
	loc, ok := c.zoneOf(k, 1)
	if !ok {
		return brokenNode(k.off)
	}
	a := k.args[0]
	if a.typ.kind != record.Timestamp {
		return c.cast(k.off, a, timeTyp, false)
	}
	k.args = k.args[:1]
	return c.finish(k.node(timeTyp, func(x *arena, a []val) val {
		_, rest := record.SplitTimestamp(x.zone(loc).local(a[0].i))
		return intVal(rest)
	}))
}

func buildTimestamp(c *checker, k *call) *node {
	loc, ok := c.zoneOf(k, 1)
	if !ok {
		return brokenNode(k.off)
	}
	a := k.args[0]
	k.args = k.args[:1]
	switch a.typ.kind {
	case record.Int:
		return c.finish(k.node(stampTyp, func(_ *arena, a []val) val {
			us, ok := mulInt(a[0].i, usSecond)
			if !ok {
				return overflowTime(record.Timestamp)
			}
			return stampVal(us)
		}))
	case record.Date:
		return c.finish(k.node(stampTyp, func(x *arena, a []val) val {
			return stampVal(x.zone(loc).moment(a[0].i * usDay))
		}))
	}
	return c.cast(k.off, a, stampTyp, false)
}

func buildDuration(c *checker, k *call) *node {
	us, ok := parseDuration(k.text(0))
	if !ok {
		return c.find(k.args[0].off, "expr.value", "", "%q is not a duration, such as 24h, 90m, 1h30m or 7d", k.text(0))
	}
	return constNode(k.off, durationTyp, intVal(us))
}

// layoutOf reads the constant layout in argument 1.
func (c *checker) layoutOf(k *call) (layout, bool) {
	l, err := parseLayout(k.text(1))
	if err != nil {
		c.typeError(k.args[1].off, layoutHint(k.text(1)), "%s", err)
		return nil, false
	}
	if !strings.Contains(k.text(1), "%") {
		c.typeError(k.args[1].off, layoutHint(k.text(1)), "the layout %q has no directive such as %%Y", k.text(1))
		return nil, false
	}
	return l, true
}

// layoutHint translates layouts of other languages.
func layoutHint(s string) string {
	switch {
	case strings.Contains(s, "2006") || strings.Contains(strings.ToLower(s), "yyyy"):
		return `layouts are written as in strftime: "%Y-%m-%d %H:%M:%S"`
	}
	return ""
}

func buildParse(t typ) func(*checker, *call) *node {
	return func(c *checker, k *call) *node {
		source := k.text(1)
		l, ok := c.layoutOf(k)
		if !ok {
			return brokenNode(k.off)
		}
		if d, found := l.misfit(t.kind); found {
			return c.typeError(k.args[1].off, "", "%s has no %%%c", article(t), d)
		}
		for _, p := range l {
			if p.dir != 0 && strings.IndexByte("uVZ", p.dir) >= 0 {
				return c.typeError(k.args[1].off, "", "%%%c can be printed and not read", p.dir)
			}
		}
		loc, ok := c.zoneOf(k, 2)
		if !ok {
			return brokenNode(k.off)
		}
		k.args = k.args[:1]
		return c.finish(k.node(t, layoutParser(l, source, t.kind, func(x *arena) *zone { return x.zone(loc) })))
	}
}

func buildFormat(c *checker, k *call) *node {
	l, ok := c.layoutOf(k)
	if !ok {
		return brokenNode(k.off)
	}
	kind := k.args[0].typ.kind
	if d, found := l.misfit(kind); found {
		return c.typeError(k.args[1].off, "", "%s has no %%%c", article(k.args[0].typ), d)
	}
	loc, ok := c.zoneOf(k, 2)
	if !ok {
		return brokenNode(k.off)
	}
	k.args = k.args[:1]
	return c.finish(k.node(stringTyp, func(x *arena, a []val) val {
		start := len(x.buf)
		x.buf = l.append(x.buf, momentOf(a[0].i, kind, x.zone(loc)))
		return textVal(x.since(start))
	}))
}

func momentOf(i int64, kind record.Kind, z *zone) moment {
	switch kind {
	case record.Date:
		return moment{days: i, utc: i * usDay}
	case record.Time:
		return moment{rest: i, utc: i}
	}
	local := z.local(i)
	days, rest := record.SplitTimestamp(local)
	return moment{days: days, rest: rest, utc: i, offset: local - i, zone: z}
}

func buildTruncate(c *checker, k *call) *node {
	u, ok := c.unitOf(k, 1)
	loc, ok2 := c.zoneOf(k, 2)
	if !ok || !ok2 {
		return brokenNode(k.off)
	}
	t := k.args[0].typ
	k.args = k.args[:1]
	if t.kind == record.Date {
		return c.finish(k.node(t, func(_ *arena, a []val) val { return dayVal(truncateDay(a[0].i, u)) }))
	}
	return c.finish(k.node(t, func(x *arena, a []val) val { return stampVal(truncateStamp(a[0].i, u, x.zone(loc))) }))
}

func buildAdd(c *checker, k *call) *node {
	u, ok := c.unitOf(k, 2)
	if !ok {
		return brokenNode(k.off)
	}
	t := k.args[0].typ
	k.args = k.args[:2]
	if t.kind == record.Date {
		return c.finish(k.node(t, func(_ *arena, a []val) val { return addDay(a[0].i, a[1].i, u) }))
	}
	return c.finish(k.node(t, func(_ *arena, a []val) val { return addStamp(a[0].i, a[1].i, u) }))
}

func buildDiff(c *checker, k *call) *node {
	u, ok := c.unitOf(k, 2)
	if !ok {
		return brokenNode(k.off)
	}
	l, r := k.args[0].typ.kind, k.args[1].typ.kind
	if l != r {
		return c.typeError(k.off, "write date(x) for the day of a timestamp", "diff needs two dates or two timestamps")
	}
	k.args = k.args[:2]
	if l == record.Date {
		return c.finish(k.node(intTyp, func(_ *arena, a []val) val { return intVal(diffStamp(a[0].i*usDay, a[1].i*usDay, u)) }))
	}
	return c.finish(k.node(intTyp, func(_ *arena, a []val) val { return intVal(diffStamp(a[0].i, a[1].i, u)) }))
}

func buildPart(c *checker, k *call) *node {
	loc, ok := c.zoneOf(k, 1)
	if !ok {
		return brokenNode(k.off)
	}
	kind := k.args[0].typ.kind
	k.args = k.args[:1]
	n := k.node(intTyp, partFunc(parts(k.name), kind, loc))
	return c.finish(n)
}
