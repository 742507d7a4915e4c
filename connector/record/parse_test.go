package record

import (
	"strings"
	"testing"
)

// textBatch is a batch of one row whose chunk is text.
func textBatch(text string) (*Batch, View) {
	b := new(Batch)
	b.Reset(1)
	b.Buf = []byte(text)
	return b, ChunkView(0, len(text))
}

// parseOne is the vector of type t with the cell of text.
func parseOne(t Type, text string) (*Batch, *Vector) {
	b, view := textBatch(text)
	v := new(Vector)
	v.Reset(t, 1)
	v.ParseCell(b, 0, view)
	return b, v
}

func kind(k Kind) Type { return Type{Kind: k} }

// TestParseCell names for each text the canonical text of the value, or the
// message after a "!".
func TestParseCell(t *testing.T) {
	many := strings.Repeat("9", 60)
	money := DecimalOf(12, 2)
	tests := []struct {
		t    Type
		text string
		want string
	}{
		{kind(Int), "0", "0"},
		{kind(Int), "-0", "0"},
		{kind(Int), "+5", "5"},
		{kind(Int), "007", "7"},
		{kind(Int), " \t12 ", "12"},
		{kind(Int), "999999999999999999", "999999999999999999"},
		{kind(Int), "9223372036854775807", "9223372036854775807"},
		{kind(Int), "-9223372036854775808", "-9223372036854775808"},
		{kind(Int), "0000000000000000000000000000012", "12"},
		{kind(Int), "9223372036854775808", `!"9223372036854775808" does not fit int (64 bits)`},
		{kind(Int), "-9223372036854775809", `!"-9223372036854775809" does not fit int (64 bits)`},
		{kind(Int), "18446744073709551617", `!"18446744073709551617" does not fit int (64 bits)`},
		{kind(Int), many, `!"` + many[:40] + `…" does not fit int (64 bits)`},
		{kind(Int), many + "x", `!"` + many[:40] + `…" is not an int`},
		{kind(Int), "12x", `!"12x" is not an int`},
		{kind(Int), "", `!"" is not an int`},
		{kind(Int), "-", `!"-" is not an int`},
		{kind(Int), "--1", `!"--1" is not an int`},
		{kind(Int), "1 2", `!"1 2" is not an int`},
		{kind(Int), "1_000", `!"1_000" is not an int`},
		{kind(Int), "1.0", `!"1.0" is not an int`},
		{kind(Int), "a\nb\x00\xff", `!"a\nb\x00\xff" is not an int`},
		{kind(Int), "\r1", `!"\r1" is not an int`},

		{money, "12.30", "12.30"},
		{money, "12", "12.00"},
		{money, "-12.3", "-12.30"},
		{money, "+12.3", "12.30"},
		{money, ".097", `!".097" has more than 2 decimals`},
		{DecimalOf(4, 3), ".097", "0.097"},
		{DecimalOf(3, 3), "-.097", "-0.097"},
		{money, "5.", "5.00"},
		{money, "12.3400000000000000000000", "12.34"},
		{money, "12.345", `!"12.345" has more than 2 decimals`},
		{DecimalOf(5, 1), "12.345", `!"12.345" has more than 1 decimal`},
		{money, "9999999999.99", "9999999999.99"},
		{money, "10000000000", `!"10000000000" does not fit decimal(12,2)`},
		{money, "-10000000000.00", `!"-10000000000.00" does not fit decimal(12,2)`},
		{money, "00000000000000000000000000000000000000000001.5", "1.50"},
		{money, "1.5e3", "1500.00"},
		{money, "15E-1", "1.50"},
		{money, "1500e-3", "1.50"},
		{money, "1e-3", `!"1e-3" has more than 2 decimals`},
		{money, "1e10", `!"1e10" does not fit decimal(12,2)`},
		{money, "1e99999999999999999999", `!"1e99999999999999999999" does not fit decimal(12,2)`},
		{money, "1e-99999999999999999999", `!"1e-99999999999999999999" has more than 2 decimals`},
		{money, "0e99999999999999999999", "0.00"},
		{money, "-0.00", "0.00"},
		{money, "0.000000000000000000000000001", `!"0.000000000000000000000000001" has more than 2 decimals`},
		{money, ".", `!"." is not a decimal`},
		{money, "", `!"" is not a decimal`},
		{money, "-", `!"-" is not a decimal`},
		{money, "1.2.3", `!"1.2.3" is not a decimal`},
		{money, "1e", `!"1e" is not a decimal`},
		{money, "e5", `!"e5" is not a decimal`},
		{money, "1,5", `!"1,5" is not a decimal`},
		{money, "NaN", `!"NaN" is not a decimal`},
		{DecimalOf(18, 0), "999999999999999999", "999999999999999999"},
		{DecimalOf(18, 0), "1000000000000000000", `!"1000000000000000000" does not fit decimal(18,0)`},
		{DecimalOf(18, 18), "0.999999999999999999", "0.999999999999999999"},
		{DecimalOf(18, 18), "1", `!"1" does not fit decimal(18,18)`},
		{DecimalOf(38, 0), strings.Repeat("9", 38), strings.Repeat("9", 38)},
		{DecimalOf(38, 0), "-" + strings.Repeat("9", 38), "-" + strings.Repeat("9", 38)},
		{DecimalOf(38, 0), "1e37", "1" + strings.Repeat("0", 37)},
		{DecimalOf(38, 0), "1e38", `!"1e38" does not fit decimal(38,0)`},
		{DecimalOf(38, 38), "1e-38", "0." + strings.Repeat("0", 37) + "1"},
		{DecimalOf(38, 38), "." + strings.Repeat("9", 38), "0." + strings.Repeat("9", 38)},
		{DecimalOf(38, 2), "12345678901234567890.5", "12345678901234567890.50"},
		{DecimalOf(38, 30), "1.5", "1.500000000000000000000000000000"},
		{DecimalOf(20, 2), "9999999999999999.99", "9999999999999999.99"},
		{DecimalOf(20, 2), "999999999999999999.99", "999999999999999999.99"},
		{DecimalOf(20, 2), "1000000000000000000", `!"1000000000000000000" does not fit decimal(20,2)`},

		{kind(Float), "1", "1"},
		{kind(Float), "-0", "-0"},
		{kind(Float), "0.1", "0.1"},
		{kind(Float), ".5", "0.5"},
		{kind(Float), "5.", "5"},
		{kind(Float), "1e300", "1e+300"},
		{kind(Float), "1e999", `!"1e999" does not fit float (64 bits)`},
		{kind(Float), "1e-999", "0"},
		{kind(Float), "123456789012345678901234567890", "1.2345678901234568e+29"},
		{kind(Float), "0.00000012", "1.2e-07"},
		{kind(Float), "0.000001", "0.000001"},
		{kind(Float), "123456789.25", "123456789.25"},
		{kind(Float), "9007199254740993", "9007199254740992"},
		{kind(Float), "NaN", "NaN"},
		{kind(Float), "inf", "Infinity"},
		{kind(Float), "+Inf", "Infinity"},
		{kind(Float), "-Infinity", "-Infinity"},
		{kind(Float), "infinite", `!"infinite" is not a float`},
		{kind(Float), "+nan", `!"+nan" is not a float`},
		{kind(Float), "0x1p-2", `!"0x1p-2" is not a float`},
		{kind(Float), "1_0", `!"1_0" is not a float`},
		{kind(Float), ".", `!"." is not a float`},
		{kind(Float), "", `!"" is not a float`},

		{kind(Bool), "true", "true"},
		{kind(Bool), "FALSE", "false"},
		{kind(Bool), "yEs", "true"},
		{kind(Bool), "No", "false"},
		{kind(Bool), "Y", "true"},
		{kind(Bool), "n", "false"},
		{kind(Bool), "T", "true"},
		{kind(Bool), "f", "false"},
		{kind(Bool), " 1", "true"},
		{kind(Bool), "0", "false"},
		{kind(Bool), "on", `!"on" is not a bool (true or false, yes or no, 1 or 0)`},
		{kind(Bool), "maybe", `!"maybe" is not a bool (true or false, yes or no, 1 or 0)`},
		{kind(Bool), "", `!"" is not a bool (true or false, yes or no, 1 or 0)`},

		{kind(Date), "1970-01-01", "1970-01-01"},
		{kind(Date), "0001-01-01", "0001-01-01"},
		{kind(Date), "9999-12-31", "9999-12-31"},
		{kind(Date), "2024-02-29", "2024-02-29"},
		{kind(Date), "2000-02-29", "2000-02-29"},
		{kind(Date), "2023-02-29", `!"2023-02-29" is not a day of the calendar`},
		{kind(Date), "1900-02-29", `!"1900-02-29" is not a day of the calendar`},
		{kind(Date), "2024-13-01", `!"2024-13-01" is not a day of the calendar`},
		{kind(Date), "2024-00-10", `!"2024-00-10" is not a day of the calendar`},
		{kind(Date), "2024-04-31", `!"2024-04-31" is not a day of the calendar`},
		{kind(Date), "2024-04-00", `!"2024-04-00" is not a day of the calendar`},
		{kind(Date), "0000-01-01", `!"0000-01-01" is not a day of the calendar`},
		{kind(Date), "2024-1-1", `!"2024-1-1" is not a date (YYYY-MM-DD)`},
		{kind(Date), "01/02/2024", `!"01/02/2024" is not a date (YYYY-MM-DD)`},
		{kind(Date), "2024-01-01T00:00:00Z", `!"2024-01-01T00:00:00Z" is not a date (YYYY-MM-DD)`},
		{kind(Date), "-024-01-01", `!"-024-01-01" is not a date (YYYY-MM-DD)`},

		{kind(Time), "12:34", "12:34:00"},
		{kind(Time), "00:00:00", "00:00:00"},
		{kind(Time), "23:59:59.999999", "23:59:59.999999"},
		{kind(Time), "01:02:03.5", "01:02:03.500000"},
		{kind(Time), "01:02:03.000001000", "01:02:03.000001"},
		{kind(Time), "01:02:03.0000001", `!"01:02:03.0000001" is finer than a microsecond`},
		{kind(Time), "24:00", `!"24:00" is not a time (HH:MM:SS)`},
		{kind(Time), "12:60", `!"12:60" is not a time (HH:MM:SS)`},
		{kind(Time), "12:34:60", `!"12:34:60" is not a time (HH:MM:SS)`},
		{kind(Time), "12:34:", `!"12:34:" is not a time (HH:MM:SS)`},
		{kind(Time), "12:34:56.", `!"12:34:56." is not a time (HH:MM:SS)`},
		{kind(Time), "12:34:56.0000000000", `!"12:34:56.0000000000" is not a time (HH:MM:SS)`},
		{kind(Time), "12:34:56Z", `!"12:34:56Z" is not a time (HH:MM:SS)`},
		{kind(Time), "1:34", `!"1:34" is not a time (HH:MM:SS)`},

		{kind(Timestamp), "2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z"},
		{kind(Timestamp), "2024-01-02 03:04:05", "2024-01-02T03:04:05Z"},
		{kind(Timestamp), "2024-01-02 03:04", "2024-01-02T03:04:00Z"},
		{kind(Timestamp), "2024-01-02t03:04:05z", "2024-01-02T03:04:05Z"},
		{kind(Timestamp), "2024-01-02", "2024-01-02T00:00:00Z"},
		{kind(Timestamp), "2024-01-02T03:04:05.123456Z", "2024-01-02T03:04:05.123456Z"},
		{kind(Timestamp), "2024-01-02T03:04:05.120000000Z", "2024-01-02T03:04:05.120000Z"},
		{kind(Timestamp), "2024-01-02T03:04:05+02:00", "2024-01-02T01:04:05Z"},
		{kind(Timestamp), "2024-01-02T03:04:05-0530", "2024-01-02T08:34:05Z"},
		{kind(Timestamp), "2024-01-02 03:04:05.5+00", "2024-01-02T03:04:05.500000Z"},
		{kind(Timestamp), "2024-03-01T00:30+01", "2024-02-29T23:30:00Z"},
		{kind(Timestamp), "1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"},
		{kind(Timestamp), "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
		{kind(Timestamp), "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
		{kind(Timestamp), "0001-01-01T00:00:00+01:00", `!"0001-01-01T00:00:00+01:00" does not fit timestamp (years 0001 to 9999)`},
		{kind(Timestamp), "9999-12-31T23:59:59-01:00", `!"9999-12-31T23:59:59-01:00" does not fit timestamp (years 0001 to 9999)`},
		{kind(Timestamp), "2024-01-02T03:04:05.1234567Z", `!"2024-01-02T03:04:05.1234567Z" is finer than a microsecond`},
		{kind(Timestamp), "2024-02-30T03:04:05Z", `!"2024-02-30T03:04:05Z" is not a day of the calendar`},
		{kind(Timestamp), "2024-02-30Tnonsense", `!"2024-02-30Tnonsense" is not a timestamp (YYYY-MM-DDTHH:MM:SSZ)`},
		{kind(Timestamp), "2024-01-02T", `!"2024-01-02T" is not a timestamp (YYYY-MM-DDTHH:MM:SSZ)`},
		{kind(Timestamp), "2024-01-02Z", `!"2024-01-02Z" is not a timestamp (YYYY-MM-DDTHH:MM:SSZ)`},
		{kind(Timestamp), "2024-01-02T03:04:05 +01", `!"2024-01-02T03:04:05 +01" is not a timestamp (YYYY-MM-DDTHH:MM:SSZ)`},
		{kind(Timestamp), "2024-01-02T03:04:05+1", `!"2024-01-02T03:04:05+1" is not a timestamp (YYYY-MM-DDTHH:MM:SSZ)`},
		{kind(Timestamp), "2024-01-02T03:04:05+24:00", `!"2024-01-02T03:04:05+24:00" is not a timestamp (YYYY-MM-DDTHH:MM:SSZ)`},
		{kind(Timestamp), "2024-01-02T03:04:05+01:60", `!"2024-01-02T03:04:05+01:60" is not a timestamp (YYYY-MM-DDTHH:MM:SSZ)`},
		{kind(Timestamp), "2024-01-02T25:04:05Z", `!"2024-01-02T25:04:05Z" is not a timestamp (YYYY-MM-DDTHH:MM:SSZ)`},
		{kind(Timestamp), "2024/01/02", `!"2024/01/02" is not a timestamp (YYYY-MM-DDTHH:MM:SSZ)`},

		{kind(String), " as is\t", " as is\t"},
		{kind(Bytes), " cmF3IP8=\t", "cmF3IP8="},
		{kind(JSON), ` {"a": [1, 2]} `, ` {"a": [1, 2]} `},
		{kind(JSON), `{"a": [1, 2}`, `!"{\"a\": [1, 2}" is not valid JSON`},
		{kind(UUID), "550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440000"},
		{kind(UUID), " 550E8400-E29B-41D4-A716-44665544000F ", "550e8400-e29b-41d4-a716-44665544000f"},
		{kind(UUID), "550e8400e29b41d4a716446655440000", `!"550e8400e29b41d4a716446655440000" is not a uuid`},
		{kind(UUID), "550e8400-e29b-41d4-a716-44665544000g", `!"550e8400-e29b-41d4-a716-44665544000g" is not a uuid`},
		{kind(UUID), "550e8400-e29b-41d4-a716+446655440000", `!"550e8400-e29b-41d4-a716+446655440000" is not a uuid`},
	}
	for _, tt := range tests {
		b, v := parseOne(tt.t, tt.text)
		got := ""
		switch v.Cells[0] {
		case Value:
			got = string(v.AppendText(nil, b, 0))
		case Bad:
			got = "!" + v.Fault(0).Message
		}
		if got != tt.want {
			t.Errorf("%v %q = %s, want %s", tt.t, tt.text, got, tt.want)
		}
	}
}

func TestProblemCode(t *testing.T) {
	for p, want := range map[Problem]Code{NoProblem: "", Malformed: BadValue, OutOfRange: Overflow, TooManyPlaces: BadValue,
		NoSuchDay: BadValue, TooFine: BadValue, TooDeep: BadValue} {
		if got := p.Code(); got != want {
			t.Errorf("%d.Code() = %q, want %q", p, got, want)
		}
	}
	_, v := parseOne(kind(Int), "9223372036854775808")
	if got := v.Fault(0).Code; got != Overflow {
		t.Errorf("overflow has code %q", got)
	}
}

func TestQuoteCutsAtRunes(t *testing.T) {
	text := strings.Repeat("é", 41)
	if got, want := Quote([]byte(text)), `"`+strings.Repeat("é", 40)+`…"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := Quote([]byte(text[:80])); got != `"`+text[:80]+`"` {
		t.Errorf("40 characters were cut: %s", got)
	}
}

func TestParseBool(t *testing.T) {
	if x, p := ParseBool([]byte("Yes")); !x || p != NoProblem {
		t.Error("Yes is not true")
	}
	if x, p := ParseBool([]byte("no")); x || p != NoProblem {
		t.Error("no is not false")
	}
}

func TestUUIDKeepsView(t *testing.T) {
	b, v := parseOne(kind(UUID), "550e8400-e29b-41d4-a716-446655440000")
	if v.Str[0].Aux() || len(b.Aux) > 0 {
		t.Error("a canonical UUID was copied")
	}
}

func TestParseAllocatesNothing(t *testing.T) {
	cells := map[Type]string{kind(Bool): "true", kind(Int): "9223372036854775807", kind(Float): "1.2345678901234567e-5",
		DecimalOf(38, 2): "12345678901234567890.5", kind(Date): "2024-01-02", kind(Time): "01:02:03.5",
		kind(Timestamp): "2024-01-02T03:04:05.123456+02:00", kind(JSON): `{"a":["b",{}]}`, kind(String): "x", kind(Bytes): "eA==",
		kind(UUID): "550E8400-E29B-41D4-A716-446655440000"}
	for typ, text := range cells {
		b, view := textBatch(text)
		b.Aux = make([]byte, 0, 64)
		v := new(Vector)
		v.Reset(typ, 1)
		if typ.Kind == Decimal {
			v.Widen()
		}
		dst := make([]byte, 0, 64)
		n := testing.AllocsPerRun(10, func() {
			b.Aux = b.Aux[:0]
			v.ParseCell(b, 0, view)
			dst = v.AppendText(dst[:0], b, 0)
		})
		if n != 0 || v.Cells[0] != Value {
			t.Errorf("%v: %v allocations, cell %d", typ, n, v.Cells[0])
		}
	}
}
