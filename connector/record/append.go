package record

import (
	"encoding/base64"
	"math"
	"strconv"
)

// AppendText writes the canonical text of the Value at row: exact decimals with all
// Scale digits ("28.74"), the shortest float that reads back, "2006-01-02",
// "15:04:05[.ffffff]", "2006-01-02T15:04:05[.ffffff]Z", "true"/"false", base64 for
// bytes. The batch gives the text that v.Str points into.
func (v *Vector) AppendText(dst []byte, b *Batch, row int32) []byte {
	switch v.Type.Kind {
	case Bool:
		return AppendBool(dst, v.I64[row] != 0)
	case Int:
		return strconv.AppendInt(dst, v.I64[row], 10)
	case Float:
		return AppendFloat(dst, v.F64[row])
	case Decimal:
		return AppendDecimal(dst, v.Decimal(row), int(v.Type.Scale))
	case Bytes:
		return base64.StdEncoding.AppendEncode(dst, b.Text(v.Str[row]))
	case Date:
		return AppendDate(dst, v.I64[row])
	case Time:
		return AppendTime(dst, v.I64[row])
	case Timestamp:
		return AppendTimestamp(dst, v.I64[row])
	}
	return append(dst, b.Text(v.Str[row])...)
}

// AppendBool writes true or false.
func AppendBool(dst []byte, x bool) []byte {
	if x {
		return append(dst, "true"...)
	}
	return append(dst, "false"...)
}

// AppendFloat writes the shortest text that reads back as x, with an exponent only
// from 1e21 up and below 1e-6. What is not a number is NaN, Infinity or -Infinity.
func AppendFloat(dst []byte, x float64) []byte {
	a := math.Abs(x)
	switch {
	case a < 1<<53 && x == math.Trunc(x) && (x != 0 || !math.Signbit(x)):
		return strconv.AppendInt(dst, int64(x), 10)
	case a >= 1e-6 && a < 1e21 || x == 0:
		return strconv.AppendFloat(dst, x, 'f', -1, 64)
	case math.IsNaN(x):
		return append(dst, "NaN"...)
	case math.IsInf(x, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(x, -1):
		return append(dst, "-Infinity"...)
	}
	return strconv.AppendFloat(dst, x, 'e', -1, 64)
}

// AppendDecimal writes x / 10^scale with scale digits after the point.
func AppendDecimal(dst []byte, x Int128, scale int) []byte {
	m := x.magnitude()
	if x.Hi < 0 {
		dst = append(dst, '-')
	}
	var buf [40]byte // 39 digits of 2^127, one more for the zero of 0.ddd
	i := len(buf)
	for m.hi != 0 { // at most twice
		var low u128
		m, low = m.quoRem(u128{0, pow64[19]})
		end := i - 19
		for i = putDigits(buf[:i], low.lo); i > end; {
			i--
			buf[i] = '0'
		}
	}
	if m.lo != 0 {
		i = putDigits(buf[:i], m.lo)
	}
	for len(buf)-i <= scale {
		i--
		buf[i] = '0'
	}
	if scale == 0 {
		return append(dst, buf[i:]...)
	}
	dst = append(dst, buf[i:len(buf)-scale]...)
	dst = append(dst, '.')
	return append(dst, buf[len(buf)-scale:]...)
}

// putDigits writes x at the end of buf and returns where it starts.
func putDigits(buf []byte, x uint64) int {
	i := len(buf)
	for x >= 100 {
		q := x / 100
		i -= 2
		put2(buf[i:], x-q*100)
		x = q
	}
	if x >= 10 {
		i -= 2
		put2(buf[i:], x)
		return i
	}
	i--
	buf[i] = byte('0' + x)
	return i
}

// put2 writes x < 100 as two digits.
func put2(buf []byte, x uint64) {
	_ = buf[1]
	buf[0] = digitPairs[2*x]
	buf[1] = digitPairs[2*x+1]
}

const digitPairs = "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899"

// AppendDate writes YYYY-MM-DD.
func AppendDate(dst []byte, days int64) []byte {
	y, m, d := CivilOf(days)
	if uint(y) > 9999 {
		return appendFarDate(dst, y, m, d)
	}
	var buf [10]byte
	putDate(buf[:], y, m, d)
	return append(dst, buf[:]...)
}

func putDate(buf []byte, y, m, d int) {
	_ = buf[9]
	put2(buf, uint64(y/100))
	put2(buf[2:], uint64(y%100))
	buf[4] = '-'
	put2(buf[5:], uint64(m))
	buf[7] = '-'
	put2(buf[8:], uint64(d))
}

// appendFarDate writes a day outside the range of dates, which only a kernel that
// failed to check its range can make; it still must not print a wrong day.
func appendFarDate(dst []byte, y, m, d int) []byte {
	dst = strconv.AppendInt(dst, int64(y), 10)
	return append(dst, '-', byte('0'+m/10), byte('0'+m%10), '-', byte('0'+d/10), byte('0'+d%10))
}

// AppendTime writes HH:MM:SS, and six decimals when there is a fraction.
func AppendTime(dst []byte, micros int64) []byte {
	var buf [15]byte
	n := putTime(buf[:], micros)
	return append(dst, buf[:n]...)
}

func putTime(buf []byte, micros int64) int {
	_ = buf[14]
	sec := uint64(micros) / 1e6
	frac := uint64(micros) - sec*1e6
	h := sec / 3600
	sec -= h * 3600
	m := sec / 60
	put2(buf, h)
	buf[2] = ':'
	put2(buf[3:], m)
	buf[5] = ':'
	put2(buf[6:], sec-m*60)
	if frac == 0 {
		return 8
	}
	buf[8] = '.'
	put2(buf[9:], frac/10000)
	put2(buf[11:], frac/100%100)
	put2(buf[13:], frac%100)
	return 15
}

// AppendTimestamp writes YYYY-MM-DDTHH:MM:SSZ, with six decimals when there is a
// fraction.
func AppendTimestamp(dst []byte, micros int64) []byte {
	days, t := SplitTimestamp(micros)
	y, m, d := CivilOf(days)
	var buf [27]byte
	if uint(y) > 9999 {
		dst = appendFarDate(dst, y, m, d)
		buf[10] = 'T'
		n := 11 + putTime(buf[11:26], t)
		buf[n] = 'Z'
		return append(dst, buf[10:n+1]...)
	}
	putDate(buf[:], y, m, d)
	buf[10] = 'T'
	n := 11 + putTime(buf[11:26], t)
	buf[n] = 'Z'
	return append(dst, buf[:n+1]...)
}
