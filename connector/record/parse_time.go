package record

// ParseDate reads YYYY-MM-DD, years 0001 to 9999, as days since 1970-01-01.
func ParseDate(text []byte) (int64, Problem) {
	if len(text) != 10 {
		return 0, Malformed
	}
	return datePrefix(text)
}

// datePrefix reads the first ten bytes of s.
func datePrefix(s []byte) (int64, Problem) {
	s = s[:10]
	hi, lo, month, day := pair(s, 0), pair(s, 2), pair(s, 5), pair(s, 8)
	if hi|lo|month|day < 0 || s[4] != '-' || s[7] != '-' {
		return 0, Malformed
	}
	days, ok := DaysOf(hi*100+lo, month, day)
	if !ok {
		return 0, NoSuchDay
	}
	return days, NoProblem
}

// pair is the two digits at s[i], or negative.
func pair(s []byte, i int) int {
	a, b := s[i]-'0', s[i+1]-'0'
	if a > 9 || b > 9 {
		return -1
	}
	return int(a)*10 + int(b)
}

// ParseTime reads HH:MM[:SS[.f]] as microseconds since midnight. Up to nine decimals
// may be written; those below a microsecond must be zero.
func ParseTime(text []byte) (int64, Problem) {
	t, rest, p := clock(text)
	if p == NoProblem && len(rest) > 0 {
		p = Malformed
	}
	return t, p
}

// clock reads a time of day at the start of s.
func clock(s []byte) (micros int64, rest []byte, p Problem) {
	if len(s) < 5 || s[2] != ':' {
		return 0, s, Malformed
	}
	h, m := pair(s, 0), pair(s, 3)
	if uint(h) > 23 || uint(m) > 59 {
		return 0, s, Malformed
	}
	micros = int64(h*3600+m*60) * microsPerSecond
	if len(s) < 8 || s[5] != ':' {
		return micros, s[5:], NoProblem
	}
	sec := pair(s, 6)
	if uint(sec) > 59 {
		return 0, s, Malformed
	}
	micros += int64(sec) * microsPerSecond
	if len(s) == 8 || s[8] != '.' {
		return micros, s[8:], NoProblem
	}
	f, rest, p := fraction(s[9:])
	return micros + f, rest, p
}

// fraction reads one to nine decimals of a second.
func fraction(s []byte) (micros int64, rest []byte, p Problem) {
	digits := leadingDigits(s)
	if len(digits) == 0 || len(digits) > 9 {
		return 0, s, Malformed
	}
	for i, c := range digits {
		if i < 6 {
			micros = micros*10 + int64(c-'0')
		} else if c != '0' {
			return 0, s, TooFine
		}
	}
	for i := len(digits); i < 6; i++ {
		micros *= 10
	}
	return micros, s[len(digits):], NoProblem
}

// ParseTimestamp reads YYYY-MM-DD[T ]HH:MM[:SS[.f]] and a zone, Z or ±HH[[:]MM], as
// microseconds since 1970-01-01T00:00:00Z. Without a zone it is UTC; a bare date is
// its midnight. Decimals are as in ParseTime.
func ParseTimestamp(text []byte) (int64, Problem) {
	if len(text) < 10 {
		return 0, Malformed
	}
	days, p := datePrefix(text)
	if p == Malformed {
		return 0, p
	}
	var t, offset int64
	if len(text) > 10 {
		if c := text[10]; c != 'T' && c != ' ' && c != 't' {
			return 0, Malformed
		}
		rest, q := text[11:], NoProblem
		if t, rest, q = clock(rest); q != NoProblem {
			return 0, q
		}
		if offset, q = zone(rest); q != NoProblem {
			return 0, q
		}
	}
	if p != NoProblem {
		return 0, p
	}
	x := days*microsPerDay + t - offset
	if x < MinTimestamp || x > MaxTimestamp {
		return 0, OutOfRange
	}
	return x, NoProblem
}

// zone reads the whole of s as a zone: how far its clocks are ahead of UTC.
func zone(s []byte) (micros int64, p Problem) {
	if len(s) == 0 || len(s) == 1 && s[0]|0x20 == 'z' {
		return 0, NoProblem
	}
	if s[0] != '+' && s[0] != '-' {
		return 0, Malformed
	}
	var h, m int
	switch {
	case len(s) == 3:
		h = pair(s, 1)
	case len(s) == 5:
		h, m = pair(s, 1), pair(s, 3)
	case len(s) == 6 && s[3] == ':':
		h, m = pair(s, 1), pair(s, 4)
	default:
		return 0, Malformed
	}
	if uint(h) > 23 || uint(m) > 59 {
		return 0, Malformed
	}
	micros = int64(h*3600+m*60) * microsPerSecond
	if s[0] == '-' {
		micros = -micros
	}
	return micros, NoProblem
}
