package record

import (
	"strings"
	"testing"
)

func TestInferrer(t *testing.T) {
	huge := strings.Repeat("9", 25)
	tests := []struct {
		name  string
		texts string // separated by |, NULL for a null
		want  string
	}{
		{"nothing", "", "string"},
		{"nulls only", "NULL|NULL", "string"},
		{"empty text", "1|EMPTY", "string"},
		{"ints", "0|-5|9223372036854775807|NULL", "int"},
		{"leading zero", "12|007", "string"},
		{"leading zeros of a negative", "-01", "string"},
		{"plus", "+5|6", "string"},
		{"minus zero", "0|-0", "string"},
		{"blanks around", "1| 2", "string"},
		{"too large for 64 bits", "1|9223372036854775808", "string"},
		{"22 digits", "1234567890123456789012", "string"},
		{"thousands", "1,000", "string"},
		{"currency", "$5|$6", "string"},
		{"money", "12.30|5.5|-0.25", "decimal(15,2)"},
		{"no leading digit", ".097|1.2", "decimal(15,3)"},
		{"negative without leading digit", "-.5", "decimal(15,1)"},
		{"int and decimal", "1|2.5", "decimal(15,1)"},
		{"decimal and int", "2.5|1|NULL", "decimal(15,1)"},
		{"decimal and minus zero", "2.5|-0", "decimal(15,1)"},
		{"decimal and leading zero", "2.5|007", "string"},
		{"decimal with leading zeros", "007.5", "string"},
		{"point at the end", "1.|2.", "string"},
		{"just a point", ".", "string"},
		{"little room", "12345678.1234567", "decimal(38,7)"},
		{"just enough room", "1234567.1234567", "decimal(18,7)"},
		{"large and decimal", huge + "|0.5", "decimal(38,1)"},
		{"39 digits", huge + "|0.12345678901234", "string"},
		{"long decimal", "0." + strings.Repeat("1", 38), "string"},
		{"geo", "-73.98513031005859|40.7", "decimal(38,14)"},
		{"exponent", "1e5|2.5E-3", "float"},
		{"exponent and int", "1e5|7", "float"},
		{"exponent and leading zero", "1e5|07", "string"},
		{"exponent of leading zero", "01e5", "string"},
		{"shortest floats", "3.0000000000000004e-01|5e-324|1.7976931348623157e+308|0e0|100e-2", "float"},
		{"too many digits for a float", "1.23456789012345678e5", "string"},
		{"digits lost beside an exponent", "1e5|12345678901234567890", "string"},
		{"beyond float", "1e999", "string"},
		{"vanishing float", "1e-999", "string"},
		{"exponent and not finite", "1e5|NaN|-Infinity|Infinity", "float"},
		{"not finite alone", "NaN", "string"},
		{"decimal and not finite", "1.5|NaN", "string"},
		{"decimals and NA", "1.5|NA", "string"},
		{"hex float", "0x1p-2", "string"},
		{"bool", "true|false|NULL", "bool"},
		{"bool in capitals", "TRUE|False", "bool"},
		{"yes and no", "yes|no", "string"},
		{"y and n", "Y|N", "string"},
		{"0 and 1", "0|1", "int"},
		{"bool and int", "true|1", "string"},
		{"date", "2024-02-29|0001-01-01", "date"},
		{"no such day", "2023-02-29", "string"},
		{"American date", "1/2/2024", "string"},
		{"German date", "01.02.2024", "string"},
		{"compact date", "20240102", "int"},
		{"year and month", "2024-01", "string"},
		{"date and int", "2024-01-02|5", "string"},
		{"timestamp", "2024-01-02T03:04:05Z|2024-01-02T03:04:05.5+02:00", "timestamp"},
		{"timestamp with small z", "2024-01-02t03:04:05z", "timestamp"},
		{"local timestamp", "2024-01-02 03:04|2024-01-02 03:04:05", "timestamp"},
		{"date and local timestamp", "2024-01-02|2024-01-02 03:04:05", "timestamp"},
		{"with a zone and without", "2024-01-02 03:04:05|2024-01-02T03:04:05Z", "string"},
		{"date and zoned timestamp", "2024-01-02|2024-01-02T03:04:05-01", "string"},
		{"nanoseconds", "2024-01-02T03:04:05.123456789Z", "string"},
		{"zeros below a microsecond", "2024-01-02T03:04:05.123456000Z", "timestamp"},
		{"time", "12:30", "string"},
		{"uuid", "550e8400-e29b-41d4-a716-446655440000", "string"},
		{"uuid like a number", "1234-567890", "string"},
		{"json", `{"a":1}`, "string"},
		{"string first", "x|1", "string"},
		{"string last", "1|x", "string"},
	}
	for _, tt := range tests {
		if got := inferOf(tt.texts).Type().String(); got != tt.want {
			t.Errorf("%s: %q is %s, want %s", tt.name, tt.texts, got, tt.want)
		}
	}
}

func inferOf(texts string) *Inferrer {
	n := new(Inferrer)
	if texts == "" {
		return n
	}
	for _, s := range strings.Split(texts, "|") {
		switch s {
		case "NULL":
			n.AddNull()
		case "EMPTY":
			n.Add(nil)
		default:
			n.Add([]byte(s))
		}
	}
	return n
}

func TestInferrerAllocatesNothing(t *testing.T) {
	texts := [][]byte{[]byte("12"), []byte("12.345"), []byte("1.25e-7"), []byte("2024-01-02T03:04:05Z"), []byte("true")}
	if n := testing.AllocsPerRun(10, func() {
		for _, s := range texts {
			var c Inferrer
			c.Add(s)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzInferrer checks the promise: what was added parses as the inferred type, and
// an int prints as it was written.
func FuzzInferrer(f *testing.F) {
	for _, s := range []string{"1|2.5", "1e5|7", "2024-01-02|2024-01-02 03:04:05", "true|FALSE", "-0|1.0", "9999999999999999999|.5", "5e-324"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, texts string) {
		typ := inferOf(texts).Type()
		for _, s := range strings.Split(texts, "|") {
			if s == "NULL" || s == "EMPTY" || texts == "" {
				continue
			}
			b, v := parseOne(typ, s)
			if v.Cells[0] != Value {
				t.Fatalf("%q was inferred %v: %v", texts, typ, v.Faults)
			}
			if got := string(v.AppendText(nil, b, 0)); typ.Kind == Int && got != s {
				t.Fatalf("%q was inferred int and printed as %q", s, got)
			}
			if typ.Kind == Float && s != "NaN" && !strings.HasSuffix(s, "Infinity") {
				checkFloatExact(t, s, v.F64[0])
			}
		}
	})
}

// checkFloatExact checks that the shortest text of x is the number s.
func checkFloatExact(t *testing.T, s string, x float64) {
	t.Helper()
	a, _ := splitNumber([]byte(s))
	b, _ := splitNumber(AppendFloat(nil, x))
	if !a.equal(&b) || a.neg != b.neg {
		t.Fatalf("%q was inferred float and is %v", s, x)
	}
}
