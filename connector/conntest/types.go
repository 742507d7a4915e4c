package conntest

import (
	"strings"
	"testing"

	"github.com/headgate/headgate/connector/record"
)

// samples are values of each type in canonical text, with the ends of their ranges.
var samples = []struct {
	typ    string
	values []string
}{
	{"bool", []string{"true", "false"}},
	{"int", []string{"0", "-1", "9223372036854775807", "-9223372036854775808"}},
	{"float", []string{"0", "0.1", "-1.5", "1e+300", "5e-324", "9007199254740992"}},
	{"decimal(12,2)", []string{"0.00", "12.30", "-0.01", "9999999999.99", "-9999999999.99"}},
	{"decimal(15,0)", []string{"0", "999999999999999", "-999999999999999"}},
	{"decimal(38,10)", []string{"0.0000000000", "1234567890123456789012345678.0123456789", "-9999999999999999999999999999.9999999999"}},
	{"string", []string{"x", " spaced ", "007", "1e5", `quote " and, comma`, "line\nbreak", "\\backslash\\", "ünïcödé 文字 🙂", strings.Repeat("long ", 5000)}},
	{"bytes", []string{"AAEC/w==", "aGk="}},
	{"date", []string{"2024-02-29", "0001-01-01", "9999-12-31"}},
	{"time", []string{"00:00:00", "23:59:59.999999"}},
	{"timestamp", []string{"2024-02-29T12:34:56Z", "1969-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"}},
	{"json", []string{`{"a":[1,2.50,"x"]}`, "[]", "12", `"text"`, "true"}},
	{"uuid", []string{"123e4567-e89b-12d3-a456-426614174000"}},
}

// Everything is rows with a column of each type but those of unlike: every value, a
// row of NULLs, and the values next to NULLs.
func Everything(t testing.TB, unlike map[record.Kind]string) Rows {
	t.Helper()
	var fields []string
	var columns [][]string
	rows := 0
	for _, s := range samples {
		typ, err := record.ParseType(s.typ)
		if err != nil {
			t.Fatal(err)
		}
		if why := unlike[typ.Kind]; why != "" {
			t.Logf("%s is left out: %s", s.typ, why)
			continue
		}
		name := "c_" + strings.NewReplacer("(", "_", ",", "_", ")", "").Replace(s.typ)
		fields = append(fields, name+" "+s.typ)
		columns = append(columns, s.values)
		rows = max(rows, len(s.values))
	}
	r := Rows{Schema: Schema(t, fields...)}
	for i := range rows + 1 {
		cells := make([]string, len(columns))
		for c, values := range columns {
			cells[c] = Null
			if i < len(values) {
				cells[c] = values[i]
			}
		}
		r.Cells = append(r.Cells, cells)
	}
	return r
}
