package record

// The limits of dates (days) and timestamps (microseconds): years 0001 to 9999.
// Computations that leave them overflow.
const (
	MinDate int64 = -719162
	MaxDate int64 = 2932896

	MinTimestamp = MinDate * microsPerDay
	MaxTimestamp = (MaxDate+1)*microsPerDay - 1
)

const (
	microsPerSecond = int64(1e6)
	microsPerDay    = 86400 * microsPerSecond
)

// daysBefore is the days of a common year before each month, 1-based.
var daysBefore = [...]uint16{0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334}

// monthDays is the length of each month of a common year, 1-based.
var monthDays = [...]uint8{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

func leapYear(y int) bool { return y&3 == 0 && (y%100 != 0 || y%400 == 0) }

// DaysIn is the number of days of a month, 1 to 12.
func DaysIn(year, month int) int {
	if month == 2 && leapYear(year) {
		return 29
	}
	return int(monthDays[month])
}

// DaysOf is the Date of a day of the proleptic Gregorian calendar, and whether that
// day exists within the years 0001 to 9999.
func DaysOf(year, month, day int) (int64, bool) {
	if year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > DaysIn(year, month) {
		return 0, false
	}
	y := year - 1
	n := y*365 + y/4 - y/100 + y/400 + int(daysBefore[month]) + day - 1
	if month > 2 && leapYear(year) {
		n++
	}
	return int64(n) + MinDate, true
}

// CivilOf is the calendar day of a Date. It is the inverse of DaysOf and defined
// for any int32 day count.
func CivilOf(days int64) (year, month, day int) {
	// Count from 1 March of year 0: the leap day is then the last of its year, of
	// its four years and of its 400 years.
	n := days + 719468
	era := floorDiv(n, 146097)
	inEra := n - era*146097
	yearOfEra := (inEra - inEra/1460 + inEra/36524 - inEra/146096) / 365
	inYear := inEra - (yearOfEra*365 + yearOfEra/4 - yearOfEra/100)
	m := (5*inYear + 2) / 153 // 0 = March; months alternate in runs of 153 days
	day = int(inYear-(153*m+2)/5) + 1
	month = int(m) + 3
	year = int(yearOfEra + era*400)
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}

// SplitTimestamp takes a Timestamp apart into its Date and its Time, both in UTC.
func SplitTimestamp(micros int64) (days, timeOfDay int64) {
	days = floorDiv(micros, microsPerDay)
	return days, micros - days*microsPerDay
}

// floorDiv rounds towards minus infinity, for d > 0.
func floorDiv(n, d int64) int64 {
	q := n / d
	if n < q*d {
		q--
	}
	return q
}
