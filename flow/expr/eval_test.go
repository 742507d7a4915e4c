package expr

import (
	"testing"

	"github.com/headgate/headgate/connector/record"
)

// everything is a schema with a column of every type and two rows: one of values,
// one of NULL.
func everything(t testing.TB) (*record.Schema, [][]string) {
	s := schemaOf(t, "b:bool", "i:int", "j:int", "f:float", "d:decimal(12,2)", "w:decimal(38,4)", "s:string", "u:string",
		"raw:bytes", "day:date", "clock:time", "at:timestamp", "doc:json", "id:uuid", "bad:int", "user.name:string")
	row := []string{"true", "7", "-3", "2.5", "28.74", "12345678901234567890.1234", "  Anna Öz ", "a,b,,c",
		"xyz", "2024-02-29", "15:04:05.25", "2024-03-31T00:30:00Z", `{"a":{"b":[1,"x\u00e9",null]},"n":12.5,"t":true}`,
		"550e8400-e29b-41d4-a716-446655440000", "oops", "ann"}
	nulls := make([]string, len(row))
	for i := range nulls {
		nulls[i] = "NULL"
	}
	return s, [][]string{row, nulls}
}

// Each expression's result over the row of values, and over the row of NULLs when
// it is not NULL. Kernels and the VM must both give it.
func TestResults(t *testing.T) {
	schema, rows := everything(t)
	for _, tt := range []struct{ src, typ, want, onNull string }{
		{`i`, "int", "7", ""},
		{`1 + 2 * 3`, "int", "7", "7"},
		{`i + j`, "int", "4", ""},
		{`i / j`, "int", "-2", ""},
		{`i % j`, "int", "1", ""},
		{`j % i`, "int", "-3", ""},
		{`i / 0`, "int", "!divide_by_zero division by zero", ""},
		{`i % (j + 3)`, "int", "!divide_by_zero division by zero", ""},
		{`i + 9223372036854775807`, "int", "!overflow the result does not fit int (64 bits)", ""},
		{`-i`, "int", "-7", ""},
		{`d * i`, "decimal(31,2)", "201.18", ""},
		{`d + i`, "decimal(22,2)", "35.74", ""},
		{`d - 0.005`, "decimal(14,3)", "28.735", ""},
		{`d * d`, "decimal(24,4)", "825.9876", ""},
		{`d > 28.73`, "bool", "true", ""},
		{`d > 28.74`, "bool", "false", ""},
		{`d >= 28.740`, "bool", "true", ""},
		{`d == 28.7400`, "bool", "true", ""},
		{`d < 28.7401`, "bool", "true", ""},
		{`d != 28.741`, "bool", "true", ""},
		{`9.99 < d`, "bool", "true", ""},
		{`w > d`, "bool", "true", ""},
		{`w * 100000.0000`, "decimal(38,8)", "1234567890123456789012340.00000000", ""},
		{`w * w`, "decimal(38,8)", "!overflow the result does not fit decimal(38,8)", ""},
		{`f * 2`, "float", "5", ""},
		{`f + 0.1`, "float", "2.6", ""},
		{`f / 0.0`, "float", "Infinity", ""},
		{`f > 2`, "bool", "true", ""},
		{`f == d`, "bool", "false", ""},
		{`f < d`, "bool", "true", ""},
		{`i == 7 && j < 0`, "bool", "true", ""},
		{`i == 8 && bad > 0`, "bool", "false", ""},
		{`bad > 0 && i == 8`, "bool", "false", ""},
		{`bad > 0 || i == 7`, "bool", "true", ""},
		{`bad > 0 || i == 8`, "bool", `!bad_value "oops" is not an int`, ""},
		{`i in [1, 7]`, "bool", "true", ""},
		{`i in []`, "bool", "false", ""},
		{`s in ["x", null]`, "bool", "false", "true"},
		{`d in [28.74, 3, 1.001]`, "bool", "true", ""},
		{`s == null`, "bool", "false", "true"},
		{`null != s`, "bool", "true", "false"},
		{`isNull(s)`, "bool", "false", "true"},
		{`i > 3 ? "big" : "small"`, "string", "big", "small"},
		{`i > 3 ? d : 0`, "decimal(12,2)", "28.74", "0.00"},
		{`i > 3 ? null : 5`, "int", "NULL", "5"},
		{`i > 3 ? 5 : bad`, "int", "5", ""},
		{`coalesce(d, 0)`, "decimal(12,2)", "28.74", "0.00"},
		{`coalesce(null, s, "x")`, "string", "  Anna Öz ", "x"},
		{`coalesce(i, bad)`, "int", "7", ""},
		{`nullIf(i, 7)`, "int", "NULL", ""},
		{`nullIf(i, 8)`, "int", "7", ""},
		{`b`, "bool", "true", ""},
		{`!b`, "bool", "false", ""},
		{`b == true`, "bool", "true", ""},
		{`b && null`, "bool", "NULL", ""},
		{`!b && null`, "bool", "false", ""},

		{`lower(s)`, "string", "  anna öz ", ""},
		{`upper(u)`, "string", "A,B,,C", ""},
		{`lower(u)`, "string", "a,b,,c", ""},
		{`trim(s)`, "string", "Anna Öz", ""},
		{`ltrim(s) + "|"`, "string", "Anna Öz |", ""},
		{`rtrim(s)`, "string", "  Anna Öz", ""},
		{`length(s)`, "int", "10", ""},
		{`size(s)`, "int", "10", ""},
		{`length(raw)`, "int", "3", ""},
		{`substring(s, 2, 4)`, "string", "Anna", ""},
		{`substring(s, 7, 1)`, "string", "Ö", ""},
		{`substring(s, 99)`, "string", "", ""},
		{`substring(s, j)`, "string", "!bad_argument substring: the start is negative; it counts from 0", ""},
		{`replace(u, ",", "--")`, "string", "a--b----c", ""},
		{`replace(u, substring(u, 99), "x")`, "string", "!bad_argument replace: the text to replace is empty", ""},
		{`split(u, ",", 1)`, "string", "b", ""},
		{`split(u, ",", 2)`, "string", "", ""},
		{`split(u, ",", 9)`, "string", "NULL", ""},
		{`concat(u, "-", s)`, "string", "a,b,,c-  Anna Öz ", ""},
		{`s.contains("nna")`, "bool", "true", ""},
		{`contains(s, "")`, "bool", "true", ""},
		{`trim(s).startsWith("An")`, "bool", "true", ""},
		{`endsWith(u, ",c")`, "bool", "true", ""},
		{`u.matches("^[a-c,]+$")`, "bool", "true", ""},
		{`extract(u, "([a-z]),,([a-z])")`, "string", "b", ""},
		{`extract(u, "z+")`, "string", "NULL", ""},
		{`indexOf(s, "Öz")`, "int", "7", ""},
		{`sha256("abc")`, "string", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{`s < u`, "bool", "true", ""},

		{`abs(j)`, "int", "3", ""},
		{`abs(-d)`, "decimal(12,2)", "28.74", ""},
		{`round(d, 1)`, "decimal(12,1)", "28.7", ""},
		{`round(d)`, "decimal(11,0)", "29", ""},
		{`round(0.125, 2)`, "decimal(3,2)", "0.12", "0.12"},
		{`round(0.125, 2, "half_up")`, "decimal(3,2)", "0.13", "0.13"},
		{`round(-0.125, 2, "half_up")`, "decimal(3,2)", "-0.13", "-0.13"},
		{`round(float("2.675"), 2)`, "float", "2.68", "2.68"},
		{`round(f)`, "float", "2", ""},
		{`floor(d)`, "decimal(11,0)", "28", ""},
		{`ceil(-d)`, "decimal(11,0)", "-28", ""},
		{`floor(-f)`, "float", "-3", ""},
		{`div(d, 3, 4)`, "decimal(14,4)", "9.5800", ""},
		{`div(1, 3, 10)`, "decimal(11,10)", "0.3333333333", "0.3333333333"},
		{`div(d, i - 7, 2)`, "decimal(12,2)", "!divide_by_zero division by zero", ""},
		{`int(d)`, "int", "28", ""},
		{`int(-d)`, "int", "-28", ""},
		{`cast(d, "int")`, "int", "!bad_value 28.74 is not a whole number", ""},
		{`tryCast(d, "int")`, "int", "NULL", ""},
		{`cast(u, "int")`, "int", `!bad_value "a,b,,c" is not an int`, ""},
		{`tryCast(u, "int")`, "int", "NULL", ""},
		{`cast(d, "decimal(12,1)")`, "decimal(12,1)", `!bad_value "28.74" has more than 1 decimal`, ""},
		{`cast(f, "decimal(12,2)")`, "decimal(12,2)", "2.50", ""},
		{`cast(i, "decimal(3,2)")`, "decimal(3,2)", "7.00", ""},
		{`cast(i * 10, "decimal(3,2)")`, "decimal(3,2)", "!overflow the result does not fit decimal(3,2)", ""},
		{`cast("12.30", "decimal(12,2)")`, "decimal(12,2)", "12.30", "12.30"},
		{`float(d)`, "float", "28.74", ""},
		{`string(d) + "€"`, "string", "28.74€", ""},
		{`string(at)`, "string", "2024-03-31T00:30:00Z", ""},
		{`string(b)`, "string", "true", ""},
		{`bool("no")`, "bool", "false", "false"},

		{`day`, "date", "2024-02-29", ""},
		{`day > date("2024-01-01")`, "bool", "true", ""},
		{`at >= timestamp("2024-03-31T00:30:00Z")`, "bool", "true", ""},
		{`date(at)`, "date", "2024-03-31", ""},
		{`date(at, "America/New_York")`, "date", "2024-03-30", ""},
		{`time(at)`, "time", "00:30:00", ""},
		{`timestamp(day)`, "timestamp", "2024-02-29T00:00:00Z", ""},
		{`timestamp(day, "Europe/Berlin")`, "timestamp", "2024-02-28T23:00:00Z", ""},
		{`timestamp(i)`, "timestamp", "1970-01-01T00:00:07Z", ""},
		{`at + duration("24h")`, "timestamp", "2024-04-01T00:30:00Z", ""},
		{`at - duration("1h30m")`, "timestamp", "2024-03-30T23:00:00Z", ""},
		{`at - timestamp(day) > duration("30d")`, "bool", "true", ""},
		{`day + duration("1d")`, "date", "2024-03-01", ""},
		{`day - date("2024-02-01") == duration("28d")`, "bool", "true", ""},
		{`year(day) * 100 + month(day)`, "int", "202402", ""},
		{`day.quarter()`, "int", "1", ""},
		{`week(day)`, "int", "9", ""},
		{`weekday(day)`, "int", "4", ""},
		{`dayOfYear(day)`, "int", "60", ""},
		{`hour(at, "Europe/Berlin")`, "int", "1", ""},
		{`hour(at + duration("1h"), "Europe/Berlin")`, "int", "3", ""},
		{`minute(clock)`, "int", "4", ""},
		{`microsecond(clock)`, "int", "250000", ""},
		{`truncate(at, "month")`, "timestamp", "2024-03-01T00:00:00Z", ""},
		{`truncate(at, "day", "America/New_York")`, "timestamp", "2024-03-30T04:00:00Z", ""},
		{`truncate(day, "week")`, "date", "2024-02-26", ""},
		{`add(day, 1, "year")`, "date", "2025-02-28", ""},
		{`add(day, -1, "month")`, "date", "2024-01-29", ""},
		{`add(at, 1, "month")`, "timestamp", "2024-04-30T00:30:00Z", ""},
		{`add(at, i, "hour")`, "timestamp", "2024-03-31T07:30:00Z", ""},
		{`diff(day, date(at), "month")`, "int", "1", ""},
		{`diff(at, timestamp(day), "day")`, "int", "-31", ""},
		{`format(day, "%d.%m.%Y")`, "string", "29.02.2024", ""},
		{`format(at, "%F %T %z", "Europe/Berlin")`, "string", "2024-03-31 01:30:00 +0100", ""},
		{`format(clock, "%I:%M %p")`, "string", "03:04 PM", ""},
		{`parseDate("29.02.2024", "%d.%m.%Y")`, "date", "2024-02-29", "2024-02-29"},
		{`parseDate(u, "%d.%m.%Y")`, "date", `!bad_value "a,b,,c" does not follow the layout "%d.%m.%Y"`, ""},
		{`parseTimestamp("2024-07-01 12:00", "%Y-%m-%d %H:%M", "Europe/Berlin")`, "timestamp", "2024-07-01T10:00:00Z", "2024-07-01T10:00:00Z"},
		{`parseTime("3:04 pm", "%I:%M %p")`, "time", "15:04:00", "15:04:00"},

		{`string(doc.a.b[1])`, "string", "xé", ""},
		{`doc.a.b[1]`, "json", `"x\u00e9"`, ""},
		{`string(doc.a.b[2])`, "string", "NULL", ""},
		{`string(doc.nope.b)`, "string", "NULL", ""},
		{`cast(doc.n, "decimal(5,2)")`, "decimal(5,2)", "12.50", ""},
		{`bool(doc["t"])`, "bool", "true", ""},
		{`has(doc.a)`, "bool", "true", ""},
		{`has(doc.z)`, "bool", "false", ""},
		{`id == "550E8400-E29B-41D4-A716-446655440000"`, "bool", "true", ""},
		{`col("user.name")`, "string", "ann", ""},
		{`user.name == "ann"`, "bool", "true", ""},

		{`split(u, ",").exists(x, x == "c")`, "bool", "true", ""},
		{`split(u, ",").all(x, x != "")`, "bool", "false", ""},
		{`["a", s, "z"].exists(x, x == "z")`, "bool", "true", "true"},
		{`["a", s].exists(x, x == "z")`, "bool", "false", ""},
		{`[1, 2, 3].filter(x, x > 1).map(x, x * i)[1]`, "int", "21", ""},
		{`[1, 2, 3][i]`, "int", "!bad_argument the index is beyond the list", ""},
		{`size(split(u, ","))`, "int", "4", ""},
		{`join(split(u, ",").map(x, upper(x)), "+")`, "string", "A+B++C", ""},
		{`{"a": "Anna", "b": "Bert"}[split(u, ",", 1)]`, "string", "Bert", ""},
		{`{"a": 1}[trim(s)]`, "int", "!bad_argument the map has no such key", ""},
		{`trim(s) in {"Anna Öz": 1}`, "bool", "true", ""},
		{`"b" in split(u, ",")`, "bool", "true", ""},
		{`[1, 2].exists_one(x, x == i - 6)`, "bool", "true", "false"},
	} {
		if tt.onNull == "" {
			tt.onNull = "NULL"
		}
		p, findings := Compile(tt.src, Scope{Schema: schema})
		if len(findings) > 0 {
			t.Errorf("%s: %+v", tt.src, findings)
			continue
		}
		if got := p.Type().String(); got != tt.typ {
			t.Errorf("%s: type %s, want %s", tt.src, got, tt.typ)
		}
		for name, e := range map[string]*Eval{"kernels": p.New(), "vm": newVMOnly(p)} {
			for round := range 2 { // a second batch meets memory that was used
				got := evaluate(e, batchOf(schema, rows))
				if got[0] != tt.want || got[1] != tt.onNull {
					t.Errorf("%s: %s, round %d: %q, want %q %q", tt.src, name, round, got, tt.want, tt.onNull)
				}
			}
		}
	}
}
