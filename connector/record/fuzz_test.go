package record

import (
	"math"
	"testing"
)

// FuzzParseCell checks that the text of a parsed value reads back as that value,
// and that the second text is the first.
func FuzzParseCell(f *testing.F) {
	for _, s := range []string{"", "0", "-0", "12.30", "1e5", "1e-400", "NaN", "-inf", "true", "2024-02-29", "12:34:56.7",
		"2024-01-02T03:04:05.123456+02:00", "0001-01-01", `{"a":[1,"\u00e9"]}`, "550E8400-E29B-41D4-A716-446655440000", "99999999999999999999"} {
		f.Add(s)
	}
	types := []Type{kind(Bool), kind(Int), kind(Float), DecimalOf(12, 2), DecimalOf(38, 0), DecimalOf(38, 38), DecimalOf(20, 10),
		kind(String), kind(Date), kind(Time), kind(Timestamp), kind(JSON), kind(UUID)}
	f.Fuzz(func(t *testing.T, text string) {
		for _, typ := range types {
			checkRoundTrip(t, typ, text)
		}
	})
}

func checkRoundTrip(t *testing.T, typ Type, text string) {
	t.Helper()
	b, v := parseOne(typ, text)
	if v.Cells[0] == Bad {
		if len(v.Faults) != 1 || v.Faults[0].Message == "" || v.Faults[0].Code == "" {
			t.Fatalf("%v %q: bad without a reason: %v", typ, text, v.Faults)
		}
		return
	}
	first := string(v.AppendText(nil, b, 0))
	b2, w := parseOne(typ, first)
	if w.Cells[0] != Value {
		t.Fatalf("%v %q was written as %q, which is bad: %v", typ, text, first, w.Faults)
	}
	if second := string(w.AppendText(nil, b2, 0)); second != first {
		t.Fatalf("%v %q was written as %q and then as %q", typ, text, first, second)
	}
	same := true
	switch {
	case typ.Kind == Decimal:
		same = v.Decimal(0) == w.Decimal(0) && v.Decimal(0).FitsPrecision(int(typ.Precision))
	case typ.Kind == Float:
		same = math.Float64bits(v.F64[0]) == math.Float64bits(w.F64[0]) || math.IsNaN(v.F64[0]) && math.IsNaN(w.F64[0])
	case !typ.Textual():
		same = v.I64[0] == w.I64[0]
	}
	if !same {
		t.Fatalf("%v %q was written as %q, which is another value", typ, text, first)
	}
}
